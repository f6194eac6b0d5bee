"""Processes that take over part of a big task: where one computes all the time, more are faster."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Generic, TypeVar

_Order = TypeVar("_Order")
_Result = TypeVar("_Result")

_MOST = 8
"""Processes; beyond that a local disk is the limit."""


def usable_processors() -> int:
    """Return how many processors this process may use, of many some."""
    return min(_MOST, len(os.sched_getaffinity(0)))


class Hires(Generic[_Order, _Result]):
    """Processes that each make themselves a worker once and then follow orders.

    Maker and orders have to be such as can be sent. What a worker raises comes out of `result`.
    """

    def __init__(self, make: Callable[[], Callable[[_Order], _Result]], count: int) -> None:
        # A copy of this process is ready at once; with threads in it a copy may hang.
        kind = "fork" if threading.active_count() == 1 else "spawn"
        self._pool = ProcessPoolExecutor(
            count, multiprocessing.get_context(kind), initializer=_begin, initargs=(make,)
        )
        self._orders: dict[_Order, Future[_Result]] = {}

    def order(self, order: _Order) -> None:
        """Have this done, by whoever is free first; what was ordered already is not done again.

        Raises HiresGoneError if they died.
        """
        if order in self._orders:
            return
        try:
            self._orders[order] = self._pool.submit(_follow, order)
        except BrokenProcessPool as error:
            raise HiresGoneError from error

    def result(self, order: _Order) -> _Result:
        """Return what came of an order, once it is done; raises HiresGoneError if they died."""
        self.order(order)
        try:
            return self._orders.pop(order).result()
        except BrokenProcessPool as error:
            raise HiresGoneError from error

    def close(self) -> None:
        """Let them go; what nobody began is not done."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class HiresGoneError(Exception):
    """The processes died; what was ordered has to be done by oneself."""


_worker: Callable[[Any], Any] | None = None


def _begin(make: Callable[[], Callable[[Any], Any]]) -> None:
    global _worker  # noqa: PLW0603  (one a process, made before the first order)
    # What is typed at a terminal reaches them too: whoever hired them says when they go.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, name="leaving", daemon=True).start()
    _worker = make()


def _leave_with_parent() -> None:
    """End this process when the one that hired it was killed: nobody else would let it go."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _follow(order: Any) -> Any:  # noqa: ANN401  (whatever the pool is given)
    assert _worker is not None  # noqa: S101  (the pool calls `_begin` first)
    return _worker(order)
