"""Ogg pages (RFC 3533 §6): read the head of one."""

from collections.abc import Iterator
from dataclasses import dataclass

from provenance.media.interface import ByteSource
from provenance.model.metadata import ByteRange

CAPTURE = b"OggS"
"""First bytes of a page."""
_HEAD = 27
_LONGEST_HEAD = _HEAD + 255
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_FULL = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, of which only the head was read."""

    offset: int
    """First byte of its head."""
    flags: int
    """The header type flags."""
    serial: int
    """Number of the logical stream it belongs to."""
    lacing: bytes
    """Lengths of its segments."""

    @property
    def is_continued(self) -> bool:
        """Whether it begins inside a packet of the page before."""
        return bool(self.flags & _CONTINUED)

    @property
    def is_first(self) -> bool:
        """Whether it begins its stream."""
        return bool(self.flags & _FIRST)

    @property
    def is_last(self) -> bool:
        """Whether it ends its stream."""
        return bool(self.flags & _LAST)

    @property
    def body(self) -> int:
        """First byte after its head."""
        return self.offset + _HEAD + len(self.lacing)

    @property
    def end(self) -> int:
        """First byte after it."""
        return self.body + sum(self.lacing)

    def pieces(self) -> Iterator[tuple[ByteRange, bool]]:
        """Yield the pieces of packets in it, and whether their packet ends with them."""
        offset, length = self.body, 0
        for segment in self.lacing:
            length += segment
            if segment < _FULL:
                yield ByteRange(offset=offset, length=length), True
                offset, length = offset + length, 0
        if length:
            yield ByteRange(offset=offset, length=length), False


def page_at(source: ByteSource, offset: int) -> Page | None:
    """Return the page whose head stands here whole, None if none does."""
    head = source.pread(offset, _LONGEST_HEAD)
    # Byte 4 is the version of the format, of which there is one.
    if len(head) < _HEAD or not head.startswith(CAPTURE + b"\0"):
        return None
    lacing = head[_HEAD : _HEAD + head[_HEAD - 1]]
    if len(lacing) < head[_HEAD - 1]:
        return None
    return Page(
        offset=offset, flags=head[5], serial=int.from_bytes(head[14:18], "little"), lacing=lacing
    )
