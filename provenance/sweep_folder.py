"""A folder on its way: open, its names listed, the state of each entry."""

import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import not_

from provenance.sweep_findings import Findings
from provenance.sweep_index import Kept
from provenance.sweep_names import Names
from provenance.sweep_states import States

_RECENT_NS = 2_000_000_000
"""A file changed so lately may be changed again without its times telling (coarse clocks)."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DIGEST = 16


@dataclass(slots=True, kw_only=True)
class Swept:
    """One folder."""

    folder: str
    """Its path as it was come by."""
    names: Names = field(default_factory=Names)
    """Everything in it that is no folder, in the order of the bytes of the names."""
    codes: bytes = b""
    """For each name `DOUBTFUL` or the code of its format."""
    findings: Findings | None = None
    """What was found, to be held against what the registry knows; None where nothing was."""
    folders: Sequence[str] = ()
    """Names of the folders in it, in order."""
    kept: Findings | None = None
    """What the index has of it, as it is."""
    telling: Sequence[int] | None = None
    """Places of files of which the name says that more has to be found out; None: not looked at."""
    special: frozenset[int] = frozenset()
    """The same, and those that may be ignored; they are doubtful."""
    digest: bytes = b""
    """Digest over the state of everything in it, to keep findings by; empty if it may change."""
    listing: bytes = b""
    """Digest of the names of everything in it in the order in which they were listed."""
    problem: str = ""
    """Why it cannot be listed."""

    @property
    def endings(self) -> frozenset[str]:
        """What follows the last dot of each name, lower-case."""
        everything = (*self.names, *self.folders)
        return frozenset(name.rpartition(".")[2].lower() for name in everything)

    def to_keep(self, found: Findings) -> Kept:
        """Return what is to be kept of it where this was found."""
        everything = joined((*self.names, *self.folders))
        return Kept(
            names=b"/".join(sorted(parted(everything))),
            listing=self.listing,
            digest=self.digest,
            findings=found,
            telling=self.telling or (),
        )


@dataclass(slots=True, kw_only=True)
class OpenFolder:
    """A folder at work."""

    swept: Swept
    """What is known of it so far."""
    descriptor: int = -1
    """It as it is open; -1 if it cannot be listed."""
    begun: int = 0
    """When it was opened, in nanoseconds."""
    names: bytes = b""
    """Names of everything in it, parted by slashes; first as they come, then in order."""
    entries: Sequence[bytes] = ()
    """The same, parted."""
    known: Kept | None = None
    """What the index has of it."""

    def arrange(self, known: Kept | None) -> None:
        """Put the names in order: at once if they come as they came when the index was written."""
        self.swept.listing = hashlib.sha256(self.names).digest()[:_DIGEST]
        self.known = known
        if known is not None and known.listing == self.swept.listing:
            self.names = known.names
            self.entries = parted(self.names)
        else:
            self.entries = sorted(parted(self.names))
            self.names = b"/".join(self.entries)

    def compare(self, states: States) -> None:
        """Take over what the index has if everything in it is as it was."""
        swept, known = self.swept, self.known
        self.tell_apart(states.folders)
        swept.digest = states.digest
        if known is not None and self._is_as(known):
            swept.findings = swept.kept = known.findings
            swept.telling = known.telling
        elif states.is_recent(self.begun - _RECENT_NS):
            swept.digest = b""

    def list_files(self) -> None:
        """List what is in it, files and folders apart; raises OSError if that fails."""
        with os.scandir(self.descriptor) as listed:
            entries = list(listed)
        folders = {one.name for one in entries if one.is_dir(follow_symlinks=False)}
        self.entries = sorted(parted(joined(entry.name for entry in entries)))
        self.names = b"/".join(self.entries)
        is_folder = bytes(os.fsdecode(name) in folders for name in self.entries) if folders else b""
        self.tell_apart(is_folder)

    def tell_apart(self, is_folder: bytes) -> None:
        """Tell files from folders, which have a 1 in their place."""
        names = os.fsdecode(self.names)
        if 1 not in is_folder:
            self.swept.names, self.swept.folders = Names(names, len(self.entries)), ()
            return
        parts = names.split("/")
        self.swept.folders = [*compress(parts, is_folder)]
        self.swept.names = Names.of([*compress(parts, map(not_, is_folder))])

    def _is_as(self, known: Kept) -> bool:
        is_same = (known.digest, known.names) == (self.swept.digest, self.names)
        return is_same and len(known.findings.codes) == len(self.swept.names)


def open_folder(place: str, *, is_top: bool, is_compared: bool) -> OpenFolder:
    """Open a folder and list it: the names alone where states are to be read, else its files.

    No link is followed but the top. What cannot be listed comes back closed, with the reason.
    """
    one = OpenFolder(swept=Swept(folder=place), begun=time.time_ns())
    try:
        one.descriptor = os.open(place or ".", _FOLDER & ~os.O_NOFOLLOW if is_top else _FOLDER)
        if is_compared:
            one.names = joined(os.listdir(one.descriptor))  # noqa: PTH208  (of a descriptor)
        else:
            one.list_files()
    except OSError as error:
        one.swept.problem = unlisted(error)
        if one.descriptor >= 0:
            os.close(one.descriptor)
            one.descriptor = -1
    return one


def unlisted(error: OSError) -> str:
    """Return how it is said that a folder cannot be listed."""
    return f"the folder cannot be listed: {error.strerror}"


def joined(names: Iterable[str]) -> bytes:
    """Return names as one."""
    return os.fsencode("/".join(names))


def parted(names: bytes) -> list[bytes]:
    """Return each of the names."""
    return names.split(b"/") if names else []
