"""The journal: one entry a write, each hash over the one before it, and the head they end in."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from provenance.registry.tables import HEAD, JOURNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last entry of a journal: what a registry was when last seen."""

    sequence: int
    """How many writes there were."""
    chain_hash: str
    """Hash of the last of them, and by it of all."""


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
        return hashlib.sha256(f"{previous_hash}\n{text}".encode("ascii")).hexdigest()


def canonical_json(value: object) -> str:
    """Return the one text of this value: ASCII, keys sorted, no spaces, bytes in hex."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=bytes.hex)


def row_detail(record_id: str, row: Mapping[str, Any]) -> str:
    """Return the detail of writing this row: its id, and a digest in place of its content."""
    digest = hashlib.sha256(canonical_json(dict(row)).encode("ascii")).hexdigest()
    return canonical_json({"id": record_id, "row": digest})


def read_head(connection: Connection, *, lock: bool = False) -> Head:
    """Return the head; with a lock, no other writer passes until the transaction ends."""
    query = select(HEAD.c.sequence, HEAD.c.chain_hash)
    row = connection.execute(query.with_for_update() if lock else query).one()
    return Head(sequence=row.sequence, chain_hash=row.chain_hash)


def hash_at(connection: Connection, sequence: int) -> str | None:
    """Return the hash of the entry of this number, or None if there is none."""
    query = select(JOURNAL.c.chain_hash).where(JOURNAL.c.sequence == sequence)
    return connection.execute(query).scalar_one_or_none()


def append(connection: Connection, head: Head, entry: Entry) -> Head:
    """Add an entry behind the head, which the caller has locked, and return the new head."""
    new = Head(sequence=entry.sequence, chain_hash=entry.chained_to(head.chain_hash))
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


def journal_problems(connection: Connection) -> tuple[str, ...]:
    """Return what is wrong with the chain, the first break only; empty if it is whole."""
    start = hash_at(connection, 0)
    if start is None:
        return ("the journal has no beginning",)
    reached = Head(sequence=0, chain_hash=start)
    query = select(JOURNAL).where(JOURNAL.c.sequence > 0).order_by(JOURNAL.c.sequence)
    for row in connection.execute(query):
        entry = Entry(
            sequence=reached.sequence + 1,
            action=row.action,
            written_at=row.written_at,
            detail=row.detail,
        )
        if row.chain_hash != entry.chained_to(reached.chain_hash):
            return (f"journal entry {row.sequence} was altered, or one before it is missing",)
        reached = Head(sequence=entry.sequence, chain_hash=row.chain_hash)
    if reached != read_head(connection):
        return (f"the journal ends at {reached.sequence}, which is not its recorded head",)
    return ()
