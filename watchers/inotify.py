"""An inotify instance that tells of lost events and of folders it could not watch.

watchdog answers an overflow of the kernel's queue by watching every folder anew, and passes on
neither what is lost meanwhile nor what it held back. So an overflow is told of after that: only
then does a walk miss nothing.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchCallback,
    WatchDescriptor,
)

_NO_WATCH = -1  # what watchdog returns, and remembers, for want of permission

OnFailure = Callable[[bytes, OSError], None]
"""Is told of a folder that is not watched, on whatever thread; must not raise."""


class SupervisedInotify(InotifyFD):
    """watchdog's reader of events, which passes over in silence what it cannot do."""

    def __init__(self, *, on_failure: OnFailure, on_overflow: Callable[[], None]) -> None:
        super().__init__()
        self._on_failure = on_failure
        self._on_overflow = on_overflow

    def handle_event(self, event: InotifyEvent) -> None:
        """Handle an event, as watchdog does."""
        super().handle_event(event)
        if event.is_queue_overflow:
            self._on_overflow()

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
