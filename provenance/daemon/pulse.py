"""Whether the loop still moves: the clock it looks at, and the file it has in hand."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_STALL_SECONDS = 600.0
"""How long the loop may be silent: it looks at the clock for every folder of a walk, but a slow
share takes minutes for one with a million files, or for the times of very many."""
_SLOWEST_BYTES_PER_SECOND = 4 * 1024 * 1024
"""A file in hand is read whole, perhaps twice, over a busy network."""


class Pulse:
    """The clock of the loop: it shows the machine's time, and that somebody looked.

    Only the thread that made it gives signs of life; others may look at the clock, and ask.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._owner = threading.get_ident()
        self._patient_until = now() + _STALL_SECONDS

    @property
    def is_beating(self) -> bool:
        """Whether the loop moved lately, or has reason to be busy."""
        return self._now() <= self._patient_until

    def monotonic(self) -> float:
        """Return seconds that never run backwards; looking is a sign of life."""
        self._beat()
        return time.monotonic()

    def time(self) -> float:
        """Return seconds since the epoch; looking is a sign of life."""
        self._beat()
        return time.time()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set, at most so long, and return whether it is."""
        self._beat(seconds)
        try:
            return event.wait(seconds)
        finally:
            self._beat()

    @contextmanager
    def busy(self, size: int) -> Iterator[None]:
        """Be patient for as long as work on so many bytes may take."""
        with self.patient(size / _SLOWEST_BYTES_PER_SECOND):
            yield

    @contextmanager
    def patient(self, seconds: float) -> Iterator[None]:
        """Be patient for so much longer than usual."""
        self._beat(seconds)
        try:
            yield
        finally:
            self._beat()

    def _beat(self, more: float = 0.0) -> None:
        if threading.get_ident() == self._owner:
            self._patient_until = self._now() + _STALL_SECONDS + more
