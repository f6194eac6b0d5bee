"""Items of a `meta` box (ISO/IEC 14496-12 §8.11): what they are and where in the file they lie."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from provenance.errors import DamagedMediaError
from provenance.media._boxes import Box, NearSource, walk
from provenance.media.interface import ByteSource, read_exactly
from provenance.model.metadata import ByteRange

IN_FILE, IN_IDAT = 0, 1
"""Construction methods that say where bytes lie; others build on other items."""
_LARGEST_TABLE = 8 * 1024 * 1024
_MOST_LOCATIONS = 65_536
_VERSION_AND_FLAGS = 4
_SIZES = frozenset({0, 4, 8})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item."""

    kind: bytes
    """Its four-letter type; empty if nothing tells it."""
    content_type: bytes = b""
    """MIME type, of a `mime` item."""
    is_encoded: bool = False
    """Whether a `mime` item is compressed."""
    method: int = IN_FILE
    """Its construction method."""
    is_elsewhere: bool = False
    """Whether it lies in another file."""
    runs: tuple[ByteRange, ...] = ()
    """Where it lies in this file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTables:
    """What a `meta` box says."""

    items: tuple[Item, ...]
    """The items that have a place."""
    data: tuple[ByteRange, ...]
    """What it holds of items itself: the payload of its `idat`."""


def read_items(source: ByteSource, meta: Box) -> ItemTables:
    """Return what a `meta` box says; raises DamagedMediaError if its tables make no sense."""
    near = NearSource(source, ByteRange(offset=meta.offset, length=meta.length))
    boxes: dict[bytes, Box] = {}
    for box in walk(near, meta.payload.offset + _VERSION_AND_FLAGS, meta.end):
        if box.end > meta.end:
            raise DamagedMediaError("a box inside meta is longer than meta")
        boxes.setdefault(box.kind, box)
    kinds = _kinds(near, boxes[b"iinf"]) if b"iinf" in boxes else {}
    idat = boxes[b"idat"].payload if b"idat" in boxes else None
    items: list[Item] = []
    if b"iloc" in boxes:
        table = _Table(_payload(near, boxes[b"iloc"]))
        items = [_item(place, kinds, idat) for place in _places(table)]
    return ItemTables(items=tuple(items), data=(idat,) if idat else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    number: int
    method: int
    reference: int
    runs: tuple[ByteRange, ...]


def _item(place: _Place, kinds: Mapping[int, Item], idat: ByteRange | None) -> Item:
    kind = kinds.get(place.number, Item(kind=b""))
    start = 0
    if place.method == IN_IDAT:
        if idat is None:
            raise DamagedMediaError("an item lies in an idat box that is not there")
        start = idat.offset
    runs = [ByteRange(offset=start + run.offset, length=run.length) for run in place.runs]
    return Item(
        kind=kind.kind,
        content_type=kind.content_type,
        is_encoded=kind.is_encoded,
        method=place.method,
        is_elsewhere=place.reference != 0 and place.method == IN_FILE,
        runs=tuple(runs) if place.method in (IN_FILE, IN_IDAT) else (),
    )


def _kinds(source: ByteSource, iinf: Box) -> dict[int, Item]:
    version = read_exactly(source, iinf.payload.offset, 1)[0]
    start = iinf.payload.offset + _VERSION_AND_FLAGS + (4 if version else 2)
    kinds: dict[int, Item] = {}
    for box in walk(source, start, iinf.end):
        if box.end > iinf.end:
            raise DamagedMediaError("an item entry is longer than its table")
        if box.kind == b"infe":
            kinds.update(_kind(source.pread(box.payload.offset, min(box.payload.length, 4096))))
    return kinds


def _kind(entry: bytes) -> Iterator[tuple[int, Item]]:
    # Versions 0 and 1 have no type.
    version = entry[0] if entry else 0
    code = {2: ">4xHH4s", 3: ">4xIH4s"}.get(version)
    if code is None or len(entry) < struct.calcsize(code):
        return
    number, _, kind = struct.unpack_from(code, entry)
    _, content_type, encoding, *_ = (*entry[struct.calcsize(code) :].split(b"\0"), b"", b"", b"")
    if kind != b"mime":
        content_type, encoding = b"", b""
    yield number, Item(kind=kind, content_type=content_type, is_encoded=bool(encoding))


@dataclass(slots=True)
class _Table:
    """A table, read from its beginning."""

    data: bytes
    at: int = 0
    steps: Iterator[int] = field(default_factory=count)

    def number(self, size: int) -> int:
        """Return the number in the next bytes."""
        self.at += size
        if self.at > len(self.data):
            raise DamagedMediaError("the table of item locations ends inside an entry")
        return int.from_bytes(self.data[self.at - size : self.at], "big")

    def step(self) -> None:
        """Count an entry; raises DamagedMediaError for too many of them."""
        # An entry may take no byte at all, so that a short table can claim very many.
        if next(self.steps) >= _MOST_LOCATIONS:
            raise DamagedMediaError(f"more than {_MOST_LOCATIONS} item locations")


def _payload(source: ByteSource, box: Box) -> bytes:
    if box.payload.length > _LARGEST_TABLE:
        raise DamagedMediaError(f"a table of item locations of {box.payload.length} bytes")
    return read_exactly(source, box.payload.offset, box.payload.length)


def _places(table: _Table) -> Iterator[_Place]:
    version = table.number(_VERSION_AND_FLAGS) >> 24
    sizes = table.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    if version > 2 or not {offset_size, length_size, base_size, index_size} <= _SIZES:
        raise DamagedMediaError("a table of item locations of an unknown kind")
    wide = 4 if version == 2 else 2
    for _ in range(table.number(wide)):
        table.step()
        number = table.number(wide)
        method = table.number(2) & 15 if version else IN_FILE
        reference = table.number(2)
        base = table.number(base_size)
        runs = []
        for _ in range(table.number(2)):
            table.step()
            table.number(index_size)
            offset = base + table.number(offset_size)
            runs.append(ByteRange(offset=offset, length=table.number(length_size)))
        yield _Place(number=number, method=method, reference=reference, runs=tuple(runs))
