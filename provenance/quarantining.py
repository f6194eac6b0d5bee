"""Move a blocked arrival out of a deliverable folder, so that it can be moved back.

`<beside the zone>/.quarantine/<zone>/<path in the zone>` holds the file under its own name, with a
number where one is taken; `.why.txt` says why, `.json` how to bring it back. Nothing is deleted
here; `purging` does that when somebody asks.
"""

import contextlib
import itertools
import json
import logging
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from provenance.carriers.sidecar import C2PA_SUFFIX, XMP_SUFFIX
from provenance.errors import TaggingError, UnreadableError, UsageError
from provenance.faults import faultpoint
from provenance.media.replacing import rename_new
from provenance.media.source import FileSource
from provenance.media.staging import write_beside
from provenance.model.digest import Digest, parse_digest
from provenance.model.finding import Finding
from provenance.model.report import AssetResult
from provenance.path_text import shown
from provenance.walking import descend

_logger = logging.getLogger(__name__)
QUARANTINE_FOLDER = ".quarantine"
_SCHEMA = "provenance-quarantine"
_RECORD = ".quarantine.json"
_WHY = ".why.txt"
_SIDECARS = (XMP_SUFFIX, C2PA_SUFFIX)
_LARGEST_RECORD = 1 << 20
_LONGEST_NAME = 255
_LONGEST_SUFFIX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A file, or a sealed package, in quarantine."""

    path: Path
    """Where it lies now."""
    original: Path
    """Where it came from."""
    reasons: tuple[str, ...]
    """Why, in the words of the findings."""
    quarantined_at: str
    """When, ISO 8601 UTC."""
    content: Digest | None = None
    """Digest of the essence that was judged; None where it is not known."""

    @property
    def is_there(self) -> bool:
        """Whether the file still lies where it was put."""
        return os.path.lexists(self.path)


def quarantine(result: AssetResult, path: Path, zone: Path, now: datetime) -> Quarantined:
    """Move a blocked file and its sidecars beside its zone and return where.

    Raises TaggingError if it cannot be moved; it then lies where it lay.
    """
    folder = quarantine_of(zone) / path.relative_to(zone).parent
    record = Quarantined(
        path=_free_name(path, folder),
        original=path,
        reasons=tuple(_said(finding, result) for finding in result.findings if finding.counts),
        quarantined_at=now.isoformat(timespec="seconds"),
        content=result.facts.essence_digest,
    )
    try:
        faultpoint("quarantine.before-record")
        descend(quarantine_of(zone).parent, folder, makes=True)
        # The record first: nothing lies in quarantine of which nobody knows why and whence.
        write_beside(_beside(record.path, _RECORD), json.dumps(_to_record(record)).encode())
        write_beside(_beside(record.path, _WHY), _explain(result, record).encode())
        descend(zone, path.parent)
        descend(quarantine_of(zone).parent, folder)
        _move(path, record.path)
    except (OSError, TaggingError) as error:
        _forget(record.path)
        why = error.strerror if isinstance(error, OSError) else error
        raise TaggingError(
            f"{shown(path)}: could not be moved to {shown(folder)}: {why}"
        ) from error
    faultpoint("quarantine.after-move")
    return record


def quarantine_of(zone: Path) -> Path:
    """Return the folder of a zone's quarantine, which need not be there."""
    return zone.parent / QUARANTINE_FOLDER / zone.name


def belonging(path: Path) -> tuple[Path, ...]:
    """Return the names that belong to a file in quarantine, itself first and its record last."""
    return tuple(_beside(path, suffix) for suffix in ("", *_SIDECARS, _WHY, _RECORD))


def list_quarantine(zone: Path) -> tuple[Quarantined, ...]:
    """Return what lies in a zone's quarantine, in path order.

    A file whose record is damaged is there too, with that as its reason.
    """
    return list_below(quarantine_of(zone))


def list_below(folder: Path) -> tuple[Quarantined, ...]:
    """Return what lies below a folder of a quarantine. See `list_quarantine`."""
    return tuple(read_entry(record) for record in sorted(_records(folder)))


def is_kept(path: Path) -> bool:
    """Return whether this is a file, or a whole package, that was moved to quarantine."""
    return _beside(path, _RECORD).is_file()


def restore(path: Path) -> Path:
    """Move a file and its sidecars back to where they came from and return that place.

    Raises UsageError if it is not in quarantine or something lies at its old place, TaggingError if
    it cannot be moved, or only through a link.
    """
    if not is_kept(path):
        raise UsageError(f"{shown(path)}: is no file in quarantine")
    original = _from_record(_beside(path, _RECORD)).original
    for _, place in _with_sidecars(path, original):
        if os.path.lexists(place):
            raise UsageError(f"{shown(place)}: something lies there already")
    try:
        top = _top_of(path)
        zone = Path(top.parent, *path.parent.relative_to(top).parts[:1])
        descend(zone, original.parent, makes=True)
        descend(top, path.parent)
        _move(path, original)
    except OSError as error:
        raise TaggingError(f"{shown(path)}: cannot be moved back: {error.strerror}") from error
    faultpoint("quarantine.before-forget")
    _forget(path)
    return original


def _records(folder: Path) -> Iterator[Path]:
    """Yield the records below a folder, following no links and entering no package that was moved.

    Its content is another's: what looks like a record in it is none.
    """
    pending = [folder]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
        except OSError:
            continue
        records = {entry.name for entry in listed if entry.name.endswith(_RECORD)}
        yield from (folder / name for name in records)
        pending += [
            Path(entry.path)
            for entry in listed
            if entry.is_dir(follow_symlinks=False) and entry.name + _RECORD not in records
        ]


def _free_name(path: Path, folder: Path) -> Path:
    """Return a place in quarantine where nothing lies, nor anything that would go beside it."""
    places = (folder / _numbered(path, number) for number in itertools.count())
    return next(place for place in places if not any(map(os.path.lexists, belonging(place))))


def _numbered(path: Path, number: int) -> str:
    """Return the file's name with a number, short enough for a record's name beside it."""
    suffix = path.suffix if len(path.suffix) <= _LONGEST_SUFFIX else ""
    tail = (f".{number}" if number else "") + suffix
    stem = os.fsencode(path.name.removesuffix(suffix))
    return os.fsdecode(stem[: _LONGEST_NAME - len(_RECORD) - len(os.fsencode(tail))]) + tail


def _move(path: Path, target: Path) -> None:
    """Move a file, then its sidecars; a sidecar that cannot follow stays, and the log says so."""
    for source, place in _with_sidecars(path, target):
        try:
            faultpoint("quarantine.before-rename")
            rename_new(source, place)
        except OSError as error:
            if source == path:
                raise
            _logger.warning("%r cannot follow its file: %s", str(source), error.strerror)


def _with_sidecars(path: Path, target: Path) -> list[tuple[Path, Path]]:
    """Return what goes where: the file, and the sidecars of our naming that are there."""
    suffixes = [suffix for suffix in _SIDECARS if os.path.lexists(_beside(path, suffix))]
    return [(_beside(path, suffix), _beside(target, suffix)) for suffix in ("", *suffixes)]


def _forget(path: Path) -> None:
    for suffix in (_RECORD, _WHY):
        with contextlib.suppress(OSError):
            _beside(path, suffix).unlink()


def _explain(result: AssetResult, record: Quarantined) -> str:
    lines = [f"{shown(record.original)} was kept out of the deliverable folder.", ""]
    for finding in result.findings:
        if finding.counts:
            lines += [f"- {_said(finding, result)}", f"  {finding.remedy}"]
    lines += ["", "It was moved, not changed. To bring it back once it is approved:"]
    return "\n".join(
        [*lines, f"  provenance quarantine restore {shlex.quote(shown(record.path))}", ""]
    )


def _said(finding: Finding, result: AssetResult) -> str:
    """Return why, with the file's name where it speaks of one in a package that was moved."""
    is_of_it = finding.path == result.facts.path
    return finding.message if is_of_it else f"{Path(finding.path).name}: {finding.message}"


def _to_record(record: Quarantined) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "version": 1,
        "original": os.fsencode(record.original).hex(),
        "original_shown": shown(record.original),
        "reasons": list(record.reasons),
        "quarantined_at": record.quarantined_at,
        "content": record.content,
    }


def _from_record(path: Path) -> Quarantined:
    """Read a record, which whoever may write the share may have written."""
    try:
        record = json.loads(_data_of(path))
        return Quarantined(
            path=path.with_name(path.name.removesuffix(_RECORD)),
            original=_mirrored(path.parent) / _name_in(record),
            reasons=tuple(str(reason) for reason in record["reasons"]),
            quarantined_at=str(record["quarantined_at"]),
            content=_content(record),
        )
    except (UnreadableError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise TaggingError(f"{shown(path)}: the quarantine record is damaged: {error}") from error


def _data_of(path: Path) -> bytes:
    with FileSource(path) as source:
        if source.size > _LARGEST_RECORD:
            raise ValueError("it is too large")
        return source.pread(0, source.size)


def _name_in(record: dict[str, Any]) -> str:
    name = Path(os.fsdecode(bytes.fromhex(record["original"]))).name
    if name in ("", "..") or "\0" in name:
        raise ValueError("it names no file")
    return name


def _content(record: dict[str, Any]) -> Digest | None:
    """Return the digest of what was judged; records had none at first."""
    content = record.get("content")
    return None if content is None else parse_digest(str(content))


def read_entry(path: Path) -> Quarantined:
    """Return what a record says, and of one that is damaged or gone that it is."""
    try:
        return _from_record(path)
    except TaggingError as error:
        lies = path.with_name(path.name.removesuffix(_RECORD))
        return Quarantined(path=lies, original=lies, reasons=(str(error),), quarantined_at="")


def _mirrored(folder: Path) -> Path:
    """Return the folder of the zone that this folder of the quarantine stands for.

    Not the record but the place says so: storage is mounted elsewhere on other machines, and who
    may write a record may not choose where a file is moved.
    """
    top = _top_of(folder)
    return top.parent / folder.relative_to(top)


def _top_of(folder: Path) -> Path:
    """Return the folder of all quarantines that a place in one lies in; ValueError if in none."""
    at = len(folder.parts) - folder.parts[::-1].index(QUARANTINE_FOLDER)
    return Path(*folder.parts[:at])


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
