"""Reading and writing transactions, each behind the guard against a rolled-back database."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert
from sqlalchemy.exc import SQLAlchemyError

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


class Opened:
    """A transaction under way, in which one thread reads and writes."""

    def __init__(
        self, connection: Connection, remembered: LogHead, clock: Callable[[], datetime]
    ) -> None:
        self.connection = connection
        self._remembered = remembered
        self._clock = clock
        self._writer: WriteTransaction | None = None

    def writer(self) -> WriteTransaction:
        """Return the one that writes; from the first call on no other writer passes."""
        if self._writer is None:
            head = read_head(self.connection, lock=True)
            require_not_rolled_back(self.connection, head, self._remembered)
            self._writer = WriteTransaction(self.connection, head, self._clock())
        return self._writer

    @property
    def reached(self) -> LogHead:
        """The journal's head as this transaction leaves it, as far as it knows."""
        return self._remembered if self._writer is None else self._writer.head


class _Mine(threading.local):
    opened: Opened | None = None


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
        self._mine = _Mine()

    def begin(self) -> None:
        """Write the checkpoint of a new registry, and look whether an old one was rolled back."""
        with door(self._location):
            self._checkpoint.begin(self._read_head)
        with self.reading():
            pass

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of a database that was not rolled back."""
        if self._mine.opened is not None:
            with door(self._location):
                yield self._mine.opened.connection
            return
        self._require_open()
        with door(self._location):
            remembered = self._checkpoint.require()
            with self._engine.connect() as connection:
                require_not_rolled_back(connection, read_head(connection), remembered)
                yield connection

    @contextmanager
    def writing(self) -> Iterator[WriteTransaction]:
        """Give the one write transaction, or this thread's own if one is open."""
        with self.together() as opened, door(self._location):
            yield opened.writer()

    @contextmanager
    def together(self) -> Iterator[Opened]:
        """Make one transaction of all that this thread reads and writes inside.

        Afterwards commit, then move the checkpoint. What the block raises leaves it as it is.
        """
        if self._mine.opened is not None:
            yield self._mine.opened
            return
        self._require_open()
        with ExitStack() as stack:
            with door(self._location):
                remembered = self._checkpoint.require()
                connection = self._writer.connect()
                stack.callback(_let_go, connection)
                transaction = connection.begin()
            opened = Opened(connection, remembered, self._clock)
            self._mine.opened = opened
            try:
                yield opened
            finally:
                self._mine.opened = None
            with door(self._location):
                faultpoint("registry.before-commit")
                transaction.commit()
                faultpoint("registry.after-commit")
                if opened.reached != remembered:
                    self._checkpoint.advance(opened.reached)

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


def _let_go(connection: Connection) -> None:
    """Roll back what was not committed; a server that is gone has done so itself."""
    with suppress(SQLAlchemyError):
        connection.close()
