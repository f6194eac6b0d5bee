"""Go through folders and clear, in a glance, the files of which there is nothing to say.

What a folder holds is found in three steps, each skipped where the one before it is enough: its
names; the state of each entry (inode, size, times), which is held against the index; and the files
themselves, opened once each. What is not cleared is left to a full reading. The unit is the folder:
its files are looked at by a crew, several at the same time where storage answers slowly.
"""

import os
import re
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fnmatch import translate
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from provenance.engines.crew import Crew
from provenance.sweep_ahead import Ahead, folders_at_once, in_turn
from provenance.sweep_findings import Findings, joined
from provenance.sweep_folder import OpenFolder, Swept, open_folder, unlisted
from provenance.sweep_index import Index
from provenance.sweep_looker import Looker
from provenance.sweep_names import told_by_name
from provenance.sweep_states import StateReader, States
from provenance.sweep_states import joined as joined_states

if TYPE_CHECKING:
    from provenance.engines.hires import Hires
    from provenance.glances.screen import Screen

DOUBTFUL = 0
"""Code of a file that has to be read in full."""
_WAVE = 64
"""Folders that are open at the same time where many hands work."""
_AHEAD = 24
"""Folders that others have to be given before they are given more."""
_MANY = 20_000
"""Files after which it pays to have other processes help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTerms:
    """How folders are swept; can be sent to another process."""

    make_screen: "Callable[[], Screen] | None" = None
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
        self.index = terms.make_index() if terms.make_index else None
        self._states = StateReader()
        self._ignored = (
            re.compile("|".join(map(translate, terms.ignored))).match if terms.ignored else None
        )
        self._hires: Hires[str, Swept] | None = None
        self._may_hire = True
        self._seen = 0
        self.looker = Looker(terms.make_screen, terms.wanted)

    @property
    def knows_nothing(self) -> bool:
        """Whether files surely have to be looked at, wherever they are."""
        return self.index is None or self.index.is_empty

    def close(self) -> None:
        """Let the other processes go, write the index."""
        if self._hires is not None:
            self._hires.close()
        if self.index is not None:
            self.index.close()

    def sweep(self, top: str, crew: Crew) -> Generator[Swept, None, None]:
        """Yield this folder and those below, each before what lies in it, in name order.

        No link is followed but the top itself. A folder that cannot be listed is yielded with the
        reason, never taken as empty.
        """
        pile, ahead = [top], Ahead()
        with closing(ahead):
            while pile:
                place = pile.pop()
                swept = ahead.take(place)
                if swept is None:
                    swept = self._begin(place, pile, ahead, crew, is_top=place is top)
                self._seen += len(swept.names)
                pile += self._folders_in(swept)
                yield swept

    def sweep_one(self, place: str) -> Swept:
        """Sweep one folder, without those in it."""
        (swept,) = self._sweep_wave((place,), Crew(1), is_top=False)
        return swept

    def _begin(
        self, place: str, pile: Sequence[str], ahead: Ahead, crew: Crew, *, is_top: bool
    ) -> Swept:
        """Sweep a folder, and begin with those that follow if it takes no longer."""
        reach = self._reach(crew)
        others = (one for one in reversed(pile[-reach:]) if not ahead.has(one))
        following: Iterable[str] = islice(others, reach - 1)
        is_big = self._seen > _MANY and self._may_hire and crew.is_computing
        if self._hires is not None or is_big:
            swept = self._hired(place, following)
            if swept is not None:
                return swept
            following = ()
        places = (place, *following)
        return ahead.begin(places, self._sweep_wave(places, crew, is_top=is_top))

    def _reach(self, crew: Crew) -> int:
        """Return how far down the pile folders are swept at the same time."""
        if crew.hands > 1 or self._hires is not None:
            return _WAVE
        return 1 if crew.is_measured or self._seen > _MANY else _WAVE

    def _hired(self, place: str, following: Iterable[str]) -> Swept | None:
        """Have other processes sweep a folder and those that follow.

        Return it, or None if they died on the way.
        """
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
                for one in (place, *following):
                    self._hires.order(one)
            return self._hires.result(place)
        except HiresGoneError:
            if self._hires is not None:
                self._hires.close()
            self._hires, self._may_hire = None, False
            return None

    def _folders_in(self, swept: Swept) -> Iterator[str]:
        """Yield the folders in one, the last first."""
        excluded = self._terms.excluded
        # Not resolved: a link is not gone into.
        above = os.path.abspath(swept.folder) if excluded and swept.folders else ""  # noqa: PTH100  (text)
        for name in reversed(swept.folders):
            path = os.path.join(swept.folder, name)  # noqa: PTH118  (text stays text: it is fast)
            if path not in excluded and os.path.join(above, name) not in excluded:  # noqa: PTH118  (see above)
                yield path

    def _sweep_wave(
        self, places: Sequence[str], crew: Crew, *, is_top: bool
    ) -> Generator[Swept, None, None]:
        """Yield these folders in order, each as soon as it is swept.

        Where one works alone all but the first are left for later.
        """
        left = deque(places)

        def wanted() -> Iterator[str]:
            while left and (len(left) == len(places) or self._reach(crew) > 1):
                yield left.popleft()

        is_compared = self.index is not None
        opening = partial(open_folder, is_top=is_top, is_compared=is_compared)
        listed = crew.map(opening, wanted())
        with ExitStack() as opened:
            try:
                yield from self._looked(self._compared(listed, crew, opened), crew)
            finally:
                left.clear()
                for one in listed:
                    _close_with(opened, one)

    def _compared(
        self, listed: Iterator[OpenFolder], crew: Crew, opened: ExitStack
    ) -> Iterator[OpenFolder]:
        """Yield these folders with what the index knows of them."""
        while group := [*islice(listed, folders_at_once(crew) if self.index else 1)]:
            for one in group:
                _close_with(opened, one)
            if self.index is not None:
                self._compare([one for one in group if one.descriptor >= 0], self.index, crew)
            yield from group

    def _compare(self, wave: list[OpenFolder], index: Index, crew: Crew) -> None:
        """Take from the index what it knows of folders that are as they were."""
        states: dict[int, list[States | None]] = {id(one): [] for one in wave}
        for one in wave:
            one.arrange(index.known(one.swept.folder))
        wholes = ((one, one.entries) for one in wave if one.entries)
        is_alone = crew.hands == 1 and crew.is_measured
        parts = wholes if is_alone else in_turn(wholes, crew)
        for one, some in crew.map(self._states_of, parts, counts=_size):
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

    def _looked(self, folders: Iterator[OpenFolder], crew: Crew) -> Iterator[Swept]:
        wave: deque[OpenFolder] = deque()
        found: dict[int, list[Findings]] = {}
        left: dict[int, int] = {}

        def anew() -> Iterator[tuple[OpenFolder, Sequence[str]]]:
            for one in folders:
                wave.append(one)
                if one.swept.findings is None and one.swept.names:
                    self.looker.prepare(crew)
                    found[id(one)], left[id(one)] = [], len(one.swept.names)
                    yield one, one.swept.names

        for one, some in crew.map(self._look_at, in_turn(anew(), crew), counts=_size):
            found[id(one)].append(some)
            left[id(one)] -= len(some.codes)
            if not left[id(one)]:
                one.swept.findings = joined(found.pop(id(one)))
            while wave and not left.get(id(wave[0])):
                yield self._filled_in(wave.popleft().swept)
        for one in wave:
            yield self._filled_in(one.swept)

    def _filled_in(self, swept: Swept) -> Swept:
        """Return it with its codes: of some files the name says that more is to be found out."""
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
        return swept

    def _look_at(self, part: tuple[OpenFolder, Sequence[str]]) -> tuple[OpenFolder, Findings]:
        one, names = part
        return one, self.looker.look_at(one.descriptor, names)


def _worker(terms: SweepTerms) -> Callable[[str], Swept]:
    return Sweeper(terms).sweep_one


def _list_again(one: OpenFolder) -> None:
    """List a folder of which something went while states were read, without them."""
    try:
        one.list_files()
    except OSError as error:
        one.swept.problem = unlisted(error)


def _close_with(opened: ExitStack, one: OpenFolder) -> None:
    if one.descriptor >= 0:
        opened.callback(os.close, one.descriptor)


def _size(part: tuple[OpenFolder, Sequence[object]]) -> int:
    return len(part[1])
