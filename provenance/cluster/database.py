"""The queue's place: a schema of its own in the database of the registry.

In it are procrastinate's tables, and beside them what was asked and told.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import psycopg
from procrastinate.exceptions import ProcrastinateException
from procrastinate.schema import SchemaManager

from provenance.errors import ConfigError, OutOfReachError, RegistryError
from provenance.registry.postgresql_driver import BoundedConnection, connect, connection_parameters
from provenance.registry.redaction import redact

SCHEMA = "provenance_queue"
"""Name of the schema."""
_EDITION = f"1 with procrastinate {version('procrastinate').rpartition('.')[0]}"
_LOCK = 0x70726F77
"""Number of the advisory lock that who makes the tables holds."""
_TABLES = """
create table edition (made_by text not null);
create table series (
    id uuid primary key, seen_at timestamptz not null default now(), terms bytea not null
);
create table tasks (
    series uuid not null references series on delete cascade, number integer not null,
    asked bytea not null, told bytea, trouble text not null default '',
    primary key (series, number)
);
"""


class Database:
    """The database, as one thread uses it."""

    def __init__(self, url: str) -> None:
        """Know the database at this URL; nothing is connected before it is asked."""
        self.location = redact(url)
        self.parameters = _parameters(url)
        self._open: BoundedConnection | None = None

    def require(self, *, anew: bool = False) -> None:
        """Make the tables if there are none; `anew` makes them again and drops what is queued.

        Raises ConfigError if another version made them.
        """
        with self.reaching() as connection, connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
            made_by = _made_by(connection)
            if made_by and anew:
                connection.execute(f"drop schema {SCHEMA} cascade".encode())
            elif made_by:
                _require_ours(made_by, self.location)
                return
            connection.execute(f"create schema {SCHEMA}".encode())
            connection.execute(SchemaManager.get_schema().encode() + _TABLES.encode())
            connection.execute("insert into edition values (%s)", (_EDITION,))

    def execute(self, statement: str, *values: object) -> None:
        """Run a statement by itself."""
        with self.reaching() as connection:
            connection.execute(statement.encode(), values)

    def row(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        """Return the first row of an answer."""
        with self.reaching() as connection:
            return connection.execute(statement.encode(), values).fetchone()

    def close(self) -> None:
        """Let go of the database."""
        if self._open is not None:
            self._open.close()
            self._open = None

    @contextmanager
    def reaching(self) -> Iterator[BoundedConnection]:
        """Give the connection; raises RegistryError if the database refuses."""
        try:
            if self._open is None or self._open.closed:
                self._open = connect(self.parameters, is_unhurried=False)
                self._open.autocommit = True
            yield self._open
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigError(
                f"registry {self.location}: its user may not make the queue's tables; let who owns"
                " the database run `provenance worker --setup`, or grant it CREATE on the database"
            ) from error
        except psycopg.errors.UndefinedTable as error:
            raise ConfigError(
                f"registry {self.location} has no queue; start a worker: provenance worker"
            ) from error
        except (psycopg.Error, ProcrastinateException) as error:
            kind = OutOfReachError if isinstance(error, psycopg.OperationalError) else RegistryError
            why = " ".join(str(error.__cause__ or error).split())
            raise kind(f"registry {self.location}: the queue cannot be used: {why}") from error


def _parameters(url: str) -> dict[str, Any]:
    parameters = connection_parameters("postgresql:" + url.partition(":")[2])
    options = f"{parameters.get('options', '')} -c search_path={SCHEMA}".strip()
    return {**parameters, "options": options}


def _made_by(connection: BoundedConnection) -> str:
    there = connection.execute("select to_regclass(%s)::text", (f"{SCHEMA}.edition",)).fetchone()
    if not there or there[0] is None:
        return ""
    row = connection.execute("select made_by from edition").fetchone()
    return str(row[0]) if row else "nobody"


def _require_ours(made_by: str, location: str) -> None:
    if made_by != _EDITION:
        raise ConfigError(
            f"registry {location}: its queue is of edition {made_by}, this is {_EDITION}; stop"
            " every worker and run `provenance worker --setup`, which makes the queue anew"
        )
