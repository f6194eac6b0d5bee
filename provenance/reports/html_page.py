"""The scan as one page of HTML, to be sent, printed and filed.

It loads nothing and runs nothing, and says so to the browser (Content-Security-Policy). It is put
together with MarkupSafe, which escapes whatever is filled in: a template language would add a
dependency and take the types away.
"""

from collections.abc import Iterable
from importlib import resources

from markupsafe import Markup

from provenance import __version__
from provenance.model.finding import Verdict
from provenance.model.report import AssetResult, ScanReport
from provenance.reports.grouping import Told, told
from provenance.reports.html_asset import article, icon
from provenance.reports.markup import fill, joined

_PAGE = Markup("""<!doctype html>
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
{sections}
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
{body}
</section>""")
_LIST = Markup("""<details>
<summary>{words}</summary>
<table>
<caption>{caption}</caption>
<thead><tr><th scope="col">File</th><th scope="col">Format</th></tr></thead>
<tbody>
{rows}
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


class HtmlReport:
    """A scan for people who were not there."""

    name = "html"
    shows_pictures = True

    def render(self, report: ScanReport) -> str:
        """See `Report.render`."""
        word, meaning = _OVERRIDDEN if report.is_overridden else _WORDS[report.verdict]
        kinds = _by_kind(report.results)
        page = fill(
            _PAGE,
            style=_style(),
            verdict="undecided" if report.is_overridden else report.verdict.value,
            word=word,
            meaning=meaning,
            icon=icon(report.verdict),
            name=report.production or "Scan",
            summary=_summary(report, kinds),
            todo=_todo(report),
            sections=joined(_sections(report, kinds)),
            version=__version__,
        )
        return str(page)  # what is added to markup would be escaped


def _style() -> Markup:
    text = resources.files("provenance.reports").joinpath("styles", "page.css").read_text("utf-8")
    return Markup(text)  # noqa: S704  (our own file)


def _by_kind(results: Iterable[AssetResult]) -> dict[str, list[Told]]:
    kinds: dict[str, list[Told]] = {name: [] for name, _ in _SECTIONS}
    kinds["passed"] = []
    for one in told(results):
        kinds[_kind(one.first)].append(one)
    return kinds


def _count(tolds: Iterable[Told]) -> int:
    return sum(len(one.results) for one in tolds)


def _kind(result: AssetResult) -> str:
    if result.verdict is not Verdict.PASS:
        return {Verdict.BLOCK: "blocked", Verdict.UNDECIDED: "undecided"}[result.verdict]
    if result.is_overridden:
        return "overridden"
    if any(finding.waived_by for finding in result.findings):
        return "approved"
    return "remarks" if result.findings else "passed"


def _summary(report: ScanReport, kinds: dict[str, list[Told]]) -> Markup:
    named = [*_SECTIONS, ("passed", "Passed without remark")]
    counts = [
        fill(_COUNT, kind=kind, anchor=kind, number=_count(kinds[kind]), words=words)
        if kinds[kind]
        else fill(_NO_COUNT, words=words)
        for kind, words in named
        if kinds[kind] or kind != "overridden"  # nobody need ask after emergencies
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
    paths: dict[str, set[str]] = {}
    for finding in sorted(report.findings, key=lambda one: one.verdict is not Verdict.BLOCK):
        if finding.counts:
            paths.setdefault(finding.remedy, set()).add(finding.path)
    if not paths:
        return Markup("")
    steps = (fill(_STEP, remedy=one, files=_files(len(paths[one]))) for one in paths)
    return fill(_TODO, items=joined(steps))


def _files(number: int) -> str:
    return f"{number} file" if number == 1 else f"{number} files"


def _sections(report: ScanReport, kinds: dict[str, list[Told]]) -> Iterable[Markup]:
    for kind, heading in _SECTIONS:
        if kinds[kind]:
            word = heading if kind != "remarks" else "Passed"
            body = joined(article(one, word) for one in kinds[kind])
            yield _section(kind, heading, _count(kinds[kind]), body)
    if kinds["passed"]:
        rows = ((one.path, one.first.facts.format_name) for one in kinds["passed"])
        body = _list("Files in which no AI declaration was found", rows)
        yield _section("passed", "Passed without remark", _count(kinds["passed"]), body)
    if report.ignored:
        body = _list("Files left out by the settings", ((path, "") for path in report.ignored))
        yield _section("ignored", "Left out", len(report.ignored), body)


def _section(anchor: str, heading: str, number: int, body: Markup) -> Markup:
    return fill(_SECTION, anchor=anchor, heading=heading, number=_files(number), body=body)


def _list(caption: str, rows: Iterable[tuple[str, str]]) -> Markup:
    made = joined(fill(_FILE, path=path, format=name or "-") for path, name in rows)
    return fill(_LIST, words="Show the list", caption=caption, rows=made)
