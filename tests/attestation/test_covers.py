import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from provenance.attestation.coverage import Asked, covers
from provenance.model.approval import Approval
from provenance.model.digest import sha256_digest
from provenance.model.purpose import Purpose, Scope

ASKED = {"circumstances", "derived_from"}


def ask(approval: Approval, **changes: Any) -> str | None:
    essence = changes.pop("essence_digest", sha256_digest(b"essence"))
    asked = {name: changes.pop(name) for name in ASKED & changes.keys()}
    where: dict[str, Any] = {"use": "final-deliverable", "title": "Café Nord"}
    purpose = Purpose(**(where | changes))
    return covers(approval, Asked(essence_digest=essence, purpose=purpose, **asked))


def test_an_approval_covers_its_bytes_use_and_title(approval: Approval) -> None:
    assert ask(approval) is None
    assert ask(approval, use="trailer") is None


def test_the_file_digest_is_not_the_binding(approval: Approval) -> None:
    assert ask(approval, essence_digest=sha256_digest(b"file")) == (
        "Approval 1a2b3c4d… is for other picture or sound: sky_v003.png."
    )


def test_any_subject_may_be_the_one(approval: Approval) -> None:
    second = replace(approval.subjects[0], essence_digest=sha256_digest(b"second"))
    both = replace(approval, subjects=(*approval.subjects, second))
    assert ask(both, essence_digest=sha256_digest(b"second")) is None


def test_another_use_is_not_covered_and_the_uses_are_listed(approval: Approval) -> None:
    assert ask(approval, use="broadcast") == (
        "Approval 1a2b3c4d… is not for broadcast, only for final-deliverable, trailer."
    )


@pytest.mark.parametrize(
    "title",
    [
        "Café Nord",
        "CAFÉ NORD",
        unicodedata.normalize("NFD", "Café Nord"),
        unicodedata.normalize("NFD", "CAFÉ nord"),
    ],
)
def test_a_title_matches_whatever_its_case_and_composition(approval: Approval, title: str) -> None:
    assert ask(approval, title=title) is None


@pytest.mark.parametrize("title", ["", "Cafe Nord", "Café Nord 2", "Cаfé Nord"])  # noqa: RUF001 - a Cyrillic a
def test_another_title_is_not_covered(approval: Approval, title: str) -> None:
    assert ask(approval, title=title) == (
        "Approval 1a2b3c4d… is for the title “Café Nord”, not "
        + (f"“{title}”." if title else "for an unnamed title: say which with --title.")
    )


@pytest.mark.parametrize("title", ["", "Café Nord", "Anything"])
def test_an_approval_without_a_title_covers_every_title(approval: Approval, title: str) -> None:
    assert ask(replace(approval, scope=Scope()), title=title) is None
