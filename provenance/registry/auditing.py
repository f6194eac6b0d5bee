"""Whether everything in a registry is what its journal says was written, and nothing else.

1. The beginning is covered by its own hash, or, in a registry of an older version, by an entry.
2. Each entry's hash is one over itself and the hash before it; a break names the entry.
3. The recorded head is the last entry.
4. Frames stored together are one entry: rows of one number are held against it as one.
5. Each other row has the number and the digest of the last entry about its record; a row without
   one was put in behind our back, an entry without a row lost it.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, literal_column, select

from provenance.model.log import EventKind, LogFlaw
from provenance.registry.journal import SIGNED, Entry, as_written, row_digest
from provenance.registry.records import AttestationKind
from provenance.registry.rows import Row
from provenance.registry.tables import (
    ASSET_ESSENCES,
    ASSETS,
    ATTESTATION_SUBJECTS,
    ATTESTATIONS,
    EVENTS,
    HEAD,
    JOURNAL,
    LOG_CHECKPOINTS,
    METADATA,
    SIGHTINGS,
    WITHDRAWN_FRAMES,
    WRITE_INTENTS,
)

_ADOPTED_BEGINNING = "adopt-beginning"
_ACTIONS: Mapping[str, Table] = {
    **dict.fromkeys(("record-asset", "asset-temporary", "asset-withdrawn", "asset-lead"), ASSETS),
    "record-frames": ASSET_ESSENCES,
    **dict.fromkeys(("frame-withdrawn", "frame-temporary"), WITHDRAWN_FRAMES),
    **dict.fromkeys(("record-sighting", "adopt-sighting"), SIGHTINGS),
    **dict.fromkeys(("begin-write", "end-write"), WRITE_INTENTS),
    **dict.fromkeys((f"add-{kind}" for kind in AttestationKind), ATTESTATIONS),
    "adopt-attestation": ATTESTATIONS,
    **dict.fromkeys((kind.value for kind in EventKind), EVENTS),
    SIGNED: LOG_CHECKPOINTS,
    _ADOPTED_BEGINNING: JOURNAL,
}
"""Every action of the journal, and the table of the record it is about."""
_SETTLED = frozenset({"end-write", "frame-temporary"})
"""Actions that take the row away."""
_KEYS = {SIGHTINGS: SIGHTINGS.c.path_digest}
"""Columns that tell the rows of one id apart."""
_SINGLY = (
    *(ASSETS, WITHDRAWN_FRAMES, SIGHTINGS, WRITE_INTENTS, ATTESTATIONS, EVENTS, LOG_CHECKPOINTS),
)
"""Tables in which each row has an entry of its own."""
_UNKEYED = "record-sighting"
"""Said by version 1 without the path; the migration adopted the rows it was about."""


def _query(table: Table) -> Select[Any]:
    """Return a query for rows by primary key, each value as it is, whatever type it should be."""
    named: list[ColumnElement[Any]] = [
        literal_column(f"{table.name}.{column.name}").label(column.name) for column in table.columns
    ]
    first = [table.c.sequence] if table is ASSET_ESSENCES else []
    return select(*named).select_from(table).order_by(*first, *table.primary_key.columns)


_QUERIES = {table: _query(table) for table in METADATA.sorted_tables}


class _Record(NamedTuple):
    """What identifies a record."""

    table: str
    record_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the last entry about a record says of its row."""

    sequence: int
    action: str
    digest: str


class _Audit:
    """One look over a registry, in a transaction that sees one state of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._said: dict[_Record, _Said] = {}
        self._unkeyed: dict[int, _Said] = {}

    def flaws(self) -> Iterator[LogFlaw]:
        """Yield what is wrong, the chain first."""
        entries = _rows(self._connection, JOURNAL)
        beginning = next(entries, None)
        if beginning is None or beginning["sequence"] != 0:
            yield LogFlaw(sequence=0, message="the journal has no beginning")
            return
        reached = beginning
        for row in entries:
            if not _is_typed(row, JOURNAL) or row["chain_hash"] != _chained(row, reached):
                message = (
                    f"journal entry {row['sequence']} was altered, or one before it is missing"
                )
                yield LogFlaw(sequence=_number(row["sequence"]), message=message)
            self._remember(row)
            reached = row
        yield from self._head_flaws(reached)
        yield from self._beginning_flaws(beginning)
        yield from self._frame_flaws()
        for table in _SINGLY:
            yield from self._row_flaws(table)
        for record, said in self._said.items():
            yield _flaw(record, said, "the row is gone")

    def _remember(self, row: Row) -> None:
        table = _ACTIONS.get(str(row["action"]))
        try:
            detail = json.loads(row["detail"])
            key = str(row["sequence"]) if table is ASSET_ESSENCES else detail.get("key", "")
            record = _Record(str(table), detail["id"], key)
            digest = detail["row"]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return  # it cannot be what was written, and the chain says so
        said = _Said(sequence=row["sequence"], action=str(row["action"]), digest=digest)
        if said.action == _UNKEYED and not record.key:
            self._unkeyed[said.sequence] = said
        elif said.action in _SETTLED:
            self._said.pop(record, None)
        else:
            self._said[record] = said

    def _head_flaws(self, reached: Row) -> Iterator[LogFlaw]:
        heads = list(_rows(self._connection, HEAD))
        expected = (1, reached["sequence"], reached["chain_hash"])
        if [tuple(head.values()) for head in heads] != [expected]:
            message = f"the journal ends at {reached['sequence']}, which is not its recorded head"
            yield LogFlaw(sequence=_number(reached["sequence"]), message=message)

    def _beginning_flaws(self, beginning: Row) -> Iterator[LogFlaw]:
        adopted = self._said.pop(_Record(str(JOURNAL), "0", ""), None)
        is_sound = (
            beginning["chain_hash"] == _chained(beginning, {"chain_hash": ""})
            if adopted is None
            else row_digest(beginning) == adopted.digest
        )
        if not is_sound or not _is_typed(beginning, JOURNAL):
            yield LogFlaw(sequence=0, message="journal entry 0, the beginning, was altered")

    def _row_flaws(self, table: Table) -> Iterator[LogFlaw]:
        subjects = self._subjects() if table is ATTESTATIONS else {}
        (id_column, *_), key_column = table.primary_key.columns.values(), _KEYS.get(table)
        for row in _rows(self._connection, table):
            record_id = row[id_column.name]
            key = "" if key_column is None else row[key_column.name]
            record = _Record(table.name, record_id, key)
            said = self._said.pop(record, None) or self._unkeyed_of(table, row)
            content = as_written(row)
            if table is ATTESTATIONS:
                content["subjects"] = subjects.pop(record_id, [])
            if said is None:
                yield _stray(table.name, record_id)
            elif (row["sequence"], row_digest(content)) != (said.sequence, said.digest):
                yield _flaw(record, said, "the row was altered")
            elif not _is_typed(row, table):
                yield _flaw(record, said, "the row was altered: a value is of another type")
        for attestation_id in subjects:
            yield _stray(ATTESTATION_SUBJECTS.name, attestation_id)

    def _frame_flaws(self) -> Iterator[LogFlaw]:
        """Yield what is wrong with frames, those of one number together."""
        table = ASSET_ESSENCES
        for number, group in groupby(_rows(self._connection, table), itemgetter("sequence")):
            rows = list(group)
            record = _Record(table.name, rows[0]["asset_id"], str(number))
            said = self._said.pop(record, None)
            plain = sorted(map(as_written, rows), key=lambda row: str(row["essence_digest"]))
            if said is None:
                yield _stray(table.name, rows[0]["essence_digest"])
            elif row_digest({"frames": plain}) != said.digest:
                yield _flaw(record, said, "a row was altered, added or taken away")
            elif not all(_is_typed(row, table) for row in rows):
                yield _flaw(record, said, "a row was altered: a value is of another type")

    def _unkeyed_of(self, table: Table, row: Row) -> _Said | None:
        """Return the entry of version 1 about a row that the migration did not vouch for."""
        return self._unkeyed.get(row["sequence"]) if table is SIGHTINGS else None

    def _subjects(self) -> dict[str, list[object]]:
        """Return the digests of each envelope; what is not in its place stands with its place."""
        found: dict[str, list[object]] = defaultdict(list)
        for row in _rows(self._connection, ATTESTATION_SUBJECTS):
            digests = found[row["attestation_id"]]
            is_sound = row["position"] == len(digests) and _is_typed(row, ATTESTATION_SUBJECTS)
            digests.append(row["essence_digest"] if is_sound else [*row.values()])
        return found


def find_flaws(connection: Connection) -> tuple[LogFlaw, ...]:
    """Return everything that is not as the journal says; empty if all of it is."""
    return tuple(_Audit(connection).flaws())


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    return (dict(row) for row in connection.execute(_QUERIES[table]).mappings())


def _chained(row: Mapping[str, Any], previous: Mapping[str, Any]) -> str:
    entry = Entry(
        sequence=row["sequence"],
        action=row["action"],
        written_at=row["written_at"],
        detail=row["detail"],
    )
    return entry.chained_to(previous["chain_hash"])


def _is_typed(row: Mapping[str, Any], table: Table) -> bool:
    """Return whether each value is of its column's type: text and bytes can have one digest."""
    return all(_fits(row[column.name], column) for column in table.columns)


def _fits(value: object, column: Column[Any]) -> bool:
    return isinstance(value, column.type.python_type) or (value is None and bool(column.nullable))


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _flaw(record: _Record, said: _Said, what: str) -> LogFlaw:
    subject = " ".join(part for part in (record.record_id, record.key) if part)
    return LogFlaw(
        sequence=said.sequence, message=f"entry {said.sequence}: {said.action} {subject}: {what}"
    )


def _stray(table: str, record_id: object) -> LogFlaw:
    message = f"{table} row {record_id} has no entry in the log"
    return LogFlaw(sequence=None, message=message)
