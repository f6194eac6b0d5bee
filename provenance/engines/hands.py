"""Threads that do what is put before them, first come, first served."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Task = Callable[[bool], None]


class Hands:
    """As many threads as are wanted just now; `become` and `submit` are for one thread."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._is_closed = False
        self._count = 0

    def become(self, count: int) -> None:
        """Have so many; who is at work finishes that first."""
        more, is_first = count - self._count, self._count == 0
        self._count = count
        if is_first:
            self._hire(more)
        elif more > 0:
            # A thread begins when others let it: one of them waits for that.
            self._tasks.put(lambda is_wanted: self._hire(more if is_wanted else 0))
        for _ in range(-more):
            self._tasks.put(None)

    def submit(self, do: Callable[[_Item], _Result], item: _Item) -> "Future[_Result]":
        """Have something done; what comes of it, or what it raises, is in the future."""
        future: Future[_Result] = Future()
        self._tasks.put(partial(_follow, future, do, item))
        return future

    def close(self) -> None:
        """Let all go; what was begun is finished, the rest cancelled."""
        with self._lock:
            self._is_closed = True
        try:
            while True:
                task = self._tasks.get_nowait()
                if task is not None:
                    task(False)  # noqa: FBT003  (there is one thing to say)
        except Empty:
            pass
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _hire(self, count: int) -> None:
        for _ in range(count):
            with self._lock:
                if self._is_closed:
                    return
                # Whoever forgets to close is not kept from ending.
                thread = threading.Thread(target=self._work, name="crew", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task(True)  # noqa: FBT003  (see above)
            del task  # what came of it is not held while there is nothing to do


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
