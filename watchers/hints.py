"""Collect hints from the threads that hear of changes."""

import threading
from pathlib import Path

from watchers.change import Hints


class HintBuffer:
    """Paths to look at; when there are too many, a rescan in their place."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._paths: set[Path] = set()
        self._placed: set[Path] = set()
        self._rescan = False

    def add(self, path: Path, *, is_placed: bool = False) -> None:
        """Add a path, which may have been renamed into place."""
        with self._lock:
            self._paths.add(path)
            if is_placed:
                self._placed.add(path)
            if len(self._paths) > self._capacity:
                self._paths.clear()
                self._placed.clear()
                self._rescan = True

    def demand_rescan(self) -> None:
        """Note that hints were lost."""
        with self._lock:
            self._rescan = True

    def take(self) -> Hints:
        """Return what was collected since the last call."""
        with self._lock:
            hints = Hints(
                paths=frozenset(self._paths),
                placed=frozenset(self._placed),
                rescan=self._rescan,
            )
            self._paths.clear()
            self._placed.clear()
            self._rescan = False
        return hints
