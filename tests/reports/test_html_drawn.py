"""The HTML report as a browser draws it: fits, can be read, and needs no mouse."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.raster import picture
from provenance.policy.samples import PLAIN
from provenance.reports.html_page import HtmlReport
from tests.browser import Page, opened
from tests.report_samples import MANY, ODD, rendered, scanned

WIDTHS = (1280, 400, 320)
SCHEMES = ("light", "dark")
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
# WCAG 2.2, 1.4.3: 4.5 to 1, or 3 to 1 for text of 24 px, or 18.66 px in bold.
TOO_FAINT = """(() => {
  const parse = text => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    return numbers.length > 3 ? numbers : [...numbers, 1];
  };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
  const behind = element => {
    const layers = [];
    for (let at = element; at; at = at.parentElement)
      layers.push(parse(getComputedStyle(at).backgroundColor));
    const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
    return layers.reverse().reduce((under, top) => over(top, under), canvas);
  };
  const light = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(
      v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  let measured = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    measured += 1;
    const style = getComputedStyle(element);
    const under = behind(element);
    const pair = [light(over(parse(style.color), under)), light(under)].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faint.push([element.className, ratio, walker.currentNode.data]);
  }
  return {measured, faint};
})()"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report with every sort of file, long and odd names, and a picture."""
    folder = tmp_path_factory.mktemp("report")
    picture(3, 160, 90).save(folder / "thumbnail.jpg")
    jpeg = (folder / "thumbnail.jpg").read_bytes()
    path = "deliverables/" + "a_long_folder_name-" * 9 + "/" + "shot" * 50 + ".png"
    long = replace(MANY.results[1].facts, path=path)
    results = (
        *(replace(result, thumbnail=jpeg) for result in scanned(long).results),
        *MANY.results,
        *ODD.results[::7],
    )
    written = folder / "report.html"
    written.write_text(rendered(HtmlReport(), replace(MANY, results=results)), "utf-8")
    return written


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_and_every_text_stands_out(
    page: Page, report: Path, width: int, scheme: str
) -> None:
    page.show(report, width, scheme=scheme)
    page.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.ask("innerWidth") == width
    assert page.ask(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
    assert page.ask(FITS)
    found = page.ask(TOO_FAINT)
    assert found["measured"] > 400
    assert found["faint"] == []


def test_dark_is_dark_and_light_is_light(page: Page, report: Path) -> None:
    colours = []
    for scheme in SCHEMES:
        page.show(report, 1280, scheme=scheme)
        colours.append(page.ask("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(244, 245, 247)", "rgb(19, 22, 25)"]


def test_faint_text_and_a_wide_page_would_be_noticed(page: Page, report: Path) -> None:
    page.show(report, 400)
    page.ask("document.querySelector('h1').style.cssText = 'color: #bbb; width: 401px'")
    assert [one[2] for one in page.ask(TOO_FAINT)["faint"]] == [MANY.production[:-5] + "\\x1b[31m"]
    assert not page.ask(FITS)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_fetched_and_the_picture_is_drawn(page: Page, report: Path, width: int) -> None:
    page.show(report, width)
    fetched = page.ask("performance.getEntriesByType('resource').map(one => one.name)")
    assert [name for name in fetched if not name.startswith("data:")] == []
    assert page.ask("[...document.images].map(one => one.naturalWidth)") == [160]
    assert page.ask("document.scripts.length") == 0


def test_the_keyboard_reaches_the_files_and_opens_what_is_folded(
    page: Page, tmp_path: Path
) -> None:
    small = tmp_path / "small.html"
    small.write_text(rendered(HtmlReport(), scanned(PLAIN)), "utf-8")
    page.show(small, 1280)
    page.press("Tab")
    assert page.ask("document.activeElement.className") == "skip"
    assert page.ask("document.activeElement.getBoundingClientRect().left >= 0")
    page.press("Enter")
    page.press("Tab")
    assert page.ask("document.activeElement.tagName") == "SUMMARY"
    assert page.ask("document.querySelector('details').open") is False
    page.press("Enter")
    assert page.ask("document.querySelector('details').open") is True


def test_on_paper_it_is_dark_on_white_and_nothing_is_folded_away(page: Page, report: Path) -> None:
    page.show(report, 800, scheme="dark", media="print")
    assert page.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.ask("document.querySelector('details td').getBoundingClientRect().height") > 0
    assert page.ask(TOO_FAINT)["faint"] == []
    assert page.ask(FITS)
