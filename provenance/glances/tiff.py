"""A glance at TIFF: the chain of directories, their texts, where their pixels lie."""

from collections.abc import Sequence
from os import pread
from struct import Struct

from provenance.glances.interface import Plain
from provenance.glances.screen import Screen
from provenance.media.exif_tags import (
    ASCII,
    EXIF_DIRECTORY,
    STRAY_TEXTS,
    TEXT_KINDS,
    TEXT_NAMES,
    USER_COMMENT,
    WIDE_NAMES,
    stray_name,
)

_SIZES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
"""Bytes of a value by type (TIFF 6.0 §2), up to the type of a pointer."""
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_XMP = 0x02BC
_OFFSETS, _LENGTHS, _TILES, _TILE_LENGTHS = 0x0111, 0x0117, 0x0144, 0x0145
_SEGMENTS = frozenset({_OFFSETS, _LENGTHS, _TILES, _TILE_LENGTHS})
_UNSURE = frozenset({0x83BB, 0x8649, 0xCD41, 0x014A, 0x0201, 0x0202, EXIF_DIRECTORY})
"""IIM, Photoshop's resources, manifests, directories beneath, old thumbnails: read in full."""
_LOOKED_AT = _SEGMENTS | _UNSURE | {_XMP, *TEXT_NAMES, *STRAY_TEXTS}
_RUNS = frozenset({1, 7})
_MORE, _LARGEST = 4096, 65536
_MOST_PAGES, _MOST_ENTRIES, _MOST_SEGMENTS = 4, 200, 16384
_ENTRY, _INLINE = 12, 4


class TiffGlance:
    """See `Glance`; BigTIFF is read in full."""

    format_name = "tiff"
    is_exact = True
    magics = ((0, b"II*\0"), (0, b"MM\0*"))

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        walk = _Walk(descriptor, size, head, screen)
        offset = walk.long.unpack_from(head, 4)[0] if len(head) >= 8 else 0
        seen: set[int] = set()
        while offset and offset not in seen:
            seen.add(offset)
            following = walk.read(offset) if len(seen) <= _MOST_PAGES else None
            if following is None:
                return None
            offset = following
        return (walk.essence, walk.last) if walk.essence and not offset else None


class _Walk:
    """One walk over the directories."""

    def __init__(self, descriptor: int, size: int, head: bytes, screen: Screen) -> None:
        order = _ORDERS[head[:4]]
        self.long = Struct(order + "I")
        self._entry = Struct(order + "HHII")
        self._order = order
        self._descriptor, self._size, self._screen = descriptor, size, screen
        self._data, self._at = head, 0
        self.essence = self.last = 0

    def read(self, offset: int) -> int | None:
        """Look through a directory; return where the next one lies, None if it is not dull."""
        head = self._bytes(offset, 2)
        count = int.from_bytes(head, "little" if self._order == "<" else "big")
        body = self._bytes(offset + 2, count * _ENTRY + 4)
        if len(head) < 2 or not 0 < count <= _MOST_ENTRIES or len(body) < count * _ENTRY + 4:
            return None
        segments: dict[int, Sequence[int]] = {}
        at = offset + 2
        for tag, kind, number, value in self._entry.iter_unpack(body[:-4]):
            at += _ENTRY
            if not 0 < kind < len(_SIZES):
                return None
            length = _SIZES[kind] * number
            where = value if length > _INLINE else at - _INLINE
            if where + length > self._size:
                return None
            if tag in _LOOKED_AT:
                if tag in _SEGMENTS:
                    if tag in segments or number > _MOST_SEGMENTS or kind not in (3, 4):
                        return None
                    segments[tag] = self._numbers(where, kind, number)
                elif not self._is_dull(tag, kind, where, length):
                    return None
        if not self._take(segments.get(_OFFSETS, ()), segments.get(_LENGTHS, ())):
            return None
        if not self._take(segments.get(_TILES, ()), segments.get(_TILE_LENGTHS, ())):
            return None
        following: int = self.long.unpack(body[-4:])[0]
        return following

    def _is_dull(self, tag: int, kind: int, where: int, length: int) -> bool:
        if tag in _UNSURE:
            return False
        if tag == _XMP:
            if kind not in _RUNS or length > _LARGEST:
                return False
            return self._screen.is_dull_packet(self._bytes(where, length))
        if kind not in TEXT_KINDS or (tag in STRAY_TEXTS and kind != ASCII):
            return True
        name = stray_name(tag) if tag in STRAY_TEXTS else TEXT_NAMES[tag]
        if self._screen.is_dull_key(name):
            return True
        if tag in WIDE_NAMES or tag == USER_COMMENT or length > _LARGEST:
            return False
        return self._screen.is_dull(name, self._bytes(where, length))

    def _take(self, offsets: Sequence[int], lengths: Sequence[int]) -> bool:
        """Take strips or tiles for essence; return whether they lie in the file."""
        if len(offsets) != len(lengths):
            return False
        start = end = runs = 0
        for offset, length in zip(offsets, lengths, strict=True):
            if offset != end and length:
                runs += 1
                start = end = offset
            end += length
            if end > self._size:
                return False
        if offsets:
            self.essence += sum(lengths)
            self.last = start if runs == 1 and not self.last else -1
        return self.essence <= self._size

    def _numbers(self, where: int, kind: int, number: int) -> Sequence[int]:
        code = f"{self._order}{number}{'H' if kind == 3 else 'I'}"
        layout = Struct(code)
        data = self._bytes(where, layout.size)
        return layout.unpack(data) if len(data) == layout.size else ()

    def _bytes(self, offset: int, length: int) -> bytes:
        begin = offset - self._at
        if begin < 0 or begin + length > len(self._data):
            if offset + length > self._size:
                return b""
            self._data, self._at = pread(self._descriptor, max(length, _MORE), offset), offset
            begin = 0
        return self._data[begin : begin + length]
