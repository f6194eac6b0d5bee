"""`provenance watch`: the daemon; the only place where watchers and provenance meet."""

import fcntl
import logging
import os
import signal
import stat
import textwrap
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType

import click

from provenance.cli.context import load, recover
from provenance.cli.output import WIDTH, note, safe, say, wrapped
from provenance.cli.patience import Patience
from provenance.config import Config, Role
from provenance.errors import ConfigError, OutOfReachError, ProvenanceError
from provenance.examining import shown
from provenance.processes import host_name
from provenance.walking import walk
from provenance.wiring import Production
from provenance.zoning import Arrival, ZoneKeeper, is_complete
from watchers.change import Problem
from watchers.interface import NotYetError
from watchers.journal import Journal
from watchers.loop import WatchLoop
from watchers.options import WatchOptions

_logger = logging.getLogger(__name__)
_FAILED = 3
_SIGN_EVERY = 100
"""Deeds after which a daemon signs the log, besides when it stops."""
_BLOCKED = 1
_KEPT_OUT = ("quarantined", "would-quarantine")


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

    A watch that is told to stop exits 0; on one host only one watches a
    production at a time. With --once the exit code is 1 if something was blocked, 3 if
    something failed, could not be judged, or still arrives as a deliverable.

    \b
    Examples:
      provenance watch
      provenance watch --once --dry-run
    """
    _log_to_stderr()
    config = load(ctx)
    if not config.zones:
        raise ConfigError(f"{config.path}: there are no [[zones]] to watch")
    with nullcontext() if dry_run else _alone(config), Production(config) as production:
        watch = _Watch(production, dry_run=dry_run, is_wrapping=once)
        code = watch.once() if once else watch.run()
        watch.sign()
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


class _Watch:
    """One run of the daemon."""

    def __init__(self, production: Production, *, dry_run: bool, is_wrapping: bool) -> None:
        config = production.config
        self._keeper = ZoneKeeper(
            zones=config.zones,
            tagger=production.tagger,
            scanner=production.scanner,
            logbook=production.logbook,
            leases=production.leases,
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
            on_reconcile=self._repair,
        )
        self._zones = config.zones
        self._root = config.root
        self._unsigned = 0
        self._is_wrapping = is_wrapping
        self._actions: Counter[str] = Counter()
        self._oddities = 0
        self._is_mute = False
        self._patience = Patience(note)

    def once(self) -> int:
        """Do one pass and return the exit code."""
        summary = self._loop.run_once(_stop_on_signal())
        self._report_oddities()
        failed = {problem.path for problem in summary.problems}
        pending = [path for path in summary.pending if path not in failed]
        for path in pending:
            note(f"still arriving: {shown(path)}")
        counts = ", ".join(f"{count} {action}" for action, count in sorted(self._actions.items()))
        line = (
            f"{_files(len(summary.handled))} looked at{f' ({counts})' if counts else ''},"
            f" {len(pending)} still arriving, {len(summary.problems)} problems"
        )
        for part in textwrap.wrap(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False):
            say(part)
        is_undecided = self._actions["undecided"] or self._oddities
        is_cut_short = bool(summary.problems) or self._patience.is_waiting
        if is_cut_short or is_undecided or any(map(self._is_gated, pending)):
            return _FAILED
        return _BLOCKED if any(self._actions[action] for action in _KEPT_OUT) else 0

    def run(self) -> int:
        """Watch until a signal asks to stop."""
        stop = _stop_on_signal()
        for zone in self._zones:
            note(f"watching {shown(zone.path)} ({zone.role.value})")
        self._report_oddities()
        self._loop.run(stop)
        note("stopped")
        return 0

    def sign(self) -> None:
        """Sign the log as it is, unless nothing is to be written."""
        self._unsigned = 0
        if not self._dry_run:
            try:
                self._production.sign_log()
            except OutOfReachError as error:
                _logger.warning("%s; the log is signed by the next command that reaches it", error)

    def _repair(self) -> None:
        """Clean up after writers of any host that died; a dry run writes nothing."""
        with suppress(NotYetError), self._patience.trying():
            if not self._dry_run:
                recover(self._production)

    def _take(self, path: Path) -> None:
        with self._patience.trying():
            self._do(path)

    def _do(self, path: Path) -> None:
        arrival = self._keeper.take(path)
        self._actions[arrival.action] += 1
        if _is_worth_a_line(arrival):
            self._unsigned += 1
            self._tell(arrival.action, path, arrival.detail)
        if self._unsigned >= _SIGN_EVERY:
            self.sign()

    def _tell(self, action: str, path: Path, detail: str) -> None:
        """Say what became of a file; a log that is gone or full stops no gate."""
        try:
            for line in self._lines(f"{action:<16} {self._short(path)}", f"({detail})"):
                say(line)
        except OSError as error:
            if not self._is_mute:
                _logger.warning("standard output: %s; the watch goes on", error.strerror)
            self._is_mute = True

    def _lines(self, head: str, detail: str) -> list[str]:
        """Return one line for a log; for a pass, lines that fit a terminal."""
        line = f"{head}  {detail}"
        if not self._is_wrapping or len(line) <= WIDTH:
            return [line]
        return [head, *wrapped(detail, 17)]

    def _report_oddities(self) -> None:
        """Tell of links, pipes and the like among the deliverables: no watch takes them."""
        for zone in self._zones:
            if zone.role is not Role.DELIVERABLE or not zone.path.is_dir():
                continue
            for found in walk((zone.path,)):
                if not found.problem and _is_odd(found.path):
                    self._oddities += 1
                    detail = "no regular file, not judged; a scan does not let it pass"
                    self._tell("undecided", found.path, detail)

    def _is_gated(self, path: Path) -> bool:
        gates = (zone.path for zone in self._zones if zone.role is Role.DELIVERABLE)
        return any(path.is_relative_to(gate) for gate in gates)

    def _short(self, path: Path) -> str:
        inside = path.is_relative_to(self._root)
        return shown(path.relative_to(self._root) if inside else path)

    def _report(self, problem: Problem) -> None:
        path = shown(problem.path)
        note(f"problem          {safe(path)}: {problem.message.replace(f'{path}: ', '', 1)}")


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


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _is_odd(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False  # It went meanwhile.


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
