"""The log: what was done, when, in which order; nothing of people but what an id leads to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class EventKind(StrEnum):
    """What happened that left no record of its own elsewhere in the registry."""

    SCAN = "scan"
    DELIVERY = "delivery"
    QUARANTINE = "quarantine"
    BLOCKED = "blocked"
    RESTORE = "restore"
    PURGE = "purge"
    OVERRIDE = "override"
    TRUST_CHANGE = "trust-change"
    RECEIPT = "receipt"
    ZONE_ADOPTED = "zone-adopted"
    REGISTRY_ACCEPTED = "registry-accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """Something that happened, with what is worth knowing of it."""

    event_id: str
    """Opaque id."""
    kind: EventKind
    """What happened."""
    at: datetime
    """When, aware UTC."""
    detail: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    """Counts, verdicts, policies, digests; no names and no paths in clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry of the log."""

    sequence: int
    """Its number, from 1."""
    action: str
    """What was done, kebab-case."""
    written_at: datetime
    """When, aware UTC."""
    subject_id: str
    """The asset, approval, write or event it is about."""
    event: LogEvent | None = None
    """The event, where it is about one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """The last entry of a log: what it was when last seen."""

    sequence: int
    """How many entries there were."""
    chain_hash: str
    """Hash of the last of them, and by it of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCheckpoint:
    """A signed statement that the log was at some head, exactly as it was signed."""

    checkpoint_id: str
    """Opaque id."""
    covers: int
    """Number of the entry it vouches for, and by it for all before."""
    envelope: bytes
    """The DSSE envelope, byte for byte."""
    recorded_at: datetime
    """When it was stored, aware UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFlaw:
    """One thing that is not as the log says it was written."""

    sequence: int | None
    """Number of the entry; None where no entry speaks of it."""
    message: str
    """One sentence."""

    def __str__(self) -> str:
        return self.message
