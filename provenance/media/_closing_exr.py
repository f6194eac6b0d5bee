"""Whether an OpenEXR file has all its chunks ("OpenEXR File Layout").

The table of offsets behind the headers is written as nothing first and filled in at the end; it
says by itself how long it is, for the first chunk begins where the table ends.
"""

import struct
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from provenance.errors import DamagedMediaError
from provenance.media.interface import ByteSource, read_exactly

_TILED, _DEEP, _MULTIPART = 0x200, 0x800, 0x1000
_BEGIN = 8
_LONGEST_HEADER = 1 << 20
_LONGEST_NAME = 256
_MOST_PARTS = 1024
_TABLE_STEP = 1 << 16
_LONGEST_TABLE = 1 << 25
_I32 = struct.Struct("<i")


class _Part(NamedTuple):
    is_tiled: bool
    is_deep: bool


def is_closed_exr(source: ByteSource) -> bool:
    """Return whether every chunk has its place and the last lies within the file."""
    flags = int.from_bytes(read_exactly(source, 4, 4), "little")
    parts, table = _read_headers(source, flags)
    last = _last_chunk(source, table)
    return last is not None and _end_of_chunk(source, last, parts, flags) <= source.size


def _read_headers(source: ByteSource, flags: int) -> tuple[list[_Part], int]:
    """Return the parts and where their tables begin; raises DamagedMediaError."""
    data = source.pread(0, min(source.size, _LONGEST_HEADER))
    place, parts = _BEGIN, []
    while True:
        kind = ""
        for name, value, end in _attributes(data, place):
            place = end
            if name == b"type":
                kind = value.rstrip(b"\0").decode("ascii", "replace")
        place += 1  # the nothing that ends a header
        parts.append(
            _Part(
                is_tiled="tile" in kind if kind else bool(flags & _TILED),
                is_deep=kind.startswith("deep") if kind else bool(flags & _DEEP),
            )
        )
        if not flags & _MULTIPART:
            return parts, place
        if data[place : place + 1] == b"\0":
            return parts, place + 1
        if len(parts) >= _MOST_PARTS:
            raise DamagedMediaError("the headers do not end")


def _attributes(data: bytes, place: int) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield name, value and end of the attributes of one header; raises DamagedMediaError."""
    while data[place : place + 1] != b"\0":
        name, place = _read_name(data, place)
        _, place = _read_name(data, place)
        if place + 4 > len(data):
            raise DamagedMediaError("the header is cut off")
        length = _I32.unpack_from(data, place)[0]
        end = place + 4 + length
        if length < 0 or end > len(data):
            raise DamagedMediaError("the header is cut off")
        yield name, data[place + 4 : end], end
        place = end


def _read_name(data: bytes, place: int) -> tuple[bytes, int]:
    end = data.find(b"\0", place, place + _LONGEST_NAME)
    if end < 0:
        raise DamagedMediaError("the header is cut off")
    return data[place:end], end + 1


def _last_chunk(source: ByteSource, table: int) -> int | None:
    """Return the greatest offset in the table; None while one is missing or there is no end."""
    place, first, last = table, source.size, 0
    while place < first:
        length = min(_TABLE_STEP, first - place) // 8 * 8
        if not length or place - table > _LONGEST_TABLE:
            return None
        offsets = array("Q", read_exactly(source, place, length))
        for index, offset in enumerate(offsets):
            if place + 8 * index >= first:
                break
            if not offset:
                return None
            first, last = min(first, offset), max(last, offset)
        place += length
    return last if last >= table else None


def _end_of_chunk(source: ByteSource, place: int, parts: list[_Part], flags: int) -> int:
    """Return where a chunk ends; raises DamagedMediaError if not even its head is there."""
    part = parts[0]
    if flags & _MULTIPART:
        number = _I32.unpack(read_exactly(source, place, 4))[0]
        if not 0 <= number < len(parts):
            raise DamagedMediaError("a chunk belongs to no part")
        part, place = parts[number], place + 4
    place += 16 if part.is_tiled else 4  # coordinates
    if part.is_deep:
        table, packed, _ = struct.unpack("<3Q", read_exactly(source, place, 24))
        return int(place + 24 + table + packed)
    length: int = _I32.unpack(read_exactly(source, place, 4))[0]
    return place + 4 + max(0, length)
