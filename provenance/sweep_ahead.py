"""Folders that are swept before their turn, and the turns in which hands look into several."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TypeVar

from provenance.engines.crew import Crew
from provenance.sweep_folder import OpenFolder, Swept

_Item = TypeVar("_Item")
_CHUNK, _SMALL_CHUNK = 64, 8
"""Files one hand looks at, one after the other, where one works; at most, where many do."""
_TOGETHER = 8
"""Hands that look at files of the same folder: names are often looked up one after the other."""


class Ahead:
    """A wave of folders on their way, and what is swept of it before it is asked for."""

    def __init__(self) -> None:
        self._wave: Generator[Swept, None, None] | None = None
        self._places: deque[str] = deque()
        self._swept: dict[str, Swept] = {}

    def has(self, place: str) -> bool:
        """Return whether the folder at this place is swept."""
        return place in self._swept

    def take(self, place: str) -> Swept | None:
        """Return this folder, swept; None if it is not in the wave, which then is done."""
        while self._places and place not in self._swept:
            self._go_on()
        return self._swept.pop(place, None)

    def begin(self, places: Sequence[str], wave: Generator[Swept, None, None]) -> Swept:
        """Begin a wave after the one before it is done; return the first.

        It is of the folders at these places, or of the first of them.
        """
        self._places, self._wave = deque(places), wave
        self._go_on()
        return self._swept.pop(places[0])

    def close(self) -> None:
        """Leave the wave, wherever it is."""
        if self._wave is not None:
            self._wave.close()

    def _go_on(self) -> None:
        place = self._places.popleft()
        swept = next(self._wave, None) if self._wave is not None else None
        if swept is None:
            self._places.clear()
        else:
            self._swept[place] = swept


def folders_at_once(crew: Crew) -> int:
    """Return into how many folders a crew looks at the same time."""
    return 1 + crew.hands // _TOGETHER


def in_turn(
    folders: Iterator[tuple[OpenFolder, Sequence[_Item]]], crew: Crew
) -> Iterator[tuple[OpenFolder, Sequence[_Item]]]:
    """Yield parts for one hand each: folder by folder where one works, in turns where many do."""
    turns: deque[tuple[OpenFolder, Sequence[_Item], int]] = deque()
    is_last = False
    while True:
        while not is_last and len(turns) < folders_at_once(crew):
            following = next(folders, None)
            is_last = following is None
            if following is not None:
                turns.append((*following, 0))
        if not turns:
            return
        one, items, at = turns.popleft()
        size = _size(turns if is_last else (), crew)
        yield one, items[at : at + size]
        if at + size < len(items):
            rest = (one, items, at + size)
            turns.append(rest) if crew.hands > 1 else turns.appendleft(rest)


def _size(last: Iterable[tuple[OpenFolder, Sequence[object], int]], crew: Crew) -> int:
    """Return how many files one hand looks at: few while measuring, and of the last folders."""
    if not crew.is_measured:
        return 1
    if crew.hands == 1:
        return _CHUNK
    left = sum(len(items) - at for _, items, at in last)
    return max(1, min(_SMALL_CHUNK, left // crew.at_hand)) if last else _SMALL_CHUNK
