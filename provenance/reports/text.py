"""The scan as text for a person: what is blocked, what is undecided, what to do, then the sum."""

import textwrap
from collections.abc import Iterator
from itertools import chain

from provenance.model.facts import JudgedApproval
from provenance.model.finding import Verdict
from provenance.model.moment import end
from provenance.model.report import AssetResult, ScanReport
from provenance.reports.advice import advise
from provenance.reports.grouping import (
    Told,
    grouped,
    grouped_paths,
    suffix_of,
    told,
    without_manifests,
)
from provenance.reports.printable import printable

_WIDTH = 78
_INDENT = " " * 11
_WORDS = {Verdict.BLOCK: "BLOCKED", Verdict.UNDECIDED: "UNDECIDED", Verdict.PASS: "passed"}
_APPROVED = "approved"
OVERRIDDEN = "PASSED BY OVERRIDE"
"""How the closing line begins where an emergency override let something pass."""
_GOES_ON = " \\"


class TextReport:
    """A scan for people; frames, and files undecided for one reason, are told together."""

    name = "text"
    shows_pictures = False

    def __init__(self, *, lists_all: bool = False) -> None:
        self._lists_all = lists_all

    def render(self, report: ScanReport) -> Iterator[str]:
        """See `Report.render`; a line a piece. What passes without remark is only counted."""
        lines = chain(self._told(report), self._ignored(report), _remedies(report), summary(report))
        return (f"{line}\n" for line in lines)

    def _told(self, report: ScanReport) -> Iterator[str]:
        for verdict in (Verdict.BLOCK, Verdict.UNDECIDED, Verdict.PASS):
            listed = _listed(report, verdict, one_by_one=self._lists_all)
            together = verdict is Verdict.UNDECIDED and not self._lists_all
            for one, more in grouped(listed) if together else ((one, 0) for one in listed):
                yield from _told(one, more=more)

    def _ignored(self, report: ScanReport) -> Iterator[str]:
        ignored = report.ignored
        for paths in ((one,) for one in ignored) if self._lists_all else grouped_paths(ignored):
            yield _headed("ignored", paths[0])
            yield from _more(paths[0], len(paths) - 1)


def summary(report: ScanReport) -> list[str]:
    """Return the closing lines: the verdict in words and the counts."""
    counts = (
        f"{_count(len(report.results))}: {report.count(Verdict.BLOCK)} blocked,"
        f" {report.count(Verdict.UNDECIDED)} undecided, {report.count(Verdict.PASS)} passed"
        f"{_remarks(report)}"
    ) + (f", {len(report.ignored)} ignored" if report.ignored else "")
    verdicts = {
        Verdict.BLOCK: "BLOCKED: not to be delivered as it is.",
        Verdict.UNDECIDED: "UNDECIDED: something could not be judged; not to be delivered yet.",
        Verdict.PASS: "PASSED: no AI declaration found, or approved in writing.",
    }
    let_go = sum(map(_is_let_go, report.notable()))
    if let_go:
        verdicts[Verdict.PASS] = (
            f"PASSED: the policy lets AI media pass without written approval: {_count(let_go)}."
        )
    line = f"{counts}; policy {report.policy}, use {report.use}"
    verdict = verdicts[report.verdict]
    if report.is_overridden:
        verdict = f"{OVERRIDDEN}: {_count(report.overridden)} without written approval."
    return [*textwrap.wrap(line, _WIDTH + 2, break_on_hyphens=False), verdict]


def _count(number: int) -> str:
    return f"{number} file" if number == 1 else f"{number} files"


def _remarks(report: ScanReport) -> str:
    """Return how many of the passed were approved or overridden, and how many hint at AI."""
    approved = let_go = hints = 0
    for one in report.notable():
        let_go += _is_let_go(one)
        if one.findings and one.verdict is Verdict.PASS and not one.is_overridden:
            approved += any(finding.waived_by for finding in one.findings)
            hints += not one.facts.is_ai
    parts = [f"{approved} approved"] if approved else []
    if let_go:
        parts.append(f"{let_go} AI media without approval")
    if report.overridden:
        parts.append(f"{report.overridden} by override")
    if hints:
        parts.append(f"{hints} with a hint of AI")
    return f" ({', '.join(parts)})" if parts else ""


def _is_let_go(result: AssetResult) -> bool:
    """Return whether AI media passes, and nobody approved or overrode it."""
    is_approved = any(judged.sets_aside for judged in result.facts.approvals)
    passes = result.verdict is Verdict.PASS and not result.is_overridden
    return passes and result.facts.is_ai and not is_approved


def _listed(report: ScanReport, verdict: Verdict, *, one_by_one: bool) -> Iterator[Told]:
    wanted = (one for one in report.notable() if one.verdict is verdict and one.findings)
    return (Told(results=(one,)) for one in wanted) if one_by_one else told(wanted)


def _told(one: Told, *, more: int = 0) -> list[str]:
    result = one.first
    approval = next((judged for judged in result.facts.approvals if judged.sets_aside), None)
    is_approved = result.verdict is Verdict.PASS and approval is not None
    lines = [_headed(_APPROVED if is_approved else _word(result), one.path)]
    if one.is_range:
        lines += _wrapped(f"{len(one.results)} frames of an image sequence")
    if is_approved and approval is not None:
        lines += _wrapped(_approval(approval))
    lines += _more(result.facts.path, more)
    for finding in result.findings:
        if finding.waived_by is None:
            lines += _wrapped(f"{printable(without_manifests(finding.message))} [{finding.rule}]")
    return lines


def _word(result: AssetResult) -> str:
    return "OVERRIDE" if result.is_overridden else _WORDS[result.verdict]


def _more(path: str, count: int) -> list[str]:
    """Return the line that stands for more files like this one; none if there are none."""
    suffix = printable(suffix_of(path)) or "without a suffix"
    return _wrapped(f"and {count} more {suffix} (scan --all lists them)") if count else []


def _headed(word: str, path: str) -> str:
    return f"{word:<10} {printable(path)}"


def _approval(judged: JudgedApproval) -> str:
    approval = judged.checked.approval
    number = approval.approval_id.removeprefix("urn:uuid:")[:8]
    conditions = "".join(f"; condition: {condition.text}" for condition in approval.conditions)
    signed = judged.checked.signed_by
    who = f"by {approval.approver.name}, signed by {signed} (approval {number})"
    return printable(f"until: {end(approval.valid_until)}, {who}{conditions}")


def _remedies(report: ScanReport) -> list[str]:
    lines = []
    for advice in advise(report):
        heading = f"[{', '.join(advice.rules)}] {_count(advice.count)}"
        lines += _wrapped(heading, "  ")
        lines += _wrapped(printable(advice.text), " " * 4)
        lines += _command([printable(word) for word in advice.command])
    return ["", "What to do:", *lines, ""] if lines else []


def _command(words: list[str]) -> list[str]:
    """Return the lines of a command as a shell takes them; an option keeps its value."""
    lines: list[str] = []
    for word in _options_joined(words):
        if lines and len(lines[-1]) + len(word) < _WIDTH - len(_GOES_ON):
            lines[-1] += f" {word}"
        else:
            lines.append(" " * 6 + word)
    return [line + _GOES_ON for line in lines[:-1]] + lines[-1:]


def _options_joined(words: list[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        if joined and joined[-1].startswith("--") and " " not in joined[-1]:
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return joined


def _wrapped(text: str, indent: str = _INDENT) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
