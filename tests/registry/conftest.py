"""A registry in an empty place of each kind, and ways to write, copy and break it."""

import resource
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from provenance.registry.backends import migrate, open_registry
from provenance.registry.interface import Registry
from provenance.registry.postgresql import postgresql_engine
from provenance.registry.records import WriteIntent
from provenance.registry.sqlite import sqlite_engine
from tests.postgres import Server
from tests.registry.postgres_dump import as_postgresql, dump_as_postgresql

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(ABC):
    """Where a registry is or will be."""

    checkpoint: Path

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def make_empty(self) -> None:
        """See that there is a database, with nothing in it."""

    @abstractmethod
    def copy(self) -> object:
        """Copy the database, which nobody has open, and return the copy."""

    @abstractmethod
    def restore(self, copy: object) -> None:
        """Put a copy in place of the database."""

    @abstractmethod
    def run_sql(self, script: str) -> None:
        """Do to the database what somebody without our code would do."""

    @abstractmethod
    def load(self, dump: str) -> None:
        """Fill an empty place from a dump of SQLite."""

    @abstractmethod
    def engine(self) -> Engine:
        """Return an engine as the registry itself makes it."""

    @contextmanager
    def opened(self) -> Iterator[Registry]:
        registry = open_registry(self.url, self.checkpoint)
        try:
            yield registry
        finally:
            registry.close()

    def write(self, *intent_ids: str) -> None:
        with self.opened() as registry:
            for intent_id in intent_ids:
                registry.begin_write(
                    WriteIntent(
                        intent_id=intent_id,
                        path="/a",
                        staging="/b",
                        begun_at=datetime(2026, 11, 3, tzinfo=UTC),
                    )
                )

    def query(self, statement: str) -> list[tuple[object, ...]]:
        engine = self.engine()
        with engine.connect() as connection:
            rows = [tuple(row) for row in connection.exec_driver_sql(statement)]
        engine.dispose()
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlitePlace(Place):
    database: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

    def make_empty(self) -> None:
        self.database.touch()

    def copy(self) -> Path:
        return Path(shutil.copy(self.database, self.database.with_suffix(".copy")))

    def restore(self, copy: Path) -> None:  # as a careful operator would: without its log
        for suffix in ("-wal", "-shm"):
            Path(f"{self.database}{suffix}").unlink(missing_ok=True)
        copy.replace(self.database)

    def run_sql(self, script: str) -> None:
        with closing(sqlite3.connect(self.database)) as connection:
            connection.executescript(script)

    def load(self, dump: str) -> None:
        self.run_sql(dump)

    def engine(self) -> Engine:
        return sqlite_engine(self.url, is_audit=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPlace(Place):
    server: Server
    database: str

    @property
    def url(self) -> str:
        return self.server.url(self.database)

    def make_empty(self) -> None:
        assert self.server.execute("SELECT 1", self.database)

    def copy(self) -> str:
        return self.server.create_database(template=self.database)

    def restore(self, copy: str) -> None:
        self.server.drop_database(self.database)
        self.server.execute(f"ALTER DATABASE {copy} RENAME TO {self.database}")

    def run_sql(self, script: str) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(as_postgresql(script).encode())

    def load(self, dump: str) -> None:
        self.run_sql(dump_as_postgresql(dump))

    def engine(self) -> Engine:
        return postgresql_engine(self.url, is_unhurried=True)


@contextmanager
def empty_place(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[Place]:
    """Give an empty place of a kind; what lies in files lies in the folder."""
    checkpoint = folder / "checkpoint.json"
    if kind == "sqlite":
        yield SqlitePlace(database=folder / "registry.db", checkpoint=checkpoint)
        return
    server: Server = request.getfixturevalue("postgres_server")
    database = server.create_database()
    yield PostgresPlace(server=server, database=database, checkpoint=checkpoint)
    server.drop_database(database)


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    return SqlitePlace(database=tmp_path / "registry.db", checkpoint=tmp_path / "checkpoint.json")


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with empty_place(request, request.param, tmp_path) as made:
        yield made


@pytest.fixture
def migrated(place: Place) -> Place:
    migrate(place.url)
    return place


@pytest.fixture
def no_room() -> Callable[[], object]:
    """A block in which no file may grow beyond some bytes: the system's own "no room"."""

    @contextmanager
    def limited(size: int = 0) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited
