"""Folders that are swept before their turn, and the turns in which hands look into several."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from provenance.engines.crew import Crew
from provenance.sweep_folder import OpenFolder, Swept

_Item = TypeVar("_Item")
_CHUNK, _SMALL_CHUNK = 64, 4
"""Files one hand looks at, one after the other, where one works; at most, where many do."""
_FOLDERS, _TOGETHER = 6, 16
"""Folders that many hands look into in turn, and hands for which it is one more: names in the same
folder are often looked up one after the other, whoever asks, and folders that are done early can be
judged while others are looked into."""


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
        self.close()
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
        if swept is not None:  # else the wave ended early
            self._swept[place] = swept


def folders_at_once(crew: Crew) -> int:
    """Return into how many folders a crew looks at the same time."""
    return 1 if crew.hands == 1 else _FOLDERS + crew.hands // _TOGETHER


def in_turn(
    folders: Iterator[tuple[OpenFolder, Sequence[_Item]]], crew: Crew
) -> Iterator[tuple[OpenFolder, Sequence[_Item]]]:
    """Yield parts for one hand each: folder by folder where one works, in turns where many do."""
    turns: list[_Turn[_Item]] = []
    is_last = False
    while turns or not is_last:
        while not is_last and len(turns) < folders_at_once(crew):
            following = next(folders, None)
            is_last = following is None
            turns += [] if following is None else [_Turn(*following)]
        if turns:
            # At the end no folder is left over: those with most to do come first.
            turn = max(turns, key=_left) if is_last and crew.hands > 1 else turns[0]
            turns.remove(turn)
            yield turn.folder, turn.part(_size(turns, crew, is_last=is_last))
            if _left(turn) > 0:
                turns.insert(len(turns) if crew.hands > 1 else 0, turn)


@dataclass(slots=True, eq=False)
class _Turn(Generic[_Item]):
    """A folder into which hands look in turn with others."""

    folder: OpenFolder
    items: Sequence[_Item]
    at: int = 0

    def part(self, size: int) -> Sequence[_Item]:
        """Return so many of the items that nobody has."""
        begin, self.at = self.at, self.at + size
        return self.items[begin : self.at]


def _left(turn: _Turn[_Item]) -> int:
    return len(turn.items) - turn.at


def _size(turns: Sequence[_Turn[_Item]], crew: Crew, *, is_last: bool) -> int:
    """Return how many files one hand looks at: few while measuring, and of the last folders."""
    if not crew.is_measured:
        return 1
    if crew.hands == 1:
        return _CHUNK
    left = sum(map(_left, turns)) // crew.at_hand if is_last else _SMALL_CHUNK
    return max(1, min(_SMALL_CHUNK, left))
