"""The thread that says how the watch is: to systemd, to its file, and to whoever asks."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from provenance.daemon.health import Health, Vitality, judge
from provenance.daemon.state import WatchState
from provenance.daemon.state_file import drop_old_states, write_state
from provenance.daemon.systemd import Notifier
from provenance.path_text import shown

_logger = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 5.0
_SHORTEST_SECONDS = 1.0
"""Time between two states, however much changes."""


class Herald:
    """Looks at the watch every few seconds, and when there is news, and passes on what it sees.

    Without a folder nothing is written.
    """

    def __init__(
        self,
        observe: Callable[[], WatchState],
        *,
        refresh: Callable[[], None],
        folder: Path | None,
        manager: Notifier,
        clock: Callable[[], datetime],
        on_state: Callable[[WatchState], None],
        news: threading.Event,
    ) -> None:
        self._observe = observe
        self._refresh = refresh
        self._folder = folder
        self._manager = manager
        self._clock = clock
        self._on_state = on_state
        self._news = news
        self._ended = threading.Event()
        self._is_file_failing = False

    def view(self) -> tuple[WatchState, Health]:
        """Return how the watch is now, and how that is to be judged; for any thread."""
        state = self._observe()
        return state, judge(state, self._clock())

    @contextmanager
    def heralding(self) -> Iterator[None]:
        """Tell until the block ends, and then that the watch stopped."""
        if self._folder:
            drop_old_states(self._folder)
        thread = threading.Thread(target=self._run, name="herald", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._news.set()
            thread.join()

    def tell_stopped(self) -> None:
        """Leave word that the watch ended as it was told to."""
        state = self._observe()
        self._write(replace(state, stopped_at=state.heartbeat_at))

    def _run(self) -> None:
        while not self._ended.is_set():
            state = self._tell()
            self._ended.wait(_SHORTEST_SECONDS)
            if state.has_reconciled:
                self._news.wait(self._seconds)
            self._news.clear()

    @property
    def _seconds(self) -> float:
        watchdog = self._manager.watchdog_seconds
        return min(HEARTBEAT_SECONDS, watchdog / 3) if watchdog else HEARTBEAT_SECONDS

    def _tell(self) -> WatchState:
        state, health = self.view()
        if health.vitality is not Vitality.STALLED:
            self._manager.alive()
        self._manager.status(summary(state, health))
        self._write(state)
        self._on_state(state)
        self._refresh()
        return state

    def _write(self, state: WatchState) -> None:
        if self._folder is None:
            return
        try:
            write_state(self._folder, state)
            self._is_file_failing = False
        except OSError as error:
            if not self._is_file_failing:  # once an outage
                _logger.warning(
                    "%s: the state is not written: %s; `provenance status` does not see this"
                    " watch until it is",
                    shown(self._folder),
                    error.strerror,
                )
            self._is_file_failing = True


def summary(state: WatchState, health: Health) -> str:
    """Return one line about the watch."""
    queue = sum(zone.queue for zone in state.zones)
    reasons = f": {'; '.join(health.reasons)}" if health.reasons else ""
    return f"{health.vitality.value}, {queue} files waiting{reasons}"
