"""A source without events, for shares that send none: every interval it asks for a walk."""

from pathlib import Path

from watchers.change import Hints
from watchers.clock import SystemClock
from watchers.interface import Clock


class PollingSource:
    """A change source that says rescan once an interval; see `ChangeSource`."""

    def __init__(
        self, roots: tuple[Path, ...], *, interval_seconds: float = 30.0, clock: Clock | None = None
    ) -> None:
        self.roots = roots
        self._interval_seconds = interval_seconds
        self._clock = clock or SystemClock()
        self._is_started = False
        self._next_rescan = 0.0

    @property
    def is_alive(self) -> bool:
        """See `ChangeSource.is_alive`."""
        return self._is_started

    def start(self) -> None:
        """See `ChangeSource.start`."""
        self._is_started = True
        self._next_rescan = self._clock.monotonic() + self._interval_seconds

    def stop(self) -> None:
        """See `ChangeSource.stop`."""
        self._is_started = False

    def take(self) -> Hints:
        """See `ChangeSource.take`."""
        now = self._clock.monotonic()
        if not self._is_started or now < self._next_rescan:
            return Hints()
        self._next_rescan = now + self._interval_seconds
        return Hints(rescan=True)
