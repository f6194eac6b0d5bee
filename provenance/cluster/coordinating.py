"""A scan by the workers at the queue: part it, wait for what they find, put one report together."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from provenance.cluster.collecting import Collected
from provenance.cluster.parting import digest_of, names_in, part
from provenance.cluster.queue import SCAN, Queue, Tasks
from provenance.cluster.queue import Answer as AnyAnswer
from provenance.cluster.records import Asked, Found, Part, Place
from provenance.errors import ClusterError
from provenance.judging import ScanOptions, result_of, result_of_lost
from provenance.model.facts import AssetFacts, Problem, ProblemKind
from provenance.model.report import AssetResult, ScanReport
from provenance.path_text import shown
from provenance.rooting import is_marker

_Answer = AnyAnswer[Part, Found]
_AHEAD = 512
"""Tasks in the queue at the same time."""
_TOGETHER = 32
_PAUSE, _LONGEST_PAUSE = 0.005, 0.05
_LOOK_SECONDS = 1.0
"""How often it is asked whether anybody is still at work."""
_FIRST_PATIENCE = 5.0
"""How long the first worker may take to come, in seconds."""
_PATIENCE = 60.0
"""How long another may take once all have gone: a service is started again meanwhile."""
_TOUCH_SECONDS = 600.0


class ClusterScanner:
    """The gate, by workers; see `scanning.Scanner`."""

    def __init__(
        self,
        queue: Queue,
        asked: Asked,
        clock: Callable[[], datetime],
        *,
        silence: float,
    ) -> None:
        """Make a gate; a worker is taken for dead after so many seconds of `silence`."""
        self._queue = queue
        self._asked = asked
        self._clock = clock
        self._silence = silence

    def scan(
        self,
        paths: Iterable[Path],
        options: ScanOptions,
        on_files: Callable[[int], None] = lambda _: None,
    ) -> ScanReport:
        """Judge every file below the paths; see `scanning.Scanner.scan`.

        What no worker could judge is undecided. Raises ClusterError if there is no worker, or one
        would judge otherwise.
        """
        named = tuple(paths)
        collected = Collected()
        for root in options.lost_at(*named):
            collected.add(result_of_lost(root, options))
        self._require_worker()
        scan = self._queue.begin(SCAN, _as_needed(self._asked, named), Part, Found)
        try:
            parts = part(named, options.excluded)
            for answer in self._answers(scan, parts):
                for place, seen in zip(answer.asked.places, _seen(answer), strict=True):
                    collected.add_each(_untold(place, seen, answer, options))
                if answer.told is not None:
                    collected.take_found(answer.told)
                on_files(answer.asked.files)
        finally:
            scan.end()
        return collected.report(named, options, self._clock())

    def _answers(self, scan: Tasks[Part, Found], parts: Iterator[Part]) -> Iterator[_Answer]:
        """Yield what becomes of each part, in their order; some are always in the queue."""
        asked = taken = 0
        is_all = False
        while not is_all or taken < asked:
            if not is_all and asked - taken < _AHEAD:
                some = list(islice(parts, _TOGETHER))
                is_all = not some
                if some:
                    scan.ask(some)
                    asked += len(some)
                    answer = scan.take(taken)
                else:
                    continue
            else:
                answer = self._waited(scan, taken)
            while answer is not None:
                yield _accepted(answer)
                taken += 1
                answer = scan.take(taken) if taken < asked else None

    def _waited(self, scan: Tasks[Part, Found], number: int) -> _Answer:
        """Return what becomes of a task, however long a worker takes."""
        pause = _PAUSE
        looked = touched = lived = time.monotonic()
        while True:
            answer = scan.take(number)
            now = time.monotonic()
            if answer is None and now - looked > _LOOK_SECONDS:
                looked = now
                answer = scan.take_failed(number)
                lived = now if self._queue.workers(self._silence) else lived
                if now - lived > _PATIENCE:
                    raise ClusterError(NOBODY)
            if answer is not None:
                return answer
            if now - touched > _TOUCH_SECONDS:
                scan.touch()
                touched = now
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _require_worker(self) -> None:
        until = time.monotonic() + _FIRST_PATIENCE
        while not self._queue.workers(self._silence):
            if time.monotonic() > until:
                raise ClusterError(NOBODY)
            time.sleep(_LONGEST_PAUSE)


NOBODY = (
    "no worker is at the queue, so nothing was decided; start one on a host that sees the same"
    " folders: provenance worker"
)


def _as_needed(asked: Asked, paths: Iterable[Path]) -> Asked:
    """Return what is asked, without the working folder where no path hangs on it."""
    hangs = asked.policy or not all(path.is_absolute() for path in paths)
    return asked if hangs else replace(asked, folder="")


def _accepted(answer: _Answer) -> _Answer:
    if answer.told is not None and answer.told.refusal:
        raise ClusterError(f"worker {answer.told.worker} refused: {answer.told.refusal}")
    return answer


def _seen(answer: _Answer) -> Iterable[str]:
    return answer.told.seen if answer.told else ("" for _ in answer.asked.places)


def _untold(
    place: Place, seen: str, answer: _Answer, options: ScanOptions
) -> Iterator[AssetResult]:
    """Yield what is to be said of a place because the worker said nothing, or saw other files."""
    if answer.told is None:
        detail = f"no worker could judge it: {answer.trouble}"
        names = names_in(place.path) if place.names else None
        for name in sorted(names or (), key=os.fsencode):
            if not is_marker(Path(name)):
                yield _undecided(Path(place.path, name), detail, options)
        if names is None or len(names) < place.files:
            yield _undecided(Path(place.path), detail, options)
    elif seen and place.names not in ("", seen) and digest_of(names_in(place.path)) != seen:
        detail = (
            f"worker {answer.told.worker} sees other files in this folder than this host; is the"
            " same share mounted there? If somebody writes in it, scan again when they are done"
        )
        yield _undecided(Path(place.path), detail, options)


def _undecided(path: Path, detail: str, options: ScanOptions) -> AssetResult:
    problem = Problem(kind=ProblemKind.UNREADABLE, detail=detail)
    facts = AssetFacts(path=shown(path), problems=(problem,))
    return replace(result_of(facts, options.at(path)), path_bytes=os.fsencode(path))
