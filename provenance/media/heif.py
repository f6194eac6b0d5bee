"""HEIF and AVIF pictures and picture sequences (ISO/IEC 23008-12, AV1 Image File Format).

Metadata lies among the picture data, as items; the essence is the picture data without it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from provenance.errors import DamagedMediaError
from provenance.media._bmff_map import find_stray_media
from provenance.media._bmff_text import collect_movie_text
from provenance.media._boxes import C2PA_UUID, UUID_LENGTH, XMP_UUID, Box, c2pa_store, walk
from provenance.media._exif import read_exif
from provenance.media._exif_item import block_of_item
from provenance.media._found import Found
from provenance.media._item_tables import IN_FILE, IN_IDAT, Item, read_items
from provenance.media._read_only import ReadOnly
from provenance.media._sef import SEF_END, read_sef
from provenance.media._spans import Spans
from provenance.media.interface import ByteSource, read_exactly
from provenance.model.metadata import ByteRange, Completeness, Contents, XmpPacket

_XMP_TYPE = b"application/rdf+xml"
_MOST_BRANDS = 256
_GENERAL = frozenset({b"mif1", b"msf1", b"mif2", b"miaf"})
"""Brands that say a picture, but not of which codec."""
_AV1 = frozenset({b"avif", b"avis"})


@dataclass(slots=True)
class _Found(Found):
    c2pa: list[ByteRange] = field(default_factory=list)
    essence: list[ByteRange] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)


class Heif(ReadOnly):
    """One family member: the structure is the same, brand and suffix tell them apart."""

    def __init__(
        self, name: str, media_type: str, suffixes: tuple[str, ...], brands: frozenset[bytes]
    ) -> None:
        self.name = name
        self.media_type = media_type
        self.suffixes = suffixes
        self.brands = brands

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`; of a general brand the compatible ones tell the codec."""
        brand = header[8:12]
        if header[4:8] != b"ftyp" or brand not in HEIF.brands | AVIF.brands:
            return 1 if suffix in self.suffixes and header[4:8] != b"ftyp" else 0
        length = min(int.from_bytes(header[:4], "big"), 16 + 4 * _MOST_BRANDS, len(header))
        others = {header[at : at + 4] for at in range(16, length, 4)}
        if brand in _GENERAL and others & _AV1:
            brand = b"avif"
        return 4 if brand in self.brands else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        if source.pread(4, 4) != b"ftyp":
            raise DamagedMediaError("the file does not begin with its ftyp box")
        found = _Found()
        try:
            lack = _walk(source, found, self.name)
        except DamagedMediaError as error:
            lack = str(error)
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(found.c2pa),
            essence=tuple(found.essence),
            completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
            problems=(*found.problems, lack) if lack else tuple(found.problems),
        )


HEIF = Heif(
    "heif",
    "image/heif",
    (".heic", ".heif", ".hif"),
    _GENERAL | {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"},
)
AVIF = Heif("avif", "image/avif", (".avif",), _AV1)


def _walk(source: ByteSource, found: _Found, name: str) -> str:
    """Walk the file; return why it is not whole, or nothing."""
    lack = _walk_boxes(source, found, name)
    for item in found.items:
        _collect_item(source, item, found, name)
    if source.pread(source.size - len(SEF_END), len(SEF_END)) == SEF_END:
        read_sef(source, name, found)
    is_movie = any(box.kind == b"moov" for box in found.boxes)
    # Frames of a movie are not items: one could lie where an item says metadata does.
    told = [] if is_movie else [run for item in found.items if _is_told(item) for run in item.runs]
    found.essence = _without(found.essence, told)
    return lack or _what_is_missing(source, found, is_movie=is_movie)


def _walk_boxes(source: ByteSource, found: _Found, name: str) -> str:
    for box in walk(source, 0, source.size):
        if box.end > source.size:
            return f"the file ends inside its {box.kind.decode('ascii', 'replace')} box"
        found.boxes.append(box)
        if box.kind == b"mdat":
            found.essence.append(box.payload)
        elif box.kind == b"uuid":
            _collect_uuid(source, box, found, name)
        elif box.kind == b"meta":
            tables = read_items(source, box)
            found.items += tables.items
            found.essence += tables.data
        elif box.kind == b"moov":
            collect_movie_text(source, box, name, found)
    return ""


def _what_is_missing(source: ByteSource, found: _Found, *, is_movie: bool) -> str:
    if not found.boxes or found.boxes[-1].end != source.size:
        return "the picture's boxes do not fill the file"
    if any(item.is_elsewhere for item in found.items):
        return "a part of it lies in another file, which was not looked at"
    if not found.essence or not (is_movie or found.items):
        return "the file holds no picture"
    pictures = (run for item in found.items if not _is_told(item) for run in item.runs)
    if not _lie_inside(pictures, found.essence):
        return "a part of its picture lies outside its media data"
    told = (run for item in found.items if _is_told(item) for run in item.runs)
    if any(run.end > source.size for run in told):
        return "a part of its metadata lies behind the end of the file"
    return find_stray_media(source, found.boxes) if is_movie else ""


def _is_told(item: Item) -> bool:
    """Return whether the item is metadata that is read, and so no essence."""
    return item.kind == b"Exif" or (item.kind == b"mime" and item.content_type == _XMP_TYPE)


def _collect_item(source: ByteSource, item: Item, found: _Found, name: str) -> None:
    if not _is_told(item) or item.is_elsewhere:
        return
    if item.method not in (IN_FILE, IN_IDAT) or item.is_encoded:
        found.report("a metadata item is compressed or put together and was not read")
        return
    if item.kind == b"Exif":
        read_exif(source, block_of_item(source, item.runs), name, found)
        return
    packet = Spans(source, item.runs)
    # What lies behind the end is not read, but must not be taken for read either.
    if not found.budget.take(packet.size):
        found.report(f"an XMP packet of {packet.size} bytes was not read")
    else:
        data = packet.pread(0, packet.size)
        found.xmp.append(XmpPacket(place=f"{name}/mime", data=data))


def _collect_uuid(source: ByteSource, box: Box, found: _Found, name: str) -> None:
    identifier = source.pread(box.payload.offset, UUID_LENGTH)
    start = box.payload.offset + UUID_LENGTH
    length = max(0, box.end - start)
    if identifier == C2PA_UUID:
        store = c2pa_store(source, start, length)
        found.c2pa += [store] if store else []
    elif identifier == XMP_UUID:
        if not found.budget.take(length):
            found.report(f"an XMP packet of {length} bytes was not read")
            return
        data = read_exactly(source, start, length)
        found.xmp.append(XmpPacket(place=f"{name}/uuid", data=data))


def _without(areas: Iterable[ByteRange], holes: Iterable[ByteRange]) -> list[ByteRange]:
    """Return what is left of the areas, in file order."""
    merged: list[ByteRange] = []
    for hole in sorted(holes, key=lambda run: run.offset):
        if merged and hole.offset <= merged[-1].end:
            last = merged.pop()
            end = max(last.end, hole.end)
            merged.append(ByteRange(offset=last.offset, length=end - last.offset))
        elif hole.length:
            merged.append(hole)
    ends = [hole.end for hole in merged]
    left = []
    for area in sorted(areas, key=lambda run: run.offset):
        at = area.offset
        for hole in merged[bisect_right(ends, at) :]:
            if hole.offset >= area.end:
                break
            left.append(ByteRange(offset=at, length=max(0, hole.offset - at)))
            at = min(hole.end, area.end)
        left.append(ByteRange(offset=at, length=area.end - at))
    return [run for run in left if run.length]


def _lie_inside(runs: Iterable[ByteRange], areas: Sequence[ByteRange]) -> bool:
    starts = [area.offset for area in areas]
    for run in runs:
        number = bisect_right(starts, run.offset) - 1
        # A run without a length says that there is nothing, wherever it points.
        if run.length and (number < 0 or run.end > areas[number].end):
            return False
    return True
