"""The scan as JUnit XML, the form Jenkins, GitLab and other build servers read.

A file, or frames of which there is the same to say, is a test case with at most one verdict
element, which every reader understands: `failure` if it is blocked, `error` if it could not be
judged. What sets nothing aside or is set aside stands in `system-out`.
"""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence

from provenance import __version__
from provenance.model.finding import Finding, Verdict
from provenance.model.report import ScanReport
from provenance.reports.approvals import standing
from provenance.reports.grouping import Told, told
from provenance.reports.printable import printable

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ELEMENTS = {Verdict.BLOCK: "failure", Verdict.UNDECIDED: "error"}


class JUnitReport:
    """A scan for build servers."""

    name = "junit"
    shows_pictures = False

    def render(self, report: ScanReport) -> str:
        """See `Report.render`; control characters, which XML cannot hold, are written out."""
        cases = told(report.results)
        suite = ET.Element("testsuite", _attributes(cases))
        if report.judged_at is not None:
            suite.set("timestamp", f"{report.judged_at:%Y-%m-%dT%H:%M:%S}")
        properties = ET.SubElement(suite, "properties")
        for name, value in _properties(report):
            ET.SubElement(properties, "property", {"name": name, "value": printable(value)})
        for one in cases:
            suite.append(_case(one, report))
        if not report.results:
            suite.append(_nothing(report))
        if report.ignored:
            lines = (f"ignored: {printable(path)}" for path in report.ignored)
            ET.SubElement(suite, "system-out").text = "\n".join(lines)
        counts = {key: suite.attrib[key] for key in ("tests", "failures", "errors")}
        suites = ET.Element("testsuites", {"name": "provenance", **counts})
        suites.append(suite)
        ET.indent(suites)
        return _DECLARATION + ET.tostring(suites, encoding="unicode") + "\n"


def _attributes(cases: Sequence[Told]) -> dict[str, str]:
    verdicts = Counter(one.first.verdict for one in cases)
    return {
        "name": "provenance scan",
        "tests": str(len(cases) or 1),
        "failures": str(verdicts[Verdict.BLOCK]),
        "errors": str(verdicts[Verdict.UNDECIDED] + (not cases)),
        "skipped": "0",
    }


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
