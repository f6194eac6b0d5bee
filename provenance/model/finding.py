"""A finding: what a rule has to say of one file, and the verdict that follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from provenance.model.signal import Signal


class Verdict(StrEnum):
    """What a gate decides; anything but PASS keeps the file out."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    BLOCK = "block"
    UNDECIDED = "undecided"

    @property
    def exit_code(self) -> int:
        """0 pass, 1 block, 3 could not decide (which blocks too)."""
        return {Verdict.PASS: 0, Verdict.BLOCK: 1, Verdict.UNDECIDED: 3}[self]


class Origin(StrEnum):
    """Whether a finding speaks of the asset or of our inability to judge it."""

    ASSET = "asset"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule has to say of one file."""

    rule: str
    """Id of the rule, kebab-case; `provenance explain` prints it."""
    path: str
    """The file, as the report names it."""
    verdict: Verdict
    """BLOCK or UNDECIDED; PASS for a remark."""
    origin: Origin
    """Of the asset, or of our inability to judge it."""
    message: str
    """One sentence a producer understands."""
    remedy: str
    """What to do next."""
    evidence: tuple[Signal, ...] = ()
    """What proves it."""
    waived_by: str | None = None
    """Id of the verified approval that sets it aside; it stays in the report."""

    @property
    def counts(self) -> bool:
        """Whether it still keeps the file out."""
        return self.waived_by is None and self.verdict is not Verdict.PASS


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return BLOCK if any counting finding blocks, else UNDECIDED if any, else PASS."""
    verdicts = {finding.verdict for finding in findings if finding.counts}
    if Verdict.BLOCK in verdicts:
        return Verdict.BLOCK
    return Verdict.UNDECIDED if verdicts else Verdict.PASS
