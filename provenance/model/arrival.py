"""What was done with files that arrived in a zone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

KEPT_OUT = ("quarantined", "would-quarantine", "blocked", "revoked")
"""Actions by which something is kept out of a deliverable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What was done with a file that arrived."""

    path: Path
    """Where it arrived; `shot.[0001-0100].exr` for frames, the folder for a sealed package."""
    action: str
    """One word: tagged, passed, quarantined, blocked, left, ..."""
    detail: str
    """One sentence for the log."""
    rules: tuple[str, ...] = ()
    """Ids of the rules that keep it out."""
    files: int = 1
    """How many files it tells of: frames of a sequence with which the same was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of files that arrived together."""

    arrivals: tuple[Arrival, ...]
    """What was done, frames of one sequence told together."""
    failed: Mapping[Path, Exception]
    """Files with which it failed, and why; they are as they were and may be tried again."""


class Keeper(Protocol):
    """Deals with what arrives in zones; see `zoning.ZoneKeeper`."""

    def take(self, paths: Sequence[Path]) -> Taken:
        """See `zoning.ZoneKeeper.take`."""
        ...

    def review(self) -> Iterator[Arrival]:
        """See `zoning.ZoneKeeper.review`."""
        ...
