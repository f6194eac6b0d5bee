"""Look at what stands below the roots: all of it, what hints point at, what has moved.

Whoever looks takes note in the root of what is there. Problems are reported by whole walks only:
what a hint points at may just be on its way out.
"""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from watchers.change import Hints, Problem, ProblemKind
from watchers.interface import Clock
from watchers.journal import Journal
from watchers.listing import Listing
from watchers.noticing import Noticing
from watchers.options import WatchOptions
from watchers.polling import find_moved
from watchers.root import WatchedRoot
from watchers.taker import FileTaker
from watchers.walker import look_into, walk

_POLL_SHARE = 10.0
"""How many times as long as it took a pass over polled folders is put off at least."""

_NOTHING_PLACED: frozenset[Path] = frozenset()


class Survey:
    """Looks below the roots, and has finished files taken in between."""

    def __init__(
        self,
        roots: Sequence[WatchedRoot],
        *,
        noticing: Noticing,
        taker: FileTaker,
        journal: Journal,
        clock: Clock,
        options: WatchOptions,
    ) -> None:
        self.is_suspect = False
        self._roots = roots
        self._noticing = noticing
        self._taker = taker
        self._journal = journal
        self._clock = clock
        self._options = options
        self._next_poll = 0.0
        self._next_breath = 0.0

    def walk(self, root: WatchedRoot, stop: threading.Event) -> None:
        """Walk a root, and forget what is gone if it is well."""
        root.revive(self._taker.now())
        root.memory.begin_walk()
        trouble = ""
        for found in walk(root.path, root.walk_options):
            if stop.is_set():
                return
            for problem in self._absorb(root, found):
                trouble = trouble or f"{str(problem.path)!r} {problem.message}"
                self._journal.report(problem)
            self._breathe(stop)
            if root.is_lost:
                return
        root.trouble = trouble
        if not root.is_itself():  # unmounted during the walk, the rest of it looked empty
            self.lose(root, "went away during the walk")
        else:
            root.memory.end_walk(is_complete=not trouble)

    def follow(self, hints: Hints, stop: threading.Event) -> None:
        """Look where hints point; a folder is walked, for it may have come with its files."""
        places: dict[tuple[WatchedRoot, str], list[str]] = {}
        for path in hints.paths:
            root = self._find_root(path)
            # What lies in another hinted folder is seen with it.
            if root is None or root.is_lost or not hints.paths.isdisjoint(path.parents):
                continue
            if path == root.path:
                self._look(root, walk(root.path, root.walk_options), hints, stop)
            else:
                folder, name = root.place_of(path)
                places.setdefault((root, folder), []).append(name)
        for (root, folder), names in places.items():
            found = look_into(root.path, folder, names, root.walk_options)
            self._look(root, found, hints, stop)

    def poll(self, stop: threading.Event) -> None:
        """Look whether folders without change events have moved, if it is time to."""
        started = self._clock.monotonic()
        if started < self._next_poll:
            return
        polled = self._noticing.find_polled()
        self._noticing.tell_news(polled)
        for root in self._roots:
            within = root.find_within(polled)
            if within and not root.is_lost:
                self._poll_root(root, within, stop)
        now = self._clock.monotonic()
        pause = max(self._options.poll_seconds, (now - started) * _POLL_SHARE)
        self._next_poll = now + pause

    def lose(self, root: WatchedRoot, trouble: str) -> None:
        """Give a root up until it is recognised again, and say so."""
        root.lose(trouble)
        problem = Problem(path=root.path, message=trouble, kind=ProblemKind.ROOT)
        self._journal.report(problem)

    def take_due(self, stop: threading.Event) -> None:
        """Have the files taken that are due and finished."""
        for root in self._roots:
            self._taker.take_due(root, stop)

    def _breathe(self, stop: threading.Event) -> None:
        """Take what is due in the midst of a long walk, so that nothing waits for its end."""
        if self._clock.monotonic() >= self._next_breath:
            hints = self._noticing.take()
            self.is_suspect |= hints.rescan
            self.follow(hints, stop)
            self._next_breath = self._clock.monotonic() + self._options.step_seconds
        self.take_due(stop)

    def _look(
        self,
        root: WatchedRoot,
        found: Iterable[Listing | Problem],
        hints: Hints,
        stop: threading.Event,
    ) -> None:
        for each in found:
            if stop.is_set():
                return
            self._suspect(root, self._absorb(root, each, placed=hints.placed))
            if isinstance(each, Listing):
                for name in each.files:
                    root.hasten((each.folder, name), self._taker.now())

    def _find_root(self, path: Path) -> WatchedRoot | None:
        return next((root for root in self._roots if path.is_relative_to(root.path)), None)

    def _poll_root(self, root: WatchedRoot, within: frozenset[str], stop: threading.Event) -> None:
        try:
            moved = find_moved(root.path, root.memory.folders, within=within)
        except OSError:
            moved = []
        if not root.is_itself():  # the next walk of it says why
            self.is_suspect = True
            return
        for folder in moved:
            known = root.memory.files_in
            for found in walk(root.path, root.walk_options, start=folder, known=known):
                if stop.is_set():
                    return
                self._suspect(root, self._absorb(root, found))

    def _suspect(self, root: WatchedRoot, problems: tuple[Problem, ...]) -> None:
        """Let a whole walk tell what is wrong, unless it has told already."""
        if problems and not root.trouble:
            self.is_suspect = True

    def _absorb(
        self,
        root: WatchedRoot,
        found: Listing | Problem,
        *,
        placed: frozenset[Path] = _NOTHING_PLACED,
    ) -> tuple[Problem, ...]:
        """Take note of what was found and return what is wrong with it."""
        if isinstance(found, Problem):
            return (found,)
        trouble = root.absorb(found, self._taker.now(), placed=placed)
        if not trouble:
            return found.problems
        path = root.path / found.folder
        lost = Problem(path=path, message=trouble, kind=ProblemKind.ROOT)
        return (*found.problems, lost)
