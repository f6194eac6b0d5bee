"""Photoshop documents, PSD and PSB (Adobe Photoshop File Formats Specification).

Four sections follow a header of fixed size, each behind its length, and then the picture. The image
resources tell of the document; palette, layers and picture are what is drawn, and the essence.
"""

import struct
from dataclasses import dataclass, field

from provenance.errors import DamagedMediaError
from provenance.media._found import Found
from provenance.media._read_only import ReadOnly
from provenance.media._resources import read_resources
from provenance.media._spans import Spans
from provenance.media.interface import ByteSource, read_exactly
from provenance.model.metadata import ByteRange, Completeness, Contents

_MAGIC = b"8BPS"
_HEADER = struct.Struct(">4sH6xHIIHH")
_LARGE = 2
_VERSIONS = frozenset({1, _LARGE})
_RAW, _PACKED = 0, 1
_TABLE_CHUNK = 256 << 10


@dataclass(slots=True)
class _Found(Found):
    essence: list[ByteRange] = field(default_factory=list)
    end: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raster:
    rows: int
    """Rows of all channels, one channel behind the other."""
    row_length: int
    """Bytes of a row that is not compressed."""
    is_large: bool
    """Whether lengths are those of PSB, twice as wide."""


class Psd(ReadOnly):
    """Photoshop documents, small and large."""

    name = "psd"
    media_type = "image/vnd.adobe.photoshop"
    suffixes = (".psd", ".psb")

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if header.startswith(_MAGIC) and int.from_bytes(header[4:6], "big") in _VERSIONS:
            return 4
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        if self.score(source.pread(0, 6), "") == 0:
            raise DamagedMediaError("the file does not begin as a Photoshop document does")
        found = _Found()
        lack = ""
        try:
            _walk(source, found)
        except DamagedMediaError as error:
            lack = str(error)
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            essence=tuple(found.essence),
            trailer_length=0 if lack else source.size - found.end,
            completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
            problems=(*found.problems, lack) if lack else tuple(found.problems),
        )


def _walk(source: ByteSource, found: _Found) -> None:
    """Walk the sections; raises DamagedMediaError if the file ends before the picture does."""
    raster = _raster(read_exactly(source, 0, _HEADER.size))
    palette = _section(source, _HEADER.size, "colour mode data")
    resources = _section(source, palette.end, "image resources")
    told = Spans(source, (resources,))
    if read_resources(told, "psd", found) < told.size:
        found.report("a part of its image resources is no resource and was not read")
    layers = _section(source, resources.end, "layers", width=8 if raster.is_large else 4)
    length = _picture_length(source, layers.end, raster)
    if length is None:
        found.report("the picture is compressed in a way that does not tell where it ends")
        length = source.size - layers.end
    picture = ByteRange(offset=layers.end, length=length)
    if picture.end > source.size:
        raise DamagedMediaError("the file ends inside its picture")
    found.essence += [run for run in (palette, layers, picture) if run.length]
    found.end = picture.end


def _raster(header: bytes) -> _Raster:
    _, version, channels, height, width, depth, _ = _HEADER.unpack(header)
    if not channels * height * width * depth:
        raise DamagedMediaError("the document has no pixels")
    row_length = (width * depth + 7) // 8
    return _Raster(rows=channels * height, row_length=row_length, is_large=version == _LARGE)


def _section(source: ByteSource, offset: int, name: str, *, width: int = 4) -> ByteRange:
    """Return what lies behind the length at this offset."""
    length = int.from_bytes(read_exactly(source, offset, width), "big")
    section = ByteRange(offset=offset + width, length=length)
    if section.end > source.size:
        raise DamagedMediaError(f"the file ends inside its {name}")
    return section


def _picture_length(source: ByteSource, offset: int, raster: _Raster) -> int | None:
    """Return the bytes of the merged picture with its compression code, if they can be told."""
    compression = int.from_bytes(read_exactly(source, offset, 2), "big")
    if compression == _RAW:
        return 2 + raster.rows * raster.row_length
    if compression == _PACKED:
        return 2 + _packed_length(source, offset + 2, raster)
    return None


def _packed_length(source: ByteSource, offset: int, raster: _Raster) -> int:
    """Return the bytes of a table of row lengths, and of the rows it counts."""
    code = "I" if raster.is_large else "H"
    size = struct.calcsize(f">{code}")
    table = ByteRange(offset=offset, length=raster.rows * size)
    if table.end > source.size:
        raise DamagedMediaError("the file ends inside its picture")
    total = table.length
    for at in range(table.offset, table.end, _TABLE_CHUNK):
        data = read_exactly(source, at, min(_TABLE_CHUNK, table.end - at))
        total += sum(struct.unpack(f">{len(data) // size}{code}", data))
    return total
