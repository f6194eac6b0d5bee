"""The left columns of a PNG, without the memory that all of it would take.

No filter looks to the right (W3C PNG §9.2), nor does Adam7 (§8.1) mix what lies there: rows cut
short are the rows of a narrower picture, and any decoder takes them for that.
"""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from provenance.errors import DamagedMediaError

_MAGIC = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel, by colour type."""
_KEPT = frozenset({b"PLTE", b"tRNS"})
_LONGEST_KEPT = 1024
_PIECE = 1 << 16
_UNPACKED = 1 << 20
_MOST_ROWS = 1 << 18
_WHOLE = ((0, 0, 1, 1),)
_ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
"""First column and row of each pass, and the steps to the next."""

_Rows = tuple[int, int, int]
"""How many rows, their bytes, and how many of those are kept."""


def left_columns(file: BinaryIO, columns: int) -> BytesIO:
    """Return a PNG of the first columns of this one; nothing else of it is kept.

    Raises DamagedMediaError if its pixels end early or are too many rows to be followed.
    """
    file.seek(0)
    if file.read(len(_MAGIC)) != _MAGIC:
        raise DamagedMediaError("a PNG file does not begin with the PNG magic bytes")
    out = BytesIO()
    out.write(_MAGIC)
    rows: list[_Rows] = []
    for kind, length in _chunks(file):
        if kind == b"IHDR" and length == _HEADER.size:
            header = _HEADER.unpack(file.read(length).ljust(length, b"\0"))
            columns = min(columns, header[0])
            rows = _rows(header, columns)
            out.write(_chunk(kind, _HEADER.pack(columns, *header[1:])))
        elif kind in _KEPT and length <= _LONGEST_KEPT:
            out.write(_chunk(kind, file.read(length)))
        elif kind == b"IDAT":
            out.write(_chunk(kind, _cut(_unpacked(file, length), rows)))
            out.write(_chunk(b"IEND", b""))
            out.seek(0)
            return out
    raise DamagedMediaError("the PNG has no pixels")


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield kind and length of each chunk, the file standing at its content."""
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        start = file.tell()
        yield kind, length
        file.seek(start + length + 4)


def _rows(header: tuple[int, ...], columns: int) -> list[_Rows]:
    width, height, depth, colour, _, _, interlace = header
    if height > _MOST_ROWS:
        raise DamagedMediaError(
            f"its pixels are more than {_MOST_ROWS} high and were not looked into"
        )
    bits = depth * _CHANNELS.get(colour, 1)
    rows = []
    for left, top, right, down in _ADAM7 if interlace else _WHOLE:
        count = max(0, -(-(height - top) // down))
        wide, narrow = (max(0, -(-(size - left) // right)) for size in (width, columns))
        if wide and count:
            kept = 1 + -(-narrow * bits // 8) if narrow else 0
            rows.append((count, 1 + -(-wide * bits // 8), kept))
    return rows


def _unpacked(file: BinaryIO, length: int) -> Iterator[bytes]:
    """Yield what the chunk here and those of its kind that follow unpack to."""
    stream = zlib.decompressobj()
    while not stream.eof:
        while length and not stream.eof:
            packed = file.read(min(length, _PIECE))
            if not packed:
                return
            length -= len(packed)
            while packed:
                yield stream.decompress(packed, _UNPACKED)
                packed = stream.unconsumed_tail
        head = file.read(12)
        if len(head) < 12 or head[8:] != b"IDAT":
            return
        length = int.from_bytes(head[4:8])


def _cut(pieces: Iterator[bytes], rows: list[_Rows]) -> bytes:
    """Return the rows cut short, packed again."""
    packer = zlib.compressobj(1)
    stream = _Stream(pieces)
    packed = []
    for count, length, kept in rows:
        for _ in range(count):
            packed.append(packer.compress(stream.take(kept)))
            stream.skip(length - kept)
    return b"".join([*packed, packer.flush()])


class _Stream:
    """Bytes that come in pieces; one row may be far longer than the memory there is."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._data = b""
        self._at = 0

    def take(self, length: int) -> bytes:
        """Return the next bytes."""
        parts = []
        while length:
            self._fill()
            part = self._data[self._at : self._at + length]
            parts.append(part)
            self._at += len(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, length: int) -> None:
        """Leave the next bytes out."""
        while length:
            self._fill()
            there = min(length, len(self._data) - self._at)
            self._at += there
            length -= there

    def _fill(self) -> None:
        while self._at == len(self._data):
            piece = next(self._pieces, None)
            if piece is None:
                raise DamagedMediaError("its pixels cannot be decoded: they end early")
            self._data, self._at = piece, 0


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
