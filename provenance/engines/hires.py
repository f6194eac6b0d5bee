"""Processes that take over part of a big task: where one computes all the time, more are faster."""

import gc
import multiprocessing
import os
import select
import signal
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

_Order = TypeVar("_Order")
_Result = TypeVar("_Result")

_MOST = 8
"""Processes; beyond that a local disk is the limit."""
_AHEAD = 8
"""Orders one is given before it has followed the first: it need not wait for the next."""
_PATIENCE = 1.0
_BROKEN = (EOFError, OSError)
"""How it shows that one died."""


def usable_processors() -> int:
    """Return how many processors this process may use, of many some."""
    return min(_MOST, len(os.sched_getaffinity(0)))


@dataclass(slots=True, eq=False)
class _Hire:
    """One of them."""

    process: "BaseProcess"
    line: "Connection[Any, Any]"
    given: int = 0
    """Orders it has not yet followed."""


class Hires(Generic[_Order, _Result]):
    """Processes that each make themselves a worker once and then follow orders.

    Maker, orders and results have to be such as can be sent. What a worker raises comes out of
    `result`. To be used by one thread at a time. Raises HiresGoneError where there can be none.
    """

    def __init__(self, make: Callable[[], Callable[[_Order], _Result]], count: int) -> None:
        # A copy of this process is ready at once; with threads in it a copy may hang.
        kind = "fork" if threading.active_count() == 1 else "spawn"
        self._hires: dict[int, _Hire] = {}
        self._poll = select.poll()
        self._waiting: deque[_Order] = deque()
        self._ordered: set[_Order] = set()
        self._done: dict[_Order, tuple[_Result | None, Exception | None]] = {}
        self._is_gone = False
        for _ in range(count):
            try:
                hire = _hired(multiprocessing.get_context(kind), make)
            except OSError as error:  # the system has no more
                self.close()
                raise HiresGoneError from error
            self._hires[hire.line.fileno()] = hire
            self._poll.register(hire.line.fileno(), select.POLLIN)

    @property
    def ordered(self) -> int:
        """How many orders were given of which nobody asked for the result."""
        return len(self._ordered)

    def order(self, order: _Order) -> None:
        """Have this done, by whoever is free first; what was ordered already is not done again.

        Raises HiresGoneError if they died.
        """
        if self._is_gone:
            raise HiresGoneError
        if order not in self._ordered:
            self._ordered.add(order)
            self._waiting.append(order)
            self._give(min(self._hires.values(), key=lambda one: one.given))

    def result(self, order: _Order) -> _Result:
        """Return what came of an order, once it is done; raises HiresGoneError if they died."""
        self.order(order)
        while order not in self._done:
            for number, _ in self._poll.poll():
                self._take(self._hires[number])
        self._ordered.remove(order)
        result, error = self._done.pop(order)
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # nothing was raised, so there is one

    def close(self) -> None:
        """Let them go; what they have not finished is not done."""
        self._is_gone = True
        for hire in self._hires.values():
            hire.line.close()
            hire.process.terminate()
        for hire in self._hires.values():
            hire.process.join(_PATIENCE)
            hire.process.kill()  # stopped, or not yet listening
            hire.process.join()
            hire.process.close()
        self._hires.clear()

    def _give(self, hire: _Hire) -> None:
        """Give one of them the next orders, if it has not too many already."""
        while self._waiting and hire.given < _AHEAD:
            try:
                hire.line.send(self._waiting.popleft())
            except _BROKEN as error:
                self._is_gone = True
                raise HiresGoneError from error
            hire.given += 1

    def _take(self, hire: _Hire) -> None:
        """Take what one of them has finished."""
        try:
            order, result, error = hire.line.recv()
        except Exception as broken:  # it died, or sent what cannot be read
            self._is_gone = True
            raise HiresGoneError from broken
        self._done[order] = result, error
        hire.given -= 1
        self._give(hire)


class HiresGoneError(Exception):
    """The processes died; what was ordered has to be done by oneself."""


def _hired(context: Any, make: Callable[[], Callable[[Any], Any]]) -> _Hire:  # noqa: ANN401  (kinds)
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, make), daemon=True)
    process.start()
    theirs.close()  # so that it shows if the process ends
    return _Hire(process, ours)


def _work(line: "Connection[Any, Any]", make: Callable[[], Callable[[Any], Any]]) -> None:
    """Follow orders for as long as there are any."""
    gc.freeze()  # what a copy shares with its original is not gone through, else it is copied, too
    # What is typed at a terminal reaches them too: whoever hired them says when they go.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, name="leaving", daemon=True).start()
    follow = make()
    with suppress(*_BROKEN):
        while True:
            line.send(_followed(follow, line.recv()))


def _followed(follow: Callable[[Any], Any], order: Any) -> tuple[Any, Any, Exception | None]:  # noqa: ANN401  (whatever is ordered)
    try:
        return order, follow(order), None
    except Exception as error:  # noqa: BLE001  (it comes out where the result is asked for)
        return order, None, error


def _leave_with_parent() -> None:
    """End this process when the one that hired it was killed: nobody else would let it go."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
