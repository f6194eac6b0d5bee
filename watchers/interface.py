"""The seams of the watcher: where hints come from, what time it is, who takes the files."""

import threading
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Protocol

from watchers.change import Hints, Problem

BatchHandler = Callable[[tuple[Path, ...]], Mapping[Path, Exception]]
"""Takes finished files, those that belong together at once; returns which of them failed and are
to be tried again. If it raises, it is given them one by one. `NotYetError` counts as no failure."""

GroupOf = Callable[[Path], Hashable]
"""Says what a file belongs to; files of one group are handed over together where possible."""

CompletenessTest = Callable[[Path], bool]
"""Says whether what stands in the file closes as its format demands."""

RootTest = Callable[[Path], str]
"""Says why a root that can be read is still not to be trusted; nothing if it can."""

ProblemListener = Callable[[Problem], None]
"""Is told what could not be looked at or handled; must not raise."""


class NotYetError(Exception):
    """Raised by a handler that wants the file again a little later; it counts as no failure."""


class ChangeSource(Protocol):
    """Something that notices changes below some roots, sooner than a walk would."""

    @property
    def is_alive(self) -> bool:
        """Whether hints may be expected at all."""
        ...

    @property
    def blind(self) -> Mapping[Path, str]:
        """Roots and folders below which nothing is noticed, with why."""
        ...

    def start(self) -> None:
        """Begin to notice; a source that cannot logs why and is not alive afterwards."""
        ...

    def stop(self) -> None:
        """Let go of threads and descriptors; harmless on a source that is not started."""
        ...

    def take(self) -> Hints:
        """Return the hints collected since the last call."""
        ...

    def compare(self, folder_count: int) -> None:
        """Take note of how many folders a walk found, so that a blind spot shows."""
        ...


SourceFactory = Callable[[tuple[Path, ...]], ChangeSource]
"""Makes a source that is not started yet for these roots."""


class Clock(Protocol):
    """Time as the loop sees it."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        ...

    def time(self) -> float:
        """Return seconds since the epoch, comparable with the times of files."""
        ...

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set, at most so long, and return whether it is."""
        ...
