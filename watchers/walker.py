"""Walk a folder with everything below it, following nothing and hiding no failure.

Iterative, so that depth costs no stack. Symbolic links are never followed; a folder is entered
once, known by (device, inode), so bind mounts cannot loop; other file systems mounted below are
walked. Names that are not UTF-8 come through surrogate-escaped.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from watchers.change import FileState, Problem, state_of
from watchers.filters import Filters

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A regular file that a walk came by."""

    path: Path
    """Where it stands."""
    state: FileState
    """What it looked like."""


def walk(
    top: Path, filters: Filters, *, elsewhere: frozenset[Path] = frozenset()
) -> Iterator[FoundFile | Problem]:
    """Yield the regular files below a folder, and a problem for all that could not be read.

    Folders named in `elsewhere` are left to somebody else. The top may be a symbolic link.
    """
    visited: set[tuple[int, int]] = set()
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            # A folder swapped for a link between listing and entering must not lead us out.
            no_follow = 0 if folder is top else os.O_NOFOLLOW
            descriptor = os.open(folder, _OPEN_FOLDER | no_follow)
        except OSError as error:
            yield _unreadable(folder, error)
            continue
        try:
            status = os.fstat(descriptor)
            if (status.st_dev, status.st_ino) not in visited:
                visited.add((status.st_dev, status.st_ino))
                for found in _list(descriptor, folder, filters):
                    if not isinstance(found, Path):
                        yield found
                    elif found not in elsewhere:
                        waiting.append(found)
        finally:
            os.close(descriptor)


def look_at(
    path: Path, root: Path, filters: Filters, *, elsewhere: frozenset[Path] = frozenset()
) -> Iterator[FoundFile | Problem]:
    """Yield what stands at a path below a root: nothing, one file, or all below a folder.

    The path comes from an event and may be gone, or lead out of the root by now.
    """
    folders = path.relative_to(root).parent
    if not filters.enters_all(folders):
        return
    try:
        if _leads_through_link(root, folders):
            return
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        yield _unreadable(path, error)
        return
    if stat.S_ISDIR(status.st_mode):
        if path == root or filters.enters(path.name):
            yield from walk(path, filters, elsewhere=elsewhere)
    elif stat.S_ISREG(status.st_mode) and filters.takes(path.name):
        yield FoundFile(path=path, state=state_of(status))


def _leads_through_link(root: Path, folders: PurePath) -> bool:
    return any((root / part).is_symlink() for part in (folders, *folders.parents) if part.parts)


def _list(descriptor: int, folder: Path, filters: Filters) -> Iterator[FoundFile | Problem | Path]:
    """Yield what stands in one folder, folders to enter as bare paths."""
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                found = _look(entry, folder, filters)
                if found is not None:
                    yield found
    except OSError as error:
        yield _unreadable(folder, error)


def _look(
    entry: os.DirEntry[str], folder: Path, filters: Filters
) -> FoundFile | Problem | Path | None:
    path = folder / entry.name
    try:
        if entry.is_dir(follow_symlinks=False):
            return path if filters.enters(entry.name) else None
        if not filters.takes(entry.name):
            return None
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # came and went: nothing has arrived
        return None
    except OSError as error:
        return _unreadable(path, error)
    if not stat.S_ISREG(status.st_mode):
        return None
    return FoundFile(path=path, state=state_of(status))


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem(path=path, message=f"cannot be read: {error.strerror}")
