"""`provenance worker`: does what scans ask of the queue."""

import logging
import signal
import subprocess
import sys
from pathlib import Path

import click

from provenance.cli.context import load
from provenance.cli.output import note
from provenance.clustering import make_queue_anew, open_database, run_worker
from provenance.config import Config
from provenance.daemon.logs import logging_to_stderr
from provenance.daemon.signals import heeding
from provenance.daemon.systemd import Notifier
from provenance.errors import ProvenanceError
from provenance.registry.redaction import redact

_FAILED = 3


@click.command("worker")
@click.option(
    "--concurrency", type=click.IntRange(1, 64), default=1, metavar="N", show_default=True,
    help="Workers to start here, each a process.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="End as soon as nothing is queued.")
@click.option(
    "--setup", is_flag=True,
    help="Make the queue anew, dropping what is queued; then end.",
)  # fmt: skip
@click.pass_context
def command(ctx: click.Context, *, concurrency: int, once: bool, setup: bool) -> int:
    """Work for `provenance scan --cluster` until told to stop.

    Every host of the production may run workers: with the same version, the
    same provenance.toml, its .provenance folder and the same folders under the
    same paths. The queue is in the registry, which has to be in PostgreSQL; a
    worker makes its tables when it first comes. SIGTERM and Ctrl-C finish the
    task in hand; what a worker that dies had in hand is done by another.

    \b
    Examples:
      provenance worker
      provenance worker --concurrency 4
      provenance worker --once
    """
    config = load(ctx)
    open_database(config)
    if setup:
        make_queue_anew(config)
        note(f"{redact(config.registry)}: the queue is made anew")
        return 0
    if concurrency > 1:
        return _several(config.path, concurrency, once=once)
    manager = Notifier()
    with logging_to_stderr(config.log, _is_news):
        run_worker(config, is_once=once, on_ready=lambda: _greet(config, manager))
        manager.stopping()
    return 0


def _greet(config: Config, manager: Notifier) -> None:
    note(f"worker of {config.name} at {redact(config.registry)}")
    manager.ready("at the queue")


def _several(settings: Path, number: int, *, once: bool) -> int:
    """Run several workers and hand signals on to them; 3 if one of them failed."""
    words = [sys.executable, "-m", "provenance", "--config", str(settings), "worker"]
    manager = Notifier()
    workers = [subprocess.Popen([*words, *["--once"] * once]) for _ in range(number)]  # noqa: S603  (ourselves)

    def stop() -> None:
        manager.stopping()
        for worker in workers:
            worker.terminate()

    with heeding({signal.SIGTERM: stop, signal.SIGINT: stop}):
        manager.ready(f"{number} workers")
        codes = [worker.wait() for worker in workers]
    return _FAILED if any(codes) else 0


def _is_news(record: logging.LogRecord) -> bool:
    """Return whether a log line says more than an error of ours, which is told anyway."""
    kind = record.exc_info[0] if record.exc_info else None
    origin = kind.__module__ if kind else record.name
    is_ours = kind is not None and issubclass(kind, ProvenanceError)
    is_told = is_ours or origin.startswith(("psycopg", "procrastinate.exceptions"))
    return record.levelno >= logging.WARNING and not is_told
