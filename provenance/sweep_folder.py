"""A folder on its way: open, its names listed, the state of each entry."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from provenance.sweep_findings import Findings
from provenance.sweep_glance import RECENT_NS
from provenance.sweep_index import State

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True, kw_only=True)
class Swept:
    """One folder."""

    folder: str
    """Its path as it was come by."""
    names: Sequence[str] = ()
    """Everything in it that is no folder, in the order of the bytes of the names."""
    codes: bytes = b""
    """For each name `DOUBTFUL` or the code of its format."""
    findings: Findings | None = None
    """What was found, to be held against what the registry knows; None where nothing was."""
    folders: Sequence[str] = ()
    """Names of the folders in it, in order."""
    kept: Findings | None = None
    """What the index has of it, as it is."""
    special: frozenset[int] = frozenset()
    """Places of files of which the name says that more has to be found out; they are doubtful."""
    digest: bytes = b""
    """Digest over the state of everything in it, to keep findings by; empty if it may change."""
    problem: str = ""
    """Why it cannot be listed."""

    @property
    def endings(self) -> frozenset[str]:
        """What follows the last dot of each name, lower-case."""
        everything = (*self.names, *self.folders)
        return frozenset(name.rpartition(".")[2].lower() for name in everything)


@dataclass(slots=True, kw_only=True)
class OpenFolder:
    """A folder at work."""

    swept: Swept
    descriptor: int = -1
    entries: list["os.DirEntry[str]"] = field(default_factory=list)
    begun: int = 0


def list_folder(place: str, *, is_top: bool) -> OpenFolder:
    """Open a folder and list it, entries in the order of their names' bytes.

    No link is followed but the top. What cannot be listed comes back closed, with the reason.
    """
    swept = Swept(folder=place)
    begun = time.time_ns()
    try:
        descriptor = os.open(place or ".", _FOLDER & ~os.O_NOFOLLOW if is_top else _FOLDER)
    except OSError as error:
        swept.problem = f"the folder cannot be listed: {error.strerror}"
        return OpenFolder(swept=swept)
    try:
        with os.scandir(descriptor) as entries:
            listed = sorted(entries, key=_name)
        names = [entry.name for entry in listed]
        if not _is_plain_text(names):  # no UTF-8: by their bytes, as everywhere
            listed.sort(key=lambda entry: os.fsencode(entry.name))
        files = [entry for entry in listed if not entry.is_dir(follow_symlinks=False)]
    except OSError as error:
        os.close(descriptor)
        swept.problem = f"the folder cannot be listed: {error.strerror}"
        return OpenFolder(swept=swept)
    if len(files) < len(listed):
        swept.folders = [one.name for one in listed if one.is_dir(follow_symlinks=False)]
        names = [entry.name for entry in files]
    swept.names = names
    return OpenFolder(swept=swept, descriptor=descriptor, entries=files, begun=begun)


def _name(entry: "os.DirEntry[str]") -> str:
    return entry.name


def _is_plain_text(names: Sequence[str]) -> bool:
    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        return False
    return True


def states_of(
    part: tuple[OpenFolder, Sequence["os.DirEntry[str]"]],
) -> tuple[OpenFolder, list[State]]:
    """Return the states of some entries of an open folder, with it; none if one is gone."""
    one, entries = part
    try:
        found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    except OSError:
        return one, []
    return one, [(name, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for name, s in found]


def is_recent(states: Sequence[State], begun: int) -> bool:
    """Return whether an entry changed so lately that it may change without showing it."""
    return any(max(state[3], state[4]) > begun - RECENT_NS for state in states)
