"""The watch itself: walk, follow hints, hand finished files over, remember what became of them.

A file is handed over at least once for every state it settles in, and once only as long as the
loop lives: after the handler returns, the state it left behind is remembered, so its own rewrite
is no new arrival. A change made by somebody else while the handler works is remembered with it;
a handler that cannot stand that notices by itself and raises.
"""

import random
import threading
from collections.abc import Callable
from pathlib import Path

from watchers.change import Problem, ProblemKind
from watchers.clock import SystemClock
from watchers.interface import (
    BatchHandler,
    Clock,
    CompletenessTest,
    GroupOf,
    ProblemListener,
    RootTest,
    SourceFactory,
)
from watchers.journal import Journal
from watchers.native import NativeSource
from watchers.noticing import Noticing
from watchers.options import WatchOptions
from watchers.reporting import status_of
from watchers.root import WatchedRoot
from watchers.status import LoopStatus, PassSummary
from watchers.survey import Survey
from watchers.taker import FileTaker


def spread_evenly(seconds: float) -> float:
    """Return a time near the given one, so that many hosts do not walk a share at once."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311  (nothing secret)


class WatchLoop:
    """A watch over some roots that hands every finished file to a handler.

    Roots may lie within each other; a file belongs to the innermost.
    """

    def __init__(
        self,
        roots: tuple[Path, ...],
        handler: BatchHandler,
        *,
        is_complete: CompletenessTest,
        options: WatchOptions | None = None,
        group_of: GroupOf = lambda path: path,
        root_test: RootTest = lambda _root: "",
        on_problem: ProblemListener | None = None,
        on_reconcile: Callable[[], None] = lambda: None,
        source_factory: SourceFactory | None = None,
        clock: Clock | None = None,
        spread: Callable[[float], float] = spread_evenly,
    ) -> None:
        options, clock, journal = (
            options or WatchOptions(),
            clock or SystemClock(),
            Journal(on_problem),
        )
        self._options, self._clock, self._journal = options, clock, journal
        self._root_test = root_test
        self._spread = spread
        self._on_reconcile = on_reconcile
        self._roots = _innermost_first(roots, options, group_of)
        self._taker = FileTaker(
            handler, is_complete=is_complete, options=options, clock=clock, journal=journal
        )
        self._noticing = Noticing(self._roots, options.source, source_factory or self._make_native)
        self._survey = Survey(
            self._roots,
            noticing=self._noticing,
            taker=self._taker,
            journal=journal,
            clock=clock,
            options=options,
        )
        self._next_reconcile = 0.0
        self._reconciled_at: float | None = None

    @property
    def status(self) -> LoopStatus:
        """What the watch has to say of itself now; may be asked from any thread."""
        return status_of(
            self._roots,
            self._noticing,
            self._journal,
            moment=self._taker.now(),
            reconciled_at=self._reconciled_at,
        )

    def run(self, stop: threading.Event) -> None:
        """Watch until the event is set; the files in hand are finished first."""
        try:
            self._reconcile(stop, restarts=True)
            self._survey.take_due(stop)
            while not self._clock.wait(stop, self._options.step_seconds):
                self._step(stop)
        finally:
            self._noticing.stop()

    def run_once(self, stop: threading.Event | None = None) -> PassSummary:
        """Walk everything once, take what is finished and return what was done.

        Files that look fresh get one second look, once they may be still. A handler that fails
        both times is a problem of this pass; there is no third.
        """
        stop = stop or threading.Event()
        self._journal.open_pass()
        self._reconcile(stop)
        self._survey.take_due(stop)
        waits = [root.find_wait(self._taker.now()) for root in self._roots]
        wait = max((wait for wait in waits if wait is not None), default=None)
        if wait is None or not self._clock.wait(stop, wait):
            for root in self._roots:
                root.hasten_all(self._taker.now())
                self._taker.take_due(root, stop, waits=False)
        for root in self._roots:
            for path, failure in root.list_failures():
                kind = ProblemKind.UNHANDLED
                self._journal.report(Problem(path=path, message=failure, kind=kind))
        handled, problems = self._journal.close_pass()
        files = (file for root in self._roots for _, file in root.pending.snapshot())
        pending = tuple(sorted(file.path for file in files))
        return PassSummary(handled=handled, pending=pending, problems=problems)

    def _make_native(self, roots: tuple[Path, ...]) -> NativeSource:
        options = self._options
        return NativeSource(roots, filters=options.filters, probe_name=options.probe_name)

    def _step(self, stop: threading.Event) -> None:
        """Do what has become due since the last step."""
        hints = self._noticing.take()
        has_moved = self._noticing.has_moved()
        if has_moved or self._clock.monotonic() >= self._next_reconcile:
            # Not on a rescan hint: an overflow storm would bring the source back at once.
            self._reconcile(stop, restarts=True, has_moved=has_moved)
        elif hints.rescan or self._survey.is_suspect or any(map(self._is_back, self._roots)):
            self._reconcile(stop)
        self._survey.follow(hints, stop)
        self._survey.poll(stop)
        self._survey.take_due(stop)

    def _reconcile(
        self, stop: threading.Event, *, restarts: bool = False, has_moved: bool = False
    ) -> None:
        """Walk every root that is itself; what the events missed is found here."""
        self._survey.is_suspect = False
        self._on_reconcile()
        lost = [root for root in self._roots if root.is_lost]
        for root in self._roots:
            self._recognise(root)
        # inotify stays blind for a root that was unmounted or replaced
        is_back = self._noticing.is_alive and not all(root.is_lost for root in lost)
        if is_back or has_moved or (restarts and self._noticing.is_failing):
            self._noticing.restart()
        for root in self._roots:
            if not root.is_lost:
                self._survey.walk(root, stop)
        if not stop.is_set():
            self._noticing.compare()
            self._reconciled_at = self._clock.time()
            pause = self._spread(self._options.reconcile_seconds)
            self._next_reconcile = self._clock.monotonic() + pause

    def _is_back(self, root: WatchedRoot) -> bool:
        return root.is_lost and root.is_itself() and not self._root_test(root.path)

    def _recognise(self, root: WatchedRoot) -> None:
        trouble = root.recognise() or self._root_test(root.path)
        if trouble:
            self._survey.lose(root, trouble)
        else:
            root.is_lost = False


def _innermost_first(
    roots: tuple[Path, ...], options: WatchOptions, group_of: GroupOf
) -> tuple[WatchedRoot, ...]:
    paths = frozenset(root.absolute() for root in roots)
    return tuple(
        WatchedRoot(path, options, group_of=group_of, elsewhere=paths)
        for path in sorted(paths, key=lambda path: len(path.parts), reverse=True)
    )
