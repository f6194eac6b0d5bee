"""The one list of sealed packages, and how to find the package a file belongs to."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from provenance.references.asc_mhl import AscMhl
from provenance.references.dcp import Dcp
from provenance.references.imf import Imf
from provenance.references.interface import Package, Seal, is_inside
from provenance.references.mhl import Mhl

SEALS: tuple[Seal, ...] = (Imf(), Dcp(), AscMhl(), Mhl())
"""Every kind of sealed package; the first that claims a folder has it."""
_FRESH = 2.0
"""Seconds in which a big folder is not listed again: one in which files land changes all the time.

They are longer than the clock of any file system is coarse.
"""
_BIG = 1000
"""Names that make a folder big."""
_MOST_FOLDERS = 4096

_State = tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class _Look:
    """What was seen in a folder."""

    at: float
    folder: _State
    lists: tuple[tuple[Path, _State], ...]
    packages: tuple[Package, ...]
    is_settled: bool
    is_big: bool

    def still_holds(self, now: float, folder: _State) -> bool:
        """Return whether nothing changed since, as far as names and lists tell."""
        if any(_state_of(path) != state for path, state in self.lists):
            return False
        is_fresh = self.is_big and now - self.at < _FRESH
        return is_fresh or (self.is_settled and self.folder == folder)


class PackageFinder:
    """Finds packages; remembers what folders hold for as long as they do not change."""

    def __init__(
        self, seals: Sequence[Seal] = SEALS, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seals = seals
        self._clock = clock
        self._looks: dict[str, _Look] = {}
        self._lacking: dict[Path, str] = {}

    def find(self, path: Path, *, in_doubt: bool = True) -> Package | None:
        """Return the outermost package a file belongs to, or None; other file systems end it.

        A list that names its files and cannot be read to its end may name any below it. Who writes
        stays off those; a gate does not let it speak for them (`in_doubt=False`).
        """
        place = os.path.abspath(path)  # noqa: PTH100  (it drops .. and follows no link)
        device = None
        found = None
        for folder in _above(place):
            state = _state_of(folder)
            if state is None:
                continue
            if device not in (None, state[0]):
                break
            device = state[0]
            for package in reversed(self._in(folder, state)):
                if package.holds(Path(place), in_doubt=in_doubt):
                    found = package
        return found

    def may_seal(self, folder: Path, names: Iterable[str]) -> bool:
        """Return whether anything may seal this folder, in which these names are, or one above it.

        Where it says no, `find` finds nothing for whatever lies in the folder.
        """
        together = "\0".join(names).lower()
        if any(seal.word in together for seal in self._seals):
            return True
        place = os.path.abspath(folder)  # noqa: PTH100  (as in `find`)
        states = ((each, _state_of(each)) for each in _above(place))
        return any(self._in(each, state) for each, state in states if state is not None)

    def lacks(self, package: Package) -> str:
        """Return the name of a file the package lacks, or that is not whole yet; empty if none."""
        if not package.is_list_whole or not package.members:
            return "a readable list of its files"
        known = self._lacking.get(package.folder, "")
        names = [known, *package.members] if known in package.members else package.members
        lacking = next((name for name in names if not _is_whole(package, name)), "")
        self._lacking[package.folder] = lacking
        return lacking

    def _in(self, folder: str, state: _State) -> tuple[Package, ...]:
        look = self._looks.get(folder)
        now = self._clock()
        if look is None or not look.still_holds(now, state):
            if len(self._looks) >= _MOST_FOLDERS:
                self._looks.clear()
            look = self._looks[folder] = self._look(folder, state, now)
        return look.packages

    def _look(self, place: str, state: _State, now: float) -> _Look:
        folder = Path(place)
        try:
            with os.scandir(folder) as listed:
                entries = list(listed)
        except OSError:
            entries = []  # who may not list it finds nothing; what lies in it is judged anyway
        # Most folders hold no list: a look at all names together says so.
        names = "\0".join(entry.name for entry in entries).lower()
        claims = [(seal, seal.lists(entries)) for seal in self._seals if seal.word in names]
        lists = tuple(
            (folder / name, _state_of(folder / name)) for _, claim in claims for name in claim
        )
        read = (seal.read(folder, claim) for seal, claim in claims if claim)
        packages = tuple(package for package in read if package is not None)
        # The next name may come within the same tick of the clock that dates the folder.
        is_settled = state is not None and time.time_ns() - state[3] > _FRESH * 1e9
        return _Look(now, state, lists, packages, is_settled, len(entries) > _BIG)


def _above(place: str) -> Iterator[str]:
    """Yield the folders above an absolute path, the nearest first; as text, for it is fast."""
    while (folder := os.path.dirname(place)) != place:  # noqa: PTH120  (text in, text out)
        yield folder
        place = folder


def _is_whole(package: Package, name: str) -> bool:
    size = package.members[name]
    state = _state_of(package.folder / name) if is_inside(name) else None
    return state is not None and size in (None, state[2])


def _state_of(path: Path | str) -> _State:
    """Return device, inode, size and times of what lies at a path; None if nothing does."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
