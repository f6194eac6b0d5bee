"""What was found of folders that have not changed since: an index, never a verdict.

One row a folder: a digest over the state of its entries (name, inode, size, times), and what
glances found there. A folder whose digest is another, or that the index does not have, is looked at
anew; so is everything if this version looks for other things than the one that wrote the index.
Losing it costs time and nothing else, so whatever is wrong with it, it is begun anew.
"""

import hashlib
import marshal
import os
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from provenance.sweep_findings import Findings

State = tuple[str, int, int, int, int]
"""Name, inode, bytes, mtime and ctime in nanoseconds."""

_DIGEST = 16
_WITHOUT_REFERENCES = 2
"""The version of marshal that writes equal values alike, whoever else holds them."""
_TOGETHER = 512
_PATIENCE = 2.0
_EDITION = 2
_SCHEMA = """
create table edition (stamp text primary key) without rowid;
create table folders (
    path blob primary key, digest blob not null, found blob not null
) without rowid;
"""


def digest_of(states: list[State]) -> bytes:
    """Return the digest over the states of the entries of a folder."""
    data = marshal.dumps(states, _WITHOUT_REFERENCES)
    return hashlib.blake2b(data, digest_size=_DIGEST).digest()


class Index:
    """The index of one production; safe to share between threads."""

    def __init__(self, path: Path, stamp: str) -> None:
        """Open the index when it is first asked; the stamp says what is looked for."""
        self._path = path
        self._stamp = stamp
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._is_lost = False
        self._pending: dict[bytes, tuple[bytes, bytes]] = {}

    def findings(self, folder: str, digest: bytes) -> Findings | None:
        """Return what is known of a folder in this state, or None."""
        with self._lock:
            row = self._select(_key(folder))
        if row is None or row[0] != digest:
            return None
        with suppress(ValueError):
            return Findings.from_bytes(_unsealed(*row))
        return None

    def keep(self, folder: str, digest: bytes, found: Findings) -> None:
        """Keep what was found of a folder in this state."""
        with self._lock:
            self._pending[_key(folder)] = (digest, _sealed(digest, found.to_bytes()))
            if len(self._pending) >= _TOGETHER:
                self._write()

    def close(self) -> None:
        """Write what is not yet written, as far as it can be; it is opened again when asked."""
        with self._lock:
            self._write()
            self._drop()

    def _select(self, key: bytes) -> tuple[bytes, object] | None:
        row: tuple[bytes, object] | None = None
        with suppress(_LostError):
            connection = self._opened()
            try:
                asked = connection.execute(
                    "select digest, found from folders where path = ?", (key,)
                )
                row = asked.fetchone()
            except sqlite3.Error as error:
                self._give_up(error)
        return row

    def _write(self) -> None:
        rows = [(key, *value) for key, value in self._pending.items()]
        self._pending.clear()
        if not rows:
            return
        with suppress(_LostError):
            connection = self._opened()
            try:
                with connection:
                    connection.executemany("replace into folders values (?, ?, ?)", rows)
            except sqlite3.Error as error:
                self._give_up(error)

    def _opened(self) -> sqlite3.Connection:
        if self._is_lost:
            raise _LostError
        if self._connection is None:
            try:
                self._connection = _open(self._path, self._stamp)
            except sqlite3.Error as error:
                self._give_up(error)
                raise _LostError from error
        return self._connection

    def _give_up(self, error: sqlite3.Error) -> None:
        """Do without it from here on; a broken one is removed, one that others use is not."""
        self._is_lost = True
        self._drop()
        if not isinstance(error, sqlite3.OperationalError):
            with suppress(OSError):
                self._path.unlink()

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


class _LostError(Exception):
    """There is no index to be asked."""


def _open(path: Path, stamp: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)
    # What a crash may spoil is begun anew; nothing waits for the disk here.
    connection.execute("pragma synchronous = off")
    if connection.execute("pragma user_version").fetchone()[0] != _EDITION:
        connection.executescript(
            "drop table if exists edition; drop table if exists folders;" + _SCHEMA
        )
        connection.execute(f"pragma user_version = {_EDITION}")
    if connection.execute("select stamp from edition").fetchall() != [(stamp,)]:
        with connection:
            connection.execute("delete from folders")
            connection.execute("delete from edition")
            connection.execute("insert into edition values (?)", (stamp,))
    return connection


def _sealed(digest: bytes, found: bytes) -> bytes:
    """Return findings with a sum before them: one flipped bit could clear a file."""
    return hashlib.blake2b(digest + found, digest_size=_DIGEST).digest() + found


def _unsealed(digest: bytes, kept: object) -> bytes:
    """Return findings without their sum; raises ValueError if it is another's."""
    if not isinstance(kept, bytes) or _sealed(digest, kept[_DIGEST:]) != kept:
        raise ValueError("findings that are not what was kept")
    return kept[_DIGEST:]


def _key(folder: str) -> bytes:
    return os.fsencode(os.path.abspath(folder))  # noqa: PTH100  (links are not resolved)
