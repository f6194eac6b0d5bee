"""Change hints from the kernel, by way of watchdog 7.1 on inotify.

watchdog is kept on a short lead. Its filter never asks for opened and closed-without-write: its
own walk would flood the queue; nor for modified: a file that grows for hours would be an event a
write, and it is closed at last. Overflows, of which it tells nobody, turn into a rescan; three
within a minute stop it, for above 16,384 folders it re-registers itself into the next overflow.
It has an inotify instance of its own, because a dead reader of the shared one is never replaced.

That it lives is not believed but proved: a probe file is written in every root, and its event has
to come back. Roots without that proof and folders the kernel would not watch are `blind`.
"""

import errno
import logging
import os
import time
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter

from watchers.change import Hints
from watchers.filters import Filters
from watchers.hints import HintBuffer
from watchers.inotify import SupervisedInotify
from watchers.probe import LifeProof, Probe

_logger = logging.getLogger(__name__)

_MAX_OVERFLOWS = 3
_OVERFLOW_SECONDS = 60.0
_MAX_BLIND = 100
_LIMIT_REMEDY = "the kernel's limit of watches is reached; raise fs.inotify.max_user_watches"

_EVENT_FILTER: list[type[FileSystemEvent]] = [
    # No DirModifiedEvent: it comes with every file and would make us walk the whole folder.
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
]


class NativeSource:
    """A change source fed by inotify; see `ChangeSource`."""

    def __init__(
        self,
        roots: tuple[Path, ...],
        *,
        filters: Filters | None = None,
        probe_name: str = "",
        capacity: int = 20_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        # watchdog does not follow links, not even at the root, so it gets the real folder.
        self._real_roots = {root.resolve(): root for root in roots}
        self._filters = filters or Filters()
        self._probe_name = probe_name
        self._monotonic = monotonic
        self._hints = HintBuffer(capacity)
        self._overflows = _Overflows(monotonic)
        self._proofs: dict[Path, LifeProof] = {}
        self._blind: dict[Path, str] = {}
        self._shortfalls = 0
        self._reader: SupervisedInotify | None = None
        self._observer: BaseObserver | None = None

    @property
    def is_alive(self) -> bool:
        """See `ChangeSource.is_alive`."""
        reader, observer = self._reader, self._observer
        if reader is None or observer is None or not (reader.is_alive() and observer.is_alive()):
            return False
        emitters = tuple(observer.emitters)
        # An emitter ends by itself when its root is deleted.
        return len(emitters) == len(self._real_roots) and all(each.is_alive() for each in emitters)

    @property
    def blind(self) -> Mapping[Path, str]:
        """See `ChangeSource.blind`."""
        return self._blind.copy()  # one step of the interpreter: the reader adds to it

    def start(self) -> None:
        """See `ChangeSource.start`."""
        # Says nothing of use, at a cost: it prints every watch whenever a folder is met twice.
        warnings.filterwarnings("ignore", message="Callback with id", category=RuntimeWarning)
        try:
            self._reader = SupervisedInotify(
                on_failure=self._note_unwatched, on_overflow=self._note_overflow
            )
            self._reader.start()
            self._observer = BaseObserver(InotifyEmitter, inotify_fd=self._reader)
            self._observer.start()
        except (OSError, RuntimeError) as error:  # inotify limits, thread limit
            _logger.warning("no change events, only polling: %s", error)
            self.stop()
            return
        for real_root, root in self._real_roots.items():
            self._watch(self._observer, real_root, root)

    def stop(self) -> None:
        """See `ChangeSource.stop`."""
        observer, self._observer = self._observer, None
        reader, self._reader = self._reader, None
        for thread in (observer, reader):
            if thread is not None and thread.ident is not None:
                thread.stop()
                thread.join()
        for proof in self._proofs.values():
            proof.end()
        self._proofs.clear()

    def take(self) -> Hints:
        """See `ChangeSource.take`."""
        if self._overflows.is_storm and self._observer is not None:
            _logger.warning("too many queue overflows; only polling until the next try")
            self.stop()
        for root, proof in self._proofs.items():
            trouble = proof.find_trouble()
            if trouble:
                self._blind[root] = trouble
        return self._hints.take()

    def compare(self, folder_count: int) -> None:
        """See `ChangeSource.compare`."""
        count = self._reader.count_watches() if self._reader else None
        is_short = count is not None and count < folder_count
        # Once may be a folder that came or went in between; the kernel's refusals tell themselves.
        self._shortfalls = self._shortfalls + 1 if is_short else 0
        if self._shortfalls > 1:
            why = f"the kernel watches {count} of {folder_count} folders; {_LIMIT_REMEDY}"
            for root in self._real_roots.values():
                self._blind.setdefault(root, why)

    def _watch(self, observer: BaseObserver, real_root: Path, root: Path) -> None:
        proof = None
        try:
            if self._probe_name:
                proof = LifeProof(Probe(real_root, self._probe_name), self._monotonic)
            listener = _Listener(self._hints, (real_root, root), self._filters, proof)
            observer.schedule(listener, str(real_root), recursive=True, event_filter=_EVENT_FILTER)
        except (OSError, RuntimeError) as error:
            self._blind[root] = f"no change events: {error}"
            return
        if proof:
            self._proofs[root] = proof

    def _note_overflow(self) -> None:
        self._overflows.note()
        self._hints.demand_rescan()

    def _note_unwatched(self, path: bytes, error: OSError) -> None:
        """Note that a folder is not watched; on whatever thread met it."""
        place = Path(os.fsdecode(path))
        why = _LIMIT_REMEDY if error.errno == errno.ENOSPC else f"it cannot be watched: {error}"
        for real_root, root in self._real_roots.items():
            if place.is_relative_to(real_root):
                is_crowd = len(self._blind) >= _MAX_BLIND
                folder = root if is_crowd else root / place.relative_to(real_root)
                self._blind[folder] = why


class _Listener(FileSystemEventHandler):
    """Puts paths into the buffer and can do nothing else: if it raised, watchdog's thread died."""

    def __init__(
        self,
        hints: HintBuffer,
        names: tuple[Path, Path],
        filters: Filters,
        proof: LifeProof | None,
    ) -> None:
        self._hints = hints
        self._real_root, self._root = names
        self._filters = filters
        self._proof = proof

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note both ends of an event, named as the caller names the root."""
        source, target = (Path(os.fsdecode(raw)) for raw in (event.src_path, event.dest_path))
        if self._proof and self._proof.is_of(source):
            self._proof.answer()
            return
        is_placed = isinstance(event, FileMovedEvent) and not self._filters.takes(source.name)
        self._add(source)
        self._add(target, is_placed=is_placed)

    def _add(self, path: Path, *, is_placed: bool = False) -> None:
        if path.is_relative_to(self._real_root):
            place = self._root / path.relative_to(self._real_root)
            self._hints.add(place, is_placed=is_placed)


class _Overflows:
    """When the kernel dropped events."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._times: deque[float] = deque(maxlen=_MAX_OVERFLOWS)

    def note(self) -> None:
        self._times.append(self._monotonic())

    @property
    def is_storm(self) -> bool:
        """Whether the last overflows came so close that watchdog must cause them itself."""
        times = tuple(self._times)
        return len(times) == _MAX_OVERFLOWS and times[-1] - times[0] < _OVERFLOW_SECONDS
