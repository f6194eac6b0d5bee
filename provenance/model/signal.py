"""A signal: one piece of evidence that a file was made by AI, and where it stands."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How sure a signal is; a hint alone never tags or blocks."""

    DECLARES = "declares"
    FINGERPRINT = "fingerprint"
    HINT = "hint"

    @property
    def rank(self) -> int:
        """3 for a declaration, 2 for a fingerprint, 1 for a hint."""
        return {Level.DECLARES: 3, Level.FINGERPRINT: 2, Level.HINT: 1}[self]

    @property
    def is_conclusive(self) -> bool:
        """Whether this level may tag or block by itself."""
        return self is not Level.HINT


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """What the file says made it; never prompts, never names of people."""

    tool: str
    """The product, as it names itself."""
    model: str = ""
    """The model, where stated."""
    version: str = ""
    """The version of tool or model, where stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One piece of evidence that a file was made by AI."""

    rule: str
    """Id of the rule that fired, kebab-case."""
    level: Level
    """How sure it is."""
    place: str
    """Where in the file it stands, for example `png/iTXt/XML:com.adobe.xmp`."""
    value: str
    """What stands there, shortened to 200 characters."""
    generator: Generator | None = None
    """What the file says made it, where it says so."""


def strongest(signals: tuple[Signal, ...]) -> Level | None:
    """Return the highest level among the signals, or None if there are none."""
    return max((signal.level for signal in signals), key=lambda level: level.rank, default=None)
