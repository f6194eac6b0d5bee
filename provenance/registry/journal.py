"""The journal: one entry a write, each hash over the one before it, and the head they end in."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from provenance.model.log import LogEntry, LogHead
from provenance.registry.rows import event_of
from provenance.registry.tables import EVENTS, HEAD, JOURNAL

SIGNED = "sign-checkpoint"
"""Action of an entry about a signed checkpoint."""
_HEAD = select(HEAD.c.sequence, HEAD.c.chain_hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One write as the journal keeps it."""

    sequence: int
    """Its number, from 1."""
    action: str
    """What was done, kebab-case."""
    written_at: str
    """When, as the registry's text of a time."""
    detail: str
    """Canonical JSON: the id of the record and the digest of its row; nothing of people."""

    def chained_to(self, previous_hash: str) -> str:
        """Return the hash this entry has behind that one."""
        text = canonical_json([self.sequence, self.action, self.written_at, self.detail])
        whole = f"{previous_hash}\n{text}".encode("utf-8", "surrogateescape")
        return hashlib.sha256(whole).hexdigest()


def canonical_json(value: object) -> str:
    """Return the one text of this value: ASCII, keys sorted, no spaces, bytes in hex."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=bytes.hex)


def as_written(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the journal covers of a row as it stands: all but the number of its entry.

    A lead that is unknown counts as no column, which is what it was when the row was written.
    """
    kept = {name: value for name, value in row.items() if name != "sequence"}
    if kept.get("essence_lead", "") is None:
        del kept["essence_lead"]
    return kept


def row_digest(row: Mapping[str, Any]) -> str:
    """Return the digest of a row: of what was written, without the number of the entry."""
    return hashlib.sha256(canonical_json(dict(row)).encode("ascii")).hexdigest()


def row_detail(record_id: str, row: Mapping[str, Any], *, key: str = "", about: str = "") -> str:
    """Return the detail of writing this row: its id, and a digest in place of its content.

    The key tells rows apart that share an id, such as an asset's sightings. `about` is the id
    that people know, where it is not the row's own.
    """
    fields = {"id": record_id, "row": row_digest(row)}
    given = {name: text for name, text in (("key", key), ("about", about)) if text}
    return canonical_json(fields | given)


def read_head(connection: Connection, *, lock: bool = False) -> LogHead:
    """Return the head; with a lock, no other writer passes until the transaction ends."""
    row = connection.execute(_HEAD.with_for_update() if lock else _HEAD).one()
    return LogHead(sequence=row.sequence, chain_hash=row.chain_hash)


def hash_at(connection: Connection, sequence: int) -> str | None:
    """Return the hash of the entry of this number, or None if there is none."""
    query = select(JOURNAL.c.chain_hash).where(JOURNAL.c.sequence == sequence)
    return connection.execute(query).scalar_one_or_none()


def append(connection: Connection, head: LogHead, entry: Entry) -> LogHead:
    """Add an entry behind the head, which the caller has locked, and return the new head."""
    new = LogHead(sequence=entry.sequence, chain_hash=entry.chained_to(head.chain_hash))
    connection.execute(
        insert(JOURNAL).values(
            sequence=entry.sequence,
            chain_hash=new.chain_hash,
            action=entry.action,
            written_at=entry.written_at,
            detail=entry.detail,
        )
    )
    connection.execute(update(HEAD).values(sequence=new.sequence, chain_hash=new.chain_hash))
    return new


def read_log(connection: Connection, newest: int | None) -> tuple[LogEntry, ...]:
    """Return the entries after the beginning, or only the newest of them; oldest first."""
    query = (
        select(
            JOURNAL, EVENTS.c.event_id, EVENTS.c.kind, EVENTS.c.at, EVENTS.c.detail.label("said")
        )
        .outerjoin(EVENTS, EVENTS.c.sequence == JOURNAL.c.sequence)
        .where(JOURNAL.c.sequence > 0)
        .order_by(JOURNAL.c.sequence.desc())
        .limit(newest)
    )
    rows = connection.execute(query).mappings().all()
    return tuple(_log_entry(row) for row in reversed(rows))


def subject_of(detail: str) -> str:
    """Return the id an entry is about, as people know it; raises ValueError if it names none."""
    fields = json.loads(detail)
    subject = fields.get("about", fields.get("id")) if isinstance(fields, dict) else None
    if not isinstance(subject, str):
        raise ValueError("an entry of the journal names no record")  # noqa: TRY004  (see door)
    return subject


def _log_entry(row: RowMapping) -> LogEntry:
    has_event = row["event_id"] is not None
    return LogEntry(
        sequence=row["sequence"],
        action=row["action"],
        written_at=datetime.fromisoformat(row["written_at"]),
        subject_id=subject_of(row["detail"]),
        event=event_of({**row, "detail": row["said"]}) if has_event else None,
    )
