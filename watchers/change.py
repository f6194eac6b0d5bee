"""What a watcher sees: the state of a file, hints where to look, problems on the way."""

import os
from dataclasses import dataclass
from pathlib import Path


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
    rescan: bool = False
    """Whether hints were lost, so that everything is suspect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that could not be looked at or handled."""

    path: Path
    """The file, folder or root."""
    message: str
    """Why, for a person."""


def state_of(status: os.stat_result) -> FileState:
    """Return the state that a stat result shows."""
    return FileState(
        inode=status.st_ino,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
    )
