"""`provenance watch`: one pass over every zone, or the daemon."""

import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import click

from provenance.cli.context import load
from provenance.cli.watch_daemon import Daemon, require_zones
from provenance.cli.watching import Watch, is_news
from provenance.config import Config
from provenance.daemon.account import Account
from provenance.daemon.logs import logging_to_stderr
from provenance.daemon.pulse import Pulse
from provenance.daemon.settings import LogFormat
from provenance.daemon.signals import heeding
from provenance.errors import ProvenanceError
from provenance.processes import host_name
from provenance.wiring import Production


@click.command("watch")
@click.option("--once", is_flag=True, help="Look at everything once and exit.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; write and move nothing.")
@click.option(
    "--log-format",
    type=click.Choice(LogFormat, case_sensitive=False),
    help="How to write the log on standard error; else as the settings say.",
)
@click.pass_context
def command(ctx: click.Context, *, once: bool, dry_run: bool, log_format: LogFormat | None) -> int:
    """Watch every zone of provenance.toml until told to stop.

    In a generated zone all media is tagged, in a work zone what declares
    itself AI, in a deliverable zone what is blocked is moved to .quarantine
    beside the zone. What was missed while it was down is found at start and
    every reconcile_seconds. SIGTERM and Ctrl-C finish the file in hand, SIGHUP
    reads provenance.toml again. How it is: provenance status, and over HTTP at
    the address `listen` of the settings.

    A watch that is told to stop exits 0; on one host only one watches a
    production at a time. With --once the exit code is 1 if something was
    blocked, 3 if something failed, could not be judged, or still arrives as a
    deliverable, 130 if it was told to stop before the end.

    \b
    Examples:
      provenance watch
      provenance watch --once --dry-run
    """
    config = load(ctx)
    require_zones(config)
    with nullcontext() if dry_run else _alone(config):
        if not once:
            return Daemon(config, dry_run=dry_run, log=log_format).run()
        with logging_to_stderr(log_format or config.log, is_news):
            return _pass_over(config, dry_run=dry_run)


def _pass_over(config: Config, *, dry_run: bool) -> int:
    stop = threading.Event()
    heeded = heeding({signal.SIGTERM: stop.set, signal.SIGINT: stop.set})
    with heeded, Production(config) as production:
        account = Account(production.clock)
        watch = Watch(production, account=account, pulse=Pulse(), dry_run=dry_run, is_wrapping=True)
        code = watch.once(stop)
        watch.sign()
        if stop.is_set():
            raise click.Abort  # what was not looked at is in no exit code
        return code


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    """Hold this host's lock; raises ProvenanceError if another watch here has it.

    The data folder may lie on a share, and other hosts with it: they take leases. A registry in
    SQLite belongs to one host, which has one watch of it, whatever configurations there are.
    """
    which = "" if config.registry.startswith("sqlite:") else f"-{config.path.name}"
    lock = config.data / f"watch-{host_name()}{which}.lock"
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(lock, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise ProvenanceError(
            f"another `provenance watch` of {config.name} is running here; it does the same work"
        ) from error
    finally:
        os.close(descriptor)
