"""Go down into folders and up again by descriptors, without following a single link.

Two descriptors are open at most, however deep it goes, and no path is ever longer than one name,
so neither the limit of open files nor PATH_MAX matters. The way up is `..`, believed only if it
leads to the folder we came from; else the way is gone anew from the top.
"""

import errno
import os
import stat
from pathlib import Path

_OPEN_TOP = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A folder swapped for a link between listing and entering must not lead us out.
_OPEN_BELOW = _OPEN_TOP | os.O_NOFOLLOW

Identity = tuple[int, int]
"""Device and inode."""


class Trail:
    """A folder that is open, and the names that lead to it; see `close`."""

    def __init__(self, top: Path) -> None:
        """Open the top, which may be a link; raises OSError."""
        self._top = top
        self.descriptor, identity = _open(top, _OPEN_TOP)
        self._above = -1
        self._names: list[str] = []
        self._identities = [identity]

    @property
    def folder(self) -> str:
        """The open folder, relative to the top; empty for the top."""
        return "/".join(self._names)

    @property
    def depth(self) -> int:
        """How many folders below the top."""
        return len(self._names)

    @property
    def identity(self) -> Identity:
        """Of the open folder."""
        return self._identities[-1]

    def enter(self, name: str) -> None:
        """Open a folder in the open folder; raises OSError and stays if that fails."""
        below, identity = _open(name, _OPEN_BELOW, dir_fd=self.descriptor)
        self._close_above()
        self._above, self.descriptor = self.descriptor, below
        self._names.append(name)
        self._identities.append(identity)

    def descend(self, folder: str) -> None:
        """Open a folder by its way from here; raises OSError half-way if that fails."""
        for name in folder.split("/") if folder else ():
            self.enter(name)

    def leave(self) -> None:
        """Open the folder above again; raises OSError if it is no longer where it was."""
        self._names.pop()
        self._identities.pop()
        if self._above < 0:
            self._above = self._climb()
        os.close(self.descriptor)
        self.descriptor, self._above = self._above, -1

    def close(self) -> None:
        """Let go of the descriptors."""
        self._close_above()
        os.close(self.descriptor)

    def _climb(self) -> int:
        try:
            above, identity = _open("..", _OPEN_BELOW, dir_fd=self.descriptor)
        except OSError:
            return self._go_anew()
        if identity == self.identity:
            return above
        os.close(above)
        return self._go_anew()

    def _go_anew(self) -> int:
        above, identity = _open(self._top, _OPEN_TOP)
        for name in self._names:
            try:
                below, identity = _open(name, _OPEN_BELOW, dir_fd=above)
            finally:
                os.close(above)
            above = below
        if identity != self.identity:
            os.close(above)
            raise OSError(errno.ESTALE, "was moved while it was walked")
        return above

    def _close_above(self) -> None:
        if self._above >= 0:
            os.close(self._above)
            self._above = -1


def _open(path: str | Path, flags: int, *, dir_fd: int | None = None) -> tuple[int, Identity]:
    descriptor = os.open(path, flags, dir_fd=dir_fd)
    try:
        return descriptor, identity_of(os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise


def identity_of(status: os.stat_result) -> Identity:
    """Return which folder a stat result is of; raises NotADirectoryError if of none."""
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return status.st_dev, status.st_ino
