"""The disclosure page as a browser draws it: fits and can be read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.model.approval import ApprovalStatus
from provenance.model.disclosure import DisclosedUse, Disclosure
from provenance.model.override import OverrideStatus
from provenance.policy.samples import approved, overridden
from provenance.reports.disclosure_page import disclosure_html
from tests.browser import Page, opened
from tests.reports.test_html_drawn import FITS, TOO_FAINT
from tests.usecases.studio import MORNING

DIGEST = "sha256:" + "0123456789abcdef" * 4
USES = (
    DisclosedUse(
        name="a_very_long_name_without_any_break_" * 4 + ".png",
        essence_digest=DIGEST,
        last_path="/show/" + "deep/" * 40 + "a.png",
        tools=("Firefly 4 (Enterprise)",),
        approvals=tuple(
            one.checked for status in ApprovalStatus for one in approved(status).approvals
        ),
        overrides=tuple(
            one.checked for status in OverrideStatus for one in overridden(status).overrides
        ),
        first_seen=MORNING,
        last_seen=MORNING,
        missing=("No category of use is declared.",),
    ),
    DisclosedUse(name="b.png", essence_digest=DIGEST, missing=("The tool is not known.",)),
    DisclosedUse(name="c.png", essence_digest=DIGEST, withdrawn="A slip"),
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    found = Disclosure(production="My Show", made_at=MORNING, uses=USES, unread=("x.png: gone",))
    path.write_text(disclosure_html(found), "utf-8")
    return path


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(page: Page, file: Path, width: int, scheme: str) -> None:
    page.show(file, width, scheme=scheme)
    assert page.ask(FITS) is True
    faint = page.ask(TOO_FAINT)
    assert faint["measured"] > 40
    assert faint["faint"] == []
