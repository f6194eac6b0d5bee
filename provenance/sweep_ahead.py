"""Folders that are swept before their turn, and the turns in which hands look into several."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TypeVar

from provenance.engines.crew import Crew
from provenance.sweep_folder import OpenFolder, Swept

_Item = TypeVar("_Item")
_CHUNK, _SMALL_CHUNK = 64, 8
"""Files one hand looks at at most, one after the other, where one works and where many do."""
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
        """Begin a wave of the folders at these places, the one before it done; return the first."""
        self._places, self._wave = deque(places), wave
        self._go_on()
        return self._swept.pop(places[0])

    def close(self) -> None:
        """Leave the wave, wherever it is."""
        if self._wave is not None:
            self._wave.close()

    def _go_on(self) -> None:
        place = self._places.popleft()
        if self._wave is not None:
            self._swept[place] = next(self._wave)


def in_turn(
    wave: Iterable[tuple[OpenFolder, Sequence[_Item]]], crew: Crew
) -> Iterator[tuple[OpenFolder, Sequence[_Item]]]:
    """Yield parts for one hand each: folder by folder where one works, in turns where many do.

    Parts become small towards the end, so that all are done at the same time.
    """
    following = deque((one, items, 0) for one, items in wave if items)
    left = sum(len(items) for _, items, _ in following)
    turns: deque[tuple[OpenFolder, Sequence[_Item], int]] = deque()
    while following or turns:
        while following and len(turns) <= crew.hands // _TOGETHER:
            turns.append(following.popleft())
        one, items, at = turns.popleft()
        size = _size(left, crew)
        yield one, items[at : at + size]
        left -= size
        if at + size < len(items):
            rest = (one, items, at + size)
            turns.append(rest) if crew.hands > 1 else turns.appendleft(rest)


def _size(left: int, crew: Crew) -> int:
    """Return how many of the files that are left one hand looks at."""
    if crew.hands > 1:
        return max(1, min(_SMALL_CHUNK, left // crew.at_hand))
    return _CHUNK if crew.is_measured else 1
