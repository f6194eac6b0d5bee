"""The HTML report as a document: complete, closed to the outside, and open to every reader."""

import base64
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from provenance.model.approval import ApprovalStatus
from provenance.model.facts import ProblemKind
from provenance.model.report import ScanReport
from provenance.model.signal import Level
from provenance.policy.samples import PLAIN, TAGGED, WITHDRAWN, approved, declaring, troubled
from provenance.reports.grouping import told
from provenance.reports.html_page import HtmlReport
from provenance.reports.printable import printable
from tests.report_samples import EMPTY, MANY, ODD, SCANS, conditional, named, rendered, scanned

each_scan = pytest.mark.parametrize("scan", SCANS.values(), ids=list(SCANS))
VOID = {"meta", "img", "path", "circle"}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section"),
    *("article", "div", "h1", "h2", "h3", "h4", "p", "a", "span", "strong", "code", "bdi", "time"),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td"),
    *("details", "summary", "img", "svg", "path", "circle"),
}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    inside: tuple[str, ...]
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass
class Document(HTMLParser):
    """Everything in a page; complains of what is not closed or not known."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        inside = tuple(one.tag for one in self.open)
        element = Element(tag, {key: value or "" for key, value in attrs}, inside)
        assert len(element.attributes) == len(attrs)
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.pieces.append(data)

    def all(self, tag: str) -> list[Element]:
        return [one for one in self.elements if one.tag == tag]

    def texts(self, tag: str) -> list[str]:
        return [" ".join(one.text.split()) for one in self.all(tag)]


def page_of(scan: ScanReport) -> Document:
    document = Document()
    document.feed(rendered(HtmlReport(), scan))
    document.close()
    assert document.open == []
    return document


@each_scan
def test_it_runs_nothing_and_loads_nothing(scan: ScanReport) -> None:
    page = page_of(scan)
    for element in page.elements:
        assert not {name for name in element.attributes if name.startswith("on")}
        assert "style" not in element.attributes
        assert element.attributes.get("src", "data:image/jpeg;").startswith("data:image/jpeg;")
        assert element.attributes.get("href", "#").startswith("#")
    (policy,) = [one for one in page.all("meta") if "http-equiv" in one.attributes]
    assert policy.attributes["content"].startswith("default-src 'none';")
    (style,) = page.texts("style")
    assert "url(" not in style
    assert "@import" not in style


@each_scan
def test_its_parts_can_be_found_without_seeing_them(scan: ScanReport) -> None:
    page = page_of(scan)
    assert page.all("html")[0].attributes["lang"] == "en"
    assert len(page.texts("title")[0]) > 10
    assert [len(page.all(tag)) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    levels = [int(one.tag[1]) for one in page.elements if one.tag in {"h1", "h2", "h3", "h4"}]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
    assert len(set(ids)) == len(ids)
    for element in page.elements:
        for name in ("href", "aria-labelledby"):
            if name in element.attributes:
                assert element.attributes[name].removeprefix("#") in ids
    assert all(one.attributes["alt"] for one in page.all("img"))


@each_scan
def test_every_table_has_a_caption_and_headers_that_say_what_they_head(scan: ScanReport) -> None:
    page = page_of(scan)
    assert len(page.all("caption")) == len(page.all("table"))
    assert {one.attributes["scope"] for one in page.all("th")} <= {"col", "row"}
    assert all(one.text.strip() for one in (*page.all("caption"), *page.all("th")))


@each_scan
def test_every_path_is_there_and_none_is_markup(scan: ScanReport) -> None:
    page = page_of(scan)
    shown = sorted(
        one.text
        for one in page.elements
        if one.attributes.get("class") == "path" and one.tag in {"p", "td"}
    )
    paths = [one.path for one in told(scan.results)] + list(scan.ignored)
    assert shown == sorted(map(printable, paths))


@pytest.mark.parametrize(
    ("scan", "word"),
    [
        (scanned(PLAIN), "Passed"),
        (scanned(TAGGED, PLAIN), "Blocked"),
        (scanned(troubled(ProblemKind.DAMAGED)), "Undecided"),
        (EMPTY, "Undecided"),
    ],
)
def test_the_verdict_comes_first_in_words(scan: ScanReport, word: str) -> None:
    page = page_of(scan)
    assert page.texts("title")[0].startswith(f"{word}: ")
    (verdict,) = [one for one in page.all("p") if "verdict" in one.attributes.get("class", "")]
    assert verdict.text.split()[0] == word


def test_it_says_what_was_asked_and_how_many_there_are() -> None:
    page = page_of(scanned(TAGGED, PLAIN, conditional(), troubled(ProblemKind.DAMAGED)))
    facts = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
    assert (facts["Policy"], facts["For use as"], facts["Files judged"]) == (
        *("house", "final-deliverable", "4"),
    )
    assert facts["Judged at"] == "2026-11-25 15:04 UTC"
    titled = page_of(replace(scanned(PLAIN), title="Ep <1>"))
    assert dict(zip(titled.texts("dt"), titled.texts("dd"), strict=True))["Title"] == "Ep <1>"
    counts = [text for text in page.texts("li") if text[0].isdigit()]
    assert counts == [
        *("1 Blocked", "1 Undecided", "1 Approved in writing"),
        *("0 Passed with a remark", "1 Passed without remark"),
    ]


def test_a_file_stands_where_its_verdict_puts_it() -> None:
    page = page_of(
        scanned(TAGGED, troubled(ProblemKind.DAMAGED), conditional(), declaring(Level.HINT), PLAIN)
    )
    assert page.texts("h2") == [
        *("Summary", "What to do next", "Blocked 1 file", "Undecided 1 file"),
        *("Approved in writing 1 file", "Passed with a remark 1 file"),
        "Passed without remark 1 file",
    ]


def test_what_to_do_is_said_once_and_what_blocks_comes_first() -> None:
    scan = scanned(troubled(ProblemKind.DAMAGED), TAGGED, replace(TAGGED, path="b.png"))
    page = page_of(scan)
    steps = [one for one in page.all("li") if "ol" in one.inside]
    assert [" ".join(step.text.split())[-9:] for step in steps] == ["(2 files)", " (1 file)"]
    assert "Replace it with final material" in steps[0].text
    assert page_of(scanned(PLAIN)).texts("ol") == []


def test_evidence_has_its_place_and_value() -> None:
    (table,) = page_of(scanned(named())).texts("table")
    for words in ("iptc-source-type", "declares", "png/iTXt", "trained"):
        assert words in table


def test_an_approval_has_its_terms_and_what_it_sets_aside_is_said() -> None:
    page = page_of(scanned(conditional()))
    table = next(text for text in page.texts("table") if "Approver" in text)
    for words in (
        *("valid", "Légal \\x1b[31m & Söhne", "final-deliverable", "until 2026-12-31"),
        *("only in episode 3\\x07", "mail.eml", "urn:uuid:00000000-0000-4000-8000-000000000002"),
    ):
        assert words in table
    assert any("Set aside by approval 00000000." in text for text in page.texts("li"))


@pytest.mark.parametrize("status", [one for one in ApprovalStatus if not one.holds])
def test_an_approval_that_does_not_hold_says_why(status: ApprovalStatus) -> None:
    page = page_of(scanned(approved(status)))
    table = next(text for text in page.texts("table") if "Approver" in text)
    assert f"Approval 00000000: {status.value}" in table
    assert "Why notThe reason is given here." in table


def test_an_approval_for_something_else_is_not_called_valid() -> None:
    page = page_of(scanned(approved(ApprovalStatus.VALID, "It was given for other uses.")))
    table = next(text for text in page.texts("table") if "Approver" in text)
    assert "does not cover" in table
    assert ": valid" not in table


def test_files_that_pass_and_files_left_out_are_folded_away() -> None:
    page = page_of(scanned(PLAIN, ignored=("notes.txt",)))
    folded = page.all("details")
    assert [PLAIN.path in folded[0].text, "notes.txt" in folded[1].text] == [True, True]
    assert all("open" not in one.attributes for one in folded)


def test_a_thumbnail_is_shown_where_there_is_one() -> None:
    scan = scanned(TAGGED, WITHDRAWN)
    jpeg = b"\xff\xd8\xff a small picture"
    with_picture = replace(scan.results[0], thumbnail=jpeg)
    page = page_of(replace(scan, results=(with_picture, *scan.results[1:])))
    (image,) = page.all("img")
    data = image.attributes["src"].removeprefix("data:image/jpeg;base64,")
    assert base64.b64decode(data) == jpeg


def test_digests_are_given_in_full() -> None:
    text = rendered(HtmlReport(), MANY)
    digests = {result.facts.essence_digest for result in MANY.results if result.findings}
    assert len(digests) > 1
    assert all(digest in text for digest in digests if digest)


def test_the_name_of_the_production_is_no_markup() -> None:
    assert page_of(ODD).texts("h1") == ["Grüße aus <Köln> & \\x1b[31m"]
