"""Go through folders and clear, in a glance, the files of which there is nothing to say.

What a folder holds is found in three steps, each skipped where the one before it is enough: its
names; the state of each entry (inode, size, times), which is held against the index; and the files
themselves, opened once each. What is not cleared is left to a full reading. The unit is the folder:
its files are looked at by a crew, several at the same time where storage answers slowly.
"""

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fnmatch import translate
from functools import partial
from pathlib import Path
from typing import TypeVar

from provenance.engines.crew import Crew
from provenance.engines.hires import Hires, HiresGoneError, usable_processors
from provenance.glances.screen import Screen
from provenance.sweep_findings import Findings, joined
from provenance.sweep_glance import RECENT_NS, look_at
from provenance.sweep_index import Index, State, digest_of

_Item = TypeVar("_Item")
DOUBTFUL = 0
"""Code of a file that has to be read in full."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 64
"""Files one hand looks at, one after the other."""
_WAVE = 64
"""Folders that are open at the same time where many hands work."""
_MANY = 20_000
"""Files after which it pays to have other processes help."""
_NEVER = 1 << 62
_ALONE = Crew(1)
_TELLING = (".xmp", ".c2pa", ".db", ".ini")
"""How names end of which more is to be found out than a glance can."""


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
    endings: frozenset[str] | None = None
    """What follows the last dot of each name, lower-case, where a file in it is doubtful."""


@dataclass(slots=True, kw_only=True)
class _Open:
    """A folder at work."""

    swept: Swept
    descriptor: int = -1
    entries: list["os.DirEntry[str]"] = field(default_factory=list)
    begun: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTerms:
    """How folders are swept; can be sent to another process."""

    make_screen: Callable[[], Screen] | None = None
    """Makes the screen; without one all files are left to a full reading."""
    ignored: tuple[str, ...] = ()
    """Name patterns of what may be ignored: that, too, is left to a full reading."""
    excluded: frozenset[str] = frozenset()
    """Absolute paths of folders that are not gone into."""
    make_index: Callable[[], Index] | None = None
    """Opens the index, if there is one."""


class Sweeper:
    """Goes through folders."""

    def __init__(self, terms: SweepTerms) -> None:
        self._terms = terms
        self.screen = terms.make_screen() if terms.make_screen else None
        self.index = terms.make_index() if terms.make_index else None
        self._ignored = (
            re.compile("|".join(map(translate, terms.ignored))).match if terms.ignored else None
        )
        self._hires: Hires[str, Swept] | None = None
        self._seen = 0

    def close(self) -> None:
        """Let helpers go, write the index."""
        if self._hires is not None:
            self._hires.close()
        if self.index is not None:
            self.index.close()

    def sweep(self, top: str, crew: Crew) -> Iterator[Swept]:
        """Yield this folder and those below, each before what lies in it, in name order.

        No link is followed but the top itself. A folder that cannot be listed is yielded with the
        reason, never taken as empty.
        """
        pile: list[str | Swept] = [self._sweep_wave((top,), crew, is_top=True)[0]]
        while pile:
            following = pile.pop()
            if isinstance(following, Swept):
                self._seen += len(following.names)
                pile += self._folders_in(following)
                yield following
                continue
            pile.append(following)
            begin = max(0, len(pile) - self._reach(crew))
            places = [place for place in reversed(pile[begin:]) if isinstance(place, str)]
            done = self._done(places, crew)
            pile[begin:] = [done.get(at, at) if isinstance(at, str) else at for at in pile[begin:]]

    def sweep_one(self, place: str) -> Swept:
        """Sweep one folder, without those in it."""
        return self._sweep_wave((place,), _ALONE, is_top=False)[0]

    def _reach(self, crew: Crew) -> int:
        """Return how far down the pile folders are swept at the same time."""
        return _WAVE if crew.hands > 1 or self._hires is not None else 1

    def _done(self, places: Sequence[str], crew: Crew) -> dict[str, Swept]:
        """Sweep the first of these folders, and others of them if it takes no longer."""
        if self._hires is None and crew.is_computing and self._seen > _MANY and len(places) > 0:
            self._hires = Hires(partial(_worker, self._terms), usable_processors())
        if self._hires is not None:
            try:
                for place in places:
                    self._hires.order(place)
                return {places[0]: self._hires.result(places[0])}
            except HiresGoneError:
                self._hires.close()
                self._hires, self._seen = None, -_NEVER
        wave = places if crew.hands > 1 else places[:1]
        return dict(zip(wave, self._sweep_wave(wave, crew, is_top=False), strict=True))

    def _folders_in(self, swept: Swept) -> Iterator[str]:
        """Yield the folders in one, the last first."""
        for name in reversed(swept.folders):
            path = os.path.join(swept.folder, name)  # noqa: PTH118  (text stays text: it is fast)
            if not self._terms.excluded or str(Path(path).absolute()) not in self._terms.excluded:
                yield path

    def _sweep_wave(self, places: Sequence[str], crew: Crew, *, is_top: bool) -> list[Swept]:
        with ExitStack() as opened:
            wave = list(crew.map(lambda place: _list(place, is_top=is_top), places))
            for one in wave:
                if one.descriptor >= 0:
                    opened.callback(os.close, one.descriptor)
            if self.index is not None:
                self._compare(wave, self.index, crew)
            self._look(wave, crew)
        return [one.swept for one in wave]

    def _compare(self, wave: list[_Open], index: Index, crew: Crew) -> None:
        """Take from the index what it knows of folders that are as they were."""
        chunks = [(one, part) for one in wave for part in _parts(one.entries)]
        states: dict[int, list[State]] = {}
        for (one, _), some in zip(chunks, crew.map(_states, chunks, tells=True), strict=True):
            states.setdefault(id(one), []).extend(some)
        for one in wave:
            if one.descriptor < 0:
                continue
            now = states.get(id(one), [])
            if len(now) < len(one.entries):  # one went meanwhile
                continue
            one.swept.digest = digest_of(now)
            one.swept.findings = one.swept.kept = index.findings(one.swept.folder, one.swept.digest)
            if one.swept.findings is None and _is_recent(now, one.begun):
                one.swept.digest = b""

    def _look(self, wave: list[_Open], crew: Crew) -> None:
        anew = [one for one in wave if one.swept.findings is None]
        chunks = [(one.descriptor, part) for one in anew for part in _parts(one.swept.names)]
        looked = crew.map(self._look_at, chunks, tells=True)
        for one in anew:
            parts = [next(looked) for _ in range(0, len(one.swept.names), _CHUNK)]
            one.swept.findings = joined(parts) if parts else None
        for one in wave:
            self._fill_in(one.swept)

    def _fill_in(self, swept: Swept) -> None:
        """Fill in the codes: of some files the name says that more has to be found out."""
        if swept.findings is None:
            return
        codes = swept.findings.codes
        special: list[int] = []
        together = "\0" + "\0".join(swept.names).lower()
        if "\0." in together or any(ending in together for ending in _TELLING):
            special += _told_by_name(swept.names)
        if self._ignored is not None:
            special += [at for at, name in enumerate(swept.names) if self._ignored(name)]
        if special:
            changed = bytearray(codes)
            for at in special:
                changed[at] = DOUBTFUL
            codes = bytes(changed)
            swept.special = frozenset(special)
        swept.codes = codes
        if DOUBTFUL in codes:
            endings = (name.rpartition(".")[2].lower() for name in swept.names)
            swept.endings = frozenset(endings)

    def _look_at(self, chunk: tuple[int, Sequence[str]]) -> Findings:
        return look_at(*chunk, self.screen)


def _worker(terms: SweepTerms) -> Callable[[str], Swept]:
    return Sweeper(terms).sweep_one


def _list(place: str, *, is_top: bool) -> _Open:
    swept = Swept(folder=place)
    begun = time.time_ns()
    try:
        descriptor = os.open(place or ".", _FOLDER & ~os.O_NOFOLLOW if is_top else _FOLDER)
    except OSError as error:
        swept.problem = f"the folder cannot be listed: {error.strerror}"
        return _Open(swept=swept)
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
        return _Open(swept=swept)
    if len(files) < len(listed):
        swept.folders = [one.name for one in listed if one.is_dir(follow_symlinks=False)]
        names = [entry.name for entry in files]
    swept.names = names
    return _Open(swept=swept, descriptor=descriptor, entries=files, begun=begun)


def _name(entry: "os.DirEntry[str]") -> str:
    return entry.name


def _is_plain_text(names: Sequence[str]) -> bool:
    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        return False
    return True


def _states(chunk: tuple[_Open, Sequence["os.DirEntry[str]"]]) -> list[State]:
    try:
        found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in chunk[1]]
    except OSError:
        return []
    return [(name, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for name, s in found]


def _is_recent(states: Sequence[State], begun: int) -> bool:
    """Return whether an entry changed so lately that it may change without showing it."""
    return any(max(state[3], state[4]) > begun - RECENT_NS for state in states)


def _told_by_name(names: Sequence[str]) -> list[int]:
    """Return which files a sidecar may speak of, or which are one, or what systems drop."""
    lower = [name.lower() for name in names]
    spoken = {name.rpartition(".")[0] for name in lower if name.endswith(_TELLING[:2])}
    return [
        at
        for at, name in enumerate(lower)
        if name.startswith(".")
        or name.endswith(_TELLING)
        or name in spoken
        or name.rpartition(".")[0] in spoken
    ]


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK))
