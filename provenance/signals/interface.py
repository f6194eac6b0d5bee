"""The seam of the signals: rules that find evidence of AI in what a file says of itself.

Fields are parsed, never searched: product names occur in captions, and chance bytes spell words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal

_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRule:
    """One row of the dated rule table: what evidence, how sure, why."""

    rule_id: str
    """Stable id in kebab-case."""
    level: Level
    """How sure a hit is."""
    since: date
    """When the row was last checked against real files or generator source."""
    title: str
    """One line for a person."""
    explanation: str
    """Why this proves what it proves, and where the knowledge comes from."""
    examples: tuple[Reading, ...]
    """Readings on which the rule must fire."""
    counterexamples: tuple[Reading, ...]
    """Readings that look alike and on which it must stay silent."""

    def hit(self, place: str, value: str, generator: Generator | None = None) -> Signal:
        """Return the signal of this rule for what stands at this place."""
        shown = value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"
        return Signal(
            rule=self.rule_id, level=self.level, place=place, value=shown, generator=generator
        )


class SignalKind(Protocol):
    """One kind of evidence, with the rules it stands for."""

    @property
    def rules(self) -> tuple[SignalRule, ...]:
        """The rows of the table this kind fires."""
        ...

    def find(self, reading: Reading) -> Iterator[Signal]:
        """Yield the evidence in a reading, strongest rules first; silent if there is none."""
        ...
