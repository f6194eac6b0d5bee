"""A file that is written so that its event proves the watch over a folder alive.

It is hidden, tiny, always the same and taken away at the end. It is never written where another
folder has taken the place of the one that is watched (the bare mount point of a share that went
away would no longer look empty), nor over a file that holds anything else.
"""

import errno
import math
import os
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from watchers.trail import Trail

CONTENT = b"This file proves that changes in this folder are noticed. It may be deleted.\n"
"""All that a probe file holds."""
_EVERY_SECONDS = 30.0
_GRACE_SECONDS = 15.0
"""More than a burst of events takes to get through, less than a person would notice."""
_OPEN_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MODE = 0o644


class Probe:
    """The probe file of one folder."""

    def __init__(self, folder: Path, name: str) -> None:
        """Bind it to the folder that stands there now; raises OSError."""
        self.path = folder / name
        self._folder = folder
        self._name = name
        with closing(Trail(folder)) as trail:
            self._identity = trail.identity

    def write(self) -> None:
        """Write the file, so that closing it is an event; raises OSError if that cannot be."""
        with closing(self._open_folder()) as trail:
            descriptor = os.open(self._name, _OPEN_FLAGS, _MODE, dir_fd=trail.descriptor)
            try:
                if not _is_probe(descriptor):
                    raise FileExistsError(errno.EEXIST, f"{self._name} is somebody's own file")
                os.pwrite(descriptor, CONTENT, 0)
            finally:
                os.close(descriptor)

    def remove(self) -> None:
        """Take the file away, if it is there and a probe."""
        with suppress(OSError), closing(self._open_folder()) as trail:
            flags = _OPEN_FLAGS & ~os.O_CREAT
            descriptor = os.open(self._name, flags, dir_fd=trail.descriptor)
            try:
                if _is_probe(descriptor):
                    os.unlink(self._name, dir_fd=trail.descriptor)
            finally:
                os.close(descriptor)

    def _open_folder(self) -> Trail:
        trail = Trail(self._folder)
        if trail.identity != self._identity:
            trail.close()
            raise OSError(errno.ESTALE, "another folder has taken its place")
        return trail


class LifeProof:
    """Writes a probe again and again and minds whether its event comes back."""

    def __init__(self, probe: Probe, monotonic: Callable[[], float]) -> None:
        self._probe = probe
        self._monotonic = monotonic
        self._asked_at: float | None = None
        self._is_answered = False

    def is_of(self, path: Path) -> bool:
        """Return whether a path is that of the probe."""
        return path == self._probe.path

    def answer(self) -> None:
        """Note that the event of the probe came; for the thread that hears of events."""
        self._is_answered = True

    def find_trouble(self) -> str:
        """Ask if it is time to, and return why the watch is not proved alive, or nothing."""
        now = self._monotonic()
        since = math.inf if self._asked_at is None else now - self._asked_at
        if since >= _GRACE_SECONDS and not self._is_answered and self._asked_at is not None:
            return "no event of its probe file came back"
        if since < _EVERY_SECONDS:
            return ""
        # Before the writing: the event may be faster than the next line.
        self._asked_at, self._is_answered = now, False
        try:
            self._probe.write()
        except OSError as error:
            return f"no probe file can be written in it: {error.strerror}"
        return ""

    def end(self) -> None:
        """Take the probe file away."""
        self._probe.remove()


def _is_probe(descriptor: int) -> bool:
    status = os.fstat(descriptor)
    is_alone = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
    # One that was cut off in the writing is ours too.
    is_short = status.st_size <= len(CONTENT)
    return is_alone and is_short and CONTENT.startswith(os.pread(descriptor, len(CONTENT), 0))
