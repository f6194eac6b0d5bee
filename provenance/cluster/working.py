"""A worker: takes tasks from the queue until it is told to stop.

A task runs in a thread, so that the heartbeat goes on; a worker does one at a time, because paths
are relative to the working folder of whoever asked, which is the worker's meanwhile.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import psycopg
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Job, Status

from provenance.cluster.database import Database
from provenance.cluster.parting import digest_of, names_in
from provenance.cluster.queue import ATTEMPTS, Queue
from provenance.cluster.records import Asked, Found, Part
from provenance.errors import ClusterError, OutOfReachError
from provenance.judging import ScanOptions
from provenance.model.report import AssetResult, ScanReport
from provenance.path_text import shown
from provenance.processes import process_name
from provenance.scanning import Scanner
from provenance.spooling import ResultSpool

_BEATS = 6
"""Heartbeats in the time after which a worker is taken for dead."""
_RETRY_SECONDS = 1
_POLL_SECONDS = 1.0


class Desk(Protocol):
    """What a worker needs to scan as it is asked to."""

    def terms(self, asked: Asked) -> Mapping[str, str]:
        """Return what results depend on here; see `Asked.terms`."""
        ...

    def options(self, asked: Asked) -> ScanOptions:
        """Return how to scan."""
        ...

    def scanner(self, asked: Asked) -> Scanner:
        """Return who scans."""
        ...


class ScanWorker:
    """Does the tasks of scans."""

    def __init__(self, queue: Queue, desk: Desk) -> None:
        self._queue = queue
        self._desk = desk
        self._name = worker_name()
        self._current: tuple[str, Asked, ScanOptions] | None = None

    def do(self, series: str, number: int) -> None:
        """Do one task and tell what was found; what goes wrong is told too, then raised."""
        part = self._queue.asked(series, number, Part)
        if part is None:
            return  # nobody waits any more
        with telling(self._queue, series, number, self._name):
            try:
                found = self._found(series, part)
            except ClusterError as error:
                found = Found(worker=self._name, refusal=str(error))
            self._queue.tell(series, number, found)

    def _found(self, scan: str, part: Part) -> Found:
        asked, options = self._terms(scan)
        seen = tuple(digest_of(names_in(place.path)) for place in part.places)
        beyond = {Path(path) for path in part.beyond}
        excluded = options.excluded | beyond | {path.absolute() for path in beyond}
        scanner = self._desk.scanner(asked)
        report = scanner.scan(
            (Path(place.path) for place in part.places), replace(options, excluded=excluded)
        )
        gone = (
            scanner.judge_file(Path(place.path), options)
            for place in part.places
            if not os.path.lexists(place.path)
        )
        return self._told(report, seen, tuple(gone))

    def _told(
        self, report: ScanReport, seen: tuple[str, ...], gone: tuple[AssetResult, ...]
    ) -> Found:
        results = report.results
        told = results.entries() if isinstance(results, ResultSpool) else iter(results)
        paths = {result.path_bytes for result in gone}
        entries = [
            entry
            for entry in told
            if not isinstance(entry, AssetResult) or entry.path_bytes not in paths
        ]
        return Found(
            worker=self._name, seen=seen, ignored=report.ignored, entries=(*entries, *gone)
        )

    def _terms(self, scan: str) -> tuple[Asked, ScanOptions]:
        """Return how a scan is to be done here; raises ClusterError if it would be another."""
        if self._current is not None and self._current[0] == scan:
            return self._current[1:]
        asked = self._queue.terms(scan, Asked)
        if asked is None:
            raise ClusterError("the scan is over")
        if asked.folder:
            _enter(asked.folder)
        require_same(asked.terms, self._desk.terms(asked))
        options = self._desk.options(asked)
        self._current = (scan, asked, options)
        return asked, options


def _enter(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError as error:
        raise ClusterError(
            f"{shown(Path(folder))}: {error.strerror}; every host needs the same folders under the"
            " same paths"
        ) from error


def worker_name() -> str:
    """Return the name of this worker, for people."""
    return process_name().rpartition("/")[0]


@contextmanager
def telling(queue: Queue, series: str, number: int, worker: str) -> Iterator[None]:
    """Tell whoever asked for a task what went wrong with it inside, and raise it."""
    try:
        yield
    except Exception as error:
        why = str(error) or type(error).__name__
        queue.complain(series, number, f"worker {worker}: {why}")
        raise


def require_same(wanted: Mapping[str, str], here: Mapping[str, str]) -> None:
    """Raise ClusterError if a worker would judge by something else than whoever asks."""
    other = [name for name in wanted if here.get(name) != wanted[name]]
    if other or wanted.keys() != here.keys():
        what = ", ".join(other) or "what both know of"
        raise ClusterError(
            f"it has not the same {what}; give all hosts the same provenance and the same settings,"
            " then start the worker again"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What a worker does, and for how long."""

    database: Database
    """Where the queue is."""
    tasks: Mapping[str, Callable[..., None]]
    """What to do, by the name of task and queue; called with the arguments that were queued."""
    silence: float
    """After so many seconds without a heartbeat a worker is dead: others do its task again."""
    is_once: bool = False
    """Whether it ends as soon as nothing is queued."""
    on_ready: Callable[[], None] = lambda: None
    """Called when it is about to begin."""


def work(shift: Shift) -> None:
    """Do tasks until SIGTERM or SIGINT, or until there is none; the one in hand is finished.

    Raises OutOfReachError if the queue goes away.
    """
    try:
        asyncio.run(_work(shift))
    except (ProcrastinateException, psycopg.Error) as error:
        raise _out_of_reach(shift, error.__cause__ or error) from error


async def _work(shift: Shift) -> None:
    app = App(connector=PsycopgConnector(kwargs=shift.database.parameters, min_size=1, max_size=4))
    for name, do in shift.tasks.items():
        retry = RetryStrategy(max_attempts=ATTEMPTS - 1, wait=_RETRY_SECONDS)
        app.task(name=name, queue=name, retry=retry)(do)
    async with app.open_async():
        nurse = asyncio.create_task(_nurse(app, shift.silence))
        worker = asyncio.create_task(_procrastinate(app, shift))
        stopped = _heeding(worker)
        shift.on_ready()
        try:
            with suppress(asyncio.CancelledError):
                await worker
        finally:
            nurse.cancel()
    if not stopped.is_set() and not shift.is_once:
        raise _out_of_reach(shift)


def _out_of_reach(shift: Shift, why: BaseException | None = None) -> OutOfReachError:
    where = f"registry {shift.database.location}"
    if isinstance(why, psycopg.errors.ForeignKeyViolation):
        return OutOfReachError(
            f"{where}: this worker was silent for longer than lease_seconds and taken for dead;"
            " start it again"
        )
    reason = f": {str(why).partition(chr(10))[0]}" if why else ""
    return OutOfReachError(f"{where}: the queue went out of reach{reason}")


async def _procrastinate(app: App, shift: Shift) -> None:
    await app.run_worker_async(
        wait=not shift.is_once,
        install_signal_handlers=False,
        delete_jobs="successful",
        update_heartbeat_interval=shift.silence / _BEATS,
        stalled_worker_timeout=shift.silence,
        fetch_job_polling_interval=_POLL_SECONDS,
    )


def _heeding(worker: "asyncio.Task[None]") -> asyncio.Event:
    """Have signals end a worker; return what is set when one came."""
    stopped = asyncio.Event()

    def stop() -> None:
        stopped.set()
        worker.cancel()  # which procrastinate answers by finishing what it does

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopped


async def _nurse(app: App, silence: float) -> None:
    """Put back what dead workers held, as long as it was not tried too often."""
    manager = app.job_manager
    while True:
        with suppress(ProcrastinateException):  # another worker did it, or the queue is away
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=silence):
                await _put_back(app, job)
        await asyncio.sleep(silence / _BEATS)


async def _put_back(app: App, job: Job) -> None:
    if job.attempts + 1 < ATTEMPTS:
        await app.job_manager.retry_job(job)
    else:
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
