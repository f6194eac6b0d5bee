"""Texts of an Exif block (CIPA DC-008): a TIFF directory, and the Exif directory beneath it."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from provenance.media._exif_text import comment_text, wide_text
from provenance.media._found import Found
from provenance.media._ifd import MAGIC, SIZES, Directory, Entry, Layout, integers
from provenance.media._spans import Spans
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
from provenance.media.interface import ByteSource, decode_text
from provenance.model.metadata import ByteRange

EXIF_MAGIC = b"Exif\0"
"""What mostly stands before the block, with one byte more."""

TEXT_TAGS = frozenset(TEXT_NAMES)
"""Tags that hold text, in whichever directory."""
_WANTED = TEXT_TAGS | {EXIF_DIRECTORY, *STRAY_TEXTS}
_BLOCK_COST, _ENTRY_COST, _TEXT_COST = 4096, 64, 256
"""What blocks, entries and texts take from the budget besides their length, so that very many of
them end a walk."""
_TOO_MANY = "more Exif directories than are read from one file"


def text_name(entry: Entry) -> str | None:
    """Return the name of an entry that is text, or None."""
    if entry.kind not in TEXT_KINDS:
        return None
    if entry.tag == MAKER_NOTE and entry.length > LONGEST_MAKER_NOTE:
        return None
    if entry.kind == ASCII and entry.tag in STRAY_TEXTS:
        return stray_name(entry.tag)
    return TEXT_NAMES.get(entry.tag)


def text_value(entry: Entry, data: bytes, layout: Layout) -> str:
    """Return the text of an entry whose bytes these are; empty if they are none."""
    if entry.tag == USER_COMMENT:
        return comment_text(data, layout.order)
    if entry.tag in WIDE_NAMES:
        return wide_text(data, "<")
    text = decode_text(data)
    if entry.tag == MAKER_NOTE and not (text.isascii() and text.isprintable()):
        return ""
    return text


def read_exif(source: ByteSource, runs: Iterable[ByteRange], place: str, found: Found) -> None:
    """Collect the texts of the Exif block in these runs, with or without `Exif` before it.

    They stand in `place`/Exif/IFD0 and `place`/Exif/ExifIFD.
    """
    if not found.budget.take(_BLOCK_COST):
        found.report(_TOO_MANY)
        return
    block = Spans(source, runs)
    head = block.pread(0, 10)
    start = 6 if head.startswith(EXIF_MAGIC) else 0
    known = MAGIC.get(head[start : start + 4])
    if known is None:
        return
    texts = _Texts(block.without(start), Layout(order=known[0], big=known[1]), found)
    first = texts.first()
    pointer = texts.collect(f"{place}/Exif/IFD0", first)
    texts.collect_beneath(f"{place}/Exif", pointer, first)


def read_exif_directory(
    source: ByteSource, layout: Layout, parent: Directory, place: str, *, found: Found
) -> None:
    """Collect the texts of the Exif directory that this one points to, if it does."""
    pointer = parent.get(EXIF_DIRECTORY)
    texts = _Texts(source, layout, found)
    texts.collect_beneath(f"{place}/Exif", pointer, parent.extent.offset)


@dataclass(frozen=True, slots=True)
class _Texts:
    """Collects the texts of directories of one file or block."""

    source: ByteSource
    layout: Layout
    found: Found

    def first(self) -> int:
        """Return where the first directory lies; 0 if nothing says it."""
        data = self.source.pread(self.layout.first_pointer, self.layout.pointer_size)
        return self._number(data) if len(data) == self.layout.pointer_size else 0

    def collect(self, place: str, offset: int) -> Entry | None:
        """Collect the texts of the directory here; return what points to the Exif directory."""
        pointer = None
        for entry in self._entries(place, offset) if offset else ():
            if entry.tag == EXIF_DIRECTORY:
                pointer = entry
            elif name := text_name(entry):
                self._collect(place, name, entry)
        return pointer

    def collect_beneath(self, place: str, pointer: Entry | None, parent: int) -> None:
        """Collect the texts of the Exif directory, unless that is the one that points to it."""
        if pointer is None:
            return
        offsets = integers(self.source, self.layout, pointer) if pointer.number == 1 else ()
        if not offsets:
            self.found.report(f"nothing says where the directory {place}/ExifIFD lies")
        elif offsets[0] == parent:
            self.found.report(f"{place}/ExifIFD is the directory above it: it loops")
        else:
            self.collect(f"{place}/ExifIFD", offsets[0])

    def _entries(self, place: str, offset: int) -> Iterator[Entry]:
        """Yield the entries that may matter, up to where the directory is cut off.

        Not by `read_directory`: cameras write dozens of others, and making entries takes time.
        """
        code, at = self.layout.entry_code, offset + struct.calcsize(self.layout.count_code)
        size = struct.calcsize(code)
        head = self.source.pread(offset, at - offset)
        count = self._number(head)
        # Paid for before it is read: many pages may point to one directory.
        if not self.found.budget.take(_ENTRY_COST * count):
            self.found.report(_TOO_MANY)
            return
        body = self.source.pread(at, count * size)
        if len(head) < at - offset or len(body) < count * size:
            self.found.report(f"the file or block ends before {place} does")
        whole = len(body) - len(body) % size
        for tag, kind, number, inline in struct.iter_unpack(code, body[:whole]):
            at += size
            if tag in _WANTED:
                length = number * SIZES.get(kind, 0)
                is_inline = length <= len(inline)
                start = at - len(inline) if is_inline else self._number(inline)
                yield Entry(tag, kind, number, inline, start, length, is_inline)

    def _number(self, data: bytes) -> int:
        return int.from_bytes(data, "big" if self.layout.order == ">" else "little")

    def _collect(self, place: str, name: str, entry: Entry) -> None:
        if entry.end > self.source.size:
            self.found.report(f"the file or block ends before {name} of {place} does")
        elif not self.found.budget.take(_TEXT_COST + entry.length):
            self.found.report(f"{name} of {place}, {entry.length} bytes, was not read")
        else:
            data = self.source.pread(entry.offset, entry.length)
            text = text_value(entry, data, self.layout)
            # Cameras fill what nobody wrote with spaces.
            if text.strip():
                self.found.add(place, name, text)
