"""What one scan saw, file by file, and the verdict over all."""

from dataclasses import dataclass
from datetime import datetime

from provenance.model.digest import Digest
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport:
    """Everything one scan saw."""

    results: tuple[AssetResult, ...]
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
    def is_overridden(self) -> bool:
        """Whether all passes, and some of it by an emergency override alone."""
        return self.verdict is Verdict.PASS and self.overridden > 0

    @property
    def overridden(self) -> int:
        """How many files pass by an emergency override alone."""
        return sum(result.is_overridden for result in self.results)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of every file."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def verdict(self) -> Verdict:
        """`PASS` only if something was examined and nothing counts against it."""
        return verdict_of(self.findings) if self.results else Verdict.UNDECIDED

    def count(self, verdict: Verdict) -> int:
        """Return how many files have this verdict."""
        return sum(result.verdict is verdict for result in self.results)
