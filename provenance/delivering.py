"""Put files that pass the gate into the deliverable folder: all of them, or none.

The copies are judged once more before they appear, so that what was judged is what is delivered,
whatever happened to the sources meanwhile.
"""

import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from provenance.carriers.sidecar import C2PA_SUFFIX, XMP_SUFFIX, is_sidecar
from provenance.errors import ChangedMeanwhileError, TaggingError, UsageError
from provenance.ignoring import is_ignored
from provenance.judging import ScanOptions
from provenance.logbook import Logbook
from provenance.media.essence import identify_bytes
from provenance.media.replacing import rename_new, sync_folder
from provenance.media.source import FileSource
from provenance.media.staging import STAGING_SUFFIX
from provenance.model.finding import Verdict
from provenance.model.report import ScanReport
from provenance.path_text import shown
from provenance.scanning import Scanner
from provenance.walking import walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of an attempt to deliver."""

    report: ScanReport
    """What the gate said of the sources."""
    delivered: tuple[Path, ...]
    """Where the files now lie; empty if the gate kept them."""


class Deliverer:
    """Takes files through the gate into a folder."""

    def __init__(self, scanner: Scanner, logbook: Logbook) -> None:
        self._scanner = scanner
        self._logbook = logbook

    def deliver(self, sources: Iterable[Path], folder: Path, options: ScanOptions) -> Delivery:
        """Judge the sources and, if all pass, copy them into the folder.

        Nothing appears there unless everything does. The rules of the zone the folder lies in
        count for the sources too. Raises UsageError if the folder is missing,
        lies in a source, or holds something of a source's name, TaggingError if storage refuses.
        """
        named = _with_sidecars(map(_named, sources))
        _require_room(named, folder)
        _require_itself(folder, options)
        options = options.at(folder / named[0].name)
        report = self._scanner.scan(named, options)
        self._logbook.record_scan(report)  # before anything appears: no verdict goes unrecorded
        if report.verdict is not Verdict.PASS:
            return Delivery(report=report, delivered=())
        staging = folder / f".{secrets.token_hex(8)}{STAGING_SUFFIX}"
        try:
            staging.mkdir()
            for source in named:
                _copy_tree(source, staging / source.name, options.excluded)
            self._require_pass(staging, options)
            delivered = _publish(staging, folder, named)
            self._logbook.record_delivery(folder, len(delivered))
            return Delivery(report=report, delivered=delivered)
        except OSError as error:
            raise TaggingError(f"{shown(folder)}: {error.strerror or error}") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _require_pass(self, staging: Path, options: ScanOptions) -> None:
        again = self._scanner.scan((staging,), options)
        if again.verdict is not Verdict.PASS:
            against = (one for one in again.notable() if one.verdict is not Verdict.PASS)
            changed = next(against)
            raise ChangedMeanwhileError(
                f"{Path(changed.facts.path).name}: no longer passes since it was judged; nothing"
                " was delivered"
            )


def _named(source: Path) -> Path:
    """Return the source as it was given, unless that does not end in a name: `.` or `..`."""
    return source if source.name not in ("", "..") else source.resolve()


def _with_sidecars(sources: Iterable[Path]) -> tuple[Path, ...]:
    """Return the sources, each file followed by the sidecars of our naming that lie beside it."""
    named: list[Path] = []
    for source in sources:
        beside = (source.with_name(source.name + suffix) for suffix in (XMP_SUFFIX, C2PA_SUFFIX))
        named += [source, *(sidecar for sidecar in beside if is_sidecar(sidecar))]
    return tuple(dict.fromkeys(named))


def _require_room(sources: tuple[Path, ...], folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(f"{shown(folder)}: is no folder; make it first")
    for source in sources:
        if folder.resolve().is_relative_to(source.resolve()):
            raise UsageError(f"{shown(folder)}: lies in {shown(source)}, which is to be delivered")
    names = [source.name for source in sources]
    twice = {name for name in names if names.count(name) > 1}
    there = {name for name in names if os.path.lexists(folder / name)}
    if twice or there:
        shown_names = ", ".join(sorted(twice | there))
        raise UsageError(f"{shown(folder)}: {shown_names} would be overwritten; nothing was copied")


def _require_itself(folder: Path, options: ScanOptions) -> None:
    """Raise TaggingError for a folder whose zone may be another: nothing is copied there."""
    for zone in options.lost_at(folder):
        raise TaggingError(
            f"{shown(zone.path)}: the zone is not itself: {zone.why}; nothing was copied. See"
            " provenance status"
        )


def _copy_tree(source: Path, target: Path, excluded: frozenset[Path]) -> None:
    for found in walk((source,), excluded=excluded):
        if is_ignored(found.path, ()):
            continue  # What an operating system drops is no part of a delivery.
        inside = found.path.relative_to(source)
        place = target / inside if inside.parts else target
        place.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(found.path, place)


def _copy_file(source: Path, target: Path) -> None:
    with FileSource(source) as opened:
        with os.fdopen(os.dup(opened.descriptor), "rb") as data, target.open("xb") as file:
            shutil.copyfileobj(data, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        shutil.copystat(source, target, follow_symlinks=False)
        with FileSource(target) as copied:
            if identify_bytes(copied).file_digest != identify_bytes(opened).file_digest:
                raise TaggingError(f"{shown(source)}: the copy differs from it")


def _publish(staging: Path, folder: Path, sources: tuple[Path, ...]) -> tuple[Path, ...]:
    """Move everything out of the staging folder; on failure move what was moved back."""
    moved: list[Path] = []
    try:
        for source in sources:
            rename_new(staging / source.name, folder / source.name)
            moved.append(folder / source.name)
        sync_folder(folder)
    except OSError:
        for path in moved:
            path.rename(staging / path.name)
        raise
    return tuple(found.path for path in moved for found in walk((path,)))
