"""How patient and how busy a watch is."""

from dataclasses import dataclass, field

from watchers.filters import Filters


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How patient and how busy a watch is."""

    settle_seconds: float = 5.0
    """How long a file must show the same state."""
    reconcile_seconds: float = 300.0
    """How often everything is walked; what was missed is found within this time."""
    empty_seconds: float = 600.0
    """How long an empty file is taken for a transfer before its first byte."""
    poll_seconds: float = 1.0
    """How often hints are collected and waiting files looked at."""
    max_attempts: int = 5
    """How often a failing handler is tried before the file is reported and left."""
    retry_seconds: float = 2.0
    """Delay after the first failure; doubled after each further one."""
    filters: Filters = field(default_factory=Filters)
    """Which names are looked at."""
