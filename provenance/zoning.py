"""What happens to files that arrived in a zone: tag them all, or what declares itself, or gate."""

import stat
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from provenance.carriers.sidecar import files_beside, is_sidecar, read_xmp_sidecar
from provenance.carriers.xmp_packet import find_tag
from provenance.errors import (
    MediaError,
    ProvenanceError,
    TaggingError,
    UnreadableError,
    UnsupportedMediaError,
)
from provenance.gating import Gate
from provenance.media.closing import is_closed
from provenance.media.formats import SUFFIXES, identify, suffix_of
from provenance.media.frames import OTHER_IMAGES, frame_of, named_together
from provenance.media.source import FileSource
from provenance.model.arrival import Arrival, Taken
from provenance.model.metadata import Completeness
from provenance.model.outcome import Action, TagOutcome
from provenance.model.sequence import told_together
from provenance.model.tag import DeclaredBy
from provenance.model.tag_request import TagRequest
from provenance.model.zone import Role, Zone, zone_of
from provenance.path_text import shown
from provenance.sequencing import Failure, SequenceTagger

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


class ZoneKeeper:
    """Does in each zone what its role asks."""

    def __init__(
        self,
        *,
        zones: tuple[Zone, ...],
        tagger: SequenceTagger,
        gate: Gate,
        trouble: Callable[[Path], str] = lambda _: "",
        dry_run: bool = False,
    ) -> None:
        self._zones = zones
        self._tagger = tagger
        self._gate = gate
        self._trouble = trouble
        self._dry_run = dry_run

    def take(self, paths: Sequence[Path]) -> Taken:
        """Deal with finished files that lie in one zone; one that fails stops no other.

        Raises TaggingError if there is no such zone or it is not itself.
        """
        zone = zone_of(paths[0], self._zones)
        if zone is None:
            raise TaggingError(f"{shown(paths[0])}: lies in no zone")
        trouble = self._trouble(zone.path)
        if trouble:
            raise TaggingError(f"{shown(zone.path)}: {trouble}")
        done = list(self._do(paths, zone))
        arrivals = [one for one in done if isinstance(one, Arrival)]
        failures = (one for one in done if isinstance(one, Failure))
        return Taken(
            arrivals=tuple(map(_as_one, _alike(arrivals))),
            failed={one.path: one.error for one in failures},
        )

    def review(self) -> Iterator[Arrival]:
        """Look again at what the gate decided on, where that has changed. See `Gate.review`."""
        gates = [zone for zone in self._zones if zone.role is Role.DELIVERABLE]
        sound = [zone for zone in gates if not self._trouble(zone.path)]
        done: list[Arrival] = []
        error = None
        try:
            done.extend(self._gate.review(sound))
        except (ProvenanceError, OSError) as broken:
            error = broken
        yield from map(_as_one, _alike(done))
        if error is not None:
            raise error

    def _do(self, paths: Sequence[Path], zone: Zone) -> Iterator[Arrival | Failure]:
        sidecars = dict.fromkeys(path for path in paths if is_sidecar(path))
        for path in sidecars:
            yield Arrival(path=path, action="left", detail="a sidecar of the file beside it")
        yield from self._do_by_role([path for path in paths if path not in sidecars], zone)
        arrived = frozenset(paths)
        spoken_of = {file: path for path in sidecars for file in _to_take_anew(path, zone)}
        anew = [file for file in spoken_of if file not in arrived]
        for one in self._do_by_role(anew, zone, anew=True):
            # Whoever handed the sidecar over knows of that one alone, and tries it again.
            yield replace(one, path=spoken_of[one.path]) if isinstance(one, Failure) else one

    def _do_by_role(
        self, media: Sequence[Path], zone: Zone, *, anew: bool = False
    ) -> Iterator[Arrival | Failure]:
        if zone.role is Role.DELIVERABLE:
            yield from self._gate.take(media, zone, anew=anew)
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


def _to_take_anew(sidecar: Path, zone: Zone) -> Iterator[Path]:
    """Yield files that have to be taken anew because a sidecar of theirs has arrived.

    One that was written since the sidecar may be arriving yet, and is taken by itself.
    """
    for path in files_beside(sidecar):
        is_still = _is_regular(path) and _changed_at(path) <= _changed_at(sidecar)
        is_done = zone.role is Role.GENERATED and _is_tagged_beside(path)
        if is_still and not is_done and is_complete(path):
            yield path


def _is_tagged_beside(path: Path) -> bool:
    try:
        return find_tag(read_xmp_sidecar(path)) is not None
    except MediaError:
        return False


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


def _changed_at(path: Path) -> int:
    try:
        return path.lstat().st_ctime_ns
    except OSError:
        return 0  # It went meanwhile; whoever takes it says so.


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
