"""Texts and packets in the segments of a JPEG; some of them span several segments."""

import struct

from provenance.media._exif import EXIF_MAGIC, read_exif
from provenance.media._found import Found
from provenance.media._ifd import MAGIC
from provenance.media._jpeg_segment import APP0, APP1, APP13, COM, Segment
from provenance.media._resources import SIGNATURES, read_resources
from provenance.media._spans import Spans
from provenance.media.interface import ByteSource, decode_text, read_exactly
from provenance.model.metadata import ByteRange, XmpPacket

XMP = b"http://ns.adobe.com/xap/1.0/\0"
"""What the segment of the XMP packet begins with."""
XMP_PLACE = "jpeg/APP1"
"""Place of that packet."""

_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED_HEADER = len(_EXTENDED) + 32 + 8
_EXIF_HEADER = 6
_PHOTOSHOP = b"Photoshop 3.0\0"
_MOST_RUNS = 4096
"""Segments of Exif and of Photoshop's that are read; each may hold 64 KiB."""
_LABEL = b"AIGC"
_LABELS = (_LABEL, b'{"AIGC"')
_LABEL_SEPARATORS = b"\0 \t\r\n:="


class SegmentTexts:
    """Collects what segments say, as they come; what spans several is read by `finish`."""

    def __init__(self, source: ByteSource, found: Found) -> None:
        self._source = source
        self._found = found
        self._extended: dict[bytes, list[tuple[int, bytes]]] = {}
        self._exif: list[list[ByteRange]] = []
        self._resources: list[list[ByteRange]] = []
        self._left = _MOST_RUNS

    def collect(self, segment: Segment) -> None:
        """Collect what the next segment says."""
        head = segment.head
        if segment.marker == COM:
            self._collect_comment(segment)
        elif head.startswith(_LABELS):
            self._collect_label(segment)
        elif segment.marker == APP1 and head.startswith(EXIF_MAGIC):
            begins = head[_EXIF_HEADER : _EXIF_HEADER + 4] in MAGIC
            self._join(self._exif, segment.from_byte(_EXIF_HEADER), begins=begins)
        elif segment.marker == APP1:
            self._collect_xmp(segment)
        elif segment.marker == APP13 and head.startswith(_PHOTOSHOP):
            start = len(_PHOTOSHOP)
            begins = head[start : start + 4] in SIGNATURES
            self._join(self._resources, segment.from_byte(start), begins=begins)

    def finish(self) -> None:
        """Collect what spans several segments: Extended XMP, Exif, Photoshop's resources."""
        # Joined by offset, whatever order the segments came in (XMP part 3 §1.1.3.1). Every GUID
        # is read, not only the one the main packet names: evidence may not hide.
        for parts in self._extended.values():
            data = b"".join(part for _, part in sorted(parts, key=lambda part: part[0]))
            self._found.xmp.append(XmpPacket(place=f"{XMP_PLACE}/extended", data=data))
        for runs in self._exif:
            read_exif(self._source, runs, "jpeg", self._found)
        for runs in self._resources:
            read_resources(Spans(self._source, runs), "jpeg", self._found)

    def _join(self, blocks: list[list[ByteRange]], run: ByteRange, *, begins: bool) -> None:
        """Add a run: it begins a block, or goes on with the last one, too long for a segment."""
        self._left -= 1
        if self._left < 0:
            self._found.report("more Exif and Photoshop segments than are read from one file")
            return
        if begins or not blocks:
            blocks.append([])
        blocks[-1].append(run)

    def _payload(self, segment: Segment) -> bytes | None:
        if not self._found.budget.take(segment.length):
            self._found.report("more text than is read from one file")
            return None
        return read_exactly(self._source, segment.payload, segment.length)

    def _collect_comment(self, segment: Segment) -> None:
        data = self._payload(segment)
        if data is not None:
            self._found.add("jpeg/COM", "", decode_text(data))

    def _collect_label(self, segment: Segment) -> None:
        """Collect the label of GB 45438-2025, which may stand bare in any APPn."""
        rest = segment.head.removeprefix(_LABEL).lstrip(_LABEL_SEPARATORS)
        data = self._payload(segment) if rest.startswith(b"{") else None
        if data is not None:
            text = decode_text(data.removeprefix(_LABEL).lstrip(_LABEL_SEPARATORS))
            self._found.add(f"jpeg/APP{segment.marker - APP0}", "AIGC", text)

    def _collect_xmp(self, segment: Segment) -> None:
        if not segment.head.startswith((XMP, _EXTENDED)):
            return
        data = self._payload(segment)
        if data is None:
            return
        if data.startswith(XMP):
            self._found.xmp.append(XmpPacket(place=XMP_PLACE, data=data.removeprefix(XMP)))
        elif len(data) >= _EXTENDED_HEADER:
            guid = data[len(_EXTENDED) : len(_EXTENDED) + 32]
            (offset,) = struct.unpack(">I", data[_EXTENDED_HEADER - 4 : _EXTENDED_HEADER])
            self._extended.setdefault(guid, []).append((offset, data[_EXTENDED_HEADER:]))
