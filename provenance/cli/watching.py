"""One watch: the loop over the zones, and what it says of every file; it meets the watchers."""

import logging
import textwrap
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from provenance.cli.context import recover
from provenance.cli.oddities import Oddities
from provenance.cli.output import WIDTH, say
from provenance.cli.patience import Patience
from provenance.cli.watch_lines import Narrator, say_nothing
from provenance.config import Config
from provenance.daemon.account import Account
from provenance.daemon.failing import FOLDER, ZONE, kind_of
from provenance.daemon.logs import tell
from provenance.daemon.notices import Notice, Report
from provenance.daemon.pulse import Pulse
from provenance.daemon.settings import NoticeKind
from provenance.errors import OutOfReachError, ProvenanceError
from provenance.ignoring import PROBE_NAME
from provenance.model.arrival import KEPT_OUT, Arrival, Keeper, Taken
from provenance.model.log import EventKind
from provenance.model.zone import Role, zone_of
from provenance.path_text import shown
from provenance.processes import host_name
from provenance.rooting import MARKER
from provenance.wiring import Production
from provenance.zoning import group_of, is_complete
from watchers.change import Problem, ProblemKind
from watchers.filters import Filters
from watchers.interface import NotYetError
from watchers.journal import Journal
from watchers.loop import WatchLoop
from watchers.options import SourceKind, WatchOptions
from watchers.status import LoopStatus

_logger = logging.getLogger(__name__)
_FAILED = 3
_SIGN_EVERY = 100
"""Deeds after which a daemon signs the log, besides when it stops."""
_BLOCKED = 1
_REVIEW_SECONDS = 24 * 3600.0
"""How long it may take to judge anew what an approval, its end or another key has shaken."""


class Watch:
    """One run over the zones of a production."""

    def __init__(
        self,
        production: Production,
        *,
        account: Account,
        pulse: Pulse,
        report: Report = say_nothing,
        hurry: Callable[[], None] = lambda: None,
        keeper: Keeper | None = None,
        dry_run: bool = False,
        is_wrapping: bool = False,
    ) -> None:
        """Make a watch; who deals with the files is the production's own unless given."""
        config = production.config
        self._production = production
        self._keeper = keeper or production.zone_keeper(dry_run=dry_run)
        self._loop = WatchLoop(
            tuple(zone.path for zone in config.zones),
            self._take_all,
            is_complete=is_complete,
            group_of=group_of,
            options=_options(config, dry_run=dry_run),
            root_test=production.roots.trouble,
            on_problem=self._report_problem,
            on_reconcile=self._go_over,
            clock=pulse,
        )
        self._narrator = Narrator(config, notify=report, is_wrapping=is_wrapping)
        self._zones = config.zones
        self._root = config.root
        self._account = account
        self._pulse = pulse
        self._notify = report
        self._hurry = hurry
        self._dry_run = dry_run
        self._unsigned = 0
        self._oddities = Oddities(config, is_in_progress=Filters().may_become)
        self._patience = Patience(lambda text: tell("registry", text, level=logging.WARNING))

    def status(self) -> LoopStatus:
        """Return what the loop has to say of itself; for any thread."""
        return self._loop.status

    def once(self, stop: threading.Event) -> int:
        """Do one pass and return the exit code."""
        summary = self._loop.run_once(stop)
        self._report_oddities()
        failed = {problem.path for problem in summary.problems}
        waiting = {*summary.pending, *self._oddities.arriving}
        pending = sorted(path for path in waiting if path not in failed)
        for path in pending:
            tell("pending", f"still arriving: {shown(path)}", self._narrator.place(path))
        actions = self._account.actions
        counts = ", ".join(f"{count} {action}" for action, count in sorted(actions.items()))
        line = (
            f"{_files(len(summary.handled))} looked at{f' ({counts})' if counts else ''},"
            f" {len(pending)} still arriving, {len(summary.problems)} problems"
        )
        for part in textwrap.wrap(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False):
            say(part)
        is_undecided = actions["undecided"] or self._oddities.there
        has_failed = summary.problems or self._account.failures
        is_cut_short = bool(has_failed) or self._patience.is_waiting
        if is_cut_short or is_undecided or any(map(self._is_gated, pending)):
            return _FAILED
        return _BLOCKED if any(actions[action] for action in KEPT_OUT) else 0

    def run(self, stop: threading.Event) -> None:
        """Watch until the event is set; the file in hand is finished first."""
        for zone in self._zones:
            text = f"watching {shown(zone.path)} ({zone.role.value})"
            tell("watching", text, {"zone": shown(zone.path), "role": zone.role.value})
        self._loop.run(stop)

    def sign(self) -> None:
        """Sign the log as it is, unless nothing is to be written."""
        self._unsigned = 0
        if not self._dry_run:
            try:
                self._production.sign_log()
            except OutOfReachError as error:
                _logger.warning("%s; the log is signed by the next command that reaches it", error)

    def _go_over(self) -> None:
        """Mark new zones, clean up after writers that died, look again at what was decided.

        What goes wrong is tried again at the next look.
        """
        try:
            with self._pulse.patient(_REVIEW_SECONDS):
                self._report_oddities()
                with suppress(NotYetError), self._patience.trying():
                    self._review()
            self._account.settle(shown(self._root))
        except Exception as error:  # noqa: BLE001  (as for files: no look may end the watch)
            self._fail(error)

    def _review(self) -> None:
        if not self._dry_run:
            self._greet()
            recover(self._production)
        for arrival in self._keeper.review():
            self._note(arrival)
        if self._unsigned:
            self.sign()

    def _fail(self, error: Exception) -> None:
        """Note what went wrong with no one file, with its traceback where nobody foresaw it."""
        self._account.fail(shown(self._root), kind_of(error), str(error))
        if isinstance(error, ProvenanceError):
            tell("problem", f"problem          {error}", level=logging.WARNING)
        else:
            _logger.error("the look at everything failed", exc_info=error)

    def _take_all(self, paths: tuple[Path, ...]) -> Mapping[Path, Exception]:
        """Deal with finished files; return those that failed, with why.

        What somebody wrote meanwhile is to come again: tagging keeps the time of what it rewrites.
        """
        written = {path: _written_at(path) for path in paths}
        try:
            with self._patience.trying(), self._pulse.busy(sum(map(_size_of, paths))):
                taken = self._keeper.take(paths)
                failed = {path: self._put_off(path, error) for path, error in taken.failed.items()}
        except NotYetError:
            raise
        except Exception as error:
            if len(paths) > 1:
                raise  # the loop hands them over one by one
            taken = Taken(arrivals=(), failed={})
            failed = {path: self._put_off(path, error) for path in paths}
        for arrival in taken.arrivals:
            self._note(arrival)
        for path in paths:
            if path not in failed:
                self._account.settle(shown(path))
        if self._unsigned >= _SIGN_EVERY:
            self.sign()
        again = [path for path in paths if _written_at(path) not in (None, written[path])]
        return {**dict.fromkeys(again, NotYetError("somebody wrote it meanwhile")), **failed}

    def _put_off(self, path: Path, error: Exception) -> Exception:
        """Note a failure, unless it will pass by itself; return what the loop is to know of it."""
        if isinstance(error, ProvenanceError):
            later = self._patience.put_off(error)
            if isinstance(later, NotYetError):
                return later
        self._account.fail(shown(path), kind_of(error), str(error))
        self._hurry()
        return error

    def _note(self, arrival: Arrival) -> None:
        path = arrival.path
        zone = zone_of(path, self._zones)
        self._account.note(shown(zone.path) if zone else "", arrival.action, arrival.files)
        if arrival.action in ("left", "already-tagged", "passed"):
            return
        self._unsigned += 1
        self._hurry()
        self._narrator.tell(arrival)

    def _greet(self) -> None:
        """Mark the zones that nobody has marked yet, and say so."""
        for zone in self._zones:
            if self._production.roots.greet(zone.path):
                self._production.logbook.record_file(EventKind.ZONE_ADOPTED, zone.path)
                place = shown(zone.path)
                text = f"the zone {place} is known by its marker {MARKER} from here on"
                tell("zone-adopted", text, {"zone": place})

    def _report_oddities(self) -> None:
        """Tell once of links, pipes and the like among the deliverables: no watch takes them."""
        detail = "no regular file, not judged; a scan does not let it pass"
        for path in self._oddities.look():
            self._narrator.tell(Arrival(path=path, action="undecided", detail=detail))

    def _report_problem(self, problem: Problem) -> None:
        path = shown(problem.path)
        message = problem.message.replace(f"{path}: ", "", 1)
        is_zone = problem.kind is ProblemKind.ROOT
        if problem.kind is not ProblemKind.UNHANDLED:  # of those every attempt was counted
            self._account.fail(path, ZONE if is_zone else FOLDER, message)
        fields = {"detail": message, **self._narrator.place(problem.path)}
        tell("problem", f"problem          {path}: {message}", fields, level=logging.WARNING)
        if not is_zone and self._account.is_worth_telling(path):
            name = self._narrator.short(problem.path)
            self._notify(Notice(kind=NoticeKind.ERROR, name=name, detail=message))
        self._hurry()

    def _is_gated(self, path: Path) -> bool:
        zone = zone_of(path, self._zones)
        return zone is not None and zone.role is Role.DELIVERABLE


def is_news(record: logging.LogRecord) -> bool:
    """Return whether a log line says what the watch does not report by itself."""
    is_foreseen = record.exc_info is not None and isinstance(record.exc_info[1], ProvenanceError)
    return not is_foreseen and record.name != Journal.__module__


def _options(config: Config, *, dry_run: bool) -> WatchOptions:
    return WatchOptions(
        settle_seconds=config.settle_seconds,
        reconcile_seconds=config.reconcile_seconds,
        poll_seconds=config.poll_seconds,
        source=SourceKind(config.watch_source),
        probe_name="" if dry_run else f"{PROBE_NAME}{host_name()}",
    )


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _written_at(path: Path) -> int | None:
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return None  # It is gone or unreadable; the keeper says so.


def _size_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0  # It is gone or unreadable; the keeper says so.
