"""Go through folders and clear, in a glance, the files of which there is nothing to say.

What a folder holds is found in three steps, each skipped where the one before it is enough: its
names; the state of each entry (inode, size, times), which is held against the index; and the files
themselves, opened once each. What is not cleared is left to a full reading. The unit is the folder:
its files are looked at by a crew, several at the same time where storage answers slowly.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import translate
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from provenance.engines.crew import Crew
from provenance.glances.screen import Screen
from provenance.sweep_findings import Findings, joined
from provenance.sweep_folder import OpenFolder, Swept, open_folder, unlisted
from provenance.sweep_glance import look_at
from provenance.sweep_index import Index
from provenance.sweep_names import told_by_name
from provenance.sweep_states import StateReader, States
from provenance.sweep_states import joined as joined_states

if TYPE_CHECKING:
    from provenance.engines.hires import Hires

_Item = TypeVar("_Item")
DOUBTFUL = 0
"""Code of a file that has to be read in full."""
_CHUNK, _SMALL_CHUNK = 64, 2
"""Files one hand looks at, one after the other."""
_WAVE = 64
"""Folders that are open at the same time where many hands work."""
_AHEAD = 24
"""Folders that others have to be given before they are given more."""
_MANY = 20_000
"""Files after which it pays to have other processes help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTerms:
    """How folders are swept; can be sent to another process."""

    make_screen: Callable[[], Screen] | None = None
    """Makes the screen; without one all files are left to a full reading."""
    ignored: tuple[str, ...] = ()
    """Name patterns of what may be ignored: that, too, is left to a full reading."""
    excluded: frozenset[str] = frozenset()
    """Paths of folders that are not gone into, absolute or as they are come by."""
    wanted: frozenset[int] = frozenset()
    """Lengths of essences whose leads are to be found out: others are known that are as long."""
    make_index: Callable[[], Index] | None = None
    """Opens the index, if there is one."""


class Sweeper:
    """Goes through folders."""

    def __init__(self, terms: SweepTerms) -> None:
        self._terms = terms
        self.screen = terms.make_screen() if terms.make_screen else None
        self.index = terms.make_index() if terms.make_index else None
        self._states = StateReader()
        self._ignored = (
            re.compile("|".join(map(translate, terms.ignored))).match if terms.ignored else None
        )
        self._hires: Hires[str, Swept] | None = None
        self._may_hire = True
        self._seen = 0

    def close(self) -> None:
        """Let the other processes go, write the index."""
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
        return self._sweep_wave((place,), Crew(1), is_top=False)[0]

    def _reach(self, crew: Crew) -> int:
        """Return how far down the pile folders are swept at the same time."""
        return _WAVE if crew.hands > 1 or self._hires is not None else 1

    def _done(self, places: Sequence[str], crew: Crew) -> dict[str, Swept]:
        """Sweep the first of these folders, and others of them if it takes no longer."""
        is_big = self._seen > _MANY and self._may_hire and crew.is_computing
        if self._hires is not None or is_big:
            swept = self._hired(places)
            if swept is not None:
                return {places[0]: swept}
        wave = places if crew.hands > 1 else places[:1]
        return dict(zip(wave, self._sweep_wave(wave, crew, is_top=False), strict=True))

    def _hired(self, places: Sequence[str]) -> Swept | None:
        """Have other processes sweep folders; return the first, None if they died on the way."""
        from provenance.engines.hires import (  # noqa: PLC0415  (slow, and most trees are small)
            Hires,
            HiresGoneError,
            usable_processors,
        )

        processors = usable_processors()
        if processors == 1:
            self._may_hire = False
            return None
        try:
            if self._hires is None:
                if self.index is not None:
                    self.index.close()  # no connection may be carried into another process
                self._hires = Hires(partial(_worker, self._terms), processors)
            if self._hires.ordered < _AHEAD:
                for place in places:
                    self._hires.order(place)
            return self._hires.result(places[0])
        except HiresGoneError:
            if self._hires is not None:
                self._hires.close()
            self._hires, self._may_hire = None, False
            return None

    def _folders_in(self, swept: Swept) -> Iterator[str]:
        """Yield the folders in one, the last first."""
        for name in reversed(swept.folders):
            path = os.path.join(swept.folder, name)  # noqa: PTH118  (text stays text: it is fast)
            excluded = self._terms.excluded
            # Not resolved: a link is not gone into.
            places = {path, os.path.abspath(path)} if excluded else set()  # noqa: PTH100  (see above)
            if not places & excluded:
                yield path

    def _sweep_wave(self, places: Sequence[str], crew: Crew, *, is_top: bool) -> list[Swept]:
        is_compared = self.index is not None
        opening = partial(open_folder, is_top=is_top, is_compared=is_compared)
        with ExitStack() as opened:
            wave = list(crew.map(opening, places))
            for one in wave:
                if one.descriptor >= 0:
                    opened.callback(os.close, one.descriptor)
            if self.index is not None:
                self._compare([one for one in wave if one.descriptor >= 0], self.index, crew)
            self._look(wave, crew)
        return [one.swept for one in wave]

    def _compare(self, wave: list[OpenFolder], index: Index, crew: Crew) -> None:
        """Take from the index what it knows of folders that are as they were."""
        states: dict[int, list[States | None]] = {id(one): [] for one in wave}
        for one in wave:
            one.arrange(index.known(one.swept.folder))
        parts = ((one, part) for one in wave for part in _parts_to_ask(one.entries, crew))
        for one, some in crew.map(self._states_of, parts, tells=True):
            states[id(one)].append(some)
        for one in wave:
            found = [some for some in states[id(one)] if some is not None]
            if len(found) == len(states[id(one)]):
                one.compare(joined_states(found))
            else:
                _list_again(one)

    def _states_of(
        self, part: tuple[OpenFolder, Sequence[bytes]]
    ) -> tuple[OpenFolder, States | None]:
        one, names = part
        return one, self._states.read(one.descriptor, names)

    def _look(self, wave: list[OpenFolder], crew: Crew) -> None:
        found: dict[int, list[Findings]] = {}
        anew = (one for one in wave if one.swept.findings is None)
        parts = ((one, part) for one in anew for part in _parts(one.swept.names, crew))
        for one, some in crew.map(self._look_at, parts, tells=True):
            found.setdefault(id(one), []).append(some)
        for one in wave:
            if id(one) in found:
                one.swept.findings = joined(found[id(one)])
        for one in wave:
            self._fill_in(one.swept)

    def _fill_in(self, swept: Swept) -> None:
        """Fill in the codes: of some files the name says that more has to be found out."""
        # Nothing found means nothing cleared, never the other way round.
        found = swept.findings or Findings.of_nothing(len(swept.names))
        codes = found.codes
        if swept.telling is None:
            swept.telling = told_by_name(swept.names, swept.folders)
        special = [*swept.telling]
        if self._ignored is not None:
            special += [at for at, name in enumerate(swept.names) if self._ignored(name)]
        if special:
            changed = bytearray(codes)
            for at in special:
                changed[at] = DOUBTFUL
            codes = bytes(changed)
            swept.special = frozenset(special)
        swept.codes = codes

    def _look_at(self, part: tuple[OpenFolder, Sequence[str]]) -> tuple[OpenFolder, Findings]:
        one, names = part
        return one, look_at(one.descriptor, names, self.screen, self._terms.wanted)


def _worker(terms: SweepTerms) -> Callable[[str], Swept]:
    return Sweeper(terms).sweep_one


def _list_again(one: OpenFolder) -> None:
    """List a folder of which something went while states were read, without them."""
    try:
        one.list_files()
    except OSError as error:
        one.swept.problem = unlisted(error)


def _parts(items: Sequence[_Item], crew: Crew) -> Iterator[Sequence[_Item]]:
    """Yield parts for one hand each: small ones where many wait, or nobody knows yet."""
    at = 0
    while at < len(items):
        size = _CHUNK if crew.hands == 1 and crew.is_measured else _SMALL_CHUNK
        yield items[at : at + size]
        at += size


def _parts_to_ask(names: Sequence[bytes], crew: Crew) -> Iterator[Sequence[bytes]]:
    """Yield parts of what is only asked for its state: more and more while that is fast."""
    at, size = 0, _SMALL_CHUNK
    while at < len(names):
        if crew.hands > 1:
            size = _SMALL_CHUNK
        else:
            size = len(names) if crew.is_measured else min(2 * size, _CHUNK)
        yield names[at : at + size]
        at += size
