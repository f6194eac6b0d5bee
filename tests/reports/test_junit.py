"""JUnit XML: a file is a case, and no reader takes a gate that did not pass for one that did."""

from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from provenance.model.facts import ProblemKind
from provenance.model.finding import Verdict
from provenance.model.report import ScanReport
from provenance.policy.samples import PLAIN, TAGGED, troubled
from provenance.reports.grouping import told
from provenance.reports.junit import JUnitReport
from provenance.reports.printable import printable
from tests.report_samples import EMPTY, MANY, SCANS, conditional, rendered, scanned

each_scan = pytest.mark.parametrize("scan", SCANS.values(), ids=list(SCANS))
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out"},
    "properties": {"property"},
    "testcase": {"failure", "error", "system-out"},
}
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "timestamp"},
    "property": {"name", "value"},
    "testcase": {"classname", "name"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
}


def suite_of(scan: ScanReport) -> Element:
    root = fromstring(rendered(JUnitReport(), scan).encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        assert set(element.attrib) == ATTRIBUTES.get(element.tag, set())
    (suite,) = root
    return suite


@each_scan
def test_the_counts_are_those_of_the_cases(scan: ScanReport) -> None:
    suite = suite_of(scan)
    for key, path in (("tests", "testcase"), ("failures", "*/failure"), ("errors", "*/error")):
        assert int(suite.attrib[key]) == len(suite.findall(path))
    assert all(
        len(case.findall("failure") + case.findall("error")) <= 1 for case in suite.iter("testcase")
    )


@each_scan
def test_a_file_is_a_case_with_its_verdict(scan: ScanReport) -> None:
    cases = suite_of(scan).findall("testcase")
    words = {Verdict.BLOCK: ["failure"], Verdict.UNDECIDED: ["error"], Verdict.PASS: []}
    for case, told_of in zip(cases, told(scan.results), strict=bool(scan.results)):
        assert case.attrib["name"] == printable(told_of.path)
        tags = [one.tag for one in case if one.tag != "system-out"]
        assert tags == words[told_of.first.verdict]


def test_a_scan_of_nothing_is_in_error() -> None:
    suite = suite_of(EMPTY)
    assert (suite.attrib["tests"], suite.attrib["errors"]) == ("1", "1")


def test_a_blocked_file_says_why_where_and_what_to_do() -> None:
    (case,) = suite_of(scanned(TAGGED)).findall("testcase")
    (failure,) = case
    assert failure.attrib["type"] == "temporary-unapproved"
    assert "TEMPORARY" in failure.attrib["message"]
    assert "What to do: Replace it with final material" in (failure.text or "")


def test_what_an_approval_sets_aside_is_shown_and_fails_nothing() -> None:
    (case,) = suite_of(scanned(conditional())).findall("testcase")
    (out,) = case
    assert out.tag == "system-out"
    assert "set aside by urn:uuid:00000000-0000-4000-8000-000000000002" in (out.text or "")
    assert "condition: only in episode 3\\x07" in (out.text or "")


def test_what_was_ignored_and_what_was_asked_is_said() -> None:
    suite = suite_of(MANY)
    assert suite.findtext("system-out") == "ignored: notes\\x07.txt"
    properties = {one.attrib["name"]: one.attrib["value"] for one in suite.iter("property")}
    assert (properties["policy"], properties["verdict"]) == ("house", "block")
    assert suite.attrib["timestamp"] == "2026-11-25T15:04:05"


def test_blocked_and_undecided_files_are_told_apart() -> None:
    suite = suite_of(scanned(TAGGED, troubled(ProblemKind.DAMAGED), PLAIN))
    assert [suite.attrib[key] for key in ("tests", "failures", "errors")] == ["3", "1", "1"]
