"""What happens to a file that arrived in a zone: tag it, tag what declares itself, or gate it."""

import os
import stat
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from provenance.carriers.sidecar import is_sidecar
from provenance.config import Role, Zone
from provenance.errors import (
    MediaError,
    ProvenanceError,
    UnreadableError,
    UnsupportedMediaError,
)
from provenance.examining import shown
from provenance.logbook import Logbook
from provenance.media.formats import SUFFIXES, identify, suffix_of
from provenance.media.frames import OTHER_IMAGES, frame_of, named_together
from provenance.media.source import FileSource
from provenance.model.finding import Verdict
from provenance.model.log import EventKind
from provenance.model.metadata import Completeness
from provenance.model.outcome import Action, TagOutcome
from provenance.model.report import AssetResult
from provenance.model.sequence import told_together
from provenance.model.tag import DeclaredBy
from provenance.quarantining import quarantine
from provenance.scanning import Scanner, ScanOptions
from provenance.sequencing import Failure, SequenceTagger
from provenance.tagging import TagRequest

_OTHER_MEDIA = OTHER_IMAGES | frozenset(
    {
        *(".mxf", ".r3d", ".braw"),
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
    """Where it arrived; `shot.[0001-0100].exr` for frames."""
    action: str
    """One word: tagged, passed, quarantined, left, ..."""
    detail: str
    """One sentence for the log."""
    files: int = 1
    """How many files it tells of: frames of a sequence with which the same was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of files that arrived together."""

    arrivals: tuple[Arrival, ...]
    """What was done, frames of one sequence told together."""
    failed: Mapping[Path, Exception]
    """Files with which it failed, and why; they are as they were and may be tried again."""


class ZoneKeeper:
    """Does in each zone what its role asks."""

    def __init__(
        self,
        *,
        zones: tuple[Zone, ...],
        tagger: SequenceTagger,
        scanner: Scanner,
        options: ScanOptions,
        logbook: Logbook,
        clock: Callable[[], datetime],
        dry_run: bool = False,
    ) -> None:
        self._zones = zones
        self._tagger = tagger
        self._scanner = scanner
        self._options = options
        self._logbook = logbook
        self._clock = clock
        self._dry_run = dry_run

    def take(self, paths: Sequence[Path]) -> Taken:
        """Deal with finished files that lie in one zone; one that fails stops no other.

        Raises RegistryError if the registry cannot be asked.
        """
        zone = next(zone for zone in self._zones if paths[0].is_relative_to(zone.path))
        done = list(self._do(paths, zone))
        arrivals = [one for one in done if isinstance(one, Arrival)]
        failures = (one for one in done if isinstance(one, Failure))
        return Taken(
            arrivals=tuple(map(_as_one, _alike(arrivals))),
            failed={one.path: one.error for one in failures},
        )

    def _do(self, paths: Sequence[Path], zone: Zone) -> Iterator[Arrival | Failure]:
        media = [path for path in paths if not is_sidecar(path)]
        for path in paths:
            if is_sidecar(path):
                yield Arrival(path=path, action="left", detail="a sidecar of the file beside it")
        if zone.role is Role.DELIVERABLE:
            yield from self._gate(media, zone)
        elif zone.role is Role.GENERATED:
            yield from self._tag_generated(media, zone)
        else:
            yield from self._tag(media, TagRequest(declared_by=DeclaredBy.SIGNAL))

    def _tag_generated(self, paths: Sequence[Path], zone: Zone) -> Iterator[Arrival | Failure]:
        wanted = []
        for path in paths:
            if is_media(path):
                wanted.append(path)
            else:
                yield Arrival(path=path, action="left", detail="not media")
        reasons = (f"landed in {zone.path.name}/",)
        yield from self._tag(wanted, TagRequest(declared_by=DeclaredBy.ZONE, reasons=reasons))

    def _tag(self, paths: Sequence[Path], request: TagRequest) -> Iterator[Arrival | Failure]:
        for done in self._tagger.tag_all(paths, request, dry_run=self._dry_run):
            yield done if isinstance(done, Failure) else _arrival(done)

    def _gate(self, paths: Sequence[Path], zone: Zone) -> Iterator[Arrival | Failure]:
        if not paths:
            return
        report = self._scanner.scan(paths, self._options)
        results = {result.path_bytes: result for result in report.results}
        if report.count(Verdict.UNDECIDED) and not self._dry_run:
            self._logbook.record_scan(report)
        for path in paths:
            result = results.get(os.fsencode(path))
            if result is None:
                yield Arrival(path=path, action="left", detail="left unread, as configured")
                continue
            try:
                yield self._gated(result, path, zone)
            except ProvenanceError as error:
                yield Failure(path=path, error=error)

    def _gated(self, result: AssetResult, path: Path, zone: Zone) -> Arrival:
        why = "; ".join(finding.message for finding in result.findings if finding.counts)
        if result.verdict is Verdict.PASS:
            return Arrival(path=path, action="passed", detail="no AI declaration, or approved")
        if result.verdict is Verdict.UNDECIDED:
            return Arrival(path=path, action="undecided", detail=f"left where it is: {why}")
        return self._keep_out(result, path, zone, why)

    def _keep_out(self, result: AssetResult, path: Path, zone: Zone, why: str) -> Arrival:
        if self._dry_run:
            return Arrival(path=path, action="would-quarantine", detail=why)
        moved = quarantine(result, path, zone.path, self._clock())
        self._logbook.record_file(EventKind.QUARANTINE, path, result)
        place = shown(moved.path.parent.relative_to(zone.path.parent))
        return Arrival(path=path, action="quarantined", detail=f"now in {place}: {why}")


def group_of(path: Path) -> Hashable:
    """Return what files that are best taken together have in common: the name of a sequence."""
    frame = frame_of(path)
    return path if frame is None else frame.place


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


def _alike(arrivals: Sequence[Arrival]) -> tuple[tuple[Arrival, ...], ...]:
    return told_together(
        arrivals, lambda one: frame_of(one.path), lambda one: (one.action, one.detail)
    )


def _as_one(alike: tuple[Arrival, ...]) -> Arrival:
    paths = [one.path for one in alike]
    return replace(alike[0], path=named_together(paths), files=len(paths))
