"""As many threads as the storage is slow: found out while working, by measuring.

Python computes in one thread at a time, but waits in all of them: on a warm local disk one thread
is fastest, on a network share a hundred. So a crew begins alone, compares the time it waits with
the time it computes, and takes on hands for as long as that makes it faster.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

MOST_HANDS = 128
"""Threads; more did not help any share that was measured."""
_STEPS = (1, 8, 32, 64, MOST_HANDS)
_ENOUGH_SECONDS, _ENOUGH_ITEMS = 0.05, 8
"""What a step is measured over."""
_SURE_SECONDS = 2.0
"""After so long alone it stays so: the beginning of a disk may be in memory, not all of it."""
_WAITING = 2.0
"""Time by the clock over time computed, from which on the crew takes on hands."""
_FASTER = 1.15
"""How much faster a step must be to be worth the next."""


_SCHEDULED = Path("/proc/thread-self/schedstat")
_LINE = 256


class Crew:
    """Does many things of a kind, several at the same time where that is faster.

    `map` may be called from one thread at a time.
    """

    def __init__(self, hands: int | None = None) -> None:
        """Make a crew of so many hands, or of as many as measuring says."""
        self._fixed = hands is not None
        self._hands = hands or 1
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._settled = self._fixed
        self._rate = 0.0
        self._begin()

    @property
    def hands(self) -> int:
        """How many things are done at the same time now."""
        return self._hands

    @property
    def is_computing(self) -> bool:
        """Whether measuring says that more processors would help, not more waiting."""
        return not self._fixed and self._hands == 1

    def map(
        self, do: Callable[[_Item], _Result], items: Iterable[_Item], *, tells: bool = False
    ) -> Iterator[_Result]:
        """Yield what comes of each item, in their order; what one raises comes out here.

        What `tells` how slow storage is, is measured: work that does little but reading.
        """
        work = self._measured(do) if tells and not self._settled else do
        pending: deque[Future[_Result]] = deque()
        for item in items:
            if self._hands == 1 and not pending:
                yield work(item)
                continue
            pending.append(self._submit(work, item))
            while len(pending) >= self._hands:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

    def close(self) -> None:
        """Let everybody go; what was begun is finished."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _submit(self, do: Callable[[_Item], _Result], item: _Item) -> Future[_Result]:
        if self._pool is None:
            most = self._hands if self._fixed else MOST_HANDS
            self._pool = ThreadPoolExecutor(most, thread_name_prefix="crew")
        return self._pool.submit(do, item)

    def _measured(self, do: Callable[[_Item], _Result]) -> Callable[[_Item], _Result]:
        def work(item: _Item) -> _Result:
            begun, busy = time.perf_counter(), _busy_seconds()
            result = do(item)
            with self._lock:
                self._done += 1
                self._elapsed += time.perf_counter() - begun
                self._busy += _busy_seconds() - busy
                if not self._settled:
                    self._weigh()
            return result

        return work

    def _begin(self) -> None:
        self._begun, self._done = time.perf_counter(), 0
        self._elapsed = self._busy = 0.0

    def _weigh(self) -> None:
        """Take on more hands, or settle, once enough was measured at this step."""
        since = time.perf_counter() - self._begun
        if self._elapsed < _ENOUGH_SECONDS or self._done < _ENOUGH_ITEMS:
            return
        at, rate = _STEPS.index(self._hands), self._done / since
        if self._hands == 1:
            is_worth_it = self._elapsed > _WAITING * self._busy
            self._settled = not is_worth_it and self._elapsed > _SURE_SECONDS
        else:
            is_worth_it = rate > _FASTER * self._rate
            self._settled = not is_worth_it or at + 1 == len(_STEPS)
        self._rate = rate
        if is_worth_it and at + 1 < len(_STEPS):
            self._hands = _STEPS[at + 1]
        elif self._hands > 1 and not is_worth_it:
            self._hands = _STEPS[at - 1]
        if self._hands > 1 or is_worth_it:
            self._begin()


def _busy_seconds() -> float:
    """Return how long this thread computed, or wanted to while others did."""
    try:
        with _SCHEDULED.open("rb", buffering=0) as told:
            computed, delayed, _ = told.read(_LINE).split()
    except (OSError, ValueError):  # not Linux, or not told
        return time.thread_time()
    return (int(computed) + int(delayed)) / 1e9
