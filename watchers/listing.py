"""What stands in one folder, looked at by its descriptor."""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchers.change import Problem, ProblemKind, content_of, inode_of, pack
from watchers.filters import Filters
from watchers.trail import Identity, Trail

LEADS_NOWHERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""Errors by which a name that was heard of turns out to be gone, or a link."""
_LONGEST_PATH = 4095  # PATH_MAX, without the byte that ends it
_SMALL_FOLDER = 1000

Known = Callable[[str], Mapping[str, bytes] | None]
"""Returns the packed states known of the files in a folder; None if the folder is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderStamp:
    """What tells whether something came into, left or was renamed in a folder."""

    identity: Identity
    """Which folder stands at the path."""
    mtime_ns: int
    """When its entries changed."""
    ctime_ns: int
    """When its entries or attributes changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What stands in one folder."""

    folder: str
    """The folder relative to the top; empty for the top."""
    files: Mapping[str, bytes]
    """The packed states of the regular files that may be arrivals, by name."""
    folders: tuple[str, ...] = ()
    """Names of the folders that may be entered."""
    transfers: frozenset[bytes] = frozenset()
    """The contents (see `content_of`) of files that may be renamed into arrivals."""
    stamp: FolderStamp | None = None
    """The folder just before it was listed; None if only some names were looked at."""
    problems: tuple[Problem, ...] = ()
    """What could not be looked at; if there is any, more may stand there than is listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkOptions:
    """Where a walk goes."""

    filters: Filters
    """Which names are looked at."""
    elsewhere: frozenset[str] = frozenset()
    """Folders relative to the top that are left to somebody else."""


def stamp_of(status: os.stat_result) -> FolderStamp:
    """Return the stamp of the folder that a stat result is of."""
    return FolderStamp(
        identity=(status.st_dev, status.st_ino),
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
    )


class Lister:
    """Looks into open folders."""

    def __init__(self, top: Path, options: WalkOptions, known: Known | None) -> None:
        self.top = top
        self._filters = options.filters
        self._elsewhere = options.elsewhere
        self._known = known

    def find_enterable(self, listing: Listing) -> list[str]:
        """Return the names of the folders to enter, the last to be entered first."""
        if self._known is None:
            return [*reversed(listing.folders)]
        known = self._known
        return [name for name in listing.folders if known(join(listing.folder, name)) is None]

    def list(self, trail: Trail) -> Listing:
        """Return all that stands in the open folder."""
        stamp = None
        draft = _Draft(self.top, trail.folder)
        known = (self._known(trail.folder) if self._known else None) or {}
        if len(known) <= _SMALL_FOLDER:
            known = {}
        try:
            stamp = stamp_of(os.fstat(trail.descriptor))
            with os.scandir(trail.descriptor) as entries:
                for entry in entries:
                    self._take_note(entry, known, draft)
        except OSError as error:
            draft.problems.append(unreadable(self.top / trail.folder, error))
        return draft.finish(stamp)

    def look(self, trail: Trail, names: Iterable[str]) -> Listing:
        """Return what stands under these names in the open folder."""
        draft = _Draft(self.top, trail.folder)
        for name in names:
            try:
                status = os.stat(name, dir_fd=trail.descriptor, follow_symlinks=False)
            except OSError as error:
                if error.errno not in LEADS_NOWHERE:
                    draft.problems.append(unreadable(self.top / trail.folder / name, error))
                continue
            if stat.S_ISDIR(status.st_mode):
                self._add_folder(name, draft)
            elif stat.S_ISREG(status.st_mode) and self._filters.takes(name):
                draft.add(name, pack(status))
        return draft.finish(None)

    def _take_note(
        self, entry: os.DirEntry[str], known: Mapping[str, bytes], draft: "_Draft"
    ) -> None:
        name = entry.name
        packed = known.get(name)
        try:
            if packed is not None and entry.inode() == inode_of(packed):
                draft.files[name] = packed
            elif entry.is_dir(follow_symlinks=False):
                self._add_folder(name, draft)
            elif entry.is_file(follow_symlinks=False):
                self._add_file(entry, draft)
        except FileNotFoundError:
            pass  # it came and went: nothing has arrived
        except OSError as error:
            draft.problems.append(unreadable(self.top / draft.folder / name, error))

    def _add_folder(self, name: str, draft: "_Draft") -> None:
        if self._filters.enters(name) and join(draft.folder, name) not in self._elsewhere:
            draft.folders.append(name)

    def _add_file(self, entry: os.DirEntry[str], draft: "_Draft") -> None:
        if self._filters.takes(entry.name):
            draft.add(entry.name, pack(entry.stat(follow_symlinks=False)))
        elif self._filters.may_become(entry.name):
            draft.transfers.add(content_of(pack(entry.stat(follow_symlinks=False))))


class _Draft:
    """A listing in the making."""

    def __init__(self, top: Path, folder: str) -> None:
        self.folder = folder
        self.files: dict[str, bytes] = {}
        self.folders: list[str] = []
        self.transfers: set[bytes] = set()
        self.problems: list[Problem] = []
        self._path = top / folder
        self._room = _LONGEST_PATH - len(os.fsencode(self._path)) - 1
        self._is_crowded = False

    def add(self, name: str, packed: bytes) -> None:
        if len(os.fsencode(name)) <= self._room:
            self.files[name] = packed
        elif not self._is_crowded:
            self._is_crowded = True
            message = (
                f"holds files whose paths are longer than {_LONGEST_PATH} bytes, so that no"
                " program can open them; shorten the names of the folders above"
            )
            kind = ProblemKind.TOO_DEEP
            self.problems.append(Problem(path=self._path, message=message, kind=kind))

    def finish(self, stamp: FolderStamp | None) -> Listing:
        return Listing(
            folder=self.folder,
            files=self.files,
            folders=tuple(self.folders),
            transfers=frozenset(self.transfers),
            stamp=stamp,
            problems=tuple(self.problems),
        )


def join(folder: str, name: str) -> str:
    """Return a name in a folder, both relative to a top."""
    return f"{folder}/{name}" if folder else name


def unreadable(path: Path, error: OSError) -> Problem:
    """Return the problem that something cannot be read."""
    return Problem(path=path, message=f"cannot be read: {error.strerror}")
