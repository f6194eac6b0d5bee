"""CSV: every spreadsheet opens it, and none runs what stands in it."""

import csv
from dataclasses import replace
from io import StringIO

import pytest

from provenance.model.report import ScanReport
from provenance.policy.samples import PLAIN, TAGGED
from provenance.reports.csv_rows import COLUMNS, CsvReport
from provenance.reports.grouping import told
from provenance.reports.printable import printable
from tests.report_samples import SCANS, conditional, named, rendered, scanned

each_scan = pytest.mark.parametrize("scan", SCANS.values(), ids=list(SCANS))


def rows_of(scan: ScanReport) -> list[dict[str, str]]:
    text = rendered(CsvReport(), scan).encode().decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


def path_row(path: str) -> str:
    (row,) = rows_of(scanned(replace(PLAIN, path=path)))
    return row["path"]


def test_it_begins_with_a_mark_and_a_header_and_lines_end_as_the_standard_says() -> None:
    text = rendered(CsvReport(), scanned(PLAIN))
    assert text.startswith('\ufeff"path","verdict","rule"')
    assert text.count("\r\n") == text.count("\n") == 2


@each_scan
def test_there_is_a_row_for_every_finding_and_every_file_without(scan: ScanReport) -> None:
    rows = rows_of(scan)
    lines = [one.first.findings for one in told(scan.results)]
    assert len(rows) == sum(len(findings) or 1 for findings in lines)
    assert all(tuple(row) == COLUMNS and None not in row.values() for row in rows)
    rules = [finding.rule for findings in lines for finding in findings]
    assert [row["rule"] for row in rows if row["rule"]] == rules


@each_scan
def test_a_row_is_one_line(scan: ScanReport) -> None:
    text = rendered(CsvReport(), scan)
    assert len(text.splitlines()) == len(rows_of(scan)) + 1


@each_scan
def test_no_cell_begins_as_a_formula(scan: ScanReport) -> None:
    for row in rows_of(scan):
        for value in row.values():
            for cell in value.split(";"):
                assert cell.lstrip()[:1] not in {*"=+-@\t\r"}


@pytest.mark.parametrize("first", ["=", "+", "-", "@", " =", "＝", "a.png;=", "a; -"])  # noqa: RUF001  (full width)
def test_a_path_that_looks_like_a_formula_is_kept_behind_an_apostrophe(first: str) -> None:
    shown = path_row(f"{first}1+1.png")
    assert shown.count("'") == 1
    assert shown.replace("'", "") == f"{first}1+1.png"


@pytest.mark.parametrize("path", ["a-b.png", 'say "x", y.png', "Grüße/海港.png", "a;b.png"])
def test_an_ordinary_path_is_kept_as_it_is(path: str) -> None:
    assert path_row(path) == path


def test_control_characters_are_written_out() -> None:
    assert path_row("\t=1\r\n.png") == printable("\t=1\r\n.png") == "\\x09=1\\x0d\\x0a.png"


def test_a_finding_says_whether_it_counts() -> None:
    (waived,) = rows_of(scanned(conditional()))
    assert (waived["verdict"], waived["counts"], waived["remedy"]) == ("pass", "waived", "")
    assert waived["waived_by"] == "urn:uuid:00000000-0000-4000-8000-000000000002"
    assert "condition: only in episode 3\\x07" in waived["approvals"]
    (blocked,) = rows_of(scanned(TAGGED))
    assert (blocked["verdict"], blocked["counts"]) == ("block", "block")
    (declared,) = rows_of(scanned(named()))
    assert declared["evidence"] == "iptc-source-type in png/iTXt: trained"
