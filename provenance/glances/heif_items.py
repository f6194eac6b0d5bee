"""A glance at the items of a `meta` box: what they are, where they lie, what metadata they hold."""

from dataclasses import dataclass, field
from functools import cache
from os import pread
from struct import Struct

from provenance.glances.exif import ORDERS, is_dull_exif
from provenance.glances.movie import Run
from provenance.glances.screen import Screen

_HEADER = Struct(">I4s")
_ENTRY = Struct(">I4sB3x")
_KINDS = {2: Struct(">HH4s"), 3: Struct(">IH4s")}
"""Number, protection and type of an item, by the version of its entry."""
_LONGEST_ENTRY = 4096
_TABLES = frozenset({b"iinf", b"iloc", b"idat"})
_XMP = b"application/rdf+xml"
_NUMBERS = {4: "I", 8: "Q"}
_IN_FILE, _IN_IDAT = 0, 1
_MOST_BOXES, _MOST_ITEMS, _MOST_TOLD = 64, 2048, 16
_LARGEST = 1 << 16
"""Bytes of a block or packet that is still glanced at."""


@dataclass(slots=True)
class Items:
    """The items of a picture, and where they lie."""

    pictures: list[Run] = field(default_factory=list)
    """Where picture data lies."""
    blocks: list[Run] = field(default_factory=list)
    """Where Exif lies."""
    packets: list[Run] = field(default_factory=list)
    """Where XMP lies."""
    inside: list[Run] = field(default_factory=list)
    """What the `meta` box holds of items itself."""

    def places_among(self, media: list[Run], *, is_movie: bool) -> list[Run]:
        """Return the essence in file order, if all pictures lie in it; else nothing."""
        areas = [run for run in sorted(media + self.inside) if run[0] < run[1]]
        if not (is_movie or self.pictures or self.blocks or self.packets):
            return []
        for begin, end in () if is_movie else (*self.blocks, *self.packets):
            areas = [
                run
                for first, last in areas
                for run in ((first, min(last, begin)), (max(first, end), last))
                if run[0] < run[1]
            ]
        for begin, end in self.pictures:
            if begin < end and not any(first <= begin and end <= last for first, last in areas):
                return []
        return areas

    def are_dull(self, descriptor: int, size: int, screen: Screen) -> bool:
        """Return whether the metadata is sound and says nothing of interest."""
        for begin, end in self.blocks:
            block = _bytes(descriptor, size, begin, end)
            # A distance to the block stands before it (ISO/IEC 23008-12 §A.2.1).
            start = 0 if block[:4] in ORDERS else 4 + int.from_bytes(block[:4])
            if not is_dull_exif(block[start:], len(block) - start, screen):
                return False
        return all(
            screen.is_dull_packet(_bytes(descriptor, size, begin, end))
            for begin, end in self.packets
        )


def _bytes(descriptor: int, size: int, begin: int, end: int) -> bytes:
    """Return the bytes of a run, or nothing if it is long or leaves the file."""
    if end > size or end - begin > _LARGEST:
        return b""
    return pread(descriptor, end - begin, begin)


def read_items(meta: bytes, offset: int) -> Items | None:
    """Return the items of a `meta` box whose payload this is and begins there; None if unsure."""
    tables: dict[bytes, Run] = {}
    at = 4
    for _ in range(_MOST_BOXES):
        if len(meta) - at < _HEADER.size:
            break
        length, kind = _HEADER.unpack_from(meta, at)
        if length < _HEADER.size or at + length > len(meta) or kind in tables:
            return None
        if kind in _TABLES:
            tables[kind] = (at + 8, at + length)
        at += length
    else:
        return None
    if b"iinf" not in tables or b"iloc" not in tables:
        return None
    told = _told(meta, *tables[b"iinf"])
    return None if told is None else _located(meta, tables, told, offset)


def _told(meta: bytes, at: int, end: int) -> dict[int, bytes] | None:
    """Return the kinds of the items that are metadata, by number."""
    kinds: dict[int, bytes] = {}
    if end - at < 6:
        return None
    at += 8 if meta[at] else 6
    for _ in range(_MOST_ITEMS):
        if end - at < 8:
            return kinds
        if end - at < _ENTRY.size:
            return None
        length, box, version = _ENTRY.unpack_from(meta, at)
        form = _KINDS.get(version)
        stop, first = at + length, at + _ENTRY.size
        if box != b"infe" or form is None or stop > end or length > _LONGEST_ENTRY:
            return None
        if first + form.size > stop:
            return None
        number, _, kind = form.unpack_from(meta, first)
        # Of entries for one item the last counts; nobody writes two.
        if number in kinds:
            return None
        if kind == b"mime":
            _, content_type, encoding, *_ = (*meta[first + form.size : stop].split(b"\0"), b"", b"")
            if content_type != _XMP or encoding:
                return None
        kinds[number] = kind
        at = stop
    return None


@cache
def _layout(version: int, sizes: int) -> Struct | None:
    """Return how entries with one run each are spelled in a table of locations."""
    offset, length, base = (_NUMBERS.get(sizes >> shift & 15) for shift in (12, 8, 4))
    if offset is None or length is None or version > 2 or (version and sizes & 15):
        return None
    if base is None and sizes >> 4 & 15:
        return None
    head = ("HH", "HHH", "IHH")[version]
    return Struct(f">{head}{base or ''}H{offset}{length}")


def _located(
    meta: bytes, tables: dict[bytes, Run], kinds: dict[int, bytes], offset: int
) -> Items | None:
    """Return where the items lie."""
    at, end = tables[b"iloc"]
    if end - at < 10:
        return None
    version, sizes = meta[at], int.from_bytes(meta[at + 4 : at + 6])
    layout, wide = _layout(version, sizes), 4 if version == 2 else 2
    number, at = int.from_bytes(meta[at + 6 : at + 6 + wide]), at + 6 + wide
    if layout is None or number > _MOST_ITEMS or number * layout.size != end - at:
        return None
    items = Items()
    first, last = tables.get(b"idat", (0, 0))
    if last:
        items.inside.append((offset + first, offset + last))
    runs = {b"Exif": items.blocks, b"mime": items.packets}
    has_base = bool(sizes >> 4 & 15)
    for entry in layout.iter_unpack(meta[at:end]):
        method = entry[1] & 15 if version else _IN_FILE
        if entry[-3] != 1 or entry[2 if version else 1]:
            return None
        begin = entry[-2] + entry[-4] if has_base else entry[-2]
        if method == _IN_IDAT and last:
            begin += offset + first
        elif method != _IN_FILE:
            return None
        run = runs.get(kinds.get(entry[0], b""), items.pictures)
        run.append((begin, begin + entry[-1]))
    return items if len(items.blocks) + len(items.packets) <= _MOST_TOLD else None
