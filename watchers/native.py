"""Change hints from the kernel, by way of watchdog 7.1 on inotify.

watchdog is kept on a short lead. Its filter never asks for opened and closed-without-write: its
own walk would flood the queue. Overflows, which it only logs, turn into a rescan; three within a
minute stop it, for above 16,384 folders it re-registers itself into the next overflow. Folders it
could not watch (ENOSPC, EACCES) are passed over in silence; the periodic walk covers them. It has
an inotify instance of its own, because a dead reader of the shared one is never replaced.
"""

import logging
import os
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter
from watchdog.observers.inotify_c import InotifyFD

from watchers.change import Hints

_logger = logging.getLogger(__name__)

_OVERFLOW_LOGGER = "watchdog.observers.inotify_c"
_MAX_OVERFLOWS = 3
_OVERFLOW_SECONDS = 60.0

_EVENT_FILTER: list[type[FileSystemEvent]] = [
    # No DirModifiedEvent: it comes with every file and would make us walk the whole folder.
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]


class NativeSource:
    """A change source fed by inotify; see `ChangeSource`."""

    def __init__(
        self,
        roots: tuple[Path, ...],
        *,
        capacity: int = 20_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roots = roots
        self._hints = _HintBuffer(capacity)
        self._overflows = _OverflowListener(self._hints, monotonic)
        self._reader: InotifyFD | None = None
        self._observer: BaseObserver | None = None

    @property
    def is_alive(self) -> bool:
        """See `ChangeSource.is_alive`."""
        reader, observer = self._reader, self._observer
        if reader is None or observer is None or not (reader.is_alive() and observer.is_alive()):
            return False
        emitters = tuple(observer.emitters)
        # An emitter ends by itself when its root is deleted.
        return len(emitters) == len(self._roots) and all(each.is_alive() for each in emitters)

    def start(self) -> None:
        """See `ChangeSource.start`."""
        # Says nothing of use, at a cost: it prints every watch whenever a folder is met twice.
        warnings.filterwarnings("ignore", message="Callback with id", category=RuntimeWarning)
        logging.getLogger(_OVERFLOW_LOGGER).addHandler(self._overflows)
        try:
            self._reader = InotifyFD()
            self._reader.start()
            self._observer = BaseObserver(InotifyEmitter, inotify_fd=self._reader)
            self._observer.start()
        except (OSError, RuntimeError) as error:  # inotify limits, thread limit
            _logger.warning("no change events, only the periodic walk: %s", error)
            self.stop()
            return
        for root in self._roots:
            self._watch(self._observer, root)

    def stop(self) -> None:
        """See `ChangeSource.stop`."""
        logging.getLogger(_OVERFLOW_LOGGER).removeHandler(self._overflows)
        observer, self._observer = self._observer, None
        reader, self._reader = self._reader, None
        for thread in (observer, reader):
            if thread is not None and thread.ident is not None:
                thread.stop()
                thread.join()

    def take(self) -> Hints:
        """See `ChangeSource.take`."""
        if self._overflows.is_storm and self._observer is not None:
            _logger.warning("too many queue overflows; only the periodic walk until the next try")
            self.stop()
        return self._hints.take()

    def _watch(self, observer: BaseObserver, root: Path) -> None:
        # watchdog does not follow links, not even at the root, so it gets the real folder.
        real_root = root.resolve()
        try:
            observer.schedule(
                _Listener(self._hints, real_root, root),
                str(real_root),
                recursive=True,
                event_filter=_EVENT_FILTER,
            )
        except (OSError, RuntimeError) as error:
            _logger.warning("no change events for %r: %s", str(root), error)


class _HintBuffer:
    """Paths to look at; when there are too many, a rescan in their place."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._paths: set[Path] = set()
        self._rescan = False

    def add(self, path: Path) -> None:
        with self._lock:
            self._paths.add(path)
            if len(self._paths) > self._capacity:
                self._paths.clear()
                self._rescan = True

    def demand_rescan(self) -> None:
        with self._lock:
            self._rescan = True

    def take(self) -> Hints:
        with self._lock:
            hints = Hints(paths=frozenset(self._paths), rescan=self._rescan)
            self._paths.clear()
            self._rescan = False
        return hints


class _Listener(FileSystemEventHandler):
    """Puts paths into the buffer and can do nothing else: if it raised, watchdog's thread died."""

    def __init__(self, hints: _HintBuffer, real_root: Path, root: Path) -> None:
        self._hints = hints
        self._real_root = real_root
        self._root = root

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note both ends of an event, named as the caller names the root."""
        for raw in (event.src_path, event.dest_path):
            path = Path(os.fsdecode(raw))
            if path.is_relative_to(self._real_root):
                self._hints.add(self._root / path.relative_to(self._real_root))


class _OverflowListener(logging.Handler):
    """Hears watchdog log that the kernel dropped events."""

    def __init__(self, hints: _HintBuffer, monotonic: Callable[[], float]) -> None:
        super().__init__(logging.WARNING)
        self._hints = hints
        self._monotonic = monotonic
        self._times: deque[float] = deque(maxlen=_MAX_OVERFLOWS)

    @property
    def is_storm(self) -> bool:
        """Whether the last overflows came so close that watchdog must cause them itself."""
        times = tuple(self._times)
        return len(times) == _MAX_OVERFLOWS and times[-1] - times[0] < _OVERFLOW_SECONDS

    def emit(self, record: logging.LogRecord) -> None:
        """Note an overflow."""
        if "overflow" in record.getMessage():
            self._times.append(self._monotonic())
            self._hints.demand_rescan()
