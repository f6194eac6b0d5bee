"""The seam of policy: a rule looks at facts and says what it finds."""

from collections.abc import Iterator
from typing import Protocol

from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding


class PolicyRule(Protocol):
    """One thing a gate may hold against a file.

    Pure: the same facts give the same findings; no file, clock, database or network.
    """

    @property
    def rule_id(self) -> str:
        """Stable id in kebab-case."""
        ...

    @property
    def title(self) -> str:
        """One line for a person."""
        ...

    @property
    def explanation(self) -> str:
        """Why the rule is there."""
        ...

    @property
    def remedy(self) -> str:
        """What to do about a finding."""
        ...

    @property
    def is_waivable(self) -> bool:
        """Whether a valid approval sets its findings aside."""
        ...

    @property
    def examples(self) -> tuple[AssetFacts, ...]:
        """Facts in which it must find something."""
        ...

    @property
    def counterexamples(self) -> tuple[AssetFacts, ...]:
        """Facts in which it must find nothing."""
        ...

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """Yield the findings; empty if the rule has nothing against the file."""
        ...
