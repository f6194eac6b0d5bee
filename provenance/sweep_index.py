"""What was found of folders that have not changed since: an index, never a verdict.

One row a folder: its names, a digest over the state of its entries (inode, size, times), and what
glances found there. A folder that has other names or another digest, or that the index does not
have, is looked at anew; so is everything if this version looks for other things than the one that
wrote the index. Losing it costs time and nothing else, so whatever is wrong with it, it is begun
anew.
"""

import hashlib
import os
import sqlite3
import struct
import threading
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance.sweep_findings import Findings

_DIGEST = 16
_HEAD = struct.Struct(f"<{_DIGEST}sII")
_TOGETHER, _BYTES_TOGETHER = 512, 4 << 20
"""Folders, and bytes of what was found in them, after which they are written."""
_PATIENCE = 2.0
_CACHE = 256
"""Kilobytes of it that are held: no row is read twice."""
_EDITION = 3
_SCHEMA = """
pragma page_size = 16384;
vacuum;
create table edition (stamp text primary key) without rowid;
create table folders (path blob primary key, digest blob not null, kept blob not null);
"""
"""Rows are long: with great pages, and apart from the paths, each is read in one go or two."""
_KNOWN = "select digest, kept from folders where path = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of one folder."""

    names: bytes
    """The names of everything in it, in order, parted by slashes."""
    listing: bytes
    """Digest of the same in the order in which they were listed: where it is met again, nothing
    has to be sorted."""
    digest: bytes
    """Digest over the states of all of them."""
    findings: Findings
    """What was found of those that are no folders."""
    telling: Sequence[int] = ()
    """Places of those of which the name says that more has to be found out."""


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
        self._waiting = 0

    def known(self, folder: str) -> Kept | None:
        """Return what is kept of a folder, or None."""
        with self._lock:
            row = self._select(_KNOWN, _key(folder))
        if row is None:
            return None
        with suppress(ValueError, struct.error):
            return _unpacked(row[0], _unsealed(*row))
        return None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept of any folder."""
        with self._lock:
            return self._select("select 1 from folders limit 1") is None

    def keep(self, folder: str, kept: Kept) -> None:
        """Keep this of a folder."""
        sealed = _sealed(kept.digest, _packed(kept))
        with self._lock:
            self._pending[_key(folder)] = (kept.digest, sealed)
            self._waiting += len(sealed)
            if len(self._pending) >= _TOGETHER or self._waiting >= _BYTES_TOGETHER:
                self._write()

    def close(self) -> None:
        """Write what is not yet written, as far as it can be; it is opened again when asked."""
        with self._lock:
            self._write()
            self._drop()

    def _select(self, asked: str, *keys: bytes) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = None
        with suppress(_LostError):
            connection = self._opened()
            try:
                row = connection.execute(asked, keys).fetchone()
            except sqlite3.Error as error:
                self._give_up(error)
        return row

    def _write(self) -> None:
        rows = [(key, *value) for key, value in self._pending.items()]
        self._pending.clear()
        self._waiting = 0
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
    connection.execute(f"pragma cache_size = -{_CACHE}")
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


def _packed(kept: Kept) -> bytes:
    head = _HEAD.pack(kept.listing, len(kept.names), len(kept.telling))
    telling = array("I", kept.telling).tobytes()
    return b"".join((head, kept.names, telling, kept.findings.to_bytes()))


def _unpacked(digest: bytes, data: bytes) -> Kept:
    listing, names, places = _HEAD.unpack_from(data)
    telling = array("I")
    begin = _HEAD.size + names
    end = begin + places * telling.itemsize
    telling.frombytes(data[begin:end])
    return Kept(
        names=data[_HEAD.size : begin],
        listing=listing,
        digest=digest,
        findings=Findings.from_bytes(data[end:]),
        telling=tuple(telling),
    )


def _sealed(digest: bytes, data: bytes) -> bytes:
    """Return what is kept with a sum before it: one flipped bit could clear a file."""
    return _sum(digest, data) + data


def _unsealed(digest: object, sealed: object) -> bytes:
    """Return what is kept without its sum; raises ValueError if it is another's."""
    if not isinstance(digest, bytes) or not isinstance(sealed, bytes):
        raise ValueError("nothing that was kept")  # noqa: TRY004  (a database holds what it likes)
    data = sealed[_DIGEST:]
    if _sum(digest, data) != sealed[:_DIGEST]:
        raise ValueError("something else than what was kept")
    return data


def _sum(digest: bytes, data: bytes) -> bytes:
    made = hashlib.sha256(digest)
    made.update(data)
    return made.digest()[:_DIGEST]


def _key(folder: str) -> bytes:
    return os.fsencode(os.path.abspath(folder))  # noqa: PTH100  (links are not resolved)
