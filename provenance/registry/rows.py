"""Records as rows and back; a row that cannot be a record raises ValueError."""

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import RowMapping

from provenance.model.digest import Digest, parse_digest, sha256_digest
from provenance.model.log import EventKind, LogCheckpoint, LogEvent
from provenance.model.signal import Generator
from provenance.model.source_type import DigitalSourceType
from provenance.model.tag import DeclaredBy
from provenance.registry.records import (
    AssetRecord,
    AssetStatus,
    AttestationKind,
    Sighting,
    StoredAttestation,
    WriteIntent,
)

Row = dict[str, Any]
"""Column names and the values that go into them."""


def moment_text(moment: datetime) -> str:
    """Return a time as text of one width, which sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def path_digest(path: str) -> Digest:
    """Return the digest a path is found by."""
    return sha256_digest(os.fsencode(path))


def lead_row(record: AssetRecord) -> Row:
    """Return the column of the lead; none of an unknown one, as rows had before it was there."""
    return {"essence_lead": record.essence_lead} if record.essence_lead else {}


def lead_of(row: RowMapping | Row) -> bytes:
    """Return the lead of an asset's or a frame's row; empty if it is unknown."""
    return row.get("essence_lead") or b""


def asset_row(record: AssetRecord) -> Row:
    """Return the row of an asset."""
    maker = record.generator
    return {
        "asset_id": record.asset_id,
        "essence_digest": record.essence_digest,
        "essence_length": record.essence_length,
        **lead_row(record),
        "media_type": record.media_type,
        "source_type": record.source_type.value,
        "declared_by": record.declared_by.value,
        "reasons": json.dumps(record.reasons),
        "recorded_at": moment_text(record.recorded_at),
        "generator": maker and json.dumps([maker.tool, maker.model, maker.version]),
        "status": record.status.value,
        "withdrawn_reason": record.withdrawn_reason,
    }


def asset_of(row: RowMapping) -> AssetRecord:
    """Return the asset of a row."""
    return AssetRecord(
        asset_id=row["asset_id"],
        essence_digest=parse_digest(row["essence_digest"]),
        essence_length=row["essence_length"],
        essence_lead=lead_of(row),
        media_type=row["media_type"],
        source_type=DigitalSourceType(row["source_type"]),
        declared_by=DeclaredBy(row["declared_by"]),
        reasons=_texts(row["reasons"]),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        generator=_generator(row["generator"]),
        status=AssetStatus(row["status"]),
        withdrawn_reason=row["withdrawn_reason"],
    )


def sighting_row(sighting: Sighting) -> Row:
    """Return the row of a sighting."""
    return {
        "asset_id": sighting.asset_id,
        "path_digest": path_digest(sighting.path),
        "path": os.fsencode(sighting.path),
        "file_digest": sighting.file_digest,
        "carriers": json.dumps(sighting.carriers),
        "seen_at": moment_text(sighting.seen_at),
        "undo": sighting.undo,
    }


def sighting_of(row: RowMapping) -> Sighting:
    """Return the sighting of a row."""
    return Sighting(
        asset_id=row["asset_id"],
        path=os.fsdecode(row["path"]),
        file_digest=parse_digest(row["file_digest"]),
        carriers=_texts(row["carriers"]),
        seen_at=datetime.fromisoformat(row["seen_at"]),
        undo=None if row["undo"] is None else parse_digest(row["undo"]),
    )


def intent_row(intent: WriteIntent) -> Row:
    """Return the row of an announced write."""
    return {
        "intent_id": intent.intent_id,
        "path": os.fsencode(intent.path),
        "staging": os.fsencode(intent.staging),
        "begun_at": moment_text(intent.begun_at),
    }


def intent_of(row: RowMapping) -> WriteIntent:
    """Return the announced write of a row."""
    return WriteIntent(
        intent_id=row["intent_id"],
        path=os.fsdecode(row["path"]),
        staging=os.fsdecode(row["staging"]),
        begun_at=datetime.fromisoformat(row["begun_at"]),
    )


def attestation_row(attestation: StoredAttestation) -> Row:
    """Return the row of an envelope, without its subjects."""
    return {
        "attestation_id": attestation.attestation_id,
        "kind": attestation.kind.value,
        "approval_id": attestation.approval_id,
        "envelope": attestation.envelope,
        "recorded_at": moment_text(attestation.recorded_at),
    }


def subject_rows(attestation: StoredAttestation) -> list[Row]:
    """Return the rows of an envelope's subjects, in its order."""
    return [
        {
            "attestation_id": attestation.attestation_id,
            "position": position,
            "essence_digest": digest,
        }
        for position, digest in enumerate(attestation.subjects)
    ]


def attestation_of(row: RowMapping, subjects: Iterable[str]) -> StoredAttestation:
    """Return the envelope of a row and its subjects."""
    return StoredAttestation(
        attestation_id=row["attestation_id"],
        kind=AttestationKind(row["kind"]),
        approval_id=row["approval_id"],
        envelope=row["envelope"],
        subjects=tuple(parse_digest(digest) for digest in subjects),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
    )


def event_row(event: LogEvent) -> Row:
    """Return the row of an event."""
    return {
        "event_id": event.event_id,
        "kind": event.kind.value,
        "at": moment_text(event.at),
        "detail": json.dumps(dict(event.detail), sort_keys=True),
    }


def event_of(row: Mapping[str, Any]) -> LogEvent:
    """Return the event of a row."""
    fields = json.loads(row["detail"])
    if not isinstance(fields, dict):
        raise ValueError(f"event {row['event_id']} has no detail")  # noqa: TRY004  (see door)
    return LogEvent(
        event_id=row["event_id"],
        kind=EventKind(row["kind"]),
        at=datetime.fromisoformat(row["at"]),
        detail=MappingProxyType(fields),
    )


def log_checkpoint_row(checkpoint: LogCheckpoint) -> Row:
    """Return the row of a signed checkpoint."""
    return {
        "checkpoint_id": checkpoint.checkpoint_id,
        "covers": checkpoint.covers,
        "envelope": checkpoint.envelope,
        "recorded_at": moment_text(checkpoint.recorded_at),
    }


def log_checkpoint_of(row: RowMapping) -> LogCheckpoint:
    """Return the signed checkpoint of a row."""
    return LogCheckpoint(
        checkpoint_id=row["checkpoint_id"],
        covers=row["covers"],
        envelope=row["envelope"],
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
    )


def _texts(text: str) -> tuple[str, ...]:
    return tuple(str(item) for item in json.loads(text))


def _generator(text: str | None) -> Generator | None:
    if text is None:
        return None
    tool, model, version = json.loads(text)
    return Generator(tool=tool, model=model, version=version)
