"""Judge a watch by what it last said of itself: pure, the same for HTTP, systemd and `status`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provenance.daemon.state import Condition, WatchState, ZoneState

_SILENCE = timedelta(seconds=60)
"""How old a heartbeat may be at least; hosts' clocks differ by seconds."""
_BEATS = 6
"""Heartbeats that may be missed."""


class Vitality(StrEnum):
    """How a watch is."""

    OK = "ok"
    STARTING = "starting"
    DEGRADED = "degraded"
    STALLED = "stalled"
    GONE = "gone"
    STOPPED = "stopped"

    @property
    def is_well(self) -> bool:
        """Whether nobody has to come."""
        return self in (Vitality.OK, Vitality.STARTING)

    @property
    def is_working(self) -> bool:
        """Whether starting it anew would not help."""
        return self.is_well or self is Vitality.DEGRADED


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a watch is, and why."""

    vitality: Vitality
    """In one word."""
    reasons: tuple[str, ...] = ()
    """What is wrong, a sentence each; empty if it is well."""


def judge(state: WatchState, now: datetime, *, has_process: bool = True) -> Health:
    """Return how the watch is that said this; who knows that its process is gone may say so."""
    if state.stopped_at:
        return _health(Vitality.STOPPED, f"stopped at {_at(state.stopped_at)}")
    is_silent = now - state.heartbeat_at > max(_SILENCE, _BEATS * _heartbeat(state))
    if is_silent or not has_process:
        return _health(Vitality.GONE, f"not running since {_at(state.heartbeat_at)}")
    if state.is_stalled:
        return _health(Vitality.STALLED, "the watch makes no progress; restart it")
    troubles = tuple(_troubles(state))
    if troubles:
        return Health(vitality=Vitality.DEGRADED, reasons=troubles)
    return Health(vitality=Vitality.OK if state.has_reconciled else Vitality.STARTING)


def _health(vitality: Vitality, reason: str) -> Health:
    return Health(vitality=vitality, reasons=(reason,))


def _troubles(state: WatchState) -> Iterator[str]:
    if state.registry_trouble:
        yield f"the registry does not answer: {state.registry_trouble}"
    for zone in state.zones:
        yield from _zone_troubles(zone)


def _zone_troubles(zone: ZoneState) -> Iterator[str]:
    if zone.condition is not Condition.OK:
        yield f"{zone.path}: the zone is {zone.condition.value}: {zone.trouble}"
    elif zone.reconciled_at and not zone.is_source_alive:
        yield f"{zone.path}: changes are only noticed when everything is looked at"


def _heartbeat(state: WatchState) -> timedelta:
    return timedelta(seconds=min(state.heartbeat_seconds, 3600.0))


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
