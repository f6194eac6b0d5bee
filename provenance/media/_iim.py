"""Texts of IPTC IIM datasets (IIM 4.2), the captions and credits of news pictures."""

import struct

from provenance.media._found import Found
from provenance.media.interface import decode_text

_MARKER = 0x1C
_HEADER = struct.Struct(">BBBH")
_EXTENDED = 0x8000
_WIDEST = 8
_APPLICATION = 2
_CODED_CHARACTER_SET = (1, 90)
_UTF8 = b"\x1b%G"
_NO_TEXTS = frozenset({0, 200, 201, 202})
"""Datasets of the application record that are numbers or a preview."""
_BLOCK_COST, _COST = 4096, 256
"""What a block and a dataset take from the budget besides their texts: very many end a walk."""
_TOO_MANY = "more IIM datasets than are read from one file"


def read_iim(data: bytes, place: str, found: Found) -> None:
    """Collect the texts of the application record, in `place`/IIM under keys such as `2:110`."""
    if not found.budget.take(_BLOCK_COST):
        found.report(_TOO_MANY)
        return
    is_utf8 = False
    at = 0
    while data[at : at + 1] == bytes((_MARKER,)):
        if not found.budget.take(_COST):
            found.report(_TOO_MANY)
            return
        size = _header_and_size(data, at)
        if size is None:
            found.report("the IIM block ends inside a dataset")
            return
        _, record, number, _ = _HEADER.unpack_from(data, at)
        value, at = data[size[0] : size[1]], size[1]
        if (record, number) == _CODED_CHARACTER_SET:
            is_utf8 = value == _UTF8
        elif record == _APPLICATION and number not in _NO_TEXTS:
            # Cut to a number of bytes, UTF-8 may end inside a character.
            text = value.decode("utf-8", "replace") if is_utf8 else decode_text(value)
            if text := text.rstrip("\0 "):
                found.add(f"{place}/IIM", f"2:{number:02d}", text)


def _header_and_size(data: bytes, at: int) -> tuple[int, int] | None:
    """Return where the value of a dataset begins and ends, or None if the data ends before."""
    start = at + _HEADER.size
    if start > len(data):
        return None
    length = _HEADER.unpack_from(data, at)[3]
    if length & _EXTENDED:
        # IIM 4.2 §1.5(c): the lower bits say in how many bytes the length follows.
        width = length & ~_EXTENDED
        if width > _WIDEST or start + width > len(data):
            return None
        length, start = int.from_bytes(data[start : start + width]), start + width
    return (start, start + length) if start + length <= len(data) else None
