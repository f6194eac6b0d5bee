"""What a container reader found: fields, packets and the ranges that are essence."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteRange:
    """A run of bytes of a file."""

    offset: int
    """First byte, counted from the start of the file."""
    length: int
    """Number of bytes; may be 0."""

    @property
    def end(self) -> int:
        """First byte after the run."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataField:
    """One key and value a file carries, with the place it stands in."""

    place: str
    """The path to it inside the container, for example `png/tEXt` or `mp4/moov/udta/meta/ilst`."""
    key: str
    """The key as the container spells it; empty where the place has no keys."""
    value: str
    """The text, decoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XmpPacket:
    """An XMP packet, whole, as it stands in the file."""

    place: str
    """Where it stands, for example `jpeg/APP1`."""
    data: bytes
    """The packet in its own encoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XmpProperty:
    """One property of a packet."""

    place: str
    """Where the packet stands."""
    namespace: str
    """Namespace URI."""
    name: str
    """Local name."""
    value: str
    """The value, white space at both ends removed."""


class Completeness(StrEnum):
    """Whether the container closes as its format demands."""

    WHOLE = "whole"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What one bounded walk over a file found; the essence itself is never read."""

    fields: tuple[MetadataField, ...] = ()
    """Textual metadata in file order."""
    xmp: tuple[XmpPacket, ...] = ()
    """XMP packets in file order, Extended XMP already joined."""
    c2pa: tuple[ByteRange, ...] = ()
    """Where a C2PA manifest store lies; empty if there is none."""
    packed: tuple[ByteRange, ...] = ()
    """Metadata boxes compressed with Brotli, from their kind on; unread until a worker unpacks."""
    essence: tuple[ByteRange, ...] = ()
    """The bytes that are picture or sound, in the order in which they are digested."""
    essence_exact: bool = True
    """Whether the last range ends where the essence does; else `exact_essence` finds the end."""
    trailer_length: int = 0
    """Bytes behind the end of the container, where the format tells its end."""
    completeness: Completeness = Completeness.WHOLE
    """Whether the container closes."""
    problems: tuple[str, ...] = field(default=())
    """What was odd, in words for a person; a gate treats each as undecided."""

    @property
    def essence_length(self) -> int:
        """Total number of essence bytes."""
        return sum(part.length for part in self.essence)
