"""A glance at an Exif block: its first directory, the one beneath, the texts somebody looks at."""

from struct import Struct
from typing import Literal

from provenance.glances.screen import Screen
from provenance.media.exif_tags import (
    ASCII,
    EXIF_DIRECTORY,
    LONGEST_MAKER_NOTE,
    MAKER_NOTE,
    STRAY_TEXTS,
    TEXT_KINDS,
    TEXT_NAMES,
    USER_COMMENT,
    WIDE_NAMES,
    stray_name,
)


class Order:
    """How numbers and entries are spelled in one byte order."""

    __slots__ = ("_tags", "code", "entries", "entry", "long", "name", "short")

    def __init__(self, name: Literal["little", "big"], code: str) -> None:
        """Take its name, and how `struct` spells it."""
        self.name = name
        self.code = code
        self.short, self.long = Struct(code + "H"), Struct(code + "I")
        self.entry, self.entries = Struct(code + "HII"), Struct(code + "HHII")
        self._tags: dict[int, Struct] = {}

    def tags(self, number: int) -> Struct:
        """Return how to read the tags of so many entries, and nothing else of them."""
        found = self._tags.get(number)
        if found is None:
            found = self._tags[number] = Struct(self.code + "H10x" * number)
        return found


ORDERS = {b"II*\0": Order("little", "<"), b"MM\0*": Order("big", ">")}
"""By the first bytes of classic TIFF; BigTIFF is no Exif."""
_STRAY_NAMES = {tag: stray_name(tag) for tag in STRAY_TEXTS}
_LOOKED_AT = frozenset({EXIF_DIRECTORY, *TEXT_NAMES, *STRAY_TEXTS})
_ENTRY, _INLINE, _POINTER_KIND, _MOST_ENTRIES = 12, 4, 4, 256
_BLANK = b"\0 "
_PLAIN_CODES = frozenset({b"ASCII\0\0\0", bytes(8)})
_CODES = _PLAIN_CODES | {b"UNICODE\0", b"JIS\0\0\0\0\0"}


def is_dull_exif(block: bytes, length: int, screen: Screen) -> bool:
    """Return whether an Exif block of this length is sound and says nothing of interest.

    Of the block as many bytes are given as were at hand; what lies behind them makes it unsure.
    """
    order = ORDERS.get(block[:4])
    if order is None or len(block) < 8:
        return False
    first: int = order.long.unpack_from(block, 4)[0]
    beneath = look_through(block, length, order, first, screen)
    if beneath < 0 or beneath == first:
        return False
    return not beneath or look_through(block, length, order, beneath, screen) >= 0


def look_through(block: bytes, length: int, order: Order, at: int, screen: Screen) -> int:
    """Return where the directory beneath lies, 0 if there is none, -1 if it is not surely dull.

    See `is_dull_exif`; `at` is where this directory begins.
    """
    begin = at + 2
    if not at or begin > len(block):
        return -1
    number = order.short.unpack_from(block, at)[0]
    if number > _MOST_ENTRIES or begin + number * _ENTRY > len(block):
        return -1
    tags = order.tags(number).unpack_from(block, begin)
    found = _LOOKED_AT.intersection(tags)
    # Of tags that stand there twice, only the first would be looked at.
    if len(set(tags)) < number:
        return -1
    beneath = 0
    for tag in found:
        where = begin + tags.index(tag) * _ENTRY
        kind, count, value = order.entry.unpack_from(block, where + 2)
        if tag == EXIF_DIRECTORY:
            if kind != _POINTER_KIND or count != 1 or not value:
                return -1
            beneath = value
        elif kind in TEXT_KINDS:
            where = value if count > _INLINE else where + 8
            if not _is_dull_text(block, length, tag, kind, where, count, screen):
                return -1
    return beneath


def _is_dull_text(
    block: bytes, length: int, tag: int, kind: int, where: int, count: int, screen: Screen
) -> bool:
    if tag in _STRAY_NAMES:
        if kind != ASCII:
            return True
        name = _STRAY_NAMES[tag]
    elif tag == MAKER_NOTE and count > LONGEST_MAKER_NOTE:
        return True
    else:
        name = TEXT_NAMES[tag]
    if where + count > length:
        return False
    if screen.is_dull_key(name):
        return True
    text = block[where : where + count]
    if len(text) < count:
        return False
    if tag == USER_COMMENT:
        code, text = text[:8], text[8:].strip(_BLANK)
        if not text:
            return code in _CODES or not code.strip(_BLANK)
        return code in _PLAIN_CODES and b"\0" not in text and screen.is_dull(name, text)
    if tag in WIDE_NAMES:
        return not text.strip(_BLANK)
    return screen.is_dull(name, text)
