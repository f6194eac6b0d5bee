"""A SQLite registry in an empty directory, and ways to write, copy and break it."""

import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provenance.registry.backends import migrate, open_registry
from provenance.registry.interface import Registry, WriteIntent


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    database: Path
    checkpoint: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

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

    def copy(self) -> Path:
        """Copy the database, which nobody has open, and return the copy."""
        return Path(shutil.copy(self.database, self.database.with_suffix(".copy")))

    def restore(self, copy: Path) -> None:
        """Put a copy in place of the database, as a careful operator would: without its log."""
        for suffix in ("-wal", "-shm"):
            Path(f"{self.database}{suffix}").unlink(missing_ok=True)
        copy.replace(self.database)

    def run_sql(self, script: str) -> None:
        """Do to the database what somebody without our code would do."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.executescript(script)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(database=tmp_path / "registry.db", checkpoint=tmp_path / "checkpoint.json")


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
