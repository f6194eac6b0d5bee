"""Go through folders and clear, in a glance, the files of which there is nothing to say.

What a folder holds is found in three steps, each skipped where the one before it is enough: its
names; the state of each entry (inode, size, times), which is held against the index; and the files
themselves, opened once each. What is not cleared is left to a full reading. The unit is the folder:
its files are looked at by a crew, several at the same time where storage answers slowly.
"""

import os
import re
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fnmatch import translate
from typing import TypeVar

from provenance.engines.crew import Crew
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


class Sweeper:
    """Goes through folders."""

    def __init__(
        self,
        *,
        screen: Screen | None,
        ignored: Sequence[str] = (),
        excluded: Collection[str] = (),
        index: Index | None = None,
    ) -> None:
        """Make a sweeper; names that match what may be `ignored` are left to a full reading.

        Without a screen all files are.
        """
        self._screen = screen
        self._excluded = frozenset(excluded)
        self._index = index
        self._ignored = re.compile("|".join(map(translate, ignored))).match if ignored else None

    def sweep(self, top: str, crew: Crew) -> Iterator[Swept]:
        """Yield this folder and those below, each before what lies in it, in name order.

        No link is followed but the top itself. A folder that cannot be listed is yielded with the
        reason, never taken as empty.
        """
        pending: list[str | Swept] = [top]
        is_top = True
        while pending:
            following = pending.pop()
            if isinstance(following, Swept):
                yield following
                continue
            places = [following, *_next_folders(pending, _WAVE - 1 if crew.hands > 1 else 0)]
            done = dict(zip(places, self._sweep_wave(places, crew, is_top=is_top), strict=True))
            is_top = False
            pending.append(following)
            pending = [each for place in pending for each in self._unfolded(place, done)]

    def _unfolded(self, place: "str | Swept", done: dict[str, Swept]) -> Iterator["str | Swept"]:
        """Yield what takes the place of a folder on the pile: those in it, then itself on top."""
        swept = done.get(place) if isinstance(place, str) else None
        if swept is None:
            yield place
            return
        for name in reversed(swept.folders):
            path = os.path.join(swept.folder, name)  # noqa: PTH118  (text stays text: it is fast)
            if path not in self._excluded:
                yield path
        yield swept

    def _sweep_wave(self, places: Sequence[str], crew: Crew, *, is_top: bool) -> list[Swept]:
        with ExitStack() as opened:
            wave = list(crew.map(lambda place: _list(place, is_top=is_top), places))
            for one in wave:
                if one.descriptor >= 0:
                    opened.callback(os.close, one.descriptor)
            if self._index is not None:
                self._compare(wave, self._index, crew)
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
        return look_at(*chunk, self._screen)


def _list(place: str, *, is_top: bool) -> _Open:
    swept = Swept(folder=place)
    begun = time.time_ns()
    try:
        descriptor = os.open(place, _FOLDER & ~os.O_NOFOLLOW if is_top else _FOLDER)
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


def _next_folders(pending: Sequence["str | Swept"], most: int) -> list[str]:
    return [place for place in pending[: -most - 1 : -1] if isinstance(place, str)] if most else []


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK))
