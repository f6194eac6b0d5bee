"""MP4, M4V, M4A and QuickTime movies (ISO/IEC 14496-12, QuickTime File Format)."""

import struct
from dataclasses import dataclass, field

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media._bmff_map import decoding_map, find_stray_media
from provenance.media._bmff_text import collect_box_text, collect_movie_text
from provenance.media._bmff_video import collect_video_text
from provenance.media._boxes import (
    C2PA_UUID,
    UUID_LENGTH,
    XMP_UUID,
    Box,
    NearSource,
    c2pa_store,
    walk,
)
from provenance.media.interface import ByteSource, Plan, TextBudget, read_exactly
from provenance.model.metadata import ByteRange, Completeness, Contents, MetadataField, XmpPacket

_COMPACT_LIMIT = 0xFFFFFFFF
_FIRST_BOXES = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_FRAGMENTS = frozenset({b"moof", b"mfra", b"sidx", b"styp"})


@dataclass(slots=True)
class _Found:
    fields: list[MetadataField] = field(default_factory=list)
    xmp: list[XmpPacket] = field(default_factory=list)
    c2pa: list[ByteRange] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    budget: TextBudget = field(default_factory=TextBudget)


@dataclass(frozen=True, slots=True)
class Bmff:
    """One family member: the structure is the same, brand and suffix tell them apart."""

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    brands: frozenset[bytes]
    embeds_c2pa: bool = True

    @property
    def xmp_place(self) -> str:
        """See `MediaFormat.xmp_place`."""
        return f"{self.name}/uuid"

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`; brands decide, an old movie without `ftyp` is QuickTime."""
        kind, brand = header[4:8], header[8:12]
        if kind == b"ftyp" and len(brand) == 4:
            if brand in self.brands:
                return 4
            if brand in _OTHER_MEDIA:
                return 0
            return 2 if self.name == "mp4" else 0
        if kind in _FIRST_BOXES and b"qt  " in self.brands:
            return 2
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        found = _Found()
        boxes: list[Box] = []
        try:
            movie = self._walk(source, boxes, found)
        except DamagedMediaError as error:
            # What a file says before it stops making sense must not be lost with it.
            if not (found.fields or found.xmp or found.c2pa):
                raise
            movie = source
            found.problems.append(str(error))
        essence = [box.payload for box in boxes if box.kind == b"mdat" and box.end <= source.size]
        if not found.problems:
            missing = _what_is_missing(movie, boxes) or find_stray_media(movie, boxes)
            found.problems += [missing] if missing else []
        whole = not found.problems
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(found.c2pa),
            essence=tuple(essence),
            completeness=Completeness.WHOLE if whole else Completeness.TRUNCATED,
            problems=tuple(found.problems),
        )

    def _walk(self, source: ByteSource, boxes: list[Box], found: _Found) -> ByteSource:
        """Collect boxes and what they say; return the source that has the movie near."""
        movie: ByteSource = source
        for box in walk(source, 0, source.size):
            boxes.append(box)
            if box.end > source.size:
                found.problems.append(f"the file ends inside its {_shown(box)} box")
                break
            if box.kind == b"uuid":
                _collect_uuid(source, box, found, self.xmp_place)
            elif box.kind == b"moov":
                movie = NearSource(source, ByteRange(offset=box.offset, length=box.length))
                collect_movie_text(movie, box, self.name, found)
                collect_video_text(source, movie, box, found, name=self.name)
            elif box.kind in (b"udta", b"meta"):
                collect_box_text(source, box, self.name, found)
        return movie

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`."""
        del source
        return contents.essence

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`.

        The box goes behind everything that is found by absolute offset, so that no sample moves;
        an older packet in front of media data becomes a `free` box of its size.
        """
        boxes = _whole_boxes(source)
        xmp_boxes = [box for box in boxes if _uuid(source, box) == XMP_UUID]
        addition = b"" if packet is None else _uuid_box(XMP_UUID + packet)
        return _replan(source, boxes, xmp_boxes, addition)

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`; a store in front of media becomes `free`."""
        boxes = _whole_boxes(source)
        stores = [box for box in boxes if _uuid(source, box) == C2PA_UUID]
        return _replan(source, boxes, stores, b"")

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`."""
        return decoding_map(source, list(walk(source, 0, source.size)))


_OTHER_MEDIA = frozenset(
    {b"mif1", b"msf1", b"heic", b"heix", b"hevc", b"heim", b"heis", b"avif", b"avis", b"crx "}
    | {b"jp2 ", b"jpx ", b"jxl ", b"aax ", b"miaf"}
)
"""Brands of pictures and others that share the box structure but not the meaning."""

MP4 = Bmff(
    name="mp4",
    media_type="video/mp4",
    suffixes=(".mp4",),
    brands=frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1"}),
)
MOV = Bmff(
    name="mov",
    media_type="video/quicktime",
    suffixes=(".mov", ".qt"),
    brands=frozenset({b"qt  "}),
)
M4A = Bmff(
    name="m4a",
    media_type="audio/mp4",
    suffixes=(".m4a", ".m4b"),
    brands=frozenset({b"M4A ", b"M4B "}),
)
M4V = Bmff(
    name="m4v",
    media_type="video/x-m4v",
    suffixes=(".m4v",),
    brands=frozenset({b"M4V ", b"M4VH", b"M4VP"}),
)


def is_fragmented(source: ByteSource) -> bool:
    """Return whether the movie is in fragments (`moof`)."""
    return any(box.kind in _FRAGMENTS for box in walk(source, 0, source.size))


def _whole_boxes(source: ByteSource) -> list[Box]:
    boxes = list(walk(source, 0, source.size))
    missing = _what_is_missing(source, boxes) or find_stray_media(source, boxes)
    if missing:
        raise DamagedMediaError(missing)
    return boxes


def _what_is_missing(source: ByteSource, boxes: list[Box]) -> str:
    """Return why the movie is not whole, or nothing."""
    kinds = [box.kind for box in boxes if box.kind in (b"moov", b"moof", b"mdat")]
    if not boxes or boxes[-1].end != source.size:
        return "the movie's boxes do not fill the file"
    if b"moov" not in kinds:
        return "the movie has no moov box; it may still be being written"
    filled = any(box.kind == b"mdat" and box.payload.length for box in boxes)
    if not filled or kinds[-1] == b"moof":
        return "the movie's media data is missing; it may still be being written"
    return ""


def _replan(source: ByteSource, boxes: list[Box], dropped: list[Box], addition: bytes) -> Plan:
    last_media = max((box.offset for box in boxes if box.kind in (b"mdat", b"moof")), default=0)
    pieces: list[ByteRange | bytes] = []
    tail: list[ByteRange | bytes] = []
    gone = {box.offset for box in dropped}
    for box in boxes:
        whole = ByteRange(offset=box.offset, length=box.length)
        if box.offset in gone and box.offset > last_media:
            continue
        if box.offset in gone:
            pieces += [source.pread(box.offset, 4), b"free"]
            pieces.append(ByteRange(offset=box.offset + 8, length=box.length - 8))
        elif box.kind == b"mfra" and box is boxes[-1]:
            tail.append(whole)  # §8.8.11: mfro is found from the end of the file.
        elif box.open_ended and (addition or box is not boxes[-1]):
            pieces += _closed(box)
        else:
            pieces.append(whole)
    return [*pieces, addition, *tail]


def _closed(box: Box) -> list[ByteRange | bytes]:
    if box.length > _COMPACT_LIMIT:
        raise CarrierError("the last box is open-ended and too large to be closed in place")
    rest = ByteRange(offset=box.offset + 4, length=box.length - 4)
    return [struct.pack(">I", box.length), rest]


def _uuid(source: ByteSource, box: Box) -> bytes:
    return source.pread(box.payload.offset, UUID_LENGTH) if box.kind == b"uuid" else b""


def _uuid_box(content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, b"uuid") + content


def _collect_uuid(source: ByteSource, box: Box, found: _Found, place: str) -> None:
    identifier = _uuid(source, box)
    start = box.payload.offset + UUID_LENGTH
    length = box.end - start
    if identifier == XMP_UUID:
        if not found.budget.take(length):
            found.problems.append(f"an XMP packet of {length} bytes was not read")
            return
        found.xmp.append(XmpPacket(place=place, data=read_exactly(source, start, length)))
    elif identifier == C2PA_UUID:
        store = c2pa_store(source, start, length)
        if store is not None:
            found.c2pa.append(store)


def _shown(box: Box) -> str:
    return box.kind.decode("ascii", "backslashreplace")
