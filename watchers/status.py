"""What a watch says of itself."""

from dataclasses import dataclass
from pathlib import Path

from watchers.change import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class RootStatus:
    """One root at one moment."""

    path: Path
    """The root."""
    trouble: str
    """Why it is gone, replaced or partly unreadable; empty if it is well."""
    is_lost: bool
    """Whether nothing below it is looked at until it is itself again."""
    pending_count: int
    """Files seen that are not finished, or whose handler failed."""
    lag_seconds: float
    """How long the one that was seen first has shown the same state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopStatus:
    """A watch at one moment, fit to be read from another thread."""

    pending_count: int
    """Files seen that are not finished, or whose handler failed."""
    handled_count: int
    """Times a handler took a file since the start."""
    reconciled_at: float | None
    """When everything was last walked, in seconds since the epoch."""
    degraded_roots: tuple[Path, ...]
    """Roots that are gone, replaced or partly unreadable."""
    is_source_alive: bool
    """Whether changes are noticed between two walks."""
    roots: tuple[RootStatus, ...]
    """Every root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassSummary:
    """What one pass over everything did."""

    handled: tuple[Path, ...]
    """Files the handler took, in order."""
    pending: tuple[Path, ...]
    """Files that are not finished, or whose handler failed."""
    problems: tuple[Problem, ...]
    """What could not be looked at or handled."""
