"""Delete for good what lies in quarantine, and nothing else.

Every folder on the way is opened without following links, and what is deleted is named within the
folder that was opened: a link that somebody put there leads nowhere.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from provenance.errors import TaggingError
from provenance.path_text import shown
from provenance.quarantining import (
    QUARANTINE_FOLDER,
    Quarantined,
    belonging,
    quarantine_of,
    read_entry,
)

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def is_older(entry: Quarantined, age: timedelta, now: datetime) -> bool:
    """Return whether a file lies in quarantine for longer; False if nobody knows since when."""
    try:
        return now - datetime.fromisoformat(entry.quarantined_at) > age
    except (ValueError, TypeError):
        return False


def purge(entry: Quarantined, zone: Path) -> None:
    """Delete a file in the quarantine of a zone, with its sidecars and what is written of it.

    Folders that are empty then go too. Raises TaggingError if it cannot be deleted, does not lie in
    that quarantine, or is another by now; as long as some of it is there it is listed.
    """
    try:
        way = entry.path.parent.relative_to(quarantine_of(zone)).parts
    except ValueError as error:
        raise TaggingError(f"{shown(entry.path)}: does not lie in the quarantine") from error
    try:
        with _opened(zone.parent, (QUARANTINE_FOLDER, zone.name, *way)) as folders:
            _require_same(entry)
            for path in belonging(entry.path):
                _remove(path.name, folders[-1])
            _prune((QUARANTINE_FOLDER, zone.name, *way), folders)
    except OSError as error:
        raise TaggingError(
            f"{shown(entry.path)}: cannot be deleted: {error.strerror or error}"
        ) from error


def _require_same(entry: Quarantined) -> None:
    """Raise TaggingError if it was restored since it was listed, and another may bear its name."""
    now = read_entry(belonging(entry.path)[-1])
    if (now.quarantined_at, now.content) != (entry.quarantined_at, entry.content):
        raise TaggingError(
            f"{shown(entry.path)}: is not what was listed any more and was not deleted; see"
            " `provenance quarantine list`"
        )


@contextmanager
def _opened(top: Path, way: tuple[str, ...]) -> Iterator[list[int]]:
    """Open a folder and those on a way down from it, following no link on the way."""
    with contextlib.ExitStack() as stack:
        folders = [os.open(top, _OPEN_FOLDER & ~os.O_NOFOLLOW)]
        stack.callback(os.close, folders[0])
        for name in way:
            folders.append(os.open(name, _OPEN_FOLDER, dir_fd=folders[-1]))
            stack.callback(os.close, folders[-1])
        yield folders


def _remove(name: str, folder: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


def _prune(way: tuple[str, ...], folders: list[int]) -> None:
    """Remove the folders of the way that are empty, from below, but not the quarantine's own."""
    with contextlib.suppress(OSError):  # the first that is not empty ends it
        for name, above in list(zip(way, folders, strict=False))[:0:-1]:
            os.rmdir(name, dir_fd=above)
