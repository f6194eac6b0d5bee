"""What the H.264 stream of a movie says of its encoder: its name, and messages in the first sample.

The only place where a walk looks at essence, and no more than 4 KiB of it: encoders leave their
messages in front of the first picture (ISO/IEC 14496-10 §D.2.7) and nowhere else. A table that
makes no sense is reported by whoever checks the tables; here it means that there is nothing.
"""

from collections.abc import Mapping
from contextlib import suppress

from provenance.errors import DamagedMediaError
from provenance.media._bmff_text import Collector
from provenance.media._boxes import Box, walk
from provenance.media.h264 import LOOK, UUID_LENGTH, messages_in
from provenance.media.interface import ByteSource, decode_text
from provenance.model.metadata import MetadataField

_TABLES = (b"mdia", b"minf", b"stbl")
_PLACE = "moov/trak/mdia/minf/stbl"
_CODINGS = frozenset({b"avc1", b"avc3"})
_OFFSETS = {b"stco": 4, b"co64": 8}
_NAME_AT, _NAME_ROOM, _ENTRY = 42, 32, 78
"""ISO/IEC 14496-12 §12.1.3: where a visual sample entry names its compressor, and how it ends."""


def collect_video_text(
    source: ByteSource, movie: ByteSource, box: Box, found: Collector, *, name: str
) -> None:
    """Collect what the first H.264 track in this `moov` says, which `movie` keeps in memory."""
    with suppress(DamagedMediaError):
        for track in walk(movie, box.payload.offset, box.end):
            tables = _tables(movie, track) if track.kind == b"trak" else {}
            entry = _sample_entry(movie, tables)
            if entry:
                place = f"{name}/{_PLACE}"
                _collect_compressor(movie, entry, f"{place}/stsd", found)
                data = _first_sample(source, movie, tables)
                for message in messages_in(data, _length_size(movie, entry)):
                    _add(
                        found,
                        f"{place}/sei",
                        f"SEI:{message[:UUID_LENGTH].hex()}",
                        message[UUID_LENGTH:],
                    )
                return


def _tables(movie: ByteSource, track: Box) -> Mapping[bytes, Box]:
    """Return the sample tables of a track by kind, of several alike the first."""
    box: Box | None = track
    for kind in _TABLES:
        box = box and _child(movie, box, kind)
    found: dict[bytes, Box] = {}
    for table in walk(movie, box.payload.offset, box.end) if box else ():
        if table.end <= track.end:
            found.setdefault(table.kind, table)
    return found


def _child(movie: ByteSource, parent: Box, *kinds: bytes, skipped: int = 0) -> Box | None:
    for box in walk(movie, parent.payload.offset + skipped, parent.end):
        if box.kind in kinds and box.end <= parent.end:
            return box
    return None


def _sample_entry(movie: ByteSource, tables: Mapping[bytes, Box]) -> Box | None:
    description = tables.get(b"stsd")
    entry = description and _child(movie, description, *_CODINGS, skipped=8)
    return entry if entry and entry.payload.length >= _ENTRY else None


def _collect_compressor(movie: ByteSource, entry: Box, place: str, found: Collector) -> None:
    text = movie.pread(entry.payload.offset + _NAME_AT, _NAME_ROOM)
    if text[:1].strip(b"\0"):
        _add(found, place, "CompressorName", text[1 : 1 + text[0]])


def _length_size(movie: ByteSource, entry: Box) -> int:
    settings = _child(movie, entry, b"avcC", skipped=_ENTRY)
    head = movie.pread(settings.payload.offset, 5) if settings else b""
    # ISO/IEC 14496-15 §5.3.3.1: lengthSizeMinusOne.
    return (head[4] & 3) + 1 if len(head) == 5 else 4


def _first_sample(source: ByteSource, movie: ByteSource, tables: Mapping[bytes, Box]) -> bytes:
    chunks = tables.get(b"stco") or tables.get(b"co64")
    sizes = tables.get(b"stsz")
    if chunks is None or sizes is None:
        return b""
    width = _OFFSETS[chunks.kind]
    offset = movie.pread(chunks.payload.offset + 8, min(width, chunks.payload.length - 8))
    common, first = movie.pread(sizes.payload.offset + 4, 4), b""
    if not any(common):
        first = movie.pread(sizes.payload.offset + 12, min(4, sizes.payload.length - 12))
    length = int.from_bytes(first or common, "big")
    return source.pread(int.from_bytes(offset, "big"), min(length, LOOK)) if offset else b""


def _add(found: Collector, place: str, key: str, data: bytes) -> None:
    if found.budget.take(len(data)):
        found.fields.append(MetadataField(place=place, key=key, value=decode_text(data)))
