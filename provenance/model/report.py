"""What one scan saw, file by file, and the verdict over all.

A scan may see millions of files of which there is nothing to say. Results are therefore gone
through, never listed, and what they come to is counted as they are made: see `Results`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from provenance.model.digest import Digest, digest_from_hex
from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Verdict, verdict_of
from provenance.model.purpose import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """What a rule of the policy says of itself; reports explain findings with it."""

    rule_id: str
    """Id of the rule, kebab-case."""
    title: str
    """One line for a person."""
    explanation: str
    """Why the rule is there."""
    remedy: str
    """What to do about a finding."""
    verdict: Verdict
    """What its findings count for in the pack that was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetResult:
    """One file with what was found about it."""

    facts: AssetFacts
    """What is known of it."""
    findings: tuple[Finding, ...]
    """What the rules say, waived findings included."""
    policy: str = ""
    """Name of the pack it was judged by."""
    policy_digest: Digest | None = None
    """Digest of that pack; None where none was asked."""
    purpose: Purpose | None = None
    """What approvals had to cover; None where nobody asked."""
    path_bytes: bytes | None = None
    """The path as the file system has it; None where only its text is known."""
    thumbnail: bytes | None = None
    """A small JPEG of the picture, where the report shows pictures."""

    @property
    def verdict(self) -> Verdict:
        """The verdict over its findings."""
        return verdict_of(self.findings)

    @property
    def is_overridden(self) -> bool:
        """Whether it passes because an emergency override sets findings aside."""
        overrides = {one.checked.override.override_id for one in self.facts.overrides}
        is_waived = any(finding.waived_by in overrides for finding in self.findings)
        return self.verdict is Verdict.PASS and is_waived

    @property
    def is_notable(self) -> bool:
        """Whether there is more to say of it than that it is there and passes."""
        return bool(self.findings) or self.facts.is_ai


class Results(Protocol):
    """What is said of each file, in path order; it may be gone through any number of times.

    A tuple is enough; `spooling.ResultSpool` holds any number in little memory.
    """

    def __iter__(self) -> Iterator[AssetResult]:
        """Go through them from the first."""
        ...

    def __len__(self) -> int:
        """Return how many files they are of."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What results come to."""

    verdicts: Mapping[Verdict, int]
    """How many files have each verdict; none where a verdict is missing."""
    overridden: int
    """How many files pass by an emergency override alone."""
    digest: Digest
    """Of what was judged how, in this order: path, digests and verdict of each file."""

    @property
    def verdict(self) -> Verdict:
        """`PASS` only if something was examined and nothing counts against it."""
        if self.count(Verdict.BLOCK):
            return Verdict.BLOCK
        passes = self.count(Verdict.PASS) and not self.count(Verdict.UNDECIDED)
        return Verdict.PASS if passes else Verdict.UNDECIDED

    def count(self, verdict: Verdict) -> int:
        """Return how many files have this verdict."""
        return self.verdicts.get(verdict, 0)


@runtime_checkable
class TalliedResults(Results, Protocol):
    """Results that need not be gone through to tell what they come to."""

    @property
    def tally(self) -> Tally:
        """What they come to."""
        ...

    def notable(self) -> Iterator[AssetResult]:
        """Go through those of which there is something to say."""
        ...


class TallyKeeper:
    """Keeps the tally of results as they are made."""

    def __init__(self) -> None:
        self._verdicts: Counter[Verdict] = Counter()
        self._overridden = 0
        self._digest = hashlib.sha256()

    @property
    def tally(self) -> Tally:
        """What has been added comes to."""
        return Tally(
            verdicts=dict(self._verdicts),
            overridden=self._overridden,
            digest=digest_from_hex(self._digest.hexdigest()),
        )

    def add(self, result: AssetResult) -> None:
        """Count the result of one file."""
        path = result.path_bytes
        if path is None:
            path = result.facts.path.encode("utf-8", "backslashreplace")
        verdict = result.verdict
        self._count(result, verdict, 1)
        self._digest.update(path + _judged_how(result.facts, verdict))

    def add_alike(self, folder: bytes, names: bytes, template: AssetResult) -> None:
        """Count files of which the same is to be said, as if they were added one by one.

        The folder ends in a slash, unless it is empty; the names are parted by slashes.
        """
        verdict = template.verdict
        self._count(template, verdict, names.count(b"/") + 1)
        how = _judged_how(template.facts, verdict)
        for part in (folder, names.replace(b"/", how + folder), how):
            self._digest.update(part)

    def _count(self, result: AssetResult, verdict: Verdict, files: int) -> None:
        self._verdicts[verdict] += files
        if result.findings and result.is_overridden:
            self._overridden += files


def _judged_how(facts: AssetFacts, verdict: Verdict) -> bytes:
    """Return what follows a path in the digest; no path holds a NUL, so each line has one end."""
    told = f"\0{facts.file_digest or ''}\0{facts.essence_digest or ''}\0{verdict.value}\n"
    return told.encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport:
    """Everything one scan saw."""

    results: Results
    """One entry a file, in path order."""
    policy: str
    """Name of the pack, or names where zones have their own."""
    use: str
    """The use approvals were asked to cover, or uses where zones have their own."""
    ignored: tuple[str, ...] = ()
    """Files left out because the configuration says so; listed, never silent."""
    rules: tuple[RuleText, ...] = ()
    """The rules that were asked, in their order."""
    production: str = ""
    """Name of the production."""
    title: str = ""
    """The production or episode approvals had to name, or several; empty for any."""
    judged_at: datetime | None = None
    """When the scan ended, aware UTC."""

    @property
    def tally(self) -> Tally:
        """What its results come to; they are gone through if they do not tell."""
        if isinstance(self.results, TalliedResults):
            return self.results.tally
        keeper = TallyKeeper()
        for result in self.results:
            keeper.add(result)
        return keeper.tally

    @property
    def is_overridden(self) -> bool:
        """Whether all passes, and some of it by an emergency override alone."""
        tally = self.tally
        return tally.verdict is Verdict.PASS and tally.overridden > 0

    @property
    def overridden(self) -> int:
        """How many files pass by an emergency override alone."""
        return self.tally.overridden

    @property
    def verdict(self) -> Verdict:
        """`PASS` only if something was examined and nothing counts against it."""
        return self.tally.verdict

    @property
    def findings(self) -> Iterator[Finding]:
        """Every finding of every file, to be gone through."""
        return (finding for result in self.notable() for finding in result.findings)

    def count(self, verdict: Verdict) -> int:
        """Return how many files have this verdict."""
        return self.tally.count(verdict)

    def notable(self) -> Iterator[AssetResult]:
        """Go through the files of which there is more to say than that they pass."""
        if isinstance(self.results, TalliedResults):
            return self.results.notable()
        return (result for result in self.results if result.is_notable)
