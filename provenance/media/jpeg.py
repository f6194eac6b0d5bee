"""JPEG (ITU-T T.81), with the APP segments of JFIF, Exif, XMP and JUMBF."""

import re
import struct
from collections.abc import Callable, Iterator

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media._exif import EXIF_MAGIC
from provenance.media._found import Found
from provenance.media._jpeg_segment import APP0, APP1, APP11, COM, HEAD, Segment
from provenance.media._jpeg_text import XMP, XMP_PLACE, SegmentTexts
from provenance.media._sef import SEF_END, read_sef
from provenance.media.interface import MAX_STEPS, ByteSource, Plan
from provenance.model.metadata import ByteRange, Completeness, Contents

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_DRI = 0xDD
_BARE_MARKERS = frozenset({0x00, 0x01, _SOI, *range(0xD0, 0xD8)})
"""Markers without a length field, which cannot stand where a segment is due (T.81 table B.1)."""
_LARGEST = 65533
"""Payload of a segment: its two length bytes count themselves (T.81 §B.1.1.4)."""
_WINDOW = 1 << 20
_MOST_JUNK = 1 << 16
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""A marker among scan data: neither a stuffed 0xFF nor fill bytes nor a restart."""


class Jpeg:
    """Joint Photographic Experts Group still image."""

    name = "jpeg"
    media_type = "image/jpeg"
    suffixes = (".jpg", ".jpeg", ".jpe", ".jfif")
    xmp_place = XMP_PLACE
    embeds_c2pa = True

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if header.startswith(b"\xff\xd8\xff"):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`; the end of the scan data is found by `exact_essence` only."""
        found = Found()
        texts = SegmentTexts(source, found)
        parts = _Parts(source)
        broken: DamagedMediaError | None = None
        try:
            for segment in _segments(source):
                if not parts.take(segment) and (segment.is_application or segment.marker == COM):
                    texts.collect(segment)
        except DamagedMediaError as error:
            broken = error
        texts.finish()
        # What a file says before it stops making sense must not be lost with it.
        if broken and not (found.fields or found.xmp or parts.c2pa):
            raise broken
        tail = _tail(source)
        if tail == SEF_END:
            read_sef(source, self.name, found)
        whole = parts.scan is not None and _has_end(source, parts.scan.offset, tail)
        if not whole:
            found.problems.append(str(broken or "the file ends before its picture does"))
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(parts.c2pa),
            essence=tuple(parts.tables),
            essence_exact=False,
            completeness=Completeness.WHOLE if whole else Completeness.TRUNCATED,
            problems=tuple(found.problems),
        )

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`; reads the scan data once to find the EOI marker."""
        if contents.essence_exact or not contents.essence:
            return contents.essence
        *tables, scan = contents.essence
        end = _end_of_image(source, scan.offset) or source.size
        return (*tables, ByteRange(offset=scan.offset, length=end - scan.offset))

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`; behind JFIF and Exif, as both want to stand first."""
        addition = b"" if packet is None else _xmp_segment(packet)
        return _plan(source, addition, lambda segment: _holds(segment, XMP))

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`."""
        jumbf = _JumbfGroups()
        return _plan(source, b"", lambda s: s.marker == APP11 and jumbf.is_c2pa(s))

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`."""
        del source
        return b""


def _counts(segment: Segment) -> bool:
    """Return whether decoding depends on a table: not on a restart interval of 0."""
    return segment.marker != _DRI or not segment.head.startswith(b"\0\0")


class _JumbfGroups:
    """Tells which APP11 segments belong to a C2PA store.

    ISO 19566-5 §D.2: common identifier `JP`, box instance number (2 bytes) shared by the parts of
    one box, packet number (4 bytes), then the box header, repeated in each part.
    """

    def __init__(self) -> None:
        self._instances: set[bytes] = set()

    def is_c2pa(self, segment: Segment) -> bool:
        head = segment.head
        if len(head) < 16 or head[:2] != b"JP" or head[12:16] != b"jumb":
            return False
        instance = head[2:4]
        # The description box begins the content: length, `jumd`, then a UUID that spells c2pa.
        if head[20:24] == b"jumd" and head[24:28] == b"c2pa":
            self._instances.add(instance)
        return instance in self._instances


class _Parts:
    """Sorts out the segments that hold no texts: tables, the scan, the C2PA store."""

    def __init__(self, source: ByteSource) -> None:
        self.tables: list[ByteRange] = []
        self.c2pa: list[ByteRange] = []
        self.scan: Segment | None = None
        self._size = source.size
        self._jumbf = _JumbfGroups()

    def take(self, segment: Segment) -> bool:
        """Take the segment if it is one of them."""
        if segment.marker == _SOS:
            self.scan = segment
            rest = self._size - segment.offset
            self.tables.append(ByteRange(offset=segment.offset, length=rest))
        elif segment.marker == APP11 and self._jumbf.is_c2pa(segment):
            self.c2pa.append(ByteRange(offset=segment.payload, length=segment.length))
        elif segment.is_application or segment.marker == COM or not _counts(segment):
            return False
        else:
            self.tables.append(ByteRange(offset=segment.payload, length=segment.length))
        return True


def _segments(source: ByteSource) -> Iterator[Segment]:
    """Yield the segments that lie in the file, up to and including the first SOS."""
    if source.pread(0, 2) != b"\xff\xd8":
        raise DamagedMediaError("a JPEG file does not begin with SOI")
    offset = 2
    for _ in range(MAX_STEPS):
        header = source.pread(offset, 4 + HEAD)
        if len(header) < 4:
            return
        # T.81 §B.1.1.2: fill bytes may precede a marker; decoders skip other bytes there too.
        if header[0] != 0xFF or header[1] == 0xFF:
            offset = _next_marker(source, offset)
            continue
        if header[1] == _EOI:
            return
        segment = _segment(header, offset)
        if segment.end > source.size:
            return
        yield segment
        if segment.marker == _SOS:
            return
        offset = segment.end
    raise DamagedMediaError(f"the JPEG has more than {MAX_STEPS} segments")


def _next_marker(source: ByteSource, offset: int) -> int:
    found = _MARKER.search(source.pread(offset, _MOST_JUNK))
    if found is None:
        raise DamagedMediaError(f"no JPEG segment at byte {offset}")
    return offset + found.start()


def _segment(header: bytes, offset: int) -> Segment:
    escape, marker, length = struct.unpack_from(">BBH", header)
    if escape != 0xFF or marker in _BARE_MARKERS or length < 2:
        raise DamagedMediaError(f"no JPEG segment at byte {offset}")
    return Segment(marker, offset, length - 2, header[4 : 2 + length])


def _tail(source: ByteSource) -> bytes:
    return source.pread(max(0, source.size - len(SEF_END)), len(SEF_END))


def _has_end(source: ByteSource, scan: int, tail: bytes) -> bool:
    """Return whether an EOI ends the image; only a file with a trailer is searched for it."""
    if tail.endswith(b"\xff\xd9"):
        return True
    return _end_of_image(source, scan) is not None


def _end_of_image(source: ByteSource, offset: int) -> int | None:
    """Return the offset after the EOI of the first image, or None if there is none.

    T.81 §F.1.2.3: inside entropy-coded data 0xFF is followed by 0x00 or RSTn, so the first FF D9
    outside a segment ends the image; segments between scans are stepped over by their length.
    """
    start, window = offset, source.pread(offset, _WINDOW)
    position = offset
    for _ in range(MAX_STEPS):
        found = _MARKER.search(window, position - start)
        while found is None and start + len(window) < source.size:
            # A marker may begin with the last byte of a window.
            start += max(len(window) - 1, 1)
            window = source.pread(start, _WINDOW)
            found = _MARKER.search(window)
        if found is None:
            return None
        at = start + found.start()
        if found[0][1] == _EOI:
            return at + 2
        length = source.pread(at + 2, 2)
        if len(length) < 2:
            return None
        position = at + 2 + max(2, struct.unpack(">H", length)[0])
        if position >= start + len(window):
            start, window = position, source.pread(position, _WINDOW)
    raise DamagedMediaError(f"the JPEG has more than {MAX_STEPS} segments in its scans")


def _holds(segment: Segment, prefix: bytes) -> bool:
    return segment.marker == APP1 and segment.head.startswith(prefix)


def _plan(source: ByteSource, addition: bytes, dropped: Callable[[Segment], bool]) -> Plan:
    """Plan the file without the dropped segments, the addition behind JFIF and Exif."""
    pieces: list[ByteRange | bytes] = []
    start, pending, scan = 0, True, 0
    for segment in _segments(source):
        scan = segment.offset if segment.marker == _SOS else 0
        first = segment.marker == APP0 or _holds(segment, EXIF_MAGIC)
        if pending and not first:
            pieces += [ByteRange(offset=start, length=segment.offset - start), addition]
            start, pending = segment.offset, False
        if dropped(segment):
            pieces.append(ByteRange(offset=start, length=segment.offset - start))
            start = segment.end
    if not scan or not _has_end(source, scan, _tail(source)):
        raise DamagedMediaError("the JPEG ends before its picture does")
    pieces.append(ByteRange(offset=start, length=source.size - start))
    return pieces


def _xmp_segment(packet: bytes) -> bytes:
    payload = XMP + packet
    if len(payload) > _LARGEST:
        raise CarrierError(f"an XMP packet of {len(packet)} bytes does not fit a JPEG segment")
    return struct.pack(">BBH", 0xFF, APP1, len(payload) + 2) + payload
