"""A glance at an Exif block: its first directory, the one beneath, the texts somebody looks at."""

from struct import Struct

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

_ORDERS = {
    b"II*\0": (Struct("<H"), Struct("<I"), Struct("<HHII")),
    b"MM\0*": (Struct(">H"), Struct(">I"), Struct(">HHII")),
}
"""How to read numbers and entries of classic TIFF; BigTIFF is no Exif."""
_LOOKED_AT = frozenset({EXIF_DIRECTORY, *TEXT_NAMES, *STRAY_TEXTS})
_ENTRY, _INLINE, _POINTER_KIND = 12, 4, 4
_BLANK = b"\0 "
_PLAIN_CODES = frozenset({b"ASCII\0\0\0", bytes(8)})


def is_dull_exif(block: bytes, length: int, screen: Screen) -> bool:
    """Return whether an Exif block of this length is sound and says nothing of interest.

    Of the block as many bytes are given as were at hand; what lies behind them makes it unsure.
    """
    order = _ORDERS.get(block[:4])
    if order is None or len(block) < 8:
        return False
    first = order[1].unpack_from(block, 4)[0]
    beneath = _look_through(block, length, order, first, screen)
    if beneath < 0 or beneath == first:
        return False
    return not beneath or _look_through(block, length, order, beneath, screen) >= 0


def _look_through(
    block: bytes, length: int, order: tuple[Struct, Struct, Struct], at: int, screen: Screen
) -> int:
    """Return where the directory beneath lies, 0 if there is none, -1 if it is not surely dull."""
    begin = at + 2
    if not at or begin > len(block):
        return -1
    end = begin + order[0].unpack_from(block, at)[0] * _ENTRY
    if end > len(block):
        return -1
    beneath = 0
    for number, (tag, kind, count, value) in enumerate(order[2].iter_unpack(block[begin:end])):
        if tag not in _LOOKED_AT:
            continue
        if tag == EXIF_DIRECTORY:
            if kind != _POINTER_KIND or count != 1 or not value:
                return -1
            beneath = value
        elif kind in TEXT_KINDS:
            where = value if count > _INLINE else begin + number * _ENTRY + 8
            if not _is_dull_text(block, length, tag, kind, where, count, screen):
                return -1
    return beneath


def _is_dull_text(
    block: bytes, length: int, tag: int, kind: int, where: int, count: int, screen: Screen
) -> bool:
    if tag in STRAY_TEXTS:
        if kind != ASCII:
            return True
        name = stray_name(tag)
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
        return not text or (
            code in _PLAIN_CODES and b"\0" not in text and screen.is_dull(name, text)
        )
    if tag in WIDE_NAMES:
        return not text.strip(_BLANK)
    return screen.is_dull(name, text)
