"""Threads that do what is put before them, first come, first served."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Task = Callable[[bool], None]
_HIRED = 16
"""Threads that one of them begins, one after the other."""


class Hands:
    """As many threads as are wanted just now, and can be had; for one thread to use.

    Where there can be none at all, whoever submits something does it.
    """

    def __init__(self) -> None:
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self._count = self._alive = 0
        self._lock = threading.Lock()

    def become(self, count: int) -> None:
        """Have so many; who is at work finishes that first."""
        more = count - self._count
        if more > 0 and not self._count:
            self._hire(1)
            more -= 1
        self._count = count
        # A thread takes its time to begin where others work: that is for them to wait for.
        for begin in range(0, more, _HIRED):
            self._tasks.put(partial(self._hire_if, min(_HIRED, more - begin)))
        for _ in range(-more):
            self._tasks.put(None)

    def submit(self, do: Callable[[_Item], _Result], item: _Item) -> "Future[_Result]":
        """Have something done; what comes of it, or what it raises, is in the future."""
        future: Future[_Result] = Future()
        if self._alive:
            self._tasks.put(partial(_follow, future, do, item))
        else:
            _follow(future, do, item, True)  # noqa: FBT003  (see below)
        return future

    def close(self) -> None:
        """Let all go; what was begun is finished, the rest cancelled."""
        self._is_closed = True
        with suppress(Empty):
            while True:
                task = self._tasks.get_nowait()
                if task is not None:
                    task(False)  # noqa: FBT003  (there is one thing to say)
        self._tasks.put(None)
        while self._threads:  # whom one of them hires is here before that one leaves
            self._threads.pop().join()

    def _hire_if(self, count: int, is_wanted: bool) -> None:  # noqa: FBT001  (see below)
        if is_wanted:
            self._hire(count)

    def _hire(self, count: int) -> None:
        for _ in range(count):
            if self._is_closed:
                return
            # Whoever forgets to close is not kept from ending.
            thread = threading.Thread(target=self._work, name="crew", daemon=True)
            with self._lock:
                self._alive += 1
            try:
                thread.start()
            except RuntimeError:  # the system has no more: there are fewer, then
                with self._lock:
                    self._alive -= 1
                return
            self._threads.append(thread)

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            if task is not None:
                task(True)  # noqa: FBT003  (see above)
            elif self._may_leave():
                break
            del task  # what came of it is not held while there is nothing to do
        if self._is_closed:
            self._tasks.put(None)  # for the next

    def _may_leave(self) -> bool:
        """Let one leave but the last: perhaps there never were as many as are to go."""
        with self._lock:
            may = self._is_closed or self._alive > 1
            self._alive -= may
            return may


def _follow(
    future: "Future[_Result]",
    do: Callable[[_Item], _Result],
    item: _Item,
    is_wanted: bool,  # noqa: FBT001  (see above)
) -> None:
    if not is_wanted:
        future.cancel()
        return
    try:
        future.set_result(do(item))
    except BaseException as error:  # noqa: BLE001  (it comes out where the result is asked for)
        future.set_exception(error)
