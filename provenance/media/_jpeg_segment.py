"""One marker segment of a JPEG (ITU-T T.81 §B.1.1.4)."""

from dataclasses import dataclass

from provenance.model.metadata import ByteRange

COM, APP0, APP1, APP11, APP13, APP15 = 0xFE, 0xE0, 0xE1, 0xEB, 0xED, 0xEF
"""Markers of comments and of the segments that applications write."""
HEAD = 40
"""Bytes of a payload that are read with the marker: enough to tell what it is."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker with its payload."""

    marker: int
    """The second byte of its marker."""
    offset: int
    """Where its marker begins."""
    length: int
    """Payload bytes, without marker and length field."""
    head: bytes
    """The first bytes of the payload."""

    @property
    def payload(self) -> int:
        """First byte after the length field."""
        return self.offset + 4

    @property
    def end(self) -> int:
        """First byte after the segment."""
        return self.payload + self.length

    @property
    def is_application(self) -> bool:
        """Whether its marker is one of APP0 to APP15."""
        return APP0 <= self.marker <= APP15

    def from_byte(self, start: int) -> ByteRange:
        """Return the payload without its first bytes."""
        return ByteRange(offset=self.payload + start, length=max(0, self.length - start))
