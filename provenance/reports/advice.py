"""What to do about the findings of a scan: once for each remedy, with the names that are known."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from provenance.model.finding import Verdict
from provenance.model.report import AssetResult, ScanReport
from provenance.reports.grouping import told

_MOST_NAMED = 3
"""Files that are written out in a command; of more a person chooses."""
_COMMAND = ": provenance "


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do about findings that have one remedy."""

    rules: tuple[str, ...]
    """The rules that found them."""
    count: int
    """How many files it concerns."""
    text: str
    """What to do, in words."""
    command: tuple[str, ...] = ()
    """The words of a command that does it, quoted for a shell; empty if there is none."""


def advise(report: ScanReport) -> Iterator[Advice]:
    """Yield what to do about everything that keeps a file out, what blocks first."""
    concerned: dict[str, dict[str, AssetResult]] = {}
    rules: dict[str, dict[str, None]] = {}
    for result in sorted(report.results, key=lambda one: one.verdict is not Verdict.BLOCK):
        for finding in result.findings:
            if finding.counts:
                concerned.setdefault(finding.remedy, {})[result.facts.path] = result
                rules.setdefault(finding.remedy, {})[finding.rule] = None
    for remedy, results in concerned.items():
        text, _, command = remedy.partition(_COMMAND)
        words = ["provenance", *command.split()] if command else []
        known = _known(results.values())
        yield Advice(
            rules=tuple(rules[remedy]),
            count=len(results),
            text=_filled(text, known) + (":" if command else ""),
            command=tuple(_filled(word, known) for word in words),
        )


def _filled(text: str, known: Mapping[str, str]) -> str:
    """Return the text with FILE and ID replaced by what is known of them."""
    return re.sub(r"\b(?:FILE|ID)\b", lambda word: known[word[0]], text)


def _known(results: Iterable[AssetResult]) -> dict[str, str]:
    """Return what stands for FILE and ID; frames that are told together are one name."""
    listed = tuple(results)
    paths = [shlex.quote(one.path) for one in told(listed)]
    files = " ".join(paths) if len(paths) <= _MOST_NAMED else "FILE..."
    approvals = {
        judged.checked.approval.approval_id.removeprefix("urn:uuid:")[:8]
        for result in listed
        for judged in result.facts.approvals
        if not judged.sets_aside
    }
    number = approvals.pop() if len(approvals) == 1 else "ID"
    return {"FILE": files, "ID": number}
