"""A clock that is wound by waiting, a source that says what it is told, and a watch over both."""

import math
import os
import threading
import time
from collections.abc import Callable, Hashable
from pathlib import Path

import pytest

from watchers.change import Hints, Problem
from watchers.loop import WatchLoop
from watchers.options import WatchOptions
from watchers.walker import DEEPEST


class WoundClock:
    """Time that passes only while somebody waits, with actions at given seconds."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._epoch = time.time()
        self._actions: list[tuple[float, Callable[[], object]]] = []
        self._end = math.inf

    def monotonic(self) -> float:
        return self.elapsed

    def time(self) -> float:
        return self._epoch + self.elapsed

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if event.is_set():
            return True
        self.elapsed += seconds
        for at, action in sorted(self._actions, key=lambda pair: pair[0]):
            if at <= self.elapsed:
                self._actions.remove((at, action))
                action()
        if self.elapsed >= self._end:
            event.set()
        return event.is_set()

    def at(self, seconds: float, action: Callable[[], object]) -> None:
        self._actions.append((seconds, action))

    def end_at(self, seconds: float) -> None:
        self._end = seconds

    def write(self, path: Path, data: bytes = b"media") -> None:
        """Write a file that says it was written now by this clock."""
        path.write_bytes(data)
        os.utime(path, (self.time(), self.time()))


class ToldSource:
    """A change source that hands out what the test tells it."""

    def __init__(self) -> None:
        self.is_alive = False
        self.can_start = True
        self.blind: dict[Path, str] = {}
        self.folder_counts: list[int] = []
        self.starts = 0
        self.stops = 0
        self._paths: set[Path] = set()
        self._placed: set[Path] = set()
        self._rescan = False

    def start(self) -> None:
        self.starts += 1
        self.is_alive = self.can_start

    def stop(self) -> None:
        self.stops += 1
        self.is_alive = False

    def hint(self, *paths: Path) -> None:
        self._paths.update(paths)

    def place(self, path: Path) -> None:
        self._paths.add(path)
        self._placed.add(path)

    def rescan(self) -> None:
        self._rescan = True

    def compare(self, folder_count: int) -> None:
        self.folder_counts.append(folder_count)

    def take(self) -> Hints:
        hints = Hints(
            paths=frozenset(self._paths), placed=frozenset(self._placed), rescan=self._rescan
        )
        self._paths.clear()
        self._placed.clear()
        self._rescan = False
        return hints


class Watch:
    """A loop with what its handler and its listener were told."""

    def __init__(self, clock: WoundClock, source: ToldSource, root: Path) -> None:
        self.clock = clock
        self.source = source
        self.roots: tuple[Path, ...] = (root,)
        self.batches: list[tuple[Path, ...]] = []
        self.handled: list[Path] = []
        self.handled_at: list[float] = []
        self.problems: list[Problem] = []
        self.reconciled_at: list[float] = []
        self.stop = threading.Event()
        self.handle: Callable[[Path], object] = lambda _path: None
        self.is_complete: Callable[[Path], bool] = lambda _path: True
        self.group_of: Callable[[Path], Hashable] = lambda path: path
        self.root_test: Callable[[Path], str] = lambda _root: ""
        self.options = WatchOptions(reconcile_seconds=1000.0)
        self._loop: WatchLoop | None = None

    @property
    def loop(self) -> WatchLoop:
        if self._loop is None:
            self._loop = WatchLoop(
                self.roots,
                self._take,
                is_complete=self.is_complete,
                options=self.options,
                group_of=self.group_of,
                root_test=self.root_test,
                on_problem=self.problems.append,
                on_reconcile=lambda: self.reconciled_at.append(self.clock.elapsed),
                source_factory=lambda _roots: self.source,
                clock=self.clock,
                spread=lambda seconds: seconds,
            )
        return self._loop

    def run(self, *, until: float) -> None:
        self.clock.end_at(until)
        self.stop.clear()
        self.loop.run(self.stop)

    def _take(self, paths: tuple[Path, ...]) -> dict[Path, Exception]:
        self.batches.append(paths)
        failures: dict[Path, Exception] = {}
        for path in paths:
            self.handled.append(path)
            self.handled_at.append(self.clock.elapsed)
            try:
                self.handle(path)
            except RuntimeError as error:
                failures[path] = error
        return failures


@pytest.fixture
def clock():
    return WoundClock()


@pytest.fixture
def source():
    return ToldSource()


@pytest.fixture
def root(tmp_path):
    path = tmp_path / "arrivals"
    path.mkdir()
    return path


@pytest.fixture
def watch(clock, source, root):
    return Watch(clock, source, root)


@pytest.fixture
def unreadable_folder():
    """Make a folder that is not looked into, even for root: it lies too deep."""

    def make(parent: Path) -> Path:
        here = os.open(parent, os.O_RDONLY)
        for _ in range(DEEPEST + 1):
            os.mkdir("n", dir_fd=here)
            deeper = os.open("n", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = deeper
        os.close(here)
        return parent / "n"

    return make
