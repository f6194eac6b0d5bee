"""The checkpoint: a small file outside the database that remembers how far the registry was.

An older copy of a database is a database in perfect order; only something that was not restored
with it can tell. The file follows each commit and never goes backwards. A database ahead of it
is a crash between the two, and sound as long as its journal passes through the checkpoint.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from provenance.errors import RegistryError
from provenance.model.log import LogHead
from provenance.registry.durable import replace_durably
from provenance.registry.journal import hash_at

SCHEMA = "provenance-checkpoint"
VERSION = 1

_ACCEPT = (
    "restore it, or if the registry is known to be the newest copy "
    "run `provenance registry check --accept`"
)


class CheckpointFile:
    """The checkpoint at one path, shared by every process that writes the registry."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")

    def require(self) -> LogHead:
        """Return what the file remembers; raises RegistryError if it is missing or damaged."""
        remembered = self.read()
        if remembered is None:
            raise RegistryError(f"the registry's checkpoint {self._path} is missing: {_ACCEPT}")
        return remembered

    def require_never_seen(self, location: str, *, copy: str) -> None:
        """Raise RegistryError if a registry is remembered: a new one would know nothing.

        `copy` is what a person has to restore.
        """
        remembered = self.read()
        if remembered is not None:
            raise RegistryError(
                f"the registry {location} is gone, and {remembered.sequence} writes to it were "
                f"seen: restore {copy} from a backup, then run `provenance registry check`. "
                "Without a backup what it knew is lost; to begin with an empty one, move "
                f"{self._path} away first"
            )

    def begin(self, read_head: Callable[[], LogHead]) -> None:
        """Write the first checkpoint of a registry that has seen no write; else change nothing."""
        if self.read() is not None:
            return
        with self._locked():
            # Whoever writes has begun first, so under the lock a write without a file is a loss.
            if self.read() is None and (head := read_head()).sequence == 0:
                self._write(head)
        self.require()

    def advance(self, head: LogHead) -> None:
        """Move forward to this head; a file that is already there or further stays as it is."""
        with self._locked():
            if self.require().sequence < head.sequence:
                self._write(head)

    def accept(self, head: LogHead) -> None:
        """Write this head whatever the file says: a person vouched for the database."""
        with self._locked():
            self._write(head)

    def read(self) -> LogHead | None:
        """Return what the file remembers, None if missing; raises RegistryError if damaged."""
        try:
            return _head_of(json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise RegistryError(
                f"the registry's checkpoint {self._path} is damaged ({error}): {_ACCEPT}"
            ) from error

    def _write(self, head: LogHead) -> None:
        record = {
            "schema": SCHEMA,
            "version": VERSION,
            "sequence": head.sequence,
            "hash": head.chain_hash,
        }
        data = json.dumps(record).encode("ascii") + b"\n"
        # One name, because the lock is held: what a kill leaves, the next write takes over.
        staging = self._path.with_name(self._path.name + ".staging")
        replace_durably(self._path, data, staging=staging)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._lock_path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _head_of(record: dict[str, Any]) -> LogHead:
    if (record["schema"], record["version"]) != (SCHEMA, VERSION):
        raise ValueError("of another schema or version")
    return LogHead(sequence=int(record["sequence"]), chain_hash=str(record["hash"]))


def require_not_rolled_back(connection: Connection, head: LogHead, remembered: LogHead) -> None:
    """Raise RegistryError unless the journal passes through what the checkpoint remembers.

    The checkpoint must have been read before this transaction saw the database: read after it,
    a write in between would look like a rollback.
    """
    if head.sequence < remembered.sequence:
        raise _rolled_back(f"it has {head.sequence} writes, {remembered.sequence} were seen")
    if remembered == head:
        return
    if hash_at(connection, remembered.sequence) != remembered.chain_hash:
        raise _rolled_back(f"write {remembered.sequence} is not the one that was seen")


def _rolled_back(what: str) -> RegistryError:
    return RegistryError(
        f"the registry was rolled back: {what}; "
        "restore the newest copy of the registry or run `provenance registry check`"
    )
