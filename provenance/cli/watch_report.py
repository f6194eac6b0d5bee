"""What `provenance status` tells of the watches: every host's, from the files they leave."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from provenance.cli.output import wrapped
from provenance.config import Config
from provenance.daemon.health import Health, Vitality, judge
from provenance.daemon.state import Failure, WatchState, ZoneState, to_record
from provenance.daemon.state_file import WATCH_FOLDER, read_states

_QUIET = (Vitality.GONE, Vitality.STOPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """The watches of a production."""

    watches: tuple[tuple[WatchState, Health], ...]
    """What each said last, and how it is to be judged."""
    notes: tuple[str, ...]
    """What is worth knowing and no problem: nobody watches, a file of a watch cannot be read."""
    now: datetime
    """When this was seen."""

    @property
    def records(self) -> list[dict[str, Any]]:
        """Every watch as a JSON object: its state file, with `health` and `reasons`."""
        return [
            {**to_record(state), "health": health.vitality.value, "reasons": list(health.reasons)}
            for state, health in self.watches
        ]

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with those that run."""
        return tuple(
            f"the watch on {state.host}: {reason}"
            for state, health in self.watches
            if health.vitality not in _QUIET
            for reason in health.reasons
        )

    @property
    def lines(self) -> Iterator[str]:
        """The watches for a person."""
        for state, health in self.watches:
            yield from _lines(state, health, self.now)


def report_watches(config: Config, now: datetime) -> WatchReport:
    """Return what every host's watch left."""
    found = read_states(config.data / WATCH_FOLDER)
    watches = tuple(
        (state, judge(state, now, has_process=_has_process(state))) for state in found.states
    )
    is_watched = any(health.vitality not in _QUIET for _, health in watches)
    idle = () if is_watched else ("nobody watches the zones: run provenance watch",)
    return WatchReport(watches=watches, notes=(*found.problems, *idle), now=now)


def _has_process(state: WatchState) -> bool:
    """Return whether the process may be there; of another host nobody here knows."""
    return state.host != socket.gethostname() or Path("/proc", str(state.pid)).exists()


def _lines(state: WatchState, health: Health, now: datetime) -> Iterator[str]:
    if health.vitality in _QUIET:
        yield f"  watch        {state.host}: {health.reasons[0]}"
    else:
        queue = sum(zone.queue for zone in state.zones)
        yield (
            f"  watch        {state.host}: {health.vitality.value}, {queue} files waiting"
            f" (pid {state.pid}, since {state.started_at:%Y-%m-%d %H:%M} UTC)"
        )
        for zone in state.zones:
            yield f"    {zone.role:<12} {_zone_line(zone, now)}"
    for failure in state.failures:
        yield from _failure_lines(failure)


def _zone_line(zone: ZoneState, now: datetime) -> str:
    looked = f"looked at {_ago(zone.reconciled_at, now)}" if zone.reconciled_at else "first look"
    waiting = f", {zone.queue} waiting for up to {zone.lag_seconds:.0f} s" if zone.queue else ""
    reason = f": {zone.source_reason}" if zone.source_reason else ""
    source = f" ({zone.source_kind}{reason})" if zone.source_kind else ""
    return f"{zone.condition.value}{source}, {looked}{waiting}"


def _failure_lines(failure: Failure) -> Iterator[str]:
    yield f"  FAILED       {failure.path} at {failure.failed_at:%Y-%m-%d %H:%M} UTC"
    yield from wrapped(f"{failure.kind}: {failure.message}", 15)
    yield from wrapped(f"To do: {failure.remedy}", 15)


def _ago(moment: datetime, now: datetime) -> str:
    return f"{max(0.0, (now - moment).total_seconds()):.0f} s ago"
