import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from provenance.attestation.verify import covers
from provenance.model.approval import Approval
from provenance.model.digest import sha256_digest


def ask(approval: Approval, **changes: Any) -> str | None:
    question: dict[str, Any] = {
        "essence_digest": sha256_digest(b"essence"),
        "use": "final-deliverable",
        "title": "Café Nord",
    }
    return covers(approval, **(question | changes))


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
        f"Approval 1a2b3c4d… is for the title “Café Nord”, not “{title}”."
    )


@pytest.mark.parametrize("title", ["", "Café Nord", "Anything"])
def test_an_approval_without_a_title_covers_every_title(approval: Approval, title: str) -> None:
    assert ask(replace(approval, title=""), title=title) is None
