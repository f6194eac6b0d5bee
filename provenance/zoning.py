"""What happens to a file that arrived in a zone: tag it, tag what declares itself, or gate it."""

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from provenance.carriers.sidecar import is_sidecar
from provenance.config import Role, Zone
from provenance.errors import MediaError, UnreadableError, UnsupportedMediaError
from provenance.examining import shown
from provenance.leasing import LeaseKeeper
from provenance.logbook import Logbook
from provenance.media.formats import SUFFIXES, identify, suffix_of
from provenance.media.source import FileSource
from provenance.model.finding import Verdict
from provenance.model.log import EventKind
from provenance.model.metadata import Completeness
from provenance.model.outcome import Action, TagOutcome
from provenance.model.report import AssetResult
from provenance.model.tag import DeclaredBy
from provenance.quarantining import quarantine
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
_LONGEST_ARRIVAL = 600.0
"""Seconds without a write after which a file is waited for no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What was done with a file that arrived."""

    path: Path
    """Where it arrived."""
    action: str
    """One word: tagged, passed, quarantined, left, ..."""
    detail: str
    """One sentence for the log."""


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
        leases: LeaseKeeper,
        clock: Callable[[], datetime],
        dry_run: bool = False,
    ) -> None:
        self._zones = zones
        self._tagger = tagger
        self._scanner = scanner
        self._options = options
        self._logbook = logbook
        self._leases = leases
        self._clock = clock
        self._dry_run = dry_run

    def take(self, path: Path) -> Arrival:
        """Deal with one finished file.

        Raises ProvenanceError if that failed; the file is then as it was and may be tried again.
        """
        zone = next(zone for zone in self._zones if path.is_relative_to(zone.path))
        if is_sidecar(path):
            return Arrival(path=path, action="left", detail="a sidecar of the file beside it")
        if zone.role is Role.DELIVERABLE:
            return self._gate(path, zone)
        if zone.role is Role.GENERATED:
            return self._tag_generated(path, zone)
        return _arrival(self._tag(path, TagRequest(declared_by=DeclaredBy.SIGNAL)))

    def _tag_generated(self, path: Path, zone: Zone) -> Arrival:
        if not is_media(path):
            return Arrival(path=path, action="left", detail="not media")
        reasons = (f"landed in {zone.path.name}/",)
        return _arrival(self._tag(path, TagRequest(declared_by=DeclaredBy.ZONE, reasons=reasons)))

    def _tag(self, path: Path, request: TagRequest) -> TagOutcome:
        return self._tagger.tag(path, request, dry_run=self._dry_run)

    def _gate(self, path: Path, zone: Zone) -> Arrival:
        report = self._scanner.scan((path,), self._options)
        if report.ignored:
            return Arrival(path=path, action="left", detail="left unread, as configured")
        result = report.results[0]
        why = "; ".join(finding.message for finding in result.findings if finding.counts)
        if result.verdict is Verdict.PASS:
            return Arrival(path=path, action="passed", detail="no AI declaration, or approved")
        if result.verdict is Verdict.UNDECIDED:
            if not self._dry_run:
                self._logbook.record_scan(report)
            return Arrival(path=path, action="undecided", detail=f"left where it is: {why}")
        return self._keep_out(result, path, zone, why)

    def _keep_out(self, result: AssetResult, path: Path, zone: Zone, why: str) -> Arrival:
        if self._dry_run:
            return Arrival(path=path, action="would-quarantine", detail=why)
        with self._leases.hold(path) as held, held.publishing():
            if not os.path.lexists(path):
                return Arrival(path=path, action="left", detail="it went, by another host perhaps")
            moved = quarantine(result, path, zone.path, self._clock())
            self._logbook.record_file(EventKind.QUARANTINE, path, result)
        place = shown(moved.path.parent.relative_to(zone.path.parent))
        return Arrival(path=path, action="quarantined", detail=f"now in {place}: {why}")


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

    A format nobody here reads counts as closed. What nobody has written for ten minutes is not
    arriving but damaged, and what may not be opened will not open for waiting: both are taken
    too, so that a gate judges them and the trouble is reported.
    """
    try:
        if now() - path.lstat().st_ctime > _LONGEST_ARRIVAL:
            return True
        with FileSource(path) as source:
            fmt = identify(source.head, suffix_of(path))
            return fmt.read(source).completeness is Completeness.WHOLE
    except UnsupportedMediaError:
        return True
    except UnreadableError:
        return _is_regular(path)
    except (MediaError, OSError):
        return False


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _arrival(outcome: TagOutcome) -> Arrival:
    action = "left" if outcome.action is Action.NOTHING_DECLARED else outcome.action.value
    return Arrival(path=outcome.path, action=action, detail=outcome.detail)
