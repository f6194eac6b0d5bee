"""Tagging by workers: what arrives in a zone is handed to the queue, and asked after until done.

Nothing is waited for here. A file that a worker has is put off, so it stays in the books of whoever
watches, and is handed over again after a restart: what is tagged already is not tagged twice.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from provenance.cluster.coordinating import NOBODY
from provenance.cluster.database import Database
from provenance.cluster.queue import TAG, Answer, Queue, Tasks
from provenance.cluster.records import Arrived, Here, Made, Unmade
from provenance.cluster.working import require_same, telling, worker_name
from provenance.errors import (
    ChangedMeanwhileError,
    ClusterError,
    LeaseHeldError,
    LeaseLostError,
    OutOfReachError,
    TaggingError,
)
from provenance.model.arrival import Arrival, Keeper, Taken
from provenance.model.zone import Role, Zone, zone_of
from provenance.path_text import shown

_TOUCH_SECONDS = 600.0
_PASSING = (LeaseHeldError, LeaseLostError, ChangedMeanwhileError)


class HandingKeeper:
    """Hands what is to be tagged to workers, and gates deliverables itself."""

    def __init__(
        self,
        keeper: Keeper,
        database: Database,
        *,
        zones: tuple[Zone, ...],
        terms: Mapping[str, str],
        silence: float,
    ) -> None:
        self._keeper = keeper
        self._database = database
        self._queue = Queue(database)
        self._zones = zones
        self._terms = Here(terms=terms)
        self._silence = silence
        self._tasks: Tasks[Arrived, Made] | None = None
        self._held: dict[Path, int] = {}
        self._settled: dict[Path, Exception | None] = {}
        self._touched = time.monotonic()

    def take(self, paths: Sequence[Path]) -> Taken:
        """Deal with finished files of a zone; those that a worker has are put off.

        See `zoning.ZoneKeeper.take`. Raises OutOfReachError if the queue cannot be asked.
        """
        zone = zone_of(paths[0], self._zones)
        if zone is None or zone.role is Role.DELIVERABLE:
            return self._keeper.take(paths)
        tasks = self._ready()
        new = [path for path in paths if path not in self._held and path not in self._settled]
        if new:
            number = tasks.ask([Arrived(paths=tuple(map(str, new)))])
            self._held.update(dict.fromkeys(new, number))
        arrivals: list[Arrival] = []
        for number in dict.fromkeys(self._held[path] for path in paths if path in self._held):
            arrivals += self._asked_after(tasks, number)
        return Taken(arrivals=tuple(arrivals), failed=dict(self._failed(paths)))

    def review(self) -> Iterator[Arrival]:
        """See `zoning.ZoneKeeper.review`; what was gated here is looked at again here."""
        return self._keeper.review()

    def close(self) -> None:
        """Let go of the queue; what is in it is done all the same."""
        self._database.close()

    def _ready(self) -> Tasks[Arrived, Made]:
        if self._tasks is None:
            self._database.require()
            self._tasks = self._queue.begin(TAG, self._terms, Arrived, Made)
        if time.monotonic() - self._touched > _TOUCH_SECONDS:
            self._tasks.touch()
            self._touched = time.monotonic()
        return self._tasks

    def _asked_after(self, tasks: Tasks[Arrived, Made], number: int) -> Iterator[Arrival]:
        """Yield what a worker did, once it has; note for each file what came of it."""
        answer = tasks.take(number) or tasks.take_failed(number)
        if answer is None:
            return
        paths = [Path(path) for path in answer.asked.paths]
        for path in paths:
            self._held.pop(path, None)
        self._settled |= _outcomes(answer, paths)
        for fields in answer.told.arrivals if answer.told else ():
            yield _arrival(fields)

    def _failed(self, paths: Sequence[Path]) -> Iterator[tuple[Path, Exception]]:
        is_anybody = True
        if any(path in self._held for path in paths):
            is_anybody = self._queue.workers(self._silence) > 0
        for path in paths:
            if path in self._held:
                text = f"{shown(path)}: waits for a worker"
                yield path, LeaseHeldError(text) if is_anybody else ClusterError(NOBODY)
                continue
            error = self._settled.pop(path)
            if error is not None:
                yield path, error


class TagWorker:
    """Tags what a watch handed over."""

    def __init__(
        self, queue: Queue, keeper: Callable[[], Keeper], terms: Mapping[str, str]
    ) -> None:
        """Make a worker; its keeper, which needs the keys, is made when it is first asked for."""
        self._queue = queue
        self._keeper = cache(keeper)
        self._terms = terms
        self._name = worker_name()

    def do(self, series: str, number: int) -> None:
        """Do one task and tell what was done; what goes wrong is told too, then raised."""
        arrived = self._queue.asked(series, number, Arrived)
        here = self._queue.terms(series, Here)
        if arrived is None or here is None:
            return  # nobody waits any more: a watch that began anew hands it over again
        with telling(self._queue, series, number, self._name):
            try:
                require_same(here.terms, self._terms)
                made = self._made(arrived)
            except (ClusterError, TaggingError) as error:
                made = Made(worker=self._name, refusal=str(error))
            self._queue.tell(series, number, made)

    def _made(self, arrived: Arrived) -> Made:
        taken = self._keeper().take([Path(path) for path in arrived.paths])
        for error in taken.failed.values():
            if isinstance(error, OutOfReachError):
                raise error  # the queue tries again
        return Made(
            worker=self._name,
            arrivals=tuple(map(_fields, taken.arrivals)),
            failed=tuple(
                Unmade(path=str(path), why=str(error), is_passing=isinstance(error, _PASSING))
                for path, error in taken.failed.items()
            ),
        )


def _outcomes(
    answer: Answer[Arrived, Made], paths: Sequence[Path]
) -> Mapping[Path, Exception | None]:
    """Return for each file why it was not dealt with, or None."""
    made = answer.told
    if made is None:
        return {path: TaggingError(f"{shown(path)}: {answer.trouble}") for path in paths}
    if made.refusal:
        why = f"worker {made.worker} refused: {made.refusal}"
        return {path: TaggingError(f"{shown(path)}: {why}") for path in paths}
    failed = {Path(one.path): _error(one) for one in made.failed}
    return {path: failed.get(path) for path in paths}


def _error(one: Unmade) -> Exception:
    return LeaseHeldError(one.why) if one.is_passing else TaggingError(one.why)


def _fields(arrival: Arrival) -> Mapping[str, object]:
    return {
        "path": os.fspath(arrival.path),
        "action": arrival.action,
        "detail": arrival.detail,
        "rules": list(arrival.rules),
        "files": arrival.files,
    }


def _arrival(fields: Mapping[str, object]) -> Arrival:
    rules = fields["rules"]
    return Arrival(
        path=Path(str(fields["path"])),
        action=str(fields["action"]),
        detail=str(fields["detail"]),
        rules=tuple(map(str, rules)) if isinstance(rules, list) else (),
        files=int(str(fields["files"])),
    )
