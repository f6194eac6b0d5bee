"""A glance at TIFF: the chain of directories, their texts, where their pixels lie."""

from collections.abc import Sequence
from itertools import accumulate
from os import pread
from struct import Struct

from provenance.glances.exif import ORDERS, look_through
from provenance.glances.interface import Plain
from provenance.glances.photoshop import is_dull_iim, is_dull_resources
from provenance.glances.screen import Screen
from provenance.media.exif_tags import (
    EXIF_DIRECTORY,
    TEXT_KINDS,
    TEXT_NAMES,
    USER_COMMENT,
    WIDE_NAMES,
)

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of a value by type (TIFF 6.0 §2); other types are read in full."""
_XMP = 0x02BC
_PAIRS = ((0x0111, 0x0117), (0x0144, 0x0145))
"""Offsets and lengths of strips, and of tiles."""
_SEGMENTS = frozenset(tag for pair in _PAIRS for tag in pair)
_IIM, _RESOURCES = 0x83BB, 0x8649
_UNSURE = frozenset({0xCD41, 0x014A, 0x0201, 0x0202})
"""Manifests, directories beneath, old thumbnails: read in full."""
_LOOKED_AT = _SEGMENTS | _UNSURE | {_XMP, _IIM, _RESOURCES, EXIF_DIRECTORY, *TEXT_NAMES}
_RUNS = frozenset({1, 7})
_WINDOW, _LARGEST = 4096, 65536
_MOST_PAGES, _MOST_ENTRIES, _MOST_SEGMENTS = 4, 200, 16384
_ENTRY, _INLINE, _SHORT, _LONG = 12, 4, 3, 4
_LONGEST = 1024
"""Bytes that most directories take with what they point to."""


class TiffGlance:
    """See `Glance`; BigTIFF is read in full."""

    format_name = "tiff"
    is_exact = True
    magics = ((0, b"II*\0"), (0, b"MM\0*"))

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if len(head) < 8:
            return None
        walk = _Walk(descriptor, size, head, screen)
        offset = walk.order.long.unpack_from(head, 4)[0]
        seen: list[int] = []
        while offset:
            if offset in seen or len(seen) == _MOST_PAGES:
                return None
            seen.append(offset)
            following = walk.read(offset)
            if following is None:
                return None
            offset = following
        return (walk.essence, walk.last) if walk.essence else None


class _Walk:
    """One walk over the directories."""

    __slots__ = ("_at", "_data", "_descriptor", "_screen", "_size", "essence", "last", "order")

    def __init__(self, descriptor: int, size: int, head: bytes, screen: Screen) -> None:
        self.order = ORDERS[head[:4]]
        self._descriptor, self._size, self._screen = descriptor, size, screen
        self._data, self._at = head, 0
        self.essence = self.last = 0

    def read(self, offset: int) -> int | None:
        """Look through a directory; return where the next one lies, None if it is not dull."""
        order, size = self.order, self._size
        at = self._reach(offset) + 2
        count = int.from_bytes(self._data[at - 2 : at], order.name)
        end = at + count * _ENTRY
        if not 0 < count <= _MOST_ENTRIES or end + 4 > len(self._data):
            return None
        segments: dict[int, Sequence[int]] = {}
        following: int = order.long.unpack_from(self._data, end)[0]
        where = offset + 10
        for tag, kind, number, value in order.entries.iter_unpack(self._data[at:end]):
            width = _SIZES.get(kind)
            if width is None or (width * number > _INLINE and value + width * number > size):
                return None
            if tag in _LOOKED_AT:
                begin = value if width * number > _INLINE else where
                if tag in _SEGMENTS:
                    if tag in segments or number > _MOST_SEGMENTS or kind not in (_SHORT, _LONG):
                        return None
                    segments[tag] = self._numbers(begin, kind, number)
                elif tag == EXIF_DIRECTORY:
                    if kind != _LONG or number != 1 or not self._is_dull_beneath(value, offset):
                        return None
                elif not self._is_dull(tag, kind, begin, width * number):
                    return None
            where += _ENTRY
        for pair in _PAIRS:
            if not segments.keys().isdisjoint(pair):
                offsets, lengths = (segments.get(one, ()) for one in pair)
                if not self._take(offsets, lengths):
                    return None
        return following

    def _is_dull(self, tag: int, kind: int, where: int, length: int) -> bool:
        screen = self._screen
        if tag in TEXT_NAMES:
            name = TEXT_NAMES[tag]
            if kind not in TEXT_KINDS or screen.is_dull_key(name):
                return True
            if tag in WIDE_NAMES or tag == USER_COMMENT:
                return False
        text = self._bytes(where, length) if length <= _LARGEST else b""
        if not text or len(text) < length:
            return False
        if tag in TEXT_NAMES:
            return screen.is_dull(name, text)
        if tag == _XMP:
            return kind in _RUNS and screen.is_dull_packet(text)
        if tag == _RESOURCES:
            return is_dull_resources(text, screen)
        # Where a writer turned the bytes round, a full reading turns them back.
        return tag == _IIM and text[:1] == b"\x1c" and is_dull_iim(text, screen)

    def _is_dull_beneath(self, offset: int, parent: int) -> bool:
        """Return whether the Exif directory says nothing; it has to lie where the file begins."""
        if self._at or offset == parent:
            return False
        return look_through(self._data, self._size, self.order, offset, self._screen) >= 0

    def _take(self, offsets: Sequence[int], lengths: Sequence[int]) -> bool:
        """Take strips or tiles for essence; return whether they lie in the file."""
        if len(offsets) != len(lengths):
            return False
        total = sum(lengths)
        if not total:
            return True
        start, end, runs = offsets[0], offsets[0] + total, 1
        # Mostly each follows on the one before.
        if len(offsets) > 1 and tuple(accumulate(lengths[:-1], initial=start)) != offsets:
            start = end = runs = 0
            for offset, length in zip(offsets, lengths, strict=True):
                if offset != end and length:
                    runs += 1
                    start = end = offset
                end += length
                if end > self._size:
                    return False
        self.essence += total
        self.last = start if runs == 1 and not self.last else -1
        return end <= self._size and self.essence <= self._size

    def _numbers(self, where: int, kind: int, number: int) -> Sequence[int]:
        width = 2 if kind == _SHORT else 4
        data = self._bytes(where, width * number)
        if number == 1:
            return (int.from_bytes(data, self.order.name),)
        if len(data) < width * number:
            return ()
        return Struct(f"{self.order.code}{number}{'H' if kind == _SHORT else 'I'}").unpack(data)

    def _bytes(self, offset: int, length: int) -> bytes:
        begin = offset - self._at
        if begin >= 0 and begin + length <= len(self._data):
            return self._data[begin : begin + length]
        return pread(self._descriptor, length, offset)

    def _reach(self, offset: int) -> int:
        """Return where among the bytes at hand a directory begins, read what is around it if due.

        Writers put its values right before or right behind it.
        """
        begin = offset - self._at
        end = self._at + len(self._data)
        if begin < 0 or (offset + _LONGEST > end and end < self._size):
            self._at = max(0, offset - _WINDOW)
            self._data = pread(self._descriptor, 2 * _WINDOW, self._at)
        return offset - self._at
