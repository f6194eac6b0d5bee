"""Know a zone's folder again: by a marker in it, whose id the production keeps.

A share that is not mounted leaves an empty folder, and another may be mounted in its place. Both
look like a zone from which everything was deleted; neither may be taken for one. So a small file
lies in every zone, and what its id is lies with the production's data. Hosts that see one share
share its marker: the first makes it, the others take its id over, each keeps what it expects.

A zone that cannot be written gets no marker; of it the folder's inode is kept, and whether
something stood in it. A marker that somebody deleted, or copied another's over, is put back where
the folder is the very one that was adopted: the same inode of the same file system, and nothing
mounted there. The inode alone says little: file systems that were just made count alike.
"""

import contextlib
import json
import logging
import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from provenance.errors import ConfigError, TaggingError, UnreadableError
from provenance.media.replacing import rename_new
from provenance.media.source import FileSource
from provenance.media.staging import is_staging_name, write_beside
from provenance.path_text import shown

MARKER = ".provenance-root"
"""Name of the marker."""
_SCHEMA = "provenance-root"
_KEPT = "roots"
_LARGEST = 512
_LARGEST_KEPT = 64 * 1024
_IS_ID = re.compile(r"urn:uuid:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}").fullmatch
_REMEDY = "mount the share again; if the folder was really replaced, say so: provenance zones adopt"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostRoot:
    """A zone whose folder cannot be trusted to be the zone."""

    path: Path
    """The zone."""
    why: str
    """Why, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is expected of a root."""

    root_id: str
    """Id of its marker; empty where none could be written."""
    inode: int
    """Inode of the folder when it was adopted."""
    fsid: int
    """Id of its file system then; 0 where the system said none, or nobody asked."""
    was_empty: bool
    """Whether nothing stood in it then."""


class Roots:
    """The folders of a production's zones, and whether each is still itself."""

    def __init__(self, zones: Iterable[Path], *, home: Path, data: Path) -> None:
        """Know these zones; what is expected of them lies in a folder of the production's data.

        A zone within `home` is kept by its place there, so that the whole may be moved.
        """
        self._zones = tuple(zones)
        self._home = home
        self._folder = data / _KEPT

    def trouble(self, zone: Path) -> str:
        """Return why a zone's folder cannot be trusted and what to do; empty if it can.

        A folder that nobody has adopted yet is trusted.
        """
        why = self._why(zone)
        return f"the zone is not itself: {why}; {_REMEDY} {shown(zone)}" if why else ""

    def lost(self, *paths: Path) -> Iterator[LostRoot]:
        """Yield the zones that paths lie in, or that lie below them, that are not themselves."""
        places = _real_places(paths)
        for zone in self._zones:
            real = Path(os.path.realpath(zone))
            if any(place.is_relative_to(real) or real.is_relative_to(place) for place in places):
                why = self._why(zone)
                if why:
                    yield LostRoot(path=zone, why=why)

    def greet(self, zone: Path) -> bool:
        """Adopt a folder that nobody has adopted yet; return whether it was new.

        One that could not be marked before is tried again, and a marker that it lost is put back.
        What is not there is left for later.
        """
        try:
            kept = self._kept(zone)
        except ConfigError:
            return False  # `trouble` speaks of it
        if (kept and self.trouble(zone)) or not os.path.isdir(zone):  # noqa: PTH112  (it never raises)
            return False
        try:
            if kept and kept.root_id:
                _put_back(zone, kept.root_id)
            if not (kept and kept.root_id and (kept.inode, kept.fsid) == _identity(zone)):
                self.adopt(zone)  # also where the production was copied or moved with its zones
        except (TaggingError, OSError) as error:
            _logger.warning("%s", error)
            return False
        return kept is None

    def adopt(self, zone: Path) -> None:
        """Take the folder that stands there now for the zone, marking it if that is possible.

        Raises TaggingError if it cannot be looked at, or if something else bears the marker's name.
        """
        try:
            inode, fsid = _identity(zone)
            is_empty = _is_empty(zone)
            root_id = _marked(zone)
            self._folder.mkdir(mode=0o700, exist_ok=True)
        except UnreadableError as error:
            raise TaggingError(f"{error}; take it away, then adopt the zone again") from error
        except OSError as error:
            raise TaggingError(f"{shown(zone)}: cannot be adopted: {error.strerror}") from error
        record = {
            "schema": _SCHEMA,
            "version": 1,
            "zone": shown(zone),
            "root_id": root_id,
            "inode": inode,
            "fsid": fsid,
            "was_empty": is_empty,
        }
        write_beside(self._place(zone), json.dumps(record, indent=2).encode())

    def _why(self, zone: Path) -> str:
        try:
            kept = self._kept(zone)
            return _difference(zone, kept, self._ids_beside) if kept else ""
        except (ConfigError, UnreadableError) as error:
            return str(error)
        except OSError as error:
            return f"it cannot be read: {error.strerror}"

    def _kept(self, zone: Path) -> _Kept | None:
        """Return what is expected of a zone, None if nothing; raises ConfigError if damaged."""
        place = self._place(zone)
        if not os.path.lexists(place):
            return None
        try:
            record = _read(place, _LARGEST_KEPT)
            return _Kept(
                root_id=_root_id(record["root_id"]) if record["root_id"] else "",
                inode=int(record["inode"]),
                fsid=int(record.get("fsid", 0)),
                was_empty=bool(record["was_empty"]),
            )
        except (UnreadableError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"what is known of it ({shown(place)}) is damaged: {error}"
            ) from error

    def _ids_beside(self, zone: Path) -> Iterator[str]:
        """Yield the ids of the markers of the other zones."""
        for other in self._zones:
            if other != zone:
                with contextlib.suppress(ConfigError):
                    kept = self._kept(other)
                    if kept and kept.root_id:
                        yield kept.root_id

    def _place(self, zone: Path) -> Path:
        inside = zone.is_relative_to(self._home)
        key = zone.relative_to(self._home) if inside else zone
        return self._folder / f"{sha256(os.fsencode(key)).hexdigest()[:32]}.json"


def is_marker(path: Path) -> bool:
    """Return whether a file is a marker of ours: by its name and every byte of its content."""
    if path.name != MARKER:
        return False
    try:
        return bool(_marker_at(path.parent))
    except UnreadableError:
        return False


def _real_places(paths: tuple[Path, ...]) -> list[Path]:
    """Return where paths lead; the folders of many files are looked up once."""
    real = cache(os.path.realpath)
    folders = map(os.path.isdir, paths)
    return [
        Path(real(path)) if is_folder else Path(real(path.parent), path.name)
        for path, is_folder in zip(paths, folders, strict=True)
    ]


def _difference(zone: Path, kept: _Kept, ids_beside: Callable[[Path], Iterable[str]]) -> str:
    """Return what keeps a folder from being the one that was adopted.

    A marker that is not its own is a slip only if it came from another zone of the production.
    """
    inode, fsid = _identity(zone)
    if not kept.root_id:
        is_emptied = not kept.was_empty and _is_empty(zone)
        is_other = inode != kept.inode
        return "another folder stands in its place" if is_other or is_emptied else ""
    found = _marker_at(zone)
    is_same = bool(fsid) and (inode, fsid) == (kept.inode, kept.fsid) and not os.path.ismount(zone)
    if found == kept.root_id or (is_same and (not found or found in ids_beside(zone))):
        _is_empty(zone)  # it must be possible to list it
        return ""
    if found:
        return "it bears the marker of another folder"
    return (
        f"its marker {MARKER} is not there: the share may not be mounted, or another folder stands"
        " in its place"
    )


def _identity(zone: Path) -> tuple[int, int]:
    """Return the folder's inode and the id of its file system, 0 where the system says none."""
    return zone.stat().st_ino, os.statvfs(zone).f_fsid


def _is_empty(zone: Path) -> bool:
    with os.scandir(zone) as entries:
        return all(entry.name == MARKER or is_staging_name(entry.name) for entry in entries)


def _marked(zone: Path) -> str:
    """Return the id of the folder's marker, made if there is none; empty if it may not be written.

    Whoever comes first makes it: another host may be about to, so it is read back.
    """
    found = _marker_at(zone)
    if found:
        return found
    unfinished = zone / f".{uuid.uuid4().hex}{MARKER}.provenance-staging"
    try:
        write_beside(unfinished, _text(f"urn:uuid:{uuid.uuid4()}"))
        rename_new(unfinished, zone / MARKER)
    except FileExistsError:
        pass
    except (OSError, TaggingError) as error:
        _logger.warning("%r gets no marker: %s", str(zone), error)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()
    return _marker_at(zone)


def _put_back(zone: Path, root_id: str) -> None:
    if _marker_at(zone) != root_id:
        write_beside(zone / MARKER, _text(root_id))


def _marker_at(zone: Path) -> str:
    """Return the id in a folder's marker, empty if it has none.

    Raises UnreadableError if what bears its name is no marker or cannot be read.
    """
    place = zone / MARKER
    if not os.path.lexists(place):
        return ""
    try:
        with FileSource(place) as source:
            data = source.pread(0, _LARGEST) if source.size <= _LARGEST else b""
        root_id = _root_id(json.loads(data)["root_id"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableError(f"{shown(place)}: is no marker of a zone") from error
    if data != _text(root_id):
        raise UnreadableError(f"{shown(place)}: is no marker of a zone")
    return root_id


def _root_id(value: object) -> str:
    if not isinstance(value, str) or not _IS_ID(value):
        raise ValueError("its id is no id")
    return value


def _text(root_id: str) -> bytes:
    record = {"schema": _SCHEMA, "version": 1, "root_id": root_id}
    return (json.dumps(record) + "\n").encode("ascii")


def _read(path: Path, largest: int) -> Any:  # noqa: ANN401  (bytes become values here)
    with FileSource(path) as source:
        return json.loads(source.pread(0, min(source.size, largest)))
