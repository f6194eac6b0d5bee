"""The folders that are watched, and what each is for."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from provenance.model.purpose import NOTHING_SAID, Purpose


class Role(StrEnum):
    """What a folder is for."""

    GENERATED = "generated"
    WORK = "work"
    DELIVERABLE = "deliverable"


class WatchSource(StrEnum):
    """How the watcher notices changes."""

    AUTO = "auto"
    NATIVE = "native"
    POLLING = "polling"


class OnBlock(StrEnum):
    """What a deliverable zone does with a blocked arrival."""

    QUARANTINE = "quarantine"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A folder with a role."""

    path: Path
    """Absolute path."""
    role: Role
    """`generated`: all that lands is AI; `work`: tag what declares itself; `deliverable`: gate."""
    policy: str = ""
    """Its own policy pack, by name or path; empty takes the production's."""
    purpose: Purpose = NOTHING_SAID
    """Where what lies there is to go; what is empty is as the production says."""
    on_block: OnBlock = OnBlock.QUARANTINE
    """Whether a blocked arrival is moved away, or stays and is reported."""


def zone_of(path: Path, zones: Iterable[Zone]) -> Zone | None:
    """Return the zone a path lies in, as both are written; None if it lies in none."""
    return next((zone for zone in zones if path.is_relative_to(zone.path)), None)
