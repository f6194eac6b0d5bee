"""The watch itself: walk, follow hints, hand finished files over, remember what became of them.

A file is handed over at least once for every state it settles in, and once only as long as the
loop lives: after the handler returns, the state it left behind is remembered, so its own rewrite
is no new arrival. A change made by somebody else while the handler works is remembered with it;
a handler that cannot stand that notices by itself and raises.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from watchers.change import Problem
from watchers.clock import SystemClock
from watchers.interface import (
    ChangeSource,
    Clock,
    CompletenessTest,
    FileHandler,
    NotYetError,
    ProblemListener,
    SourceFactory,
)
from watchers.journal import Journal
from watchers.native import NativeSource
from watchers.options import WatchOptions
from watchers.root import WatchedRoot
from watchers.status import LoopStatus, PassSummary
from watchers.taker import FileTaker
from watchers.walker import look_at, walk

_logger = logging.getLogger(__name__)


class WatchLoop:
    """A watch over some roots that hands every finished file to a handler.

    Roots may lie within each other; a file belongs to the innermost.
    """

    def __init__(
        self,
        roots: tuple[Path, ...],
        handler: FileHandler,
        *,
        is_complete: CompletenessTest,
        options: WatchOptions | None = None,
        on_problem: ProblemListener | None = None,
        on_reconcile: Callable[[], None] = lambda: None,
        source_factory: SourceFactory = NativeSource,
        clock: Clock | None = None,
    ) -> None:
        self._options = options or WatchOptions()
        absolute = {root.absolute() for root in roots}
        self._paths = tuple(sorted(absolute, key=lambda root: len(root.parts), reverse=True))
        self._elsewhere = frozenset(self._paths)
        self._roots = tuple(WatchedRoot(path, self._options) for path in self._paths)
        self._clock = clock or SystemClock()
        self._journal = Journal(on_problem)
        self._taker = FileTaker(
            handler, is_complete=is_complete, clock=self._clock, journal=self._journal
        )
        self._on_reconcile = on_reconcile
        self._source_factory = source_factory
        self._source: ChangeSource = source_factory(self._paths)
        self._next_reconcile = 0.0
        self._reconciled_at: float | None = None

    @property
    def status(self) -> LoopStatus:
        """What the watch has to say of itself now; may be asked from any thread."""
        return LoopStatus(
            pending_count=sum(len(root.pending) for root in self._roots),
            handled_count=self._journal.handled_count,
            reconciled_at=self._reconciled_at,
            degraded_roots=tuple(root.path for root in self._roots if root.trouble),
            is_source_alive=self._source.is_alive,
        )

    def run(self, stop: threading.Event) -> None:
        """Watch until the event is set; the file in hand is finished first."""
        self._restart_source()
        try:
            self._reconcile(stop)
            self._take_due(stop)
            while not self._clock.wait(stop, self._options.poll_seconds):
                self._step(stop)
        finally:
            self._source.stop()

    def run_once(self, stop: threading.Event | None = None) -> PassSummary:
        """Walk everything once, take what is finished and return what was done.

        Files that look fresh get one second look, `settle_seconds` later. A handler that fails
        both times is a problem of this pass; there is no third.
        """
        stop = stop or threading.Event()
        self._journal.open_pass()
        self._reconcile(stop)
        self._take_due(stop)
        is_expecting = any(root.is_expecting for root in self._roots)
        if is_expecting and not self._clock.wait(stop, self._options.settle_seconds):
            for root in self._roots:
                root.hasten_all(self._taker.now())
            self._take_due(stop)
        for root in self._roots:
            for path, failure in root.list_failures():
                self._journal.report(Problem(path=path, message=failure))
        handled, problems = self._journal.close_pass()
        pending = tuple(sorted(path for root in self._roots for path in root.pending))
        return PassSummary(handled=handled, pending=pending, problems=problems)

    def _step(self, stop: threading.Event) -> None:
        """Do what has become due since the last step."""
        hints = self._source.take()
        if self._clock.monotonic() >= self._next_reconcile:
            # Not on a rescan hint: an overflow storm would bring the source back at once.
            if not self._source.is_alive:
                self._restart_source()
            self._reconcile(stop)
        elif hints.rescan:
            self._reconcile(stop)
        self._follow(hints.paths, stop)
        self._take_due(stop)

    def _restart_source(self) -> None:
        self._source.stop()
        self._source = self._source_factory(self._paths)
        self._source.start()

    def _reconcile(self, stop: threading.Event) -> None:
        """Walk every root that is itself; what the events missed is found here."""
        self._on_reconcile()
        lost = [root for root in self._roots if root.is_lost]
        for root in self._roots:
            self._recognise(root)
        if self._source.is_alive and not all(root.is_lost for root in lost):
            self._restart_source()  # inotify stays blind for a root that was unmounted or replaced
        for root in self._roots:
            if not root.is_lost:
                self._walk(root, stop)
        if not stop.is_set():
            self._reconciled_at = self._clock.time()
            self._next_reconcile = self._clock.monotonic() + self._options.reconcile_seconds

    def _recognise(self, root: WatchedRoot) -> None:
        trouble = root.recognise()
        if trouble:
            self._lose(root, trouble)
        else:
            root.is_lost = False

    def _lose(self, root: WatchedRoot, trouble: str) -> None:
        root.lose(trouble)
        self._journal.report(Problem(path=root.path, message=trouble))

    def _walk(self, root: WatchedRoot, stop: threading.Event) -> None:
        root.revive(self._taker.now())
        seen: set[Path] = set()
        trouble = ""
        for found in walk(root.path, self._options.filters, elsewhere=self._elsewhere):
            if stop.is_set():
                return
            if isinstance(found, Problem):
                trouble = trouble or f"{str(found.path)!r} {found.message}"
                self._journal.report(found)
            else:
                seen.add(found.path)
                root.notice(found.path, found.state, self._taker.now())
        root.trouble = trouble
        if not root.is_itself():  # unmounted during the walk, the rest of it looked empty
            self._lose(root, "went away during the walk")
        elif not trouble:
            root.forget_unseen(seen)

    def _follow(self, paths: frozenset[Path], stop: threading.Event) -> None:
        """Look where hints point; a folder is walked, for it may have come with its files."""
        for path in paths:
            root = self._find_root(path)
            # What lies in another hinted folder is seen with it.
            if root and not root.is_lost and paths.isdisjoint(path.parents):
                self._look(root, path, stop)

    def _find_root(self, path: Path) -> WatchedRoot | None:
        return next((root for root in self._roots if path.is_relative_to(root.path)), None)

    def _look(self, root: WatchedRoot, path: Path, stop: threading.Event) -> None:
        for found in look_at(path, root.path, self._options.filters, elsewhere=self._elsewhere):
            if stop.is_set():
                return
            if isinstance(found, Problem):
                # It may be a folder on its way out; a whole walk tells.
                self._next_reconcile = self._clock.monotonic()
            else:
                root.notice(found.path, found.state, self._taker.now())
                root.hasten(found.path, self._taker.now())

    def _take_due(self, stop: threading.Event) -> None:
        for root in self._roots:
            for path in root.find_due(self._taker.now()):
                if stop.is_set() or root.is_lost:
                    break
                try:
                    self._taker.take(root, path)
                except NotYetError:
                    root.doubt(path, self._taker.now())
                except Exception as error:
                    _logger.exception("%r was not handled", str(path))
                    self._taker.fail(root, path, error)
