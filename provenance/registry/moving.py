"""Move a registry from SQLite to PostgreSQL: every row, and the log's chain as it stands.

The copy is made in one transaction while nobody writes the old registry, and looked over before it
is committed: it is whole or not there. The old registry stays as it is. Leases stay behind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Table, delete, func, insert, inspect, select

from provenance.errors import ConfigError, RegistryError
from provenance.model.log import LogHead
from provenance.registry.auditing import find_flaws
from provenance.registry.door import door
from provenance.registry.journal import read_head
from provenance.registry.postgresql import migrate_postgresql, postgresql_engine
from provenance.registry.redaction import redact
from provenance.registry.schema import require_schema, schema_version
from provenance.registry.sqlite import sqlite_engine, verify_sqlite
from provenance.registry.tables import LEASES, METADATA
from provenance.registry.transactions import disposed, writing_engine

_ROWS_AT_ONCE = 1000
_TABLES = tuple(table for table in METADATA.sorted_tables if table is not LEASES)


def move_registry(source: str, target: str, checkpoint: Path) -> tuple[LogHead, int]:
    """Copy a sound SQLite registry into an empty PostgreSQL database; return head and rows.

    The checkpoint stays true: both have seen the same. Raises ConfigError if these are other
    databases, RegistryError if the source is not sound, the target not empty or the copy not equal.
    """
    if not (source.startswith("sqlite:") and target.startswith("postgresql")):
        raise ConfigError(
            "a registry is moved from SQLite to PostgreSQL, and this is from"
            f" {redact(source)} to {redact(target)}"
        )
    flaws = verify_sqlite(source, checkpoint)
    if flaws:
        raise RegistryError(
            f"registry {source} is not moved, because it is not sound: {flaws[0]}; see `provenance"
            " registry check`"
        )
    with _written(source, target) as (old, new):
        rows = sum(_copy(table, old, new) for table in _TABLES)
        _require_equal(old, new, redact(target))
        return read_head(new), rows


@contextmanager
def _written(source: str, target: str) -> Iterator[tuple[Connection, Connection]]:
    """Give both databases, each in a transaction in which nobody else writes it."""
    place = redact(target)
    with (
        disposed(sqlite_engine(source)) as old_engine,
        disposed(postgresql_engine(target, is_unhurried=True)) as new_engine,
    ):
        with door(place), new_engine.connect() as connection:
            _require_empty(connection, place)
        migrate_postgresql(target)
        with (
            door(source),
            writing_engine(old_engine).begin() as old,
            door(place),
            writing_engine(new_engine).begin() as new,
        ):
            read_head(new, lock=True)
            _require_empty(new, place)
            yield old, new


def _require_empty(connection: Connection, place: str) -> None:
    """Raise RegistryError unless there is no table, or a registry that has seen no write."""
    if not inspect(connection).get_table_names():
        return
    if schema_version(connection) is not None:
        require_schema(connection, place)
        if read_head(connection).sequence == 0:
            return
    raise RegistryError(f"{place} is not empty: name an empty database, so that nothing is mixed")


def _copy(table: Table, old: Connection, new: Connection) -> int:
    """Copy the rows of a table in place of those that a new registry begins with."""
    new.execute(delete(table))
    copied = 0
    rows = old.execute(select(table).order_by(*table.primary_key.columns)).mappings()
    for part in rows.partitions(_ROWS_AT_ONCE):
        new.execute(insert(table), [dict(row) for row in part])
        copied += len(part)
    return copied


def _require_equal(old: Connection, new: Connection, place: str) -> None:
    for table in _TABLES:
        count = select(func.count()).select_from(table)
        there, here = old.execute(count).scalar_one(), new.execute(count).scalar_one()
        if there != here:
            raise RegistryError(f"{place}: {here} of {there} rows of {table} came over; undone")
    flaws = find_flaws(new)
    if flaws or read_head(old) != read_head(new):
        what = flaws[0] if flaws else "the log ends elsewhere"
        raise RegistryError(f"{place}: the copy is not what was copied ({what}); undone")
