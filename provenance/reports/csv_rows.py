"""The scan as a table (RFC 4180), for spreadsheets.

It begins with a byte order mark, because Excel takes a file without one for the machine's old code
page and spoils every name that is not ASCII; programs read it as `utf-8-sig`. One row a finding and
one for a file without any; frames told together share theirs, without digests, and are counted.
Control characters are written out, so that a row is a line.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO

from provenance.model.finding import Finding, Verdict
from provenance.model.report import ScanReport
from provenance.reports.approvals import standing
from provenance.reports.grouping import Told, told
from provenance.reports.printable import printable

COLUMNS = (
    "path",
    "verdict",
    "rule",
    "counts",
    "message",
    "remedy",
    "evidence",
    "waived_by",
    "approvals",
    "format",
    "asset_id",
    "file_digest",
    "essence_digest",
    "frames",
)
"""The header; columns are only ever added at its end."""

BYTE_ORDER_MARK = "\ufeff"
_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@＝＋－＠])")  # noqa: RUF001  (spreadsheets take them too)


class CsvReport:
    """A scan for spreadsheets."""

    name = "csv"
    shows_pictures = False

    def render(self, report: ScanReport) -> Iterator[str]:
        """See `Report.render`; lines end as RFC 4180 says."""
        yield BYTE_ORDER_MARK + _line(COLUMNS)
        for one in told(report.results):
            for row in _rows(one):
                yield _line(map(harmless, row))


def _line(row: Iterable[str]) -> str:
    out = StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow(row)
    return out.getvalue()


def _rows(one: Told) -> Iterator[tuple[str, ...]]:
    result, facts = one.first, one.first.facts
    of_file = (
        "; ".join(standing(judged) for judged in facts.approvals),
        facts.format_name,
        facts.asset_id or "",
        "" if one.is_range else facts.file_digest or "",
        "" if one.is_range else facts.essence_digest or "",
        str(len(one.results)),
    )
    for finding in result.findings or (None,):
        yield (one.path, result.verdict.value, *_finding(finding), *of_file)


def _finding(finding: Finding | None) -> tuple[str, ...]:
    if finding is None:
        return ("",) * 6
    return (
        finding.rule,
        _counts(finding),
        finding.message,
        finding.remedy if finding.counts else "",
        "; ".join(f"{one.rule} in {one.place}: {one.value}" for one in finding.evidence),
        finding.waived_by or "",
    )


def _counts(finding: Finding) -> str:
    if finding.waived_by:
        return "waived"
    return "remark" if finding.verdict is Verdict.PASS else finding.verdict.value


def harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe stands before it.

    Also behind a semicolon, where half of Europe's spreadsheets begin the next cell.
    """
    return _FORMULA.sub(r"\1\2'", printable(text))
