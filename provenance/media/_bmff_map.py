"""What decoding a movie depends on besides its media data, free of absolute positions."""

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Sequence

from provenance.errors import DamagedMediaError
from provenance.media._boxes import Box, walk
from provenance.media.interface import ByteSource, read_exactly

_CONTAINERS = frozenset({b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"dinf"})
_IGNORED = frozenset({b"udta", b"meta", b"uuid", b"free", b"skip"})
_OFFSETS = {b"stco": ">I", b"co64": ">Q"}
_CHUNK = 1 << 20
_LARGEST_FRAGMENT = 64 * 1024 * 1024
_BASE_DATA_OFFSET = 0x000001
_RUN_OFFSET = 0x000001
_DEPTH = 8


class _Media:
    """The media boxes of a movie, to be found by offset."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = [box for box in boxes if box.kind == b"mdat"]
        self._starts = [box.payload.offset for box in self.boxes]

    def number_at(self, offset: int) -> int | None:
        """Return the number of the media box this offset lies in, or None."""
        number = bisect_right(self._starts, offset) - 1
        inside = number >= 0 and offset < self.boxes[number].payload.end
        return number if inside else None


def find_stray_media(source: ByteSource, boxes: Sequence[Box]) -> str:
    """Return why samples do not lie in the movie's media data, or nothing.

    Samples are found by absolute offset (§8.7.5): one that leads elsewhere, or a data reference
    to another file (§8.7.2), shows pictures that are no part of the essence.
    """
    media = _Media(boxes)
    for box in boxes:
        if box.kind == b"moov":
            for part in _leaves(source, box, 0):
                if part.kind == b"dref" and _names_another_file(source, part):
                    return "its media lies in another file, which was not looked at"
                if part.kind in _OFFSETS and not _lies_inside(source, part, media):
                    return "its samples lie outside its media data"
        elif box.kind == b"moof" and not _runs_lie_inside(source, box, media):
            return "the samples of a fragment lie outside its media data"
    return ""


def _names_another_file(source: ByteSource, dref: Box) -> bool:
    start = dref.payload.offset + 8
    return any(
        not source.pread(entry.payload.offset + 3, 1).endswith(b"\1")
        for entry in walk(source, start, dref.end)
    )


def _lies_inside(source: ByteSource, table: Box, media: _Media) -> bool:
    form = _OFFSETS[table.kind]
    size = struct.calcsize(form)
    start = table.payload.offset + 8
    while start + size <= table.end:
        data = read_exactly(source, start, min(_CHUNK, (table.end - start) // size * size))
        offsets = [offset for (offset,) in struct.iter_unpack(form, data)]
        low, high = media.number_at(min(offsets)), media.number_at(max(offsets))
        if low is None or high is None:
            return False
        if low != high and any(media.number_at(offset) is None for offset in offsets):
            return False
        start += len(data)
    return True


def _runs_lie_inside(source: ByteSource, moof: Box, media: _Media) -> bool:
    """Return whether the track runs of a fragment that say where they begin begin in media."""
    for traf in walk(source, moof.payload.offset, moof.end):
        if traf.kind != b"traf" or traf.end > moof.end:
            continue
        base = moof.offset
        for box in walk(source, traf.payload.offset, traf.end):
            head = source.pread(box.payload.offset, 16)
            if box.kind == b"tfhd" and len(head) == 16 and head[3] & _BASE_DATA_OFFSET:
                (base,) = struct.unpack(">Q", head[8:16])
            if box.kind == b"trun" and len(head) >= 12 and head[3] & _RUN_OFFSET:
                (distance,) = struct.unpack(">i", head[8:12])
                if media.number_at(base + distance) is None:
                    return False
    return True


def decoding_map(source: ByteSource, boxes: Sequence[Box]) -> bytes:
    """Return a digest over sample tables and fragments, offsets made relative to their media.

    Raises DamagedMediaError for tables that do not fit their boxes.
    """
    state = hashlib.sha256()
    media = _Media(boxes)
    for box in boxes:
        if box.kind == b"moov":
            for part in _leaves(source, box, 0):
                _update_table(state, source, part, media)
        elif box.kind == b"moof":
            state.update(_fragment(source, box))
    return state.digest()


def _leaves(source: ByteSource, parent: Box, depth: int) -> list[Box]:
    if depth > _DEPTH:
        raise DamagedMediaError("boxes nested too deeply in moov")
    found: list[Box] = []
    for box in walk(source, parent.payload.offset, parent.end):
        if box.end > parent.end:
            raise DamagedMediaError("a box inside moov is longer than its parent")
        if box.kind in _CONTAINERS:
            found += _leaves(source, box, depth + 1)
        elif box.kind not in _IGNORED:
            found.append(box)
    return found


def _update_table(state: "hashlib._Hash", source: ByteSource, box: Box, media: "_Media") -> None:
    """Digest one table, chunk by chunk, offsets made relative."""
    state.update(box.kind)
    form = _OFFSETS.get(box.kind)
    start = box.payload.offset + (8 if form else 0)
    while start < box.end:
        data = read_exactly(source, start, min(_CHUNK, box.end - start))
        start += len(data)
        if form is None:
            state.update(data)
            continue
        usable = len(data) - len(data) % struct.calcsize(form)
        for (offset,) in struct.iter_unpack(form, data[:usable]):
            state.update(_relative(offset, media))


def _relative(offset: int, media: "_Media") -> bytes:
    """Return the place as number of the media box and distance from its first byte."""
    number = media.number_at(offset)
    if number is None:
        return struct.pack(">IQ", 0xFFFFFFFF, offset)
    return struct.pack(">IQ", number, offset - media.boxes[number].payload.offset)


def _fragment(source: ByteSource, moof: Box) -> bytes:
    """Return the fragment's bytes with absolute base offsets made relative to it (§8.8.7)."""
    data = bytearray(read_exactly(source, moof.offset, min(moof.length, _LARGEST_FRAGMENT)))
    for traf in walk(source, moof.payload.offset, moof.end):
        if traf.kind != b"traf" or traf.end > moof.end:
            continue
        for box in walk(source, traf.payload.offset, traf.end):
            if box.kind != b"tfhd" or box.payload.length < 16 or box.end > traf.end:
                continue
            at = box.payload.offset - moof.offset
            if at + 16 > len(data):
                break
            if data[at + 3] & _BASE_DATA_OFFSET:
                (base,) = struct.unpack(">Q", data[at + 8 : at + 16])
                data[at + 8 : at + 16] = struct.pack(">Q", (base - moof.offset) % (1 << 64))
    return bytes(data)
