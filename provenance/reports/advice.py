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
    rules: dict[str, dict[str, None]] = {}
    for result in _blocked_first(report):
        for finding in result.findings:
            if finding.counts:
                rules.setdefault(finding.remedy, {})[finding.rule] = None
    for remedy, of_rules in rules.items():
        text, _, command = remedy.partition(_COMMAND)
        words = ["provenance", *command.split()] if command else []
        count, known = _known(_concerned(report, remedy))
        yield Advice(
            rules=tuple(of_rules),
            count=count,
            text=_filled(text, known) + (":" if command else ""),
            command=tuple(_filled(word, known) for word in words),
        )


def _filled(text: str, known: Mapping[str, str]) -> str:
    """Return the text with FILE and ID replaced by what is known of them."""
    return re.sub(r"\b(?:FILE|ID)\b", lambda word: known[word[0]], text)


def _blocked_first(report: ScanReport) -> Iterator[AssetResult]:
    for is_first in (True, False):
        for result in report.notable():
            if (result.verdict is Verdict.BLOCK) is is_first:
                yield result


def _concerned(report: ScanReport, remedy: str) -> Iterator[AssetResult]:
    """Yield each file once of which a finding has this remedy."""
    met: set[int] = set()  # hashes: the paths of very many files would fill the memory
    for result in _blocked_first(report):
        at = hash(result.facts.path)
        of_it = (finding.counts and finding.remedy == remedy for finding in result.findings)
        if at not in met and any(of_it):
            met.add(at)
            yield result


def _known(results: Iterable[AssetResult]) -> tuple[int, Mapping[str, str]]:
    """Return how many files they are, and what stands for FILE and ID.

    Frames that are told together are one name.
    """
    count = 0
    paths: dict[str, None] = {}
    approvals: set[str] = set()
    for one in told(results):
        count += len(one.results)
        if len(paths) <= _MOST_NAMED:
            paths[shlex.quote(one.path)] = None
        approvals |= {number for result in one.results for number in _not_covering(result)}
    files = " ".join(paths) if len(paths) <= _MOST_NAMED else "FILE..."
    return count, {"FILE": files, "ID": approvals.pop() if len(approvals) == 1 else "ID"}


def _not_covering(result: AssetResult) -> Iterator[str]:
    """Yield in short the approvals that set nothing aside."""
    for judged in result.facts.approvals:
        if not judged.sets_aside:
            yield judged.checked.approval.approval_id.removeprefix("urn:uuid:")[:8]
