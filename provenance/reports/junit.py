"""The scan as JUnit XML, the form Jenkins, GitLab and other build servers read.

A file, or frames of which there is the same to say, is a test case with at most one verdict
element, which every reader understands: `failure` if it is blocked, `error` if it could not be
judged. What sets nothing aside or is set aside stands in `system-out`.
"""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator

from provenance import __version__
from provenance.model.finding import Finding, Verdict
from provenance.model.report import ScanReport
from provenance.reports.approvals import standing
from provenance.reports.grouping import Told, told
from provenance.reports.printable import printable

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_INDENT = "  "
_ELEMENTS = {Verdict.BLOCK: "failure", Verdict.UNDECIDED: "error"}


class JUnitReport:
    """A scan for build servers."""

    name = "junit"
    shows_pictures = False

    def render(self, report: ScanReport) -> Iterator[str]:
        """See `Report.render`; control characters, which XML cannot hold, are written out."""
        suite = ET.Element("testsuite", _attributes(report))
        if report.judged_at is not None:
            suite.set("timestamp", f"{report.judged_at:%Y-%m-%dT%H:%M:%S}")
        counts = {key: suite.attrib[key] for key in ("tests", "failures", "errors")}
        suites = ET.Element("testsuites", {"name": "provenance", **counts})
        yield _DECLARATION + _opened(suites, 0) + _opened(suite, 1)
        yield from (_written(part, 2) for part in _parts(report))
        yield "  </testsuite>\n</testsuites>\n"


def _attributes(report: ScanReport) -> dict[str, str]:
    verdicts = Counter(one.first.verdict for one in told(report.results))
    tests = verdicts.total()
    return {
        "name": "provenance scan",
        "tests": str(tests or 1),
        "failures": str(verdicts[Verdict.BLOCK]),
        "errors": str(verdicts[Verdict.UNDECIDED] + (not tests)),
        "skipped": "0",
    }


def _parts(report: ScanReport) -> Iterator[ET.Element]:
    """Yield what stands in the suite, one after the other."""
    properties = ET.Element("properties")
    for name, value in _properties(report):
        ET.SubElement(properties, "property", {"name": name, "value": printable(value)})
    yield properties
    yield from (_case(one, report) for one in told(report.results))
    if not report.results:
        yield _nothing(report)
    if report.ignored:
        ignored = ET.Element("system-out")
        ignored.text = "\n".join(f"ignored: {printable(path)}" for path in report.ignored)
        yield ignored


def _opened(element: ET.Element, level: int) -> str:
    """Return the start tag of an element whose content is still to come."""
    empty = ET.tostring(element, encoding="unicode")
    return _INDENT * level + empty.removesuffix(" />") + ">\n"


def _written(element: ET.Element, level: int) -> str:
    ET.indent(element, level=level)
    return _INDENT * level + ET.tostring(element, encoding="unicode") + "\n"


def _properties(report: ScanReport) -> Iterator[tuple[str, str]]:
    yield "production", report.production
    yield "policy", report.policy
    yield "use", report.use
    yield "title", report.title
    yield "verdict", report.verdict.value
    yield "version", __version__


def _case(one: Told, report: ScanReport) -> ET.Element:
    result = one.first
    case = _named(printable(one.path), report)
    if result.verdict is not Verdict.PASS:
        counting = [finding for finding in result.findings if finding.counts]
        first = next(each for each in counting if each.verdict is result.verdict)
        words = {"type": first.rule, "message": printable(first.message)}
        element = ET.SubElement(case, _ELEMENTS[result.verdict], words)
        element.text = "\n".join(line for each in counting for line in _lines(each))
    aside = [f"{len(one.results)} frames of an image sequence"] if one.is_range else []
    aside += [line for each in result.findings if not each.counts for line in _lines(each)]
    aside += [printable(standing(judged)) for judged in result.facts.approvals]
    if aside:
        ET.SubElement(case, "system-out").text = "\n".join(aside)
    return case


def _named(name: str, report: ScanReport) -> ET.Element:
    return ET.Element("testcase", {"classname": f"provenance.{report.use}", "name": name})


def _nothing(report: ScanReport) -> ET.Element:
    """Return a case in error: a suite without cases would count as passed."""
    case = _named("scan", report)
    words = {"type": "empty-target", "message": "There is no file to judge."}
    ET.SubElement(case, "error", words)
    return case


def _lines(finding: Finding) -> Iterator[str]:
    aside = f" (set aside by {finding.waived_by})" if finding.waived_by else ""
    yield printable(f"{finding.rule}: {finding.message}{aside}")
    for signal in finding.evidence:
        found = f"  {signal.rule} ({signal.level.value}) in {signal.place}: {signal.value}"
        yield printable(found)
    if finding.counts:
        yield printable(f"  What to do: {finding.remedy}")
