"""The one list of report formats."""

from provenance.reports.csv_rows import CsvReport
from provenance.reports.html_page import HtmlReport
from provenance.reports.interface import Report
from provenance.reports.json_scan import JsonReport
from provenance.reports.junit import JUnitReport
from provenance.reports.sarif import SarifReport
from provenance.reports.text import TextReport

REPORTS: tuple[Report, ...] = (
    TextReport(),
    JsonReport(),
    SarifReport(),
    JUnitReport(),
    CsvReport(),
    HtmlReport(),
)
"""Every format; to add one, write its file and name it here."""


def report_named(name: str) -> Report:
    """Return the report of this name; raises KeyError if there is none."""
    return {report.name: report for report in REPORTS}[name]
