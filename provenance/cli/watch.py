"""`provenance watch`: the daemon; the only place where watchers and provenance meet."""

import logging
import signal
import threading
from pathlib import Path
from types import FrameType

import click

from provenance.cli.context import load, recover
from provenance.cli.output import note, safe, say
from provenance.config import Role
from provenance.errors import ConfigError, ProvenanceError
from provenance.examining import shown
from provenance.wiring import Production
from provenance.zoning import Arrival, ZoneKeeper, is_complete
from watchers.change import Problem
from watchers.journal import Journal
from watchers.loop import WatchLoop
from watchers.options import WatchOptions

_FAILED = 3
_SIGN_EVERY = 100
"""Deeds after which a daemon signs the log, besides when it stops."""
_BLOCKED = 1


@click.command("watch", short_help="Tag what lands, gate what is delivered.")
@click.option("--once", is_flag=True, help="Look at everything once and exit.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; write and move nothing.")
@click.pass_context
def command(ctx: click.Context, *, once: bool, dry_run: bool) -> int:
    """Watch every zone of provenance.toml until told to stop.

    In a generated zone all media is tagged, in a work zone what declares
    itself AI, in a deliverable zone what is blocked is moved to .quarantine
    beside the zone. What was missed while it was down is found at start and
    every reconcile_seconds. SIGTERM and Ctrl-C finish the file in hand.

    With --once the exit code is 1 if something was blocked, 3 if something
    failed or a deliverable is still arriving.

    \b
    Examples:
      provenance watch
      provenance watch --once --dry-run
    """
    _log_to_stderr()
    config = load(ctx)
    if not config.zones:
        raise ConfigError(f"{config.path}: there are no [[zones]] to watch")
    with Production(config) as production:
        if not dry_run:
            recover(production)
        watch = _Watch(production, dry_run=dry_run)
        code = watch.once() if once else watch.run()
        watch.sign()
        return code


class _Watch:
    """One run of the daemon."""

    def __init__(self, production: Production, *, dry_run: bool) -> None:
        config = production.config
        self._keeper = ZoneKeeper(
            zones=config.zones,
            tagger=production.tagger,
            scanner=production.scanner,
            logbook=production.logbook,
            options=production.scan_options(remembers=not dry_run),
            clock=production.clock,
            dry_run=dry_run,
        )
        self._production = production
        self._dry_run = dry_run
        self._loop = WatchLoop(
            tuple(zone.path for zone in config.zones),
            self._take,
            is_complete=is_complete,
            options=WatchOptions(
                settle_seconds=config.settle_seconds, reconcile_seconds=config.reconcile_seconds
            ),
            on_problem=self._report,
        )
        self._zones = config.zones
        self._root = config.root
        self._blocked = 0
        self._problems = 0
        self._unsigned = 0

    def once(self) -> int:
        """Do one pass and return the exit code."""
        summary = self._loop.run_once(_stop_on_signal())
        for path in summary.pending:
            note(f"still arriving: {shown(path)}")
        say(
            f"{len(summary.handled)} files looked at, {len(summary.pending)} still arriving,"
            f" {len(summary.problems)} problems"
        )
        if summary.problems or self._problems or any(map(self._is_gated, summary.pending)):
            return _FAILED
        return _BLOCKED if self._blocked else 0

    def run(self) -> int:
        """Watch until a signal asks to stop."""
        stop = _stop_on_signal()
        for zone in self._zones:
            note(f"watching {shown(zone.path)} ({zone.role.value})")
        self._loop.run(stop)
        note("stopped")
        return 0

    def sign(self) -> None:
        """Sign the log as it is, unless nothing is to be written."""
        if not self._dry_run:
            self._production.sign_log()
        self._unsigned = 0

    def _take(self, path: Path) -> None:
        arrival = self._keeper.take(path)
        if arrival.action in ("quarantined", "would-quarantine"):
            self._blocked += 1
        if arrival.action == "undecided":
            self._problems += 1
        if _is_worth_a_line(arrival):
            self._unsigned += 1
            say(f"{arrival.action:<16} {self._short(path)}  ({arrival.detail})")
        if self._unsigned >= _SIGN_EVERY:
            self.sign()

    def _is_gated(self, path: Path) -> bool:
        gates = (zone.path for zone in self._zones if zone.role is Role.DELIVERABLE)
        return any(path.is_relative_to(gate) for gate in gates)

    def _short(self, path: Path) -> str:
        inside = path.is_relative_to(self._root)
        return shown(path.relative_to(self._root) if inside else path)

    def _report(self, problem: Problem) -> None:
        note(f"problem          {safe(shown(problem.path))}: {problem.message}")


class _SafeFormatter(logging.Formatter):
    """Log lines that are printable, whatever names they quote."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(safe, super().format(record).splitlines()))


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_SafeFormatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_is_news)
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def _is_news(record: logging.LogRecord) -> bool:
    """Return whether a log line says what the watch does not report by itself."""
    is_foreseen = record.exc_info is not None and isinstance(record.exc_info[1], ProvenanceError)
    return not is_foreseen and record.name != Journal.__module__


def _is_worth_a_line(arrival: Arrival) -> bool:
    return arrival.action not in ("left", "already-tagged", "passed")


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop
