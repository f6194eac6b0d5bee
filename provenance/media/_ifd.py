"""Image file directories of classic TIFF (TIFF 6.0 §2) and BigTIFF: the walk over their chain."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from provenance.errors import DamagedMediaError
from provenance.media.interface import MAX_STEPS, ByteSource
from provenance.model.metadata import ByteRange

MAX_DIRECTORIES = 4096
"""Directories, sub-directories included, that a walk follows."""
MAX_ENTRIES = 65535
"""Entries one directory may have: what classic TIFF can count."""
SUB_DIRECTORIES = 0x014A
"""Tag whose values point to sub-directories (TIFF Technical Note 1)."""
MAGIC = {
    b"II*\0": ("<", False),
    b"MM\0*": (">", False),
    b"II+\0": ("<", True),
    b"MM\0+": (">", True),
}
"""Byte order and whether it is BigTIFF, by the first four bytes."""
_MAX_DEPTH = 4
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
SIZES |= {16: 8, 17: 8, 18: 8, 129: 1}
"""Bytes of one value, by its type."""
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a TIFF file spells its numbers."""

    order: str
    """`<` or `>`, as `struct` wants it."""
    big: bool
    """Whether pointers are 64 bits wide (BigTIFF)."""

    @property
    def first_pointer(self) -> int:
        """Where in the header the pointer to the first directory stands."""
        return 8 if self.big else 4

    @property
    def pointer_code(self) -> str:
        """`struct` format of a pointer."""
        return self.order + ("Q" if self.big else "I")

    @property
    def pointer_size(self) -> int:
        """Bytes of a pointer; an entry's value of up to so many bytes stands inline."""
        return 8 if self.big else 4

    @property
    def count_code(self) -> str:
        """`struct` format of the number of entries."""
        return self.order + ("Q" if self.big else "H")

    @property
    def entry_code(self) -> str:
        """`struct` format of an entry: tag, type, count and the bytes of its value."""
        return self.order + ("HHQ8s" if self.big else "HHI4s")


class Entry(NamedTuple):
    """One entry of a directory; a tuple, because a walk spends most of its time making them."""

    tag: int
    """What it is."""
    kind: int
    """The type of its values."""
    number: int
    """How many values it has."""
    raw: bytes
    """The entry as it stands in the file."""
    offset: int
    """Where its values stand, inside the entry or elsewhere."""
    length: int
    """Bytes its values take; 0 where their type is unknown."""
    is_inline: bool
    """Whether the values stand inside the entry."""

    @property
    def end(self) -> int:
        """First byte after its values."""
        return self.offset + self.length

    @property
    def value(self) -> ByteRange:
        """The bytes of its values."""
        return ByteRange(offset=self.offset, length=self.length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """One image file directory."""

    place: str
    """`IFD0`, `IFD1` ... and `IFD0/SubIFD0` for what hangs beneath."""
    pointer_at: int
    """Where the pointer that leads here stands."""
    extent: ByteRange
    """The bytes it takes."""
    entries: tuple[Entry, ...]
    """Its entries in file order."""
    following: int
    """Offset of the next directory of the chain; 0 at its end."""

    @property
    def is_page(self) -> bool:
        """Whether it belongs to the main chain."""
        return "/" not in self.place

    def get(self, tag: int) -> Entry | None:
        """Return the first entry with this tag, or None."""
        for entry in self.entries:
            if entry.tag == tag:
                return entry
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directories:
    """Every directory of a file."""

    layout: Layout
    """How the file spells its numbers."""
    found: tuple[Directory, ...]
    """In chain order, each followed by its sub-directories."""
    missing: tuple[str, ...]
    """What lies beyond the end of the file, in words."""


def read_directories(source: ByteSource) -> Directories:
    """Follow the chain of directories; raises DamagedMediaError if it loops or is endless."""
    layout = _read_layout(source)
    walk = _Walk(source=source, layout=layout)
    pointer_at = layout.first_pointer
    offset = walk.first()
    while offset:
        directory = walk.read(f"IFD{walk.pages}", pointer_at, offset)
        if directory is None:
            break
        walk.pages += 1
        pointer_at = directory.extent.end - layout.pointer_size
        offset = directory.following
    return Directories(layout=layout, found=tuple(walk.found), missing=tuple(walk.missing))


def read_directory(
    source: ByteSource, layout: Layout, *, place: str, pointer_at: int, offset: int
) -> Directory | None:
    """Return the directory at this offset, or None if the file ends before it does."""
    size = struct.calcsize(layout.count_code)
    head = source.pread(offset, size)
    if len(head) < size:
        return None
    count = struct.unpack(layout.count_code, head)[0]
    if count > MAX_ENTRIES:
        raise DamagedMediaError(f"{place} claims {count} entries")
    length = count * struct.calcsize(layout.entry_code) + layout.pointer_size
    body = source.pread(offset + size, length)
    if len(body) < length:
        return None
    return Directory(
        place=place,
        pointer_at=pointer_at,
        extent=ByteRange(offset=offset, length=size + length),
        entries=tuple(_entries(layout, body[: -layout.pointer_size], offset + size)),
        following=struct.unpack(layout.pointer_code, body[-layout.pointer_size :])[0],
    )


def integers(source: ByteSource, layout: Layout, entry: Entry) -> tuple[int, ...]:
    """Return an entry's values; none if they are no whole numbers or the file ends before them.

    Raises DamagedMediaError if they are too many to be followed.
    """
    if entry.kind not in _INTEGERS:
        return ()
    if entry.number > MAX_STEPS:
        raise DamagedMediaError(f"the TIFF tag {entry.tag} has {entry.number} values")
    data = source.pread(entry.offset, entry.length)
    if len(data) < entry.length:
        return ()
    return struct.unpack(f"{layout.order}{entry.number}{_INTEGERS[entry.kind]}", data)


def _read_layout(source: ByteSource) -> Layout:
    known = MAGIC.get(source.pread(0, 4))
    if known is None:
        raise DamagedMediaError("a TIFF file does not begin with the TIFF magic bytes")
    layout = Layout(order=known[0], big=known[1])
    rest = source.pread(4, 4)
    if layout.big and len(rest) == 4 and struct.unpack(layout.order + "HH", rest) != (8, 0):
        raise DamagedMediaError("the BigTIFF header does not ask for pointers of 8 bytes")
    return layout


def _entries(layout: Layout, body: bytes, offset: int) -> Iterator[Entry]:
    code, pointer_code, width = layout.entry_code, layout.pointer_code, layout.pointer_size
    size = struct.calcsize(code)
    for position in range(0, len(body), size):
        raw = body[position : position + size]
        tag, kind, count, inline = struct.unpack(code, raw)
        length = SIZES.get(kind, 0) * count
        if length <= width:
            at = offset + position + size - width
            yield Entry(tag, kind, count, raw, at, length, is_inline=True)
        else:
            at = struct.unpack(pointer_code, inline)[0]
            yield Entry(tag, kind, count, raw, at, length, is_inline=False)


@dataclass(slots=True, kw_only=True)
class _Walk:
    source: ByteSource
    layout: Layout
    found: list[Directory] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    pages: int = 0
    steps: int = 0

    def first(self) -> int:
        data = self.source.pread(self.layout.first_pointer, self.layout.pointer_size)
        # A writer that has not finished leaves zeros here.
        if len(data) < self.layout.pointer_size or not any(data):
            self.missing.append("the file ends in its header or has no directory yet")
            return 0
        return int(struct.unpack(self.layout.pointer_code, data)[0])

    def read(self, place: str, pointer_at: int, offset: int, depth: int = 0) -> Directory | None:
        if offset in self.seen:
            raise DamagedMediaError(f"{place} is a directory met before: the chain loops")
        self.seen.add(offset)
        directory = read_directory(
            self.source, self.layout, place=place, pointer_at=pointer_at, offset=offset
        )
        if directory is None:
            self.missing.append(f"the file ends before the end of {place}")
            return None
        self.found.append(directory)
        if len(self.found) > MAX_DIRECTORIES:
            raise DamagedMediaError(f"the TIFF has more than {MAX_DIRECTORIES} directories")
        self._count(len(directory.entries))
        for entry in directory.entries:
            if not entry.is_inline and entry.end > self.source.size:
                self.missing.append(f"the file ends before tag {entry.tag} of {place} does")
            elif entry.tag == SUB_DIRECTORIES:
                self._read_beneath(directory, entry, depth + 1)
        return directory

    def _read_beneath(self, parent: Directory, entry: Entry, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise DamagedMediaError(f"{parent.place} is nested too deeply")
        self._count(entry.number)
        for number, offset in enumerate(integers(self.source, self.layout, entry)):
            if offset:
                self.read(f"{parent.place}/SubIFD{number}", entry.offset, offset, depth)

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise DamagedMediaError(f"the TIFF has more than {MAX_STEPS} entries")
