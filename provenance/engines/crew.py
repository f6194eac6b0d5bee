"""As many threads as the storage is slow: found out while working, by measuring.

Python computes in one thread at a time, but waits in all of them: on a warm local disk one thread
is fastest, on a network share a hundred. So a crew begins alone, compares the time it waits with
the time it computes, takes on as many hands as that promises work for and some more, since part of
what it computes the system does beside Python, and lets them go again if that was wrong.
"""

import resource
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from provenance.engines.hands import Hands

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

MOST_HANDS = 128
"""Threads; more did not help any share that was measured."""
_FILES_EACH = 8
"""Files of those a process may open that each hand may need."""
_ALONE_SECONDS, _ENOUGH_SECONDS, _ENOUGH_ROUNDS = 0.01, 0.02, 2
"""What is measured: seconds of one alone; then seconds, and things done by each of many hands."""
_WAITING = 3.0
"""Time it takes over time computed, from which on more hands pay."""
_FASTER, _BUSY = 1.2, 0.75
"""How much faster more hands have to be than fewer, or they are let go again; and what part of them
has to have had something to do, or no more are tried."""
_SURE_SECONDS = 2.0
"""After so long alone it stays so: the beginning of a disk may be in memory, not all of it."""
_LEAST_BUSY = 1e-4
_PROMISED = 4
"""How many times as many hands are taken on as would compute all the time by Python's clock."""
_STEP = 3
"""How many times as many hands are tried next, where more helped."""
_AT_HAND = 2
"""Things begun or waiting for each hand: nobody is idle while the first of them takes long."""
_SCHEDULED = Path("/proc/thread-self/schedstat")
_LINE = 256


class Crew:
    """Does many things of a kind, several at the same time where that is faster.

    `map` may be called from one thread at a time.
    """

    def __init__(
        self,
        hands: int | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
        busy_seconds: Callable[[], float] | None = None,
    ) -> None:
        """Make a crew of so many hands, or of as many as measuring says.

        `busy_seconds` tells how long the thread that asks has computed.
        """
        self._clock = clock
        self._busy_seconds = busy_seconds or _busy_seconds
        self._fixed = hands is not None
        self._hands = hands or 1
        self._team: Hands | None = None
        self._lock = threading.Lock()
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        unlimited = files == resource.RLIM_INFINITY
        self._most = MOST_HANDS if unlimited else max(1, min(MOST_HANDS, files // _FILES_EACH))
        self._settled = self._fixed
        self._rate, self._fewer, self._is_warm = 0.0, 1, True
        self._begin()

    @property
    def hands(self) -> int:
        """How many things are done at the same time now."""
        return self._hands

    @property
    def is_measured(self) -> bool:
        """Whether it is known by now, or given, how many hands are right, or that one is."""
        return self._settled or (self._hands == 1 and self._elapsed > _ALONE_SECONDS)

    @property
    def is_computing(self) -> bool:
        """Whether measuring says that more processors would help, not more waiting."""
        return not self._fixed and self._hands == 1

    @property
    def at_hand(self) -> int:
        """How many things are begun, or wait for a hand, at the same time."""
        return self._hands if self._hands == 1 else _AT_HAND * self._hands

    def map(
        self,
        do: Callable[[_Item], _Result],
        items: Iterable[_Item],
        *,
        counts: Callable[[_Item], int] | None = None,
    ) -> Iterator[_Result]:
        """Yield what comes of each item, in their order; what one raises comes out here.

        Work that does little but reading tells how slow storage is, and is measured: it `counts`
        the things that an item consists of.
        """
        return self._drained(self._measured(do, counts) if counts else do, iter(items), deque())

    def begin(self, do: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
        """Do the same, and begin before anything is asked for, unless one works alone."""
        following, begun = iter(items), deque[Future[_Result]]()
        if self._hands > 1:
            begun += (self._submit(do, item) for item in islice(following, self.at_hand))
        return self._drained(do, following, begun)

    def _drained(
        self,
        do: Callable[[_Item], _Result],
        items: Iterator[_Item],
        pending: deque[Future[_Result]],
    ) -> Iterator[_Result]:
        for item in items:
            alone = self._hands == 1  # it may be more when this is done
            if not alone:
                pending.append(self._submit(do, item))
            while len(pending) >= self.at_hand or (alone and pending):
                yield pending.popleft().result()
            if alone:
                yield do(item)
        while pending:
            yield pending.popleft().result()

    def begin_anew(self) -> None:
        """Measure many hands from here on: what took them so long was not storage."""
        with self._lock:
            if not self._settled and self._hands > 1:
                self._is_warm = False

    def close(self) -> None:
        """Let everybody go; what was begun is finished."""
        if self._team is not None:
            self._team.close()
            self._team = None

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
        if self._team is None:
            self._team = Hands()
        self._team.become(self._hands)
        return self._team.submit(do, item)

    def _measured(
        self, do: Callable[[_Item], _Result], counts: Callable[[_Item], int]
    ) -> Callable[[_Item], _Result]:
        def work(item: _Item) -> _Result:
            if self._settled:
                return do(item)
            if self._hands > 1:
                result = do(item)
                self._count(counts(item))
                return result
            begun, busy = self._clock(), self._busy_seconds()
            result = do(item)
            self._done += counts(item)
            self._elapsed += self._clock() - begun
            self._busy += self._busy_seconds() - busy
            self._weigh()
            return result

        return work

    def _begin(self) -> None:
        self._begun, self._done = self._clock(), 0
        self._elapsed = self._busy = 0.0

    def _weigh(self) -> None:
        """Take on hands if they are promised work, or settle."""
        waits = self._elapsed / max(self._busy, _LEAST_BUSY)
        if waits >= _WAITING and self._elapsed > _ALONE_SECONDS and self._most > 1:
            self._take_on(_PROMISED * waits, self._done / self._elapsed)
        elif self._elapsed > _SURE_SECONDS:
            self._settled = True

    def _count(self, done: int) -> None:
        """Take on more hands while that helps, or settle."""
        with self._lock:
            self._done += done
            if self._settled or self._done < self._hands:
                return
            if not self._is_warm:  # while they begin they say nothing
                self._is_warm = True
                self._begin()
                return
            since = self._clock() - self._begun
            if self._done >= _ENOUGH_ROUNDS * self._hands and since > _ENOUGH_SECONDS:
                self._compare(self._done / since)

    def _compare(self, rate: float) -> None:
        gain = rate / self._rate
        if gain > _BUSY * self._hands / self._fewer and self._hands < self._most:
            self._take_on(_STEP * self._hands, rate)
            return
        self._settled = True
        if gain < _FASTER:
            self._hands = self._fewer  # what looked like waiting was something else

    def _take_on(self, hands: float, rate: float) -> None:
        self._fewer, self._hands, self._rate = self._hands, min(self._most, round(hands)), rate
        self._is_warm = False
        self._begin()


def _busy_seconds() -> float:
    """Return how long this thread computed, or wanted to while others did."""
    try:
        with _SCHEDULED.open("rb", buffering=0) as told:
            computed, delayed, _ = told.read(_LINE).split()
    except (OSError, ValueError):  # not Linux, or not told
        return time.thread_time()
    return (int(computed) + int(delayed)) / 1e9
