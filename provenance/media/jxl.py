"""JPEG XL (ISO/IEC 18181-2): boxes around a codestream, or the codestream alone."""

from dataclasses import dataclass, field

from provenance.errors import DamagedMediaError
from provenance.media._boxes import Box, walk
from provenance.media._found import Found
from provenance.media._jxl_metadata import METADATA, collect_text, is_c2pa
from provenance.media._read_only import ReadOnly
from provenance.media.interface import ByteSource, read_exactly
from provenance.model.metadata import ByteRange, Completeness, Contents

_CONTAINER = bytes.fromhex("0000000c4a584c200d0a870a")
_CODESTREAM = b"\xff\x0a"
_INDEX = 4
_LAST = 0x80
_PACKED_COST = 4096
"""What a compressed box takes from the budget besides its length, so that many end a walk."""


@dataclass(slots=True)
class _Found(Found):
    c2pa: list[ByteRange] = field(default_factory=list)
    packed: list[ByteRange] = field(default_factory=list)
    essence: list[ByteRange] = field(default_factory=list)
    is_closed: bool = False


class Jxl(ReadOnly):
    """JPEG XL pictures."""

    name = "jxl"
    media_type = "image/jxl"
    suffixes = (".jxl",)

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`; the two bytes of a bare codestream are weak."""
        if header.startswith(_CONTAINER):
            return 4
        if header.startswith(_CODESTREAM):
            return 2
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`; nothing but decoding tells the end of a bare codestream."""
        head = source.pread(0, len(_CONTAINER))
        if head.startswith(_CODESTREAM) and source.size > len(_CODESTREAM):
            return Contents(essence=(ByteRange(offset=0, length=source.size),))
        if head != _CONTAINER:
            raise DamagedMediaError("the file does not begin as JPEG XL does")
        found = _Found()
        try:
            lack = _walk(source, found)
        except DamagedMediaError as error:
            lack = str(error)
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(found.c2pa),
            packed=tuple(found.packed),
            essence=tuple(found.essence),
            completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
            problems=(*found.problems, lack) if lack else tuple(found.problems),
        )


def _walk(source: ByteSource, found: _Found) -> str:
    """Walk the boxes; return why the file is not whole, or nothing."""
    end = 0
    for box in walk(source, 0, source.size):
        end = box.end
        if end > source.size:
            return f"the file ends inside its {box.kind.decode('ascii', 'replace')} box"
        _collect(source, box, found)
    if end != source.size:
        return "the picture's boxes do not fill the file"
    return "" if found.is_closed and found.essence else "the end of its picture is missing"


def _collect(source: ByteSource, box: Box, found: _Found) -> None:
    payload = box.payload
    if box.kind == b"jxlc" and payload.length:
        found.essence.append(payload)
        found.is_closed = True
    elif box.kind == b"jxlp" and payload.length >= _INDEX:
        run = ByteRange(offset=payload.offset + _INDEX, length=payload.length - _INDEX)
        found.essence += [run] if run.length else []
        found.is_closed |= bool(read_exactly(source, payload.offset, 1)[0] & _LAST)
    elif box.kind == b"jumb" and is_c2pa(source, payload):
        found.c2pa.append(ByteRange(offset=box.offset, length=box.length))
    elif box.kind == b"brob" and source.pread(payload.offset, min(4, payload.length)) in METADATA:
        _collect_packed(payload, found)
    else:
        collect_text(source, box.kind, payload, found)


def _collect_packed(payload: ByteRange, found: _Found) -> None:
    if found.budget.take(_PACKED_COST + payload.length):
        found.packed.append(payload)
    else:
        found.report(f"a compressed metadata box of {payload.length} bytes was not read")
