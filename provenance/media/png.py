"""PNG and APNG (W3C PNG third edition, ISO/IEC 15948)."""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from provenance.errors import DamagedMediaError
from provenance.media.interface import (
    MAX_STEPS,
    ByteSource,
    Plan,
    TextBudget,
    decode_text,
    read_exactly,
)
from provenance.model.metadata import ByteRange, Completeness, Contents, MetadataField, XmpPacket

_MAGIC = b"\x89PNG\r\n\x1a\n"
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_STILL = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT"})
_ANIMATED = _STILL | {b"acTL", b"fcTL", b"fdAT"}
"""Frames count only behind an acTL; without one every reader ignores them."""
_TEXT = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_HEADER = 8
_CRC = 4


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    offset: int
    length: int

    @property
    def payload(self) -> ByteRange:
        return ByteRange(offset=self.offset + _HEADER, length=self.length)

    @property
    def end(self) -> int:
        return self.offset + _HEADER + self.length + _CRC


@dataclass(slots=True)
class _Found:
    fields: list[MetadataField] = field(default_factory=list)
    xmp: list[XmpPacket] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    budget: TextBudget = field(default_factory=TextBudget)


class Png:
    """Portable Network Graphics."""

    name = "png"
    media_type = "image/png"
    suffixes = (".png", ".apng")
    xmp_place = "png/iTXt"
    embeds_c2pa = True

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if header.startswith(_MAGIC):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        found = _Found()
        essence: list[ByteRange] = []
        c2pa: list[ByteRange] = []
        last, end = b"", source.size
        shown = _STILL
        for chunk in _chunks(source):
            last, end = chunk.kind, chunk.end
            if chunk.end > source.size:
                found.problems.append(f"the file ends inside its {_shown(chunk.kind)} chunk")
                last = b""
                break
            if chunk.kind == b"acTL":
                shown = _ANIMATED
            if chunk.kind in shown:
                essence.append(chunk.payload)
            elif chunk.kind in _TEXT:
                _collect_text(source, chunk, found)
            elif chunk.kind == b"caBX":
                c2pa.append(chunk.payload)
        whole = last == b"IEND"
        if not whole and not found.problems:
            found.problems.append("the file ends before its IEND chunk")
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(c2pa),
            essence=tuple(essence),
            trailer_length=source.size - end if whole else 0,
            completeness=Completeness.WHOLE if whole else Completeness.TRUNCATED,
            problems=tuple(found.problems),
        )

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`."""
        del source
        return contents.essence

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`; the packet goes right after IHDR, uncompressed."""
        addition = b"" if packet is None else _xmp_chunk(packet)
        return _plan(source, addition, lambda chunk: _is_xmp(source, chunk))

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`."""
        return _plan(source, b"", lambda chunk: chunk.kind == b"caBX")

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`."""
        del source
        return b""


def _chunks(source: ByteSource) -> Iterator[_Chunk]:
    """Yield the chunks up to and including IEND or the first that leaves the file."""
    if source.pread(0, len(_MAGIC)) != _MAGIC:
        raise DamagedMediaError("a PNG file does not begin with the PNG magic bytes")
    offset = len(_MAGIC)
    for _ in range(MAX_STEPS):
        header = source.pread(offset, _HEADER)
        if len(header) < _HEADER:
            return
        length, kind = struct.unpack(">I4s", header)
        chunk = _Chunk(kind, offset, length)
        yield chunk
        if kind == b"IEND" or chunk.end > source.size:
            return
        offset = chunk.end
    raise DamagedMediaError(f"the PNG has more than {MAX_STEPS} chunks")


def _plan(source: ByteSource, addition: bytes, dropped: Callable[[_Chunk], bool]) -> Plan:
    pieces: list[ByteRange | bytes] = []
    start = 0
    ended = False
    for chunk in _chunks(source):
        if chunk.end > source.size:
            break
        if dropped(chunk):
            pieces.append(ByteRange(offset=start, length=chunk.offset - start))
            start = chunk.end
        elif chunk.kind == b"IHDR":
            pieces += [ByteRange(offset=start, length=chunk.end - start), addition]
            start = chunk.end
        ended = chunk.kind == b"IEND"
    if not ended:
        raise DamagedMediaError("the PNG ends before its IEND chunk")
    pieces.append(ByteRange(offset=start, length=source.size - start))
    return pieces


def _is_xmp(source: ByteSource, chunk: _Chunk) -> bool:
    if chunk.kind != b"iTXt":
        return False
    return source.pread(chunk.payload.offset, len(_XMP_KEYWORD) + 1) == _XMP_KEYWORD + b"\0"


def _xmp_chunk(packet: bytes) -> bytes:
    # PNG §11.3.3.4: keyword, NUL, compression flag and method, language tag, NUL, keyword, NUL.
    body = b"iTXt" + _XMP_KEYWORD + b"\0\0\0\0\0" + packet
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _collect_text(source: ByteSource, chunk: _Chunk, found: _Found) -> None:
    if not found.budget.take(chunk.length):
        found.problems.append(f"a {_shown(chunk.kind)} chunk of {chunk.length} bytes was not read")
        return
    data = read_exactly(source, chunk.payload.offset, chunk.length)
    keyword, separator, rest = data.partition(b"\0")
    if not separator:
        return
    try:
        value = _text_value(chunk.kind, rest, found.budget)
    except (zlib.error, ValueError) as error:
        found.problems.append(f"the {_shown(chunk.kind)} chunk {_shown(keyword)}: {error}")
        return
    place = f"png/{_shown(chunk.kind)}"
    if keyword == _XMP_KEYWORD:
        found.xmp.append(XmpPacket(place=place, data=value))
    else:
        found.fields.append(
            MetadataField(place=place, key=decode_text(keyword), value=decode_text(value))
        )


def _text_value(kind: bytes, rest: bytes, budget: TextBudget) -> bytes:
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return _inflate(rest[1:], budget)
    compressed, body = rest[:1] == b"\1", rest[2:]
    _, _, body = body.partition(b"\0")
    _, _, body = body.partition(b"\0")
    return _inflate(body, budget) if compressed else body


def _inflate(data: bytes, budget: TextBudget) -> bytes:
    stream = zlib.decompressobj()
    # One more than allowed, since zlib takes a limit of 0 for none.
    text = stream.decompress(data, budget.left + 1)
    if len(text) > budget.left or not stream.eof:
        raise ValueError("the compressed text is cut short or expands beyond what is read")
    budget.take(len(text))
    return text


def _shown(raw: bytes) -> str:
    return raw.decode("ascii", "backslashreplace")[:80]
