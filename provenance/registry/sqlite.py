"""SQLite: how its engine is made, and everything only SQLite needs.

3,000 commits on a shared directory with broken locks lost half of them and the integrity check
said "ok", so a database on a network or FUSE file system is refused.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from provenance.errors import ConfigError, RegistryError
from provenance.model.log import LogFlaw
from provenance.registry.checking import accept_checkpoint, verify
from provenance.registry.checkpoint import CheckpointFile
from provenance.registry.door import door
from provenance.registry.filesystem import filesystem_type, is_remote
from provenance.registry.schema import migrate_schema
from provenance.registry.sql import SqlRegistry
from provenance.registry.transactions import WRITES, disposed

_PREFIX = "sqlite:///"
_BUSY_SECONDS = 10
_PRAGMAS = (
    f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
)

Probe = Callable[[Path], str]
"""Names the type of the file system a path lies on."""


def sqlite_path(url: str) -> Path:
    """Return the path of `sqlite:///` and an absolute path; raises ConfigError if it is none.

    What follows the prefix is the path as it stands: `%` and `?` mean themselves.
    """
    path = Path(url.removeprefix(_PREFIX))
    if not url.startswith(_PREFIX) or not path.is_absolute():
        raise ConfigError(
            f"registry {url}: a SQLite registry is written {_PREFIX} and an absolute path, "
            f"for example {_PREFIX}/srv/show/.provenance/registry.db"
        )
    return path


def open_sqlite(url: str, checkpoint: Path, *, probe: Probe = filesystem_type) -> SqlRegistry:
    """Open the registry in a SQLite database that was migrated."""
    engine = sqlite_engine(url, checkpoint, probe=probe)
    return SqlRegistry(engine, location=url, checkpoint=checkpoint)


def migrate_sqlite(
    url: str, checkpoint: Path | None = None, *, probe: Probe = filesystem_type
) -> None:
    """Create the database, for its owner only, or bring it to our schema version.

    Raises RegistryError if the checkpoint remembers one that is gone.
    """
    path = sqlite_path(url)
    with door(url):
        _refuse_remote(path, probe)
        if not path.exists():
            _require_never_seen(path, checkpoint)
        _create(path)
    with disposed(sqlite_engine(url, probe=probe)) as engine:
        migrate_schema(engine, url)


def verify_sqlite(
    url: str, checkpoint: Path, *, probe: Probe = filesystem_type
) -> tuple[LogFlaw, ...]:
    """Return what is wrong with a SQLite registry; raises RegistryError if nobody can tell."""
    with disposed(sqlite_engine(url, checkpoint, probe=probe, is_audit=True)) as engine:
        return verify(engine, location=url, checkpoint=checkpoint, integrity=_integrity_problems)


def accept_sqlite(url: str, checkpoint: Path, *, probe: Probe = filesystem_type) -> None:
    """Make the database, as it is, the newest that was seen; raises RegistryError if unsound."""
    with disposed(sqlite_engine(url, probe=probe, is_audit=True)) as engine:
        accept_checkpoint(
            engine, location=url, checkpoint=checkpoint, integrity=_integrity_problems
        )


def sqlite_engine(
    url: str,
    checkpoint: Path | None = None,
    *,
    probe: Probe = filesystem_type,
    is_audit: bool = False,
) -> Engine:
    """Return an engine for a database that exists, on a file system whose locks hold.

    For an audit text that is no UTF-8 is read too, so that its row can be named.
    """
    path = sqlite_path(url)
    with door(url):
        _refuse_remote(path, probe)
        if not path.exists():
            _require_never_seen(path, checkpoint)
            raise RegistryError(f"there is no registry at {url}: run `provenance registry migrate`")
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(path, is_audit=is_audit),
        poolclass=QueuePool,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    _reconnect_when_replaced(engine, path)
    return engine


def _refuse_remote(path: Path, probe: Probe) -> None:
    fstype = probe(path)
    if is_remote(fstype):
        raise RegistryError(
            f"registry {path} lies on a network or FUSE file system ({fstype}), where SQLite "
            "loses writes: put the registry on a local disk of the host that runs provenance, "
            "or use PostgreSQL"
        )


def _require_never_seen(path: Path, checkpoint: Path | None) -> None:
    if checkpoint is not None:
        CheckpointFile(checkpoint).require_never_seen(str(path), copy=path.name)


def _create(path: Path) -> None:
    # Never opened if it is there: closing it would drop the locks SQLite holds in this process.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _connect(path: Path, *, is_audit: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?mode=rw",  # not rwc: a lost file is no empty one
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,  # the driver begins nothing by itself; _begin does
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )
    if is_audit:
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _reconnect_when_replaced(engine: Engine, path: Path) -> None:
    """Let no pooled connection go on with a database file that another was put in place of.

    It would read, and write, a file that has no name any more.
    """

    def remember(_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _identity(path)

    def compare(
        _connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        if record.info["file"] != _identity(path):
            raise DisconnectionError(f"{path} was replaced")

    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", compare)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for its lock, so take it at once.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _integrity_problems(connection: Connection) -> tuple[str, ...]:
    reports = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return (
        *(report for report in reports if report != "ok"),
        *(f"a row of {orphan[0]} refers to a missing row of {orphan[2]}" for orphan in orphans),
    )
