"""The seam of the signals: rules that find evidence of AI in what a file says of itself.

Fields are parsed, never searched: product names occur in captions, and chance bytes spell words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from provenance.model.credential import Credentials
from provenance.model.metadata import MetadataField, XmpProperty
from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal

_LONGEST_VALUE = 200
ANY = ("",)
"""Words every text holds."""
JSON = ("{",)
"""What every JSON object holds."""


class Evidence(Protocol):
    """What a kind may look at: a whole `Reading`, or the part of one its places name."""

    @property
    def fields(self) -> tuple[MetadataField, ...]:
        """Textual metadata of the container."""
        ...

    @property
    def properties(self) -> tuple[XmpProperty, ...]:
        """Properties of its XMP packets."""
        ...

    @property
    def credentials(self) -> Credentials | None:
        """Its C2PA manifest store."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a kind looks; what stands elsewhere, or holds none of the words, it is not shown."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys of fields, as `plain_key` spells them, with words of which the text holds one."""
    properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Local names of XMP properties, with words of which the value holds one."""
    namespace: str = ""
    """How their namespace begins, as `plain_namespace` spells it; any if empty."""
    credentials: bool = False
    """Whether it looks at C2PA manifests."""


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
        return Signal(
            rule=self.rule_id,
            level=self.level,
            place=place,
            value=shortened(value),
            generator=generator,
        )


class SignalKind(Protocol):
    """One kind of evidence, with the rules it stands for."""

    @property
    def rules(self) -> tuple[SignalRule, ...]:
        """The rows of the table this kind fires."""
        ...

    @property
    def places(self) -> Places:
        """Where it looks."""
        ...

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """Yield what is found, strongest rules first; silent if there is nothing.

        `evidence` may hold places of others too: a kind looks at its own only.
        """
        ...


class ReadingKind(Protocol):
    """A kind beyond the explicit list, made at run time; it is shown whole readings."""

    @property
    def told(self) -> str:
        """All that decides what it finds, as text."""
        ...

    def looks_under(self, key: str) -> bool:
        """Return whether it looks at fields of this key, however the container spells it."""
        ...

    def looks_at(self, namespace: str, name: str) -> bool:
        """Return whether it looks at this XMP property."""
        ...

    def find(self, reading: Reading) -> Iterator[Signal]:
        """Yield what is found; silent if there is nothing."""
        ...


def shortened(value: str) -> str:
    """Return a value as a signal shows it: at most 200 characters."""
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"
