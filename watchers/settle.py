"""Decide, without touching anything, whether a file has stopped changing.

A file is still when it showed the same state in two looks at least `settle_seconds` apart, or
when its own times were older than that at the first look (a walk after a night's copying does
not wait for each file), or when it was renamed into place, which is how a careful writer says
that it is done. The second trusts the file server's clock; with a server that lags, the test of
completeness has to catch the growing file. An empty file is what a transfer looks like before its
first byte: it is still only after a much longer time.
"""

from dataclasses import dataclass, replace

from watchers.change import FileState

_NS_PER_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One instant on both clocks."""

    elapsed: float
    """Monotonic seconds."""
    wall: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A state of a file and since when it has been seen."""

    state: FileState
    """What the file looked like."""
    since: float
    """Monotonic time of the first look that showed it."""
    is_aged: bool = False
    """Whether its times were old when it was first seen at all, or it was renamed into place."""
    looks: int = 1
    """How often it has been seen so."""


def sight(
    previous: Sighting | None,
    state: FileState,
    moment: Moment,
    *,
    settle_seconds: float,
    is_placed: bool = False,
) -> Sighting:
    """Return what is known of a file after one more look."""
    if is_placed:
        return Sighting(state=state, since=moment.elapsed, is_aged=True)
    if previous is None:
        newest = max(state.mtime_ns, state.ctime_ns) / _NS_PER_SECOND
        is_aged = moment.wall - newest >= settle_seconds
        return Sighting(state=state, since=moment.elapsed, is_aged=is_aged)
    if previous.state != state:
        return Sighting(state=state, since=moment.elapsed)
    return replace(previous, looks=previous.looks + 1)


def is_still(
    sighting: Sighting, moment: Moment, *, settle_seconds: float, empty_seconds: float
) -> bool:
    """Return whether the file has stopped changing."""
    if sighting.state.size == 0:
        newest = max(sighting.state.mtime_ns, sighting.state.ctime_ns) / _NS_PER_SECOND
        return moment.wall - newest >= empty_seconds
    if sighting.is_aged:
        return True
    return sighting.looks > 1 and moment.elapsed - sighting.since >= settle_seconds
