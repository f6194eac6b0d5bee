"""Bring messages to one service: in a thread of its own, seldom, and again if it was down."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from provenance.daemon.notices import Gathering, Message, Notice, Report
from provenance.daemon.settings import NoticeKind
from provenance.errors import NotifyError

_logger = logging.getLogger(__name__)
_GATHER_SECONDS = 10.0
"""How long the first notice waits for others, so that a burst makes one message."""
_FIRST_RETRY = 30.0
_LAST_RETRY = 3600.0
_FLUSH_SECONDS = 10.0


class Outlet(Protocol):
    """A service that takes messages."""

    @property
    def label(self) -> str:
        """What it is, without any secret."""
        ...

    def send(self, message: Message) -> None:
        """Deliver within seconds; raises NotifyError that tells no secret."""
        ...


class Courier:
    """Gathers notices for one service and delivers them as few messages."""

    def __init__(
        self,
        outlet: Outlet,
        *,
        production: str,
        on: frozenset[NoticeKind],
        every_seconds: float,
        gather_seconds: float = _GATHER_SECONDS,
        retry_seconds: float = _FIRST_RETRY,
    ) -> None:
        self._outlet = outlet
        self._production = production
        self._on = on
        self._every_seconds = every_seconds
        self._gather_seconds = min(gather_seconds, every_seconds)
        self._first_retry = retry_seconds
        self._retry_seconds = retry_seconds
        self._is_failing = False
        self._lock = threading.Lock()
        self._waiting = Gathering()
        self._has_some = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def report(self, notice: Notice) -> None:
        """Take a notice, if the service is to hear of its kind; returns at once."""
        if notice.kind in self._on:
            with self._lock:
                self._waiting.add(notice)
            self._has_some.set()

    def ask_to_end(self) -> None:
        """Have what waits delivered now, once, and the thread end."""
        self._ending.set()
        self._has_some.set()

    def join(self, deadline: float) -> None:
        """Wait for the end until this monotonic time; a service that hangs is left behind."""
        self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        delay = 0.0
        while not self._ending.wait(delay):
            self._has_some.wait()
            if not self._ending.wait(self._gather_seconds):
                delay = self._deliver()
        self._deliver()

    def _deliver(self) -> float:
        """Send what waits and return how long to rest; what could not be sent waits on."""
        with self._lock:
            sending, self._waiting = self._waiting, Gathering()
            self._has_some.clear()
        if not sending:
            return 0.0
        try:
            self._outlet.send(sending.message(self._production))
        except NotifyError as error:
            self._put_back(sending)
            return self._note_failure(error)
        if self._is_failing:
            _logger.warning("%s: messages are delivered again", self._outlet.label)
        self._is_failing, self._retry_seconds = False, self._first_retry
        return self._every_seconds

    def _put_back(self, unsent: Gathering) -> None:
        with self._lock:
            unsent.absorb(self._waiting)
            self._waiting = unsent
            self._has_some.set()

    def _note_failure(self, error: NotifyError) -> float:
        if not self._is_failing:  # once an outage
            _logger.warning("%s: %s; it is tried again", self._outlet.label, error)
        self._is_failing = True
        delay = self._retry_seconds
        self._retry_seconds = min(2 * delay, _LAST_RETRY)
        return delay


def reporting_to(couriers: tuple[Courier, ...]) -> Report:
    """Return a function that hands a notice to all of them."""

    def report(notice: Notice) -> None:
        for courier in couriers:
            courier.report(notice)

    return report


@contextmanager
def at_work(couriers: tuple[Courier, ...]) -> Iterator[None]:
    """Have them deliver until the block ends, and then what they still have, within seconds."""
    for courier in couriers:
        courier.start()
    try:
        yield
    finally:
        _end_all(couriers)


def _end_all(couriers: tuple[Courier, ...]) -> None:
    for courier in couriers:
        courier.ask_to_end()
    deadline = time.monotonic() + _FLUSH_SECONDS
    for courier in couriers:
        courier.join(deadline)
