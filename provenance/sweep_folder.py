"""A folder on its way: open, its names listed, the state of each entry."""

import hashlib
import os
import time
from collections.abc import Sequence
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
        everything = [os.fsencode(name) for name in (*self.names, *self.folders)]
        names = b"/".join(sorted(everything))
        return Kept(
            names=names,
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
        """Put the names in order; they are if they come as they did when the index was written."""
        self.swept.listing = hashlib.sha256(self.names).digest()[:_DIGEST]
        self.known = known
        if known is not None and known.listing == self.swept.listing:
            self.names = known.names
        else:
            self.names = b"/".join(sorted(self.names.split(b"/")))
        self.entries = self.names.split(b"/") if self.names else ()

    def compare(self, states: States) -> None:
        """Take over what the index has if everything in it is as it was."""
        swept, known = self.swept, self.known
        self.part(states.folders)
        swept.digest = states.digest
        if known is not None and (known.digest, known.names) == (swept.digest, self.names):
            if len(known.findings.codes) == len(swept.names):
                swept.findings = swept.kept = known.findings
                swept.telling = known.telling
        if swept.findings is None and states.is_recent(self.begun - _RECENT_NS):
            swept.digest = b""

    def part(self, is_folder: bytes) -> None:
        """Tell files from folders."""
        names = os.fsdecode(self.names)
        if 1 not in is_folder:
            self.swept.names = Names(names, len(self.entries))
            return
        parted = names.split("/")
        self.swept.folders = [*compress(parted, is_folder)]
        self.swept.names = Names.of([*compress(parted, map(not_, is_folder))])


def open_folder(place: str, *, is_top: bool, is_compared: bool) -> OpenFolder:
    """Open a folder and list it: names alone if their states are to be read, else files in order.

    No link is followed but the top. What cannot be listed comes back closed, with the reason.
    """
    one = OpenFolder(swept=Swept(folder=place), begun=time.time_ns())
    try:
        one.descriptor = os.open(place or ".", _FOLDER & ~os.O_NOFOLLOW if is_top else _FOLDER)
        if is_compared:
            one.names = os.fsencode("/".join(os.listdir(one.descriptor)))
        else:
            list_files(one)
    except OSError as error:
        one.swept.problem = f"the folder cannot be listed: {error.strerror}"
        if one.descriptor >= 0:
            os.close(one.descriptor)
            one.descriptor = -1
    return one


def list_files(one: OpenFolder) -> None:
    """List what is in an open folder, files and folders apart; raises OSError if that fails."""
    with os.scandir(one.descriptor) as listed:
        kinds = {os.fsencode(entry.name): entry.is_dir(follow_symlinks=False) for entry in listed}
    one.entries = sorted(kinds)
    one.names = b"/".join(one.entries)
    one.part(bytes(map(kinds.__getitem__, one.entries)))
