"""An inotify instance that tells of the folders it could not watch, and how many it does."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyFD,
    Mask,
    WatchCallback,
    WatchDescriptor,
)

_NO_WATCH = -1  # what watchdog returns, and remembers, for want of permission

OnFailure = Callable[[bytes, OSError], None]
"""Is told of a folder that is not watched, on whatever thread; must not raise."""


class SupervisedInotify(InotifyFD):
    """watchdog's reader of events, which passes over in silence what it cannot watch."""

    def __init__(self, on_failure: OnFailure) -> None:
        super().__init__()
        self._on_failure = on_failure

    def add_callback(
        self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId
    ) -> WatchDescriptor:
        """Watch a folder, as watchdog does."""
        try:
            watch = super().add_callback(path, mask, callback, id_)
            if watch == _NO_WATCH:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                self._on_failure(path, error)
            raise
        return watch

    def count_watches(self) -> int | None:
        """Return how many folders the kernel watches for us; None if it does not say."""
        try:
            text = Path(f"/proc/self/fdinfo/{self._inotify_fd}").read_text("ascii")
        except OSError:
            return None
        return sum(line.startswith("inotify ") for line in text.splitlines())
