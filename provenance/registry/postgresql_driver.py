"""Connections to PostgreSQL through psycopg: how they are made, and that none waits for ever.

Imported only where a registry is kept in PostgreSQL, because psycopg is an extra.
"""

import re
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection

from provenance.errors import ConfigError, RegistryError
from provenance.registry.redaction import redact

_Result = TypeVar("_Result")
_Connection = psycopg.Connection[tuple[Any, ...]]

_DEFAULTS = {
    "application_name": "provenance",
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "target_session_attrs": "read-write",  # a standby may be behind what was seen
}
"""Set unless the URL says otherwise; with libpq's own a lost network is noticed after minutes."""
_SESSION = {
    "synchronous_commit": "on",  # what was acknowledged stays
    "lock_timeout": "20s",
    # Below lock_timeout: a host that stopped amid a write lets the others in before they give up.
    "idle_in_transaction_session_timeout": "10s",
    "statement_timeout": "30s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""Told to the server for each session, so that it too lets go of a client that is gone."""
_UNHURRIED = {"idle_in_transaction_session_timeout": "0", "statement_timeout": "0"}
"""For whoever reads or alters everything: that takes as long as there are rows."""
_PORTS = re.compile(r"[0-9,]*")
_POLL_SECONDS = 0.1
_ANSWER_SECONDS = 40.0
"""Longer than any timeout of the server: only a server that is frozen takes as long."""


class BoundedConnection(_Connection):
    """A connection that is given up when the server does not answer."""

    answer_seconds: float | None = _ANSWER_SECONDS
    """How long the server may take; None for as long as it likes."""

    def wait(
        self, gen: PQGen[_Result], interval: float = _POLL_SECONDS, timeout: float | None = None
    ) -> _Result:
        """See `psycopg.Connection.wait`; a connection that took too long is closed."""
        limit = self.answer_seconds if timeout is None else timeout
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def connection_parameters(url: str) -> dict[str, Any]:
    """Return what libpq is told of this URL; raises ConfigError if it is none or too vague."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error:  # whose text repeats parts of the URL, a password among them
        raise _wrong(url, "is no URL of PostgreSQL") from None
    # An "@" or "/" in a password ends it, and the rest would be shown as what it was taken for.
    if "@" in str(given.get("host", "")) or not _PORTS.fullmatch(str(given.get("port", ""))):
        raise _wrong(url, "has a strange host or port: write @ in a password as %40, / as %2F")
    if not given.keys() & {"dbname", "service"}:
        raise _wrong(url, "names no database")
    return {**_DEFAULTS, **given, "client_encoding": "UTF8"}


def _wrong(url: str, what: str) -> ConfigError:
    return ConfigError(
        f"registry {redact(url)} {what}; one is written postgresql://user@host/database"
    )


def connect(parameters: dict[str, Any], *, is_unhurried: bool) -> BoundedConnection:
    """Return a new connection; raises RegistryError if its database cannot keep any text."""
    session = {**_SESSION, **(_UNHURRIED if is_unhurried else {})}
    ours = " ".join(f"-c {name}={value}" for name, value in session.items())
    options = f"{ours} {parameters.get('options', '')}".strip()
    connection = BoundedConnection.connect(**{**parameters, "options": options})
    if is_unhurried:
        connection.answer_seconds = None
    database, encoding = connection.info.dbname, connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise RegistryError(
            f"database {database} has the encoding {encoding}; create one with the encoding UTF8"
        )
    return connection


def set_up_transaction(connection: Connection, *, writes: bool) -> None:
    """Say what the transaction that is about to begin may do and see; costs no round trip.

    A reader sees one state. A writer must not: having waited for the head, it needs the newest.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, BoundedConnection)  # noqa: S101  (we made it)
    levels = psycopg.IsolationLevel
    driver.isolation_level = levels.READ_COMMITTED if writes else levels.REPEATABLE_READ
    driver.read_only = not writes
