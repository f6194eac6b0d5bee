"""One cell of the recall matrix: a format, a place in it, an encoding; and a clean twin."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from fixtures.build import MEDIA
from tests.recall.wordings import PACKETS, TEXTS, Packet

Bear = Callable[[bool], bytes]
"""Bakes a file; whether it says AI, or something as harmless that looks alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A file that has to be blocked, and another of the same shape that has to pass."""

    fmt: str
    """Name of the format."""
    place: str
    """Where in the file it is said."""
    encoding: str
    """How it is said there."""
    suffix: str
    """Suffix of the file."""
    bear: Bear
    """Bakes either."""

    @property
    def name(self) -> str:
        """A name for the files, which says what the cell is."""
        words = f"{self.fmt} {self.place} {self.encoding}"
        return "".join(letter if letter.isalnum() else "_" for letter in words) + self.suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place that holds bytes of somebody's choice."""

    fmt: str
    place: str
    suffix: str
    put: Callable[[bytes], bytes]
    """Returns the file with these bytes in the place."""


def packets(slot: Slot, *, among: Callable[[Packet], bool] = lambda _: True) -> Iterator[Cell]:
    """Yield the cells of a place for XMP, one for each way to write a packet."""
    for packet in PACKETS:
        if among(packet):
            yield _cell(slot, packet.name, packet.bake)


def texts(slot: Slot, *encodings: str) -> Iterator[Cell]:
    """Yield the cells of a place for text, in these encodings."""
    for encoding in encodings:
        yield _cell(slot, encoding, TEXTS[encoding])


def said(slot: Slot, ai: bytes, harmless: bytes, encoding: str = "") -> Cell:
    """Return the cell of a place that holds words of its own."""
    return _cell(slot, encoding, lambda is_ai: ai if is_ai else harmless)


def _cell(slot: Slot, encoding: str, words: Bear) -> Cell:
    return Cell(
        fmt=slot.fmt,
        place=slot.place,
        encoding=encoding,
        suffix=slot.suffix,
        bear=lambda is_ai: slot.put(words(is_ai)),
    )


@cache
def sample(fmt: str, name: str = "") -> bytes:
    """Return a sound sample of a format: the plainest, or the one of this name."""
    sound = MEDIA[fmt].sound
    return sound[name]() if name else next(iter(sound.values()))()
