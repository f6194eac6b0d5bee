"""How patient and how busy a watch is."""

from dataclasses import dataclass, field
from enum import StrEnum

from watchers.filters import Filters

_GIB = 1024**3


class SourceKind(StrEnum):
    """How changes below a root are noticed between two walks."""

    AUTO = "auto"
    """By the file system it lies on."""
    NATIVE = "native"
    """By what the kernel tells; folders for which it tells nothing are polled."""
    POLLING = "polling"
    """By looking at the folders again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How patient and how busy a watch is."""

    settle_seconds: float = 5.0
    """How long a small file must show the same state."""
    settle_seconds_per_gib: float = 1.0
    """How much longer for every whole GiB of it: big files come from slow and stalling writers."""
    longest_settle_seconds: float = 60.0
    """What that may add up to, and how seldom a growing file is looked at."""
    reconcile_seconds: float = 300.0
    """How often everything is walked, on average; what was missed is found then."""
    poll_seconds: float = 10.0
    """How often folders without change events are looked at."""
    empty_seconds: float = 600.0
    """How long an empty file is taken for a transfer before its first byte."""
    group_seconds: float = 60.0
    """How long a finished file waits for others of its group that still arrive."""
    batch_size: int = 256
    """How many files are handed over at once: between batches a watch may be stopped."""
    batch_bytes: int = 1 << 30
    """How many bytes, unless one file has more."""
    step_seconds: float = 1.0
    """How often hints are collected and waiting files looked at."""
    max_attempts: int = 5
    """How often a failing handler is tried before the file is reported and left."""
    retry_seconds: float = 2.0
    """Delay after the first failure; doubled after each further one."""
    filters: Filters = field(default_factory=Filters)
    """Which names are looked at."""
    source: SourceKind = SourceKind.AUTO
    """How changes are noticed."""
    probe_name: str = ""
    """Dot name of a file by which every native root is proved to send events; empty for none."""

    def settle_for(self, size: int) -> float:
        """Return how long a file of this size must show the same state."""
        longest = max(self.longest_settle_seconds, self.settle_seconds)
        return min(self.settle_seconds + self.settle_seconds_per_gib * (size // _GIB), longest)
