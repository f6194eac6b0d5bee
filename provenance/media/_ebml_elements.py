"""EBML elements (RFC 8794): read the head of one, walk those in a run and those of a segment."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from provenance.errors import DamagedMediaError
from provenance.media.interface import MAX_STEPS, ByteSource
from provenance.model.metadata import ByteRange

HEADER, SEGMENT, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
"""Kinds of elements with a meaning for the walk."""
INFO, TAGS = 0x1549A966, 0x1254C367
"""Kinds of elements with text."""
_VOID, _CRC = 0xEC, 0xBF
_NAMES = {
    HEADER: "EBML header",
    SEGMENT: "Segment",
    CLUSTER: "Cluster",
    INFO: "Info",
    TAGS: "Tags",
    0x114D9B74: "SeekHead",
    0x1654AE6B: "Tracks",
    0x1C53BB6B: "Cues",
    0x1043A770: "Chapters",
    0x1941A469: "Attachments",
}
_OUTSIDE = frozenset({HEADER, SEGMENT, _VOID, _CRC})
_HEAD = 12
_LONGEST_KIND = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element, of which only the head was read."""

    kind: int
    """Its identifier, length marker kept."""
    offset: int
    """First byte of its head."""
    body: int
    """First byte after its head."""
    length: int
    """Bytes of its body; 0 where the head leaves that open."""
    is_open: bool = False
    """Whether its head does not say how long it is, as in a live recording."""

    @property
    def end(self) -> int:
        """First byte after it."""
        return self.body + self.length

    @property
    def payload(self) -> ByteRange:
        """Its body."""
        return ByteRange(offset=self.body, length=self.length)

    @property
    def name(self) -> str:
        """Its kind for a person to read."""
        return _NAMES.get(self.kind, f"{self.kind:X}")


def count_steps() -> Iterator[int]:
    """Return the steps that all walks over one file share."""
    return iter(range(MAX_STEPS))


def children(source: ByteSource, span: ByteRange, steps: Iterator[int]) -> Iterator[Element]:
    """Yield the elements that fill this run; raises DamagedMediaError where they do not."""
    offset = span.offset
    while offset < span.end:
        element = _element_at(source, offset, steps)
        if element is None or element.is_open or element.end > span.end:
            raise DamagedMediaError(f"no element that fits into it stands at its byte {offset}")
        yield element
        offset = element.end


def level_one(source: ByteSource, steps: Iterator[int]) -> Iterator[Element]:
    """Yield the EBML headers of a file and the elements of its segments, in file order.

    A cluster without a length comes with the one that its children make. Bytes behind a segment
    that are no further one are left alone. Raises DamagedMediaError where the file ends or stops
    making sense, after all before that was yielded.
    """
    offset = limit = 0
    is_live = False
    while offset < source.size:
        element = _element_at(source, offset, steps)
        is_outside = offset >= limit or (is_live and _is(element, HEADER, SEGMENT))
        if is_outside and not _is(element, *_OUTSIDE):
            return
        if element is None:
            raise DamagedMediaError(f"what stands at byte {offset} is no element")
        if is_outside and element.kind == SEGMENT:
            is_live = element.is_open
            limit = source.size if is_live else element.end
            offset = element.body
            continue
        yield (whole := _whole(source, element, source.size if is_outside else limit, steps))
        offset = whole.end
        limit = 0 if is_outside else limit
    if offset < limit:
        raise DamagedMediaError(f"the file ends {limit - offset} bytes before its Segment does")


def _is(element: Element | None, *kinds: int) -> bool:
    return element is not None and element.kind in kinds


def _whole(source: ByteSource, element: Element, limit: int, steps: Iterator[int]) -> Element:
    """Return the element with its length; raises DamagedMediaError if it leaves its parent."""
    if element.is_open:
        element = _measured(source, element, limit, steps)
    if element.end > source.size:
        raise DamagedMediaError(f"the file ends inside its {element.name}")
    if element.end > limit:
        raise DamagedMediaError(f"the {element.name} at byte {element.offset} leaves its Segment")
    return element


def _measured(source: ByteSource, element: Element, limit: int, steps: Iterator[int]) -> Element:
    """Return a cluster that ends where the next element of its segment begins (RFC 8794 §6.2)."""
    if element.kind != CLUSTER:
        raise DamagedMediaError(f"the {element.name} at byte {element.offset} has no length")
    offset = element.body
    while offset < limit:
        child = _element_at(source, offset, steps)
        if child is not None and child.kind in _NAMES:
            break
        if child is None or child.is_open or child.end > limit:
            raise DamagedMediaError(f"the file ends inside its Cluster, at byte {offset}")
        offset = child.end
    return replace(element, length=offset - element.body, is_open=False)


def _element_at(source: ByteSource, offset: int, steps: Iterator[int]) -> Element | None:
    """Return the element whose head stands here, None if none does."""
    if next(steps, None) is None:
        raise DamagedMediaError(f"the file has more than {MAX_STEPS} elements")
    head = source.pread(offset, _HEAD)
    kind_width = _width(head, 0)
    used = kind_width + _width(head, kind_width)
    if used > len(head) or kind_width > _LONGEST_KIND:
        return None
    mask = (1 << 7 * (used - kind_width)) - 1
    length = int.from_bytes(head[kind_width:used]) & mask
    is_open = length == mask
    return Element(
        kind=int.from_bytes(head[:kind_width]),
        offset=offset,
        body=offset + used,
        length=0 if is_open else length,
        is_open=is_open,
    )


def _width(head: bytes, at: int) -> int:
    """Return how many bytes the number of variable length at this place has; many if none is."""
    return 9 - head[at].bit_length() if at < len(head) and head[at] else _HEAD + 1
