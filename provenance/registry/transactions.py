"""Reading and writing transactions, each behind the guard against a rolled-back database."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert

from provenance.errors import RegistryError
from provenance.faults import faultpoint
from provenance.model.log import LogHead
from provenance.registry.checkpoint import CheckpointFile, require_not_rolled_back
from provenance.registry.door import door
from provenance.registry.journal import Entry, append, read_head, row_detail
from provenance.registry.rows import moment_text

WRITES = "provenance_writes"
"""Execution option of a connection whose transactions write; a dialect may lock earlier for it."""


def writing_engine(engine: Engine) -> Engine:
    """Return the same engine and pool with transactions that are announced as writing."""
    return engine.execution_options(**{WRITES: True})


@contextmanager
def disposed(engine: Engine) -> Iterator[Engine]:
    """Lend an engine, and close what it opened afterwards."""
    try:
        yield engine
    finally:
        engine.dispose()


class WriteTransaction:
    """A write under way: it alone may write, and what it writes is chained into the journal."""

    def __init__(self, connection: Connection, head: LogHead, written_at: datetime) -> None:
        self.connection = connection
        self._head = head
        self._written_at = written_at

    @property
    def head(self) -> LogHead:
        """The journal's head as this transaction leaves it."""
        return self._head

    def insert(
        self,
        table: Table,
        row: Mapping[str, Any],
        *,
        record_id: str,
        action: str,
        key: str = "",
        about: str = "",
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Store the row under the next sequence number, and chain it.

        `more` is what belongs to the record and is kept in rows of another table.
        """
        self.connection.execute(insert(table).values(**row, sequence=self._head.sequence + 1))
        self.chain(action, record_id, {**row, **more}, key=key, about=about)

    def chain(
        self,
        action: str,
        record_id: str,
        row: Mapping[str, Any],
        *,
        key: str = "",
        about: str = "",
    ) -> None:
        """Append to the journal that this row of this record was written."""
        entry = Entry(
            sequence=self._head.sequence + 1,
            action=action,
            written_at=moment_text(self._written_at),
            detail=row_detail(record_id, row, key=key, about=about),
        )
        self._head = append(self.connection, self._head, entry)


class Transactions:
    """Transactions of one database and its checkpoint; refuses once closed."""

    def __init__(
        self, engine: Engine, *, location: str, checkpoint: Path, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._writer = writing_engine(engine)
        self._location = location
        self._checkpoint = CheckpointFile(checkpoint)
        self._clock = clock
        self._is_closed = False

    def begin(self) -> None:
        """Write the checkpoint of a new registry, and look whether an old one was rolled back."""
        with door(self._location):
            self._checkpoint.begin(self._read_head)
        with self.reading():
            pass

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of a database that was not rolled back."""
        self._require_open()
        with door(self._location):
            remembered = self._checkpoint.require()
            with self._engine.connect() as connection:
                require_not_rolled_back(connection, read_head(connection), remembered)
                yield connection

    @contextmanager
    def writing(self) -> Iterator[WriteTransaction]:
        """Give the one write transaction; afterwards commit, then move the checkpoint."""
        self._require_open()
        with door(self._location):
            remembered = self._checkpoint.require()
            with self._writer.begin() as connection:
                head = read_head(connection, lock=True)
                require_not_rolled_back(connection, head, remembered)
                transaction = WriteTransaction(connection, head, self._clock())
                yield transaction
                faultpoint("registry.before-commit")
            faultpoint("registry.after-commit")
            if transaction.head != head:
                self._checkpoint.advance(transaction.head)

    def close(self) -> None:
        """Let go of every connection."""
        self._is_closed = True
        self._engine.dispose()

    def _read_head(self) -> LogHead:
        with self._engine.connect() as connection:
            return read_head(connection)

    def _require_open(self) -> None:
        if self._is_closed:
            raise RegistryError(f"registry {self._location} was closed")
