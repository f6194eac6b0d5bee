"""What a watch says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from watchers.change import Problem, ProblemKind
from watchers.options import SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RootStatus:
    """One root at one moment."""

    path: Path
    """The root."""
    trouble: str
    """Why it is degraded; empty if it is well."""
    is_lost: bool
    """Whether nothing below it is looked at until it is itself again."""
    source: SourceKind
    """How its changes are noticed now: native or polling, never auto."""
    why_polled: str
    """Why it, or a part of it, is polled; empty if nothing of it is."""
    folder_count: int
    """Folders known below it, itself included."""
    pending_count: int
    """Files below it that are seen and not taken yet."""
    lag_seconds: float
    """How long the oldest of them that is ready to be taken has been waiting for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopStatus:
    """A watch at one moment, fit to be read from another thread."""

    pending_count: int
    """Files seen that are not finished, or whose handler failed."""
    given_up_count: int
    """Those among them whose handler failed too often; they are tried again at the next walk."""
    lag_seconds: float
    """How long the oldest file that is ready to be taken has been waiting for it."""
    handled_count: int
    """Times a handler took a file since the start."""
    problem_counts: Mapping[ProblemKind, int]
    """Problems since the start."""
    reconciled_at: float | None
    """When everything was last walked, in seconds since the epoch."""
    degraded_roots: tuple[Path, ...]
    """Roots that are gone, replaced or partly unreadable."""
    is_source_alive: bool
    """Whether the kernel tells of changes, or no root is meant to be watched so."""
    roots: tuple[RootStatus, ...]
    """Each root, the innermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassSummary:
    """What one pass over everything did."""

    handled: tuple[Path, ...]
    """Files the handler took, in order."""
    pending: tuple[Path, ...]
    """Files that are not finished, or whose handler failed."""
    problems: tuple[Problem, ...]
    """What could not be looked at or handled."""
