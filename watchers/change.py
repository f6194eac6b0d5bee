"""What a watcher sees: the state of a file, hints where to look, problems on the way."""

import os
import struct
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_STATE = struct.Struct("<QqQq")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """What tells one version of a file from the next without reading it.

    The change time belongs to it: a writer may set the modification time back, never this one.
    """

    inode: int
    """Which file stands at the path; a rename into place changes it."""
    size: int
    """Length in bytes."""
    mtime_ns: int
    """When its bytes changed, as the writer says."""
    ctime_ns: int
    """When its bytes or attributes changed, as the file system says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """Where something may have happened; to be looked at, never to be believed."""

    paths: frozenset[Path] = frozenset()
    """Files and folders to look at; some may be gone."""
    placed: frozenset[Path] = frozenset()
    """Those among them that bore a name that is never taken until they were renamed."""
    rescan: bool = False
    """Whether hints were lost, so that everything is suspect."""


class ProblemKind(StrEnum):
    """What went wrong, in one word for counting."""

    ROOT = "root"
    """A root is gone, replaced or not to be trusted."""
    UNREADABLE = "unreadable"
    """A folder or file could not be looked at."""
    TOO_DEEP = "too-deep"
    """Something lies too deep to be walked or opened."""
    UNHANDLED = "unhandled"
    """A file was given up, its handler having failed too often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that could not be looked at or handled."""

    path: Path
    """The file, folder or root."""
    message: str
    """Why, for a person."""
    kind: ProblemKind = ProblemKind.UNREADABLE
    """What went wrong."""


def pack(status: os.stat_result) -> bytes:
    """Return the state that a stat result shows, in the 32 bytes that a memory of many keeps."""
    return _STATE.pack(status.st_ino, status.st_mtime_ns, status.st_size, status.st_ctime_ns)


def unpack(packed: bytes) -> FileState:
    """Return the state that was packed."""
    inode, mtime_ns, size, ctime_ns = _STATE.unpack(packed)
    return FileState(inode=inode, size=size, mtime_ns=mtime_ns, ctime_ns=ctime_ns)


def content_of(packed: bytes) -> bytes:
    """Return the part of a packed state that a rename leaves alone: all but the change time."""
    return packed[:24]


def inode_of(packed: bytes) -> int:
    """Return the inode in a packed state."""
    return int.from_bytes(packed[:8], "little")
