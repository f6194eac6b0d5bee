"""The scan as text for a person: file by file why it is kept out, then what to do, then the sum."""

import textwrap

from provenance.model.facts import JudgedApproval
from provenance.model.finding import Finding, Verdict
from provenance.model.moment import end
from provenance.model.report import AssetResult, ScanReport

_WIDTH = 78
_INDENT = " " * 11
_WORDS = {Verdict.BLOCK: "BLOCKED", Verdict.UNDECIDED: "UNDECIDED", Verdict.PASS: "passed"}
_APPROVED = "approved"


class TextReport:
    """A scan for people."""

    name = "text"

    def render(self, report: ScanReport) -> str:
        """See `Report.render`; files that pass without remark are only counted."""
        lines = [line for result in report.results if result.findings for line in _result(result)]
        lines += [_headed("ignored", path) for path in report.ignored]
        return "\n".join([*lines, *_remedies(report), *summary(report)]) + "\n"


def summary(report: ScanReport) -> list[str]:
    """Return the closing lines: the verdict in words and the counts."""
    counts = (
        f"{_count(len(report.results))}: {report.count(Verdict.BLOCK)} blocked,"
        f" {report.count(Verdict.UNDECIDED)} undecided, {report.count(Verdict.PASS)} passed"
    )
    verdicts = {
        Verdict.BLOCK: "BLOCKED: not to be delivered as it is.",
        Verdict.UNDECIDED: "UNDECIDED: something could not be judged; not to be delivered yet.",
        Verdict.PASS: "PASSED: no AI declaration found, or approved in writing.",
    }
    line = f"{counts} (policy {report.policy}, use {report.use})"
    return [*textwrap.wrap(line, _WIDTH + 2, break_on_hyphens=False), verdicts[report.verdict]]


def _count(number: int) -> str:
    return f"{number} file" if number == 1 else f"{number} files"


def printable(text: str) -> str:
    """Return text without control characters, so that a file name cannot steer a terminal."""
    return "".join(
        character if character.isprintable() else f"\\x{ord(character):02x}" for character in text
    )


def _result(result: AssetResult) -> list[str]:
    approval = next((judged for judged in result.facts.approvals if judged.sets_aside), None)
    if result.verdict is Verdict.PASS and approval is not None:
        return [_headed(_APPROVED, result.facts.path), *_wrapped(_approval(approval))]
    lines = [_headed(_WORDS[result.verdict], result.facts.path)]
    for finding in result.findings:
        if finding.waived_by is None:
            lines += _wrapped(f"{printable(finding.message)} [{finding.rule}]")
    return lines


def _headed(word: str, path: str) -> str:
    return f"{word:<10} {printable(path)}"


def _approval(judged: JudgedApproval) -> str:
    approval = judged.checked.approval
    number = approval.approval_id.removeprefix("urn:uuid:")[:8]
    until = f"until: {end(approval.valid_until)}"
    conditions = "".join(f"; condition: {condition.text}" for condition in approval.conditions)
    return printable(f"{until}, by {approval.approver.name} (approval {number}){conditions}")


def _remedies(report: ScanReport) -> list[str]:
    counting: list[Finding] = [finding for finding in report.findings if finding.counts]
    lines = []
    for remedy in dict.fromkeys(finding.remedy for finding in counting):
        lines += textwrap.wrap(
            remedy, _WIDTH, initial_indent="  - ", subsequent_indent="    ", break_long_words=False
        )
    return ["", "What to do:", *lines, ""] if lines else []


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
