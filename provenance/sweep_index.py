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
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from provenance.registry.records import KnownEssences

State = tuple[str, int, int, int, int]
"""Name, inode, bytes, mtime and ctime in nanoseconds."""

_DIGEST = 16
_PLAIN_MARSHAL = 2
"""The version of marshal that writes equal values alike, whoever else holds them."""
_TOGETHER = 512
_PATIENCE = 2.0
_SCHEMA = """
create table if not exists edition (stamp text primary key) without rowid;
create table if not exists folders (
    path blob primary key, digest blob not null, found blob not null
) without rowid;
"""


def digest_of(states: Sequence[State]) -> bytes:
    """Return the digest over the states of the entries of a folder."""
    return hashlib.blake2b(
        marshal.dumps(states, _PLAIN_MARSHAL), digest_size=_DIGEST
    ).digest()


@dataclass(slots=True, kw_only=True)
class Findings:
    """What glances found of the files of a folder, name by name."""

    codes: bytes
    """0 for a file that has to be read in full, else the code of its format."""
    lengths: list[int]
    """Length of the essence of each cleared file, or an upper bound of it."""
    leads: dict[int, bytes]
    """How the essence of those begins whose length is only a bound, by their place."""

    @classmethod
    def joined(cls, parts: Sequence["Findings"]) -> "Findings":
        """Return the findings of consecutive parts as one."""
        if len(parts) == 1:
            return parts[0]
        leads: dict[int, bytes] = {}
        lengths: list[int] = []
        for part in parts:
            leads.update((len(lengths) + at, lead) for at, lead in part.leads.items())
            lengths += part.lengths
        return cls(codes=b"".join(part.codes for part in parts), lengths=lengths, leads=leads)

    def perhaps_known(self, known: KnownEssences) -> list[int]:
        """Return the places of cleared files that may be content the registry knows."""
        if known.lengths.isdisjoint(self.lengths) and not self.leads:
            return []
        places = []
        for at, length in enumerate(self.lengths):
            lead = self.leads.get(at)
            if lead is None:
                if length in known.lengths and self.codes[at]:
                    places.append(at)
            elif known.may_hold_up_to(length, lead):
                places.append(at)
        return places

    def to_bytes(self) -> bytes:
        """Return the findings as the index keeps them."""
        return marshal.dumps((self.codes, self.lengths, self.leads), _PLAIN_MARSHAL)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Findings":
        """Return findings the index kept."""
        codes, lengths, leads = marshal.loads(data)  # noqa: S302  (ours, in the production's folder)
        return cls(codes=codes, lengths=lengths, leads=leads)


@dataclass(slots=True)
class Index:
    """The index of one production; safe to share between threads."""

    path: Path
    stamp: str
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _connection: sqlite3.Connection | None = None
    _pending: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)

    def findings(self, folder: str, digest: bytes) -> Findings | None:
        """Return what is known of a folder in this state, or None."""
        with self._lock:
            row = self._select(_key(folder))
        return Findings.from_bytes(row[1]) if row and row[0] == digest else None

    def keep(self, folder: str, digest: bytes, found: Findings) -> None:
        """Keep what was found of a folder in this state."""
        with self._lock:
            self._pending[_key(folder)] = (digest, found.to_bytes())
            if len(self._pending) >= _TOGETHER:
                self._flush()

    def close(self) -> None:
        """Write what is not yet written, as far as it can be."""
        with self._lock:
            self._flush()
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _select(self, key: bytes) -> tuple[bytes, bytes] | None:
        try:
            found = self._opened().execute("select digest, found from folders where path = ?", (key,))
            row: tuple[bytes, bytes] | None = found.fetchone()
        except sqlite3.Error:
            self._begin_anew()
            return None
        return row

    def _flush(self) -> None:
        rows = [(key, *value) for key, value in self._pending.items()]
        self._pending.clear()
        if not rows:
            return
        try:
            with self._opened() as connection:
                connection.executemany("replace into folders values (?, ?, ?)", rows)
        except sqlite3.OperationalError:
            return  # another scan writes it, or there is no room: only time is lost
        except sqlite3.Error:
            self._begin_anew()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_PATIENCE, check_same_thread=False)
        # What a crash may spoil is begun anew; nothing waits for the disk here.
        connection.execute("pragma synchronous = off")
        if connection.execute("pragma user_version").fetchone()[0] == 0:
            connection.executescript(_SCHEMA)
            connection.execute("pragma user_version = 1")
        if connection.execute("select stamp from edition").fetchall() != [(self.stamp,)]:
            with connection:
                connection.execute("delete from folders")
                connection.execute("delete from edition")
                connection.execute("insert into edition values (?)", (self.stamp,))
        return connection

    def _begin_anew(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.path.unlink(missing_ok=True)


def _key(folder: str) -> bytes:
    return os.fsencode(os.path.abspath(folder))  # noqa: PTH100  (links are not resolved)
