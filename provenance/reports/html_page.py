"""The scan as one page of HTML, to be sent, printed and filed.

It loads nothing and runs nothing, and says so to the browser (Content-Security-Policy). It is put
together with MarkupSafe, which escapes whatever is filled in: a template language would add a
dependency and take the types away.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import resources
from itertools import chain

from markupsafe import Markup

from provenance import __version__
from provenance.model.finding import Finding, Verdict
from provenance.model.report import AssetResult, ScanReport
from provenance.reports.grouping import Told, told
from provenance.reports.html_asset import article, icon
from provenance.reports.markup import fill, joined

_HEAD = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{word}: {name}, AI media gate report</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#files">Skip to the files</a>
<header>
<p class="kicker">AI media gate report</p>
<h1>{name}</h1>
<p class="verdict {verdict}">{icon}<span><strong>{word}</strong> <span>{meaning}</span></span></p>
</header>
<main>
{summary}
{todo}
<div id="files" tabindex="-1">
""")
_FOOT = Markup("""
</div>
</main>
<footer>
<p>“Passed” means that no AI declaration was found, or that a signed written approval covers the
file for this use. It never means “not made by AI”: media that says nothing and was never seen
before cannot be recognised.</p>
<p>Made by provenance {version}. <code>provenance explain RULE</code> says what a rule means.</p>
</footer>
</body>
</html>
""")
_SUMMARY = Markup("""<section aria-labelledby="summary">
<h2 id="summary">Summary</h2>
<ul class="counts">
{counts}
</ul>
<dl class="facts">
{facts}
</dl>
</section>""")
_COUNT = Markup('<li class="{kind}"><a href="#{anchor}"><strong>{number}</strong> {words}</a></li>')
_NO_COUNT = Markup("<li><span><strong>0</strong> {words}</span></li>")
_FACT = Markup("<div><dt>{name}</dt><dd>{value}</dd></div>")
_TIME = Markup('<time datetime="{machine}">{shown}</time>')
_TODO = Markup("""<section class="todo" aria-labelledby="todo">
<h2 id="todo">What to do next</h2>
<ol>
{items}
</ol>
</section>""")
_STEP = Markup("<li>{remedy} <span>({files})</span></li>")
_SECTION = Markup("""<section aria-labelledby="{anchor}">
<h2 id="{anchor}">{heading} <span>{number}</span></h2>
""")
_SECTION_END = Markup("\n</section>")
_LIST = Markup("""<details>
<summary>{words}</summary>
<table>
<caption>{caption}</caption>
<thead><tr><th scope="col">File</th><th scope="col">Format</th></tr></thead>
<tbody>
""")
_LIST_END = Markup("""
</tbody>
</table>
</details>""")
_FILE = Markup('<tr><td class="path"><bdi>{path}</bdi></td><td>{format}</td></tr>')

_WORDS = {
    Verdict.BLOCK: ("Blocked", "Not to be delivered as it is."),
    Verdict.UNDECIDED: (
        "Undecided",
        "Something could not be judged; not to be delivered yet.",
    ),
    Verdict.PASS: ("Passed", "No AI declaration found, or approved in writing."),
}
_OVERRIDDEN = (
    "Passed by override",
    "Something passes for an emergency, for hours and without written approval.",
)
_SECTIONS = (
    ("blocked", "Blocked"),
    ("undecided", "Undecided"),
    ("overridden", "Passed by override"),
    ("approved", "Approved in writing"),
    ("remarks", "Passed with a remark"),
)
_PASSED = "passed"


class HtmlReport:
    """A scan for people who were not there."""

    name = "html"
    shows_pictures = True

    def render(self, report: ScanReport) -> Iterator[str]:
        """See `Report.render`."""
        word, meaning = _OVERRIDDEN if report.is_overridden else _WORDS[report.verdict]
        counts = _counts(report)
        yield str(
            fill(
                _HEAD,
                style=_style(),
                verdict="undecided" if report.is_overridden else report.verdict.value,
                word=word,
                meaning=meaning,
                icon=icon(report.verdict),
                name=report.production or "Scan",
                summary=_summary(report, counts),
                todo=_todo(report),
            )
        )
        yield from map(str, chain.from_iterable(_parted(_sections(report, counts))))
        yield str(fill(_FOOT, version=__version__))


def _style() -> Markup:
    text = resources.files("provenance.reports").joinpath("styles", "page.css").read_text("utf-8")
    return Markup(text)  # noqa: S704  (our own file)


def _parted(parts: Iterable[Iterator[Markup]]) -> Iterator[Iterator[Markup]]:
    """Yield parts with a line break before each but the first."""
    between: Iterator[Markup] = iter(())
    for part in parts:
        yield between
        yield part
        between = iter((Markup("\n"),))


def _counts(report: ScanReport) -> Counter[str]:
    """Return how many files there are of each kind."""
    counts = Counter(map(_kind, report.notable()))
    counts[_PASSED] += len(report.results) - counts.total()
    return counts


def _kind(result: AssetResult) -> str:
    if result.verdict is not Verdict.PASS:
        return {Verdict.BLOCK: "blocked", Verdict.UNDECIDED: "undecided"}[result.verdict]
    if result.is_overridden:
        return "overridden"
    if any(finding.waived_by for finding in result.findings):
        return "approved"
    return "remarks" if result.findings else _PASSED


def _summary(report: ScanReport, numbers: Counter[str]) -> Markup:
    named = [*_SECTIONS, (_PASSED, "Passed without remark")]
    counts = [
        fill(_COUNT, kind=kind, anchor=kind, number=numbers[kind], words=words)
        if numbers[kind]
        else fill(_NO_COUNT, words=words)
        for kind, words in named
        if numbers[kind] or kind != "overridden"  # nobody need ask after emergencies
    ]
    facts = [
        ("Files judged", str(len(report.results))),
        ("Policy", report.policy),
        ("For use as", report.use),
        ("Title", report.title),
        ("Judged at", _time(report)),
        ("Tool", f"provenance {__version__}"),
    ]
    return fill(
        _SUMMARY,
        counts=joined(counts),
        facts=joined(fill(_FACT, name=name, value=value) for name, value in facts if value),
    )


def _time(report: ScanReport) -> Markup:
    if report.judged_at is None:
        return Markup("")
    return fill(
        _TIME,
        machine=f"{report.judged_at:%Y-%m-%dT%H:%M:%SZ}",
        shown=f"{report.judged_at:%Y-%m-%d %H:%M UTC}",
    )


def _todo(report: ScanReport) -> Markup:
    paths: dict[str, set[int]] = {}  # by their hashes: there may be very many
    for finding in chain(_counting(report, blocking=True), _counting(report, blocking=False)):
        paths.setdefault(finding.remedy, set()).add(hash(finding.path))
    if not paths:
        return Markup("")
    steps = (fill(_STEP, remedy=one, files=_files(len(paths[one]))) for one in paths)
    return fill(_TODO, items=joined(steps))


def _counting(report: ScanReport, *, blocking: bool) -> Iterator[Finding]:
    for finding in report.findings:
        if finding.counts and (finding.verdict is Verdict.BLOCK) is blocking:
            yield finding


def _files(number: int) -> str:
    return f"{number} file" if number == 1 else f"{number} files"


def _sections(report: ScanReport, numbers: Counter[str]) -> Iterator[Iterator[Markup]]:
    for kind, heading in _SECTIONS:
        if numbers[kind]:
            word = heading if kind != "remarks" else "Passed"
            articles = (article(one, word) for one in _told(report, kind))
            yield _section(kind, heading, numbers[kind], _lines(articles))
    if numbers[_PASSED]:
        rows = ((one.path, one.first.facts.format_name) for one in _told(report, _PASSED))
        body = _list("Files in which no AI declaration was found", rows)
        yield _section(_PASSED, "Passed without remark", numbers[_PASSED], body)
    if report.ignored:
        body = _list("Files left out by the settings", ((path, "") for path in report.ignored))
        yield _section("ignored", "Left out", len(report.ignored), body)


def _told(report: ScanReport, kind: str) -> Iterator[Told]:
    return (one for one in told(report.results) if _kind(one.first) == kind)


def _section(anchor: str, heading: str, number: int, body: Iterator[Markup]) -> Iterator[Markup]:
    yield fill(_SECTION, anchor=anchor, heading=heading, number=_files(number))
    yield from body
    yield _SECTION_END


def _list(caption: str, rows: Iterable[tuple[str, str]]) -> Iterator[Markup]:
    yield fill(_LIST, words="Show the list", caption=caption)
    yield from _lines(fill(_FILE, path=path, format=name or "-") for path, name in rows)
    yield _LIST_END


def _lines(parts: Iterable[Markup]) -> Iterator[Markup]:
    return chain.from_iterable(_parted(iter((part,)) for part in parts))
