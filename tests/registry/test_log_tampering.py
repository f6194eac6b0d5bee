"""Whatever is done to a row behind the registry's back is found, and its entry named."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, CursorResult
from sqlalchemy.exc import DataError, IntegrityError

from provenance.model.log import EventKind, LogCheckpoint, LogEvent, LogFlaw
from provenance.registry.auditing import find_flaws
from provenance.registry.backends import check, migrate, verify
from provenance.registry.records import AttestationKind
from provenance.registry.tables import METADATA, UNLOGGED
from provenance.registry.transactions import writing_engine
from tests.contracts.test_registry import (
    NOON,
    PLACE,
    asset,
    attestation,
    frames,
    intent,
    sighting,
)
from tests.exhaustive import exhaustive
from tests.registry.conftest import KINDS, Place, empty_place

TABLES = sorted(METADATA.tables.keys() - {table.name for table in UNLOGGED})
MASKS = {"another letter": 0x01, "no UTF-8": 0x80}
"""What a byte is changed by; to what is no text the second does nothing else than the first."""


@pytest.fixture(scope="module", params=KINDS)
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """Return a registry with at least two rows in each table; tests roll back what they do."""
    folder = tmp_path_factory.mktemp("filled")
    with empty_place(request, request.param, folder) as place:
        fill(place)
        yield place


def fill(place: Place) -> None:
    migrate(place.url)
    with place.opened() as registry:
        registry.record_asset(asset(1), sighting(1, "/a"))
        registry.record_asset(replace(asset(2), generator=None, essence_lead=b""))
        registry.record_sighting(replace(sighting(1, "/b"), undo=None, carriers=()))
        registry.record_sighting(sighting(1, "/a"))
        registry.withdraw_asset("urn:uuid:2", "a photograph")
        registry.record_frames(PLACE, frames(11, 12, 13))
        registry.record_frames(PLACE, frames(14))
        for number in (11, 13):
            registry.withdraw_asset("urn:uuid:frames", "a plate", asset(number).essence_digest)
        for number in (1, 2):
            registry.begin_write(intent(number))
        registry.add_attestation(attestation(1, 7, 8))
        registry.add_attestation(attestation(2, kind=AttestationKind.REVOCATION))
        for number in (1, 2):
            detail = {"verdict": "block", "files": number}
            event = LogEvent(event_id=f"e{number}", kind=EventKind.SCAN, at=NOON, detail=detail)
            registry.record_event(event)
            checkpoint = LogCheckpoint(
                checkpoint_id=f"c{number}", covers=number, envelope=b"signed", recorded_at=NOON
            )
            registry.add_log_checkpoint(checkpoint)
    assert verify(place.url, place.checkpoint) == ()


@contextmanager
def meddling(place: Place) -> Iterator[Connection]:
    """Give a connection on which no constraint stands in the way; nothing is kept."""
    engine = place.engine()
    is_server = engine.dialect.name == "postgresql"
    with writing_engine(engine).connect() as connection:
        if is_server:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql("ALTER TABLE head DROP CONSTRAINT ck_head_one_row")
        else:
            driver = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            driver.execute("PRAGMA ignore_check_constraints=ON")
        yield connection
        connection.rollback()
    engine.dispose()


def run(connection: Connection, statement: str, *values: object) -> CursorResult[Any]:
    """Run a statement with `?` in place of its values."""
    if connection.dialect.name == "postgresql":
        statement = statement.replace("?", "%s")
    return connection.exec_driver_sql(statement, values)


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """Take back what is done inside."""
    with connection.begin_nested() as savepoint:
        yield
        savepoint.rollback()


def keys(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in METADATA.tables[table].primary_key.columns)


def rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    order = ", ".join(keys(table))
    found = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY {order}")  # noqa: S608  (names of our own)
    return [dict(row) for row in found.mappings()]


def change(connection: Connection, table: str, row: dict[str, Any], **values: object) -> None:
    """Set columns of a row to values, whatever type they have."""
    assign = ", ".join(f"{name} = ?" for name in values)
    where = " AND ".join(f"{key} = ?" for key in keys(table))
    parameters = (*values.values(), *(row[key] for key in keys(table)))
    statement = f"UPDATE {table} SET {assign} WHERE {where}"  # noqa: S608  (names of our own)
    assert run(connection, statement, *parameters).rowcount == 1


def flipped(value: object, mask: int, *, is_server: bool) -> Iterator[tuple[str, object]]:
    """Yield an SQL expression and its parameter for each byte of a value, that byte changed.

    A server keeps no text that is not UTF-8, so there it becomes another letter; and because it
    answers more slowly, only every sixteenth byte is changed.
    """
    if value is None:
        yield "?", ""
        return
    as_bytes = {
        int: lambda number: number.to_bytes(8, "big", signed=True),
        str: lambda text: text.encode("utf-8"),
        bytes: bytes,
    }
    plain = as_bytes[type(value)](value)
    for at in range(len(plain) - 1, -1, -16 if is_server else -1):
        changed = bytearray(plain)
        changed[at] ^= mask
        if isinstance(value, int):
            yield "?", int.from_bytes(changed, "big", signed=True)
        elif isinstance(value, str):
            yield ("?", changed.decode("latin-1")) if is_server else ("CAST(? AS TEXT)", changed)
        else:
            yield "?", bytes(changed)


def entry_of(connection: Connection, table: str, row: dict[str, Any]) -> int | None:
    """Return the number of the entry that is about a row; None for what is about them all."""
    if table == "attestation_subjects":
        which = "SELECT sequence FROM attestations WHERE attestation_id = ?"
        return run(connection, which, row["attestation_id"]).scalar_one()
    return None if table == "head" else row["sequence"]


def names(flaws: tuple[LogFlaw, ...], entry: int | None, *, is_journal: bool = False) -> bool:
    """Return whether flaws name the entry, or, of the chain, the one behind it."""
    found = {flaw.sequence for flaw in flaws}
    near = {entry, entry + 1} if is_journal and entry is not None else {entry}
    return bool(flaws) and (entry is None or bool(found & near))


@exhaustive
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("table", TABLES)
def test_each_byte_of_each_row_is_covered(filled, table, mask):
    tried = 0
    is_server = not filled.url.startswith("sqlite")
    is_text_only = mask == MASKS["no UTF-8"] and not is_server  # of a server few bytes are tried
    with meddling(filled) as connection:
        for row in rows(connection, table):
            entry = entry_of(connection, table, row)
            for column, value in row.items():
                if is_text_only and not isinstance(value, str):
                    continue
                for expression, changed in flipped(value, mask, is_server=is_server):
                    statement = (
                        f"UPDATE {table} SET {column} = {expression} WHERE "  # noqa: S608  (names of our own)
                        + " AND ".join(f"{key} = ?" for key in keys(table))
                    )
                    parameters = (changed, *(row[key] for key in keys(table)))
                    with undone(connection):
                        try:
                            done = run(connection, statement, *parameters)
                        except (IntegrityError, DataError):
                            continue  # another row has that key: the database refuses
                        assert done.rowcount == 1
                        flaws = find_flaws(connection)
                        moves = table == "journal" and column == "sequence"
                        expected = None if moves else entry
                        assert names(flaws, expected, is_journal=table == "journal"), (
                            row,
                            column,
                            changed,
                        )
                        tried += 1
        assert tried > 5
        assert find_flaws(connection) == ()


@pytest.mark.parametrize("table", ["assets", "asset_essences"])
def test_a_lead_that_is_gone_is_named(filled, table):
    with meddling(filled) as connection:
        row = next(row for row in rows(connection, table) if row["essence_lead"])
        change(connection, table, row, essence_lead=None)
        assert names(find_flaws(connection), row["sequence"])


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_is_gone_is_named(filled, table):
    with meddling(filled) as connection:
        found = rows(connection, table)
        for row in found:
            entry = entry_of(connection, table, row)
            where = " AND ".join(f"{key} = ?" for key in keys(table))
            with undone(connection):
                statement = f"DELETE FROM {table} WHERE {where}"  # noqa: S608  (names of our own)
                run(connection, statement, *(row[key] for key in keys(table)))
                flaws = find_flaws(connection)
                is_last = table == "journal" and row == found[-1]
                assert names(flaws, None if is_last else entry, is_journal=table == "journal"), row


@pytest.mark.parametrize("table", [name for name in TABLES if name != "head"])
def test_two_rows_that_changed_places_are_named(filled, table):
    with meddling(filled) as connection:
        one, other, *_ = rows(connection, table)[-2:]
        entries = {entry_of(connection, table, row) for row in (one, other)}
        content = [name for name in one if name not in keys(table)]
        if table == "assets":  # no two rows may have one essence, not even for a moment
            change(connection, table, other, essence_digest="nothing")
        change(connection, table, one, **{name: other[name] for name in content})
        change(connection, table, other, **{name: one[name] for name in content})
        assert {flaw.sequence for flaw in find_flaws(connection)} & entries


@pytest.mark.parametrize("table", [name for name in TABLES if name != "head"])
def test_a_row_put_in_is_named(filled, table):
    with meddling(filled) as connection:
        row = rows(connection, table)[-1]
        made = {**row, keys(table)[-1]: 99 if table == "attestation_subjects" else "forged"}
        made |= {"essence_digest": "sha256:00"} if table == "assets" else {}
        made |= {"sequence": 99} if table == "journal" else {}
        statement = f"INSERT INTO {table} VALUES ({', '.join('?' * len(made))})"  # noqa: S608  (names of our own)
        run(connection, statement, *made.values())
        flaws = " | ".join(map(str, find_flaws(connection)))
    expected = {
        "journal": "journal entry 99 was altered",
        "attestation_subjects": "add-approval a1: the row was altered",
        "sightings": "sightings row urn:uuid:1 has no entry in the log",
        "asset_essences": "record-frames urn:uuid:frames 9: a row was altered, added or taken away",
    }
    assert expected.get(table, f"{table} row forged has no entry in the log") in flaws


@pytest.mark.parametrize("filled", ["sqlite"], indirect=True)  # a server keeps to its types
def test_text_in_place_of_the_bytes_it_spells_is_another_row(filled):
    with meddling(filled) as connection:
        row = rows(connection, "attestations")[0]
        change(connection, "attestations", row, envelope=row["envelope"].hex())
        (flaw,) = find_flaws(connection)
        assert str(flaw).endswith(
            "add-approval a1: the row was altered: a value is of another type"
        )
        assert flaw.sequence == row["sequence"]


def test_an_edit_is_told_by_every_way_of_checking(migrated):
    migrated.write("one")
    migrated.run_sql("UPDATE write_intents SET path = X'00'")
    told = "entry 1: begin-write one: the row was altered"
    assert check(migrated.url, migrated.checkpoint) == (told,)
    assert verify(migrated.url, migrated.checkpoint) == (LogFlaw(sequence=1, message=told),)


def test_a_new_registry_covers_its_own_beginning(migrated):
    assert verify(migrated.url, migrated.checkpoint) == ()
    migrated.run_sql("UPDATE journal SET written_at = '2020' WHERE sequence = 0")
    (flaw,) = verify(migrated.url, migrated.checkpoint)
    assert flaw == LogFlaw(sequence=0, message="journal entry 0, the beginning, was altered")


def test_an_audit_changes_nothing(filled):
    before = content(filled)
    assert verify(filled.url, filled.checkpoint) == ()
    assert content(filled) == before


def content(place: Place) -> dict[str, list[dict[str, Any]]]:
    engine = place.engine()
    with engine.connect() as connection:
        found = {table: rows(connection, table) for table in TABLES}
    engine.dispose()
    return found
