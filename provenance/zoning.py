"""What happens to a file that arrived in a zone: tag it, tag what declares itself, or gate it."""

import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from provenance.carriers.sidecar import is_sidecar
from provenance.config import OnBlock, Role, Zone
from provenance.errors import (
    MediaError,
    ProvenanceError,
    TaggingError,
    UnreadableError,
    UnsupportedMediaError,
)
from provenance.examining import shown
from provenance.logbook import Logbook
from provenance.media.closing import is_closed
from provenance.media.formats import SUFFIXES, identify, suffix_of
from provenance.media.source import FileSource
from provenance.model.finding import Verdict
from provenance.model.log import EventKind
from provenance.model.metadata import Completeness
from provenance.model.outcome import Action, TagOutcome
from provenance.model.report import AssetResult
from provenance.model.tag import DeclaredBy
from provenance.packaging import PackageCase, PackageJudge
from provenance.quarantining import Quarantined, list_quarantine, quarantine, restore
from provenance.reviewing import Reviewer
from provenance.scanning import Scanner, ScanOptions
from provenance.tagging import Tagger, TagRequest

_OTHER_MEDIA = frozenset(
    {
        *(".exr", ".dpx", ".mxf", ".tga", ".bmp", ".jp2", ".hdr", ".ari", ".r3d", ".braw"),
        *(".mpg", ".mpeg", ".ts", ".m2ts", ".wmv", ".3gp", ".aif", ".aiff", ".aac", ".caf"),
        *(".fbx", ".obj", ".abc"),
    }
)
"""Media this version does not read; in a generated zone it is tagged beside."""
KEPT_OUT = ("quarantined", "would-quarantine", "blocked", "revoked")
"""Actions by which something is kept out of a deliverable."""
_LONGEST_ARRIVAL = 600.0
"""Seconds without a write after which a file is waited for no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What was done with a file that arrived."""

    path: Path
    """Where it arrived."""
    action: str
    """One word: tagged, passed, quarantined, blocked, left, ..."""
    detail: str
    """One sentence for the log."""
    rules: tuple[str, ...] = ()
    """Ids of the rules that keep it out."""


class ZoneKeeper:
    """Does in each zone what its role asks."""

    def __init__(
        self,
        *,
        zones: tuple[Zone, ...],
        tagger: Tagger,
        scanner: Scanner,
        options: ScanOptions,
        logbook: Logbook,
        clock: Callable[[], datetime],
        reviewer: Reviewer,
        packages: PackageJudge,
        trouble: Callable[[Path], str] = lambda _: "",
        dry_run: bool = False,
    ) -> None:
        self._zones = zones
        self._tagger = tagger
        self._scanner = scanner
        self._options = replace(options, lost_at=lambda _: ())
        self._trouble = trouble
        self._logbook = logbook
        self._clock = clock
        self._reviewer = reviewer
        self._packages = packages
        self._stuck: set[Path] = set()
        self._dry_run = dry_run

    def take(self, path: Path) -> Arrival:
        """Deal with one finished file.

        Raises ProvenanceError if that failed; the file is then as it was and may be tried again.
        """
        zone = next(zone for zone in self._zones if path.is_relative_to(zone.path))
        trouble = self._trouble(zone.path)
        if trouble:
            raise TaggingError(f"{shown(zone.path)}: {trouble}")
        if is_sidecar(path):
            return Arrival(path=path, action="left", detail="a sidecar of the file beside it")
        if zone.role is Role.DELIVERABLE:
            return self._gate(path, zone)
        if zone.role is Role.GENERATED:
            return self._tag_generated(path, zone)
        return _arrival(self._tag(path, TagRequest(declared_by=DeclaredBy.SIGNAL)))

    def review(self) -> Iterator[Arrival]:
        """Look again at deliverables and the quarantine, where what was decided on has changed.

        What is approved by now comes back, what is approved no longer goes. Raises RegistryError
        if the registry cannot be asked.
        """
        gates = [zone for zone in self._zones if zone.role is Role.DELIVERABLE]
        gates = [zone for zone in gates if not self._trouble(zone.path)]
        if self._reviewer.begin(self._clock()):
            for path, passed in self._reviewer.shaken():
                yield from self._judge_again(path, gates, passed=passed)
            kept = (entry for zone in gates for entry in list_quarantine(zone.path))
            for entry in self._reviewer.returnable(kept):
                yield from self._bring_back(entry)
        for path in self._reviewer.doubtful():
            yield from self._judge_again(path, gates)

    def _judge_again(
        self, path: Path, gates: list[Zone], *, passed: bool | None = None
    ) -> Iterator[Arrival]:
        """Judge a deliverable anew; for what passed or not by its records say what changed."""
        zone = next((zone for zone in gates if path.is_relative_to(zone.path)), None)
        if zone is None or not self._reviewer.is_as_judged(path):
            return
        try:
            arrival = self._gate(path, zone, anew=True)
        except TaggingError as error:
            arrival = Arrival(path=path, action="undecided", detail=str(error))
        if passed and arrival.action in KEPT_OUT:
            yield replace(arrival, action="revoked", detail=f"passes no longer, {arrival.detail}")
        elif passed is False and arrival.action == "passed":
            yield replace(arrival, action="passes-now")
        elif arrival.action != "passed":
            yield arrival

    def _bring_back(self, entry: Quarantined) -> Iterator[Arrival]:
        """Move a file back that passes by now, by the terms of its zone; never onto another."""
        path = entry.original
        result = self._scanner.judge_file(entry.path, self._options.at(path))
        if result.verdict is not Verdict.PASS:
            return
        if self._dry_run:
            yield Arrival(path=path, action="would-return", detail="it passes by now")
            return
        try:
            restore(entry.path)
        except ProvenanceError as error:
            self._reviewer.retry(entry)
            if entry.path not in self._stuck:
                self._stuck.add(entry.path)
                detail = f"it passes by now and stays in quarantine: {error}"
                yield Arrival(path=path, action="stuck", detail=detail)
            return
        self._stuck.discard(entry.path)
        self._reviewer.note(path, result)
        self._logbook.record_file(EventKind.RESTORE, path, result)
        yield Arrival(path=path, action="returned", detail="back from quarantine: it passes by now")

    def _tag_generated(self, path: Path, zone: Zone) -> Arrival:
        if not is_media(path):
            return Arrival(path=path, action="left", detail="not media")
        reasons = (f"landed in {zone.path.name}/",)
        return _arrival(self._tag(path, TagRequest(declared_by=DeclaredBy.ZONE, reasons=reasons)))

    def _tag(self, path: Path, request: TagRequest) -> TagOutcome:
        return self._tagger.tag(path, request, dry_run=self._dry_run)

    def _gate(self, path: Path, zone: Zone, *, anew: bool = False) -> Arrival:
        package = self._packages.find(path)
        if package is not None:
            case = self._packages.judge(path, package, zone.path, self._options, anew=anew)
            if case is None:
                return Arrival(path=path, action="left", detail=f"belongs to the {package.name}")
            return self._gate_package(case, path, zone)
        report = self._scanner.scan((path,), self._options)
        if report.ignored:
            return Arrival(path=path, action="left", detail="left unread, as configured")
        result = report.results[0]
        self._reviewer.note(path, result)
        why = "; ".join(finding.message for finding in result.findings if finding.counts)
        if result.verdict is Verdict.PASS:
            return Arrival(path=path, action="passed", detail="no AI declaration, or approved")
        if result.verdict is Verdict.UNDECIDED:
            if not self._dry_run:
                self._logbook.record_scan(report)
            left = Arrival(path=path, action="undecided", detail=f"left where it is: {why}")
            return replace(left, rules=_rules(result))
        return replace(self._keep_out(result, path, zone, why), rules=_rules(result))

    def _gate_package(self, case: PackageCase, path: Path, zone: Zone) -> Arrival:
        """Keep a sealed package out as a whole, or let it be; nothing is taken out of it."""
        for result in case.report.results:
            if result.path_bytes is not None:
                self._reviewer.note(Path(os.fsdecode(result.path_bytes)), result)
        verdict = case.report.verdict
        if verdict is Verdict.PASS:
            return Arrival(path=path, action="passed", detail="no AI declaration, or approved")
        if verdict is Verdict.UNDECIDED:
            if not self._dry_run:
                self._logbook.record_scan(case.report)
            detail = f"left whole where it is: {case.why}"
            left = Arrival(path=case.place, action="undecided", detail=detail)
            return replace(left, rules=_rules(case.result))
        if not case.is_movable:
            zone = replace(zone, on_block=OnBlock.REPORT)
        kept_out = self._keep_out(case.result, case.place, zone, case.why)
        return replace(kept_out, rules=_rules(case.result))

    def _keep_out(self, result: AssetResult, path: Path, zone: Zone, why: str) -> Arrival:
        if zone.on_block is OnBlock.REPORT:
            if not self._dry_run:
                self._logbook.record_file(EventKind.BLOCKED, path, result)
            return Arrival(path=path, action="blocked", detail=f"left where it is: {why}")
        if self._dry_run:
            return Arrival(path=path, action="would-quarantine", detail=why)
        moved = quarantine(result, path, zone.path, self._clock())
        self._reviewer.forget(path)
        self._logbook.record_file(EventKind.QUARANTINE, path, result)
        place = shown(moved.path.parent.relative_to(zone.path.parent))
        return Arrival(path=path, action="quarantined", detail=f"now in {place}: {why}")


def _rules(result: AssetResult) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.rule for finding in result.findings if finding.counts))


def is_media(path: Path) -> bool:
    """Return whether a file is media: by its bytes for formats we read, else by its suffix.

    Of a file that may not be opened the suffix decides, so that somebody says it was not read.
    """
    try:
        with FileSource(path) as source:
            identify(source.head, suffix_of(path))
    except UnsupportedMediaError:
        return suffix_of(path) in _OTHER_MEDIA
    except UnreadableError:
        return _is_regular(path) and suffix_of(path) in _OTHER_MEDIA | SUFFIXES
    except MediaError:
        return False
    return True


def is_complete(path: Path, now: Callable[[], float] = time.time) -> bool:
    """Return whether a file has arrived: its container closes, or it was left open for long.

    Of a kind that is not read its own structure decides where it is known (MXF, OpenEXR, DPX, ZIP
    and others), else it counts as closed. What nobody has written for ten minutes is not
    arriving but damaged, and what may not be opened will not open for waiting: both are taken
    too, so that a gate judges them and the trouble is reported.
    """
    try:
        if now() - path.lstat().st_ctime > _LONGEST_ARRIVAL:
            return True
        with FileSource(path) as source:
            return _closes(source)
    except UnreadableError:
        return _is_regular(path)
    except (MediaError, OSError):
        return False


def _closes(source: FileSource) -> bool:
    try:
        fmt = identify(source.head, suffix_of(source.path))
    except UnsupportedMediaError:
        return is_closed(source, source.head)
    return fmt.read(source).completeness is Completeness.WHOLE


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _arrival(outcome: TagOutcome) -> Arrival:
    action = "left" if outcome.action is Action.NOTHING_DECLARED else outcome.action.value
    return Arrival(path=outcome.path, action=action, detail=outcome.detail)
