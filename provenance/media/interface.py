"""The seam of the media room: what a container format can do for us.

A format never decodes, and never reads essence while it walks a file, but for the messages in front
of a movie's first picture (`_bmff_video`). Rewriting is planned, not done: a `Plan` says which runs
of the old file and which new bytes make up the new one, so that a reader of the plan can see that
no essence byte is touched.
"""

from collections.abc import Sequence
from typing import Protocol

from provenance.errors import DamagedMediaError
from provenance.model.metadata import ByteRange, Contents

Plan = Sequence[ByteRange | bytes]
"""A new file: runs copied from the old one, and bytes written anew, in order."""

MAX_STEPS = 262_144
"""Boxes, chunks or segments a walk follows before it gives the file up as damaged."""
MAX_TEXT = 16 * 1024 * 1024
"""Bytes of text and packets a walk collects from one file, after decompression."""
MAX_SPOILT = 4 * MAX_TEXT
"""Bytes a walk unpacks in vain before it unpacks nothing more of the file."""


class ByteSource(Protocol):
    """Random access to the bytes of one file."""

    @property
    def size(self) -> int:
        """Number of bytes."""
        ...

    def pread(self, offset: int, length: int) -> bytes:
        """Return the bytes of this run; fewer than `length` only where the file ends."""
        ...


class MediaFormat(Protocol):
    """A container format."""

    @property
    def name(self) -> str:
        """Short lower-case name, for example `png`."""
        ...

    @property
    def media_type(self) -> str:
        """MIME type."""
        ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """File name suffixes with their dot, lower-case, the usual one first."""
        ...

    @property
    def xmp_place(self) -> str:
        """Place of the packet that `plan_xmp` writes and replaces; empty where it has no slot."""
        ...

    @property
    def embeds_c2pa(self) -> bool:
        """Whether a C2PA manifest store can be embedded."""
        ...

    def score(self, header: bytes, suffix: str) -> int:
        """Return how surely this format claims a file that begins so: 0 no, 1 suffix, 2+ bytes."""
        ...

    def read(self, source: ByteSource) -> Contents:
        """Walk the container by its own offsets and return what it holds.

        Ends in time and memory bounded by the structure, never by what a length field claims.
        A file that ends early comes back as TRUNCATED with what was found so far. Raises
        DamagedMediaError if the structure makes no sense at all.
        """
        ...

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """Return the essence ranges, exact even where `read` left the end of the last one open."""
        ...

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """Plan the file with this XMP packet in place of the one it has; None removes it.

        Essence bytes keep their content and order. Raises DamagedMediaError for a file that
        `read` would not call whole, CarrierError where the format has no room for it.
        """
        ...

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """Plan the file without its embedded C2PA manifest store."""
        ...

    def decoding_map(self, source: ByteSource) -> bytes:
        """Return what decoding depends on besides the essence, free of absolute positions.

        Equal before and after a rewrite means that pointers into the essence still lead to the
        same bytes. Empty for formats whose essence ranges already follow their pointers.
        """
        ...


def read_exactly(source: ByteSource, offset: int, length: int) -> bytes:
    """Return exactly these bytes; raises DamagedMediaError if the file ends before."""
    data = source.pread(offset, length)
    if len(data) != length:
        raise DamagedMediaError(f"the file ends at byte {source.size}, inside a structure")
    return data


class TextBudget:
    """The bytes of text one walk may still collect; keeps a bomb from filling memory."""

    def __init__(self, limit: int = MAX_TEXT) -> None:
        self._left = limit
        self._spoilt = 0

    @property
    def left(self) -> int:
        """Bytes that may still be taken."""
        return self._left

    def take(self, length: int) -> bool:
        """Take so many bytes and return True, or return False if the budget does not hold them."""
        if length > self._left:
            return False
        self._left -= length
        return True

    @property
    def unpackable(self) -> int:
        """Bytes that one packed text may have; none after too many were unpacked in vain."""
        return self._left if self._spoilt <= MAX_SPOILT else 0

    def spoil(self, length: int) -> None:
        """Note that so many bytes were unpacked and are of no use: each bomb costs time."""
        self._spoilt += length


def decode_text(data: bytes) -> str:
    """Return bytes as text: UTF-8 where they are, else Latin-1, NULs at the end removed.

    PNG tEXt and others are Latin-1 by specification, but generators write UTF-8.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.rstrip("\0")
