"""What a watch says of itself at one moment: the record behind every way of asking.

See `reports/schemas/watch-1.json` for its form in a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

SCHEMA = "provenance-watch"
VERSION = 1


class Condition(StrEnum):
    """How a zone is."""

    OK = "ok"
    DEGRADED = "degraded"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneState:
    """One zone as the watch sees it."""

    path: str
    """Where it is, as text."""
    role: str
    """What it is for."""
    condition: Condition = Condition.OK
    """Whether it is itself and can be read."""
    trouble: str = ""
    """What is wrong with it."""
    source_kind: str = ""
    """How changes are noticed between two looks: `native`, `polling`; empty if nobody said."""
    source_reason: str = ""
    """Why it, or a part of it, is polled; empty if nothing is."""
    is_source_alive: bool = True
    """Whether they are noticed now."""
    queue: int = 0
    """Files seen that are not finished, or whose handling failed."""
    lag_seconds: float = 0.0
    """How long the oldest of them has waited."""
    reconciled_at: datetime | None = None
    """When all of it was last looked at."""
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How often each action was taken since the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A file or zone that could not be dealt with, and what to do about it."""

    path: str
    """Where, as text."""
    kind: str
    """One word for metrics: `disk-full`, `registry`, ..."""
    message: str
    """What went wrong."""
    remedy: str
    """What to do."""
    failed_at: datetime
    """When it went wrong last, aware UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchState:
    """A watch at one moment."""

    host: str
    """Name of the machine."""
    pid: int
    """Number of the process there."""
    tool: str
    """Name and version of the program."""
    started_at: datetime
    """When it began, aware UTC."""
    heartbeat_at: datetime
    """When it said this, aware UTC."""
    heartbeat_seconds: float
    """How often it says so."""
    is_stalled: bool = False
    """Whether it has done nothing for longer than the file in hand explains."""
    stopped_at: datetime | None = None
    """When it was told to stop and did; None while it runs, and for ever after a crash."""
    listening: str = ""
    """Address of `/healthz` and `/metrics`; empty if there is none."""
    registry_trouble: str = ""
    """Why the registry does not answer; empty if it does."""
    zones: tuple[ZoneState, ...] = ()
    """The zones, as configured."""
    error_counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How often each kind of error came up since the start."""
    failures: tuple[Failure, ...] = ()
    """The last of them that were not made good since, newest last."""

    @property
    def has_reconciled(self) -> bool:
        """Whether everything was looked at once."""
        return all(zone.reconciled_at for zone in self.zones)


def to_record(state: WatchState) -> dict[str, Any]:
    """Return the state as a JSON object."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "host": state.host,
        "pid": state.pid,
        "tool": state.tool,
        "started_at": state.started_at.isoformat(),
        "heartbeat_at": state.heartbeat_at.isoformat(),
        "heartbeat_seconds": state.heartbeat_seconds,
        "is_stalled": state.is_stalled,
        "stopped_at": _text(state.stopped_at),
        "listening": state.listening,
        "registry_trouble": state.registry_trouble,
        "zones": [_zone_record(zone) for zone in state.zones],
        "error_counts": dict(state.error_counts),
        "failures": [
            {
                "path": failure.path,
                "kind": failure.kind,
                "message": failure.message,
                "remedy": failure.remedy,
                "failed_at": failure.failed_at.isoformat(),
            }
            for failure in state.failures
        ],
    }


def from_record(record: Any) -> WatchState:  # noqa: ANN401  (whatever the file holds)
    """Return the state of a JSON object; raises ValueError, KeyError or TypeError if it is none."""
    if (record["schema"], record["version"]) != (SCHEMA, VERSION):
        raise ValueError("of another schema or version")
    return WatchState(
        host=str(record["host"]),
        pid=int(record["pid"]),
        tool=str(record["tool"]),
        started_at=_aware(record["started_at"]),
        heartbeat_at=_aware(record["heartbeat_at"]),
        heartbeat_seconds=float(record["heartbeat_seconds"]),
        is_stalled=bool(record["is_stalled"]),
        stopped_at=_moment(record["stopped_at"]),
        listening=str(record["listening"]),
        registry_trouble=str(record["registry_trouble"]),
        zones=tuple(map(_zone, record["zones"])),
        error_counts=_counts(record["error_counts"]),
        failures=tuple(map(_failure, record["failures"])),
    )


def _zone_record(zone: ZoneState) -> dict[str, Any]:
    return {
        "path": zone.path,
        "role": zone.role,
        "state": zone.condition.value,
        "trouble": zone.trouble,
        "source": zone.source_kind,
        "source_reason": zone.source_reason,
        "is_source_alive": zone.is_source_alive,
        "queue": zone.queue,
        "lag_seconds": round(zone.lag_seconds, 1),
        "reconciled_at": _text(zone.reconciled_at),
        "counts": dict(zone.counts),
    }


def _zone(record: Any) -> ZoneState:  # noqa: ANN401  (as above)
    return ZoneState(
        path=str(record["path"]),
        role=str(record["role"]),
        condition=Condition(record["state"]),
        trouble=str(record["trouble"]),
        source_kind=str(record["source"]),
        source_reason=str(record["source_reason"]),
        is_source_alive=bool(record["is_source_alive"]),
        queue=int(record["queue"]),
        lag_seconds=float(record["lag_seconds"]),
        reconciled_at=_moment(record["reconciled_at"]),
        counts=_counts(record["counts"]),
    )


def _failure(record: Any) -> Failure:  # noqa: ANN401  (as above)
    return Failure(
        path=str(record["path"]),
        kind=str(record["kind"]),
        message=str(record["message"]),
        remedy=str(record["remedy"]),
        failed_at=_aware(record["failed_at"]),
    )


def _counts(record: Any) -> Mapping[str, int]:  # noqa: ANN401  (as above)
    return MappingProxyType({str(name): int(number) for name, number in record.items()})


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: Any) -> datetime | None:  # noqa: ANN401  (as above)
    return None if text is None else _aware(text)


def _aware(text: Any) -> datetime:  # noqa: ANN401  (as above)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment
