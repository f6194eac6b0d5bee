"""PostgreSQL: how its engine is made, and everything only PostgreSQL needs.

Several hosts share such a registry. A host that joins later accepts it once (`registry check
--accept`): its own checkpoint then remembers how far it was.
"""

from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event

from provenance.errors import ConfigError
from provenance.model.log import LogFlaw
from provenance.registry.checking import accept_checkpoint, verify
from provenance.registry.checkpoint import CheckpointFile
from provenance.registry.door import door
from provenance.registry.redaction import redact
from provenance.registry.schema import migrate_schema, schema_version
from provenance.registry.sql import SqlRegistry
from provenance.registry.transactions import WRITES, disposed

_DRIVER = "postgresql+psycopg://"
_MIGRATION_LOCK = 0x70726F76
"""Number of the advisory lock that one migration at a time holds."""


def open_postgresql(url: str, checkpoint: Path) -> SqlRegistry:
    """Open the registry in a PostgreSQL database that was migrated."""
    return SqlRegistry(
        postgresql_engine(url), location=redact(url), checkpoint=checkpoint, now=server_now
    )


def migrate_postgresql(url: str, checkpoint: Path | None = None) -> None:
    """Bring an empty database or an older registry to our schema version.

    Raises RegistryError if the database is empty and the checkpoint remembers a registry.
    """
    location = redact(url)
    with disposed(postgresql_engine(url, is_unhurried=True)) as engine:
        with door(location), engine.connect() as connection:
            if schema_version(connection) is None and checkpoint is not None:
                CheckpointFile(checkpoint).require_never_seen(location, copy="the database")
        event.listen(engine, "begin", _lock_schema)
        migrate_schema(engine, location)


def verify_postgresql(url: str, checkpoint: Path) -> tuple[LogFlaw, ...]:
    """Return what is wrong with a PostgreSQL registry; raises RegistryError if nobody can tell."""
    with disposed(postgresql_engine(url, is_unhurried=True)) as engine:
        return verify(
            engine, location=redact(url), checkpoint=checkpoint, integrity=_integrity_problems
        )


def accept_postgresql(url: str, checkpoint: Path) -> None:
    """Make the database, as it is, the newest that was seen; raises RegistryError if unsound."""
    with disposed(postgresql_engine(url, is_unhurried=True)) as engine:
        accept_checkpoint(
            engine, location=redact(url), checkpoint=checkpoint, integrity=_integrity_problems
        )


def postgresql_engine(url: str, *, is_unhurried: bool = False) -> Engine:
    """Return an engine for a database; raises ConfigError for a wrong URL or a missing driver.

    Unhurried is whoever reads or alters everything: no timeout then ends a statement.
    """
    try:
        from provenance.registry import postgresql_driver  # noqa: PLC0415  (an extra, and slow)
    except ImportError as error:
        raise ConfigError(
            f"registry {redact(url)} needs psycopg: pip install 'provenance[postgresql]'"
        ) from error
    plain = "postgresql:" + url.partition(":")[2] if url.startswith(_DRIVER) else url
    parameters = postgresql_driver.connection_parameters(plain)
    engine = create_engine(
        _DRIVER,
        creator=partial(postgresql_driver.connect, parameters, is_unhurried=is_unhurried),
        pool_pre_ping=True,
        hide_parameters=True,
        use_native_hstore=False,  # spares each connection a query
    )

    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        postgresql_driver.set_up_transaction(connection, writes=writes)

    event.listen(engine, "begin", begin)
    return engine


def server_now(connection: Connection) -> int:
    """Return the server's time in microseconds, the only clock that all hosts share.

    Not `now()`, which is when the transaction began: before it waited for the head.
    """
    microseconds = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    return int(connection.exec_driver_sql(microseconds).scalar_one())


def _lock_schema(connection: Connection) -> None:
    """Wait for another migration, and keep writers out until this one is done."""
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
    if schema_version(connection) is not None:
        connection.exec_driver_sql("LOCK TABLE head IN EXCLUSIVE MODE")


def _integrity_problems(_connection: Connection) -> tuple[str, ...]:
    """Return nothing: the server keeps its constraints itself, and refuses a damaged page."""
    return ()
