"""Worker processes that are kept for the next one who asks for the same.

Starting one takes longer than most commands; in a terminal each command starts its own.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from provenance.isolation.interface import Limits
from provenance.isolation.worker_process import WorkerProcess


class KeptWorker(WorkerProcess):
    """A worker process that outlives who entered it; only `close` ends it."""

    def __exit__(self, *_error: object) -> None:
        """Keep it."""


@contextmanager
def kept_workers() -> Iterator[Callable[..., WorkerProcess]]:
    """Give what may be called in place of WorkerProcess, and close all of them at the end."""
    with ExitStack() as opened:

        @cache
        def worker(
            *, preload: tuple[str, ...], limits: Limits | None = None, tasks_per_worker: int = 500
        ) -> WorkerProcess:
            made = KeptWorker(preload=preload, limits=limits, tasks_per_worker=tasks_per_worker)
            opened.callback(made.close)
            return made

        yield worker
