"""PNG and APNG (W3C PNG third edition, ISO/IEC 15948)."""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from provenance.errors import DamagedMediaError
from provenance.media._found import Found
from provenance.media._png_text import TEXT_KINDS, XMP_KEYWORD, read_text
from provenance.media._sef import SEF_END, read_sef
from provenance.media.interface import MAX_STEPS, ByteSource, Plan
from provenance.model.metadata import ByteRange, Completeness, Contents

_MAGIC = b"\x89PNG\r\n\x1a\n"
_STILL = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT"})
_ANIMATED = _STILL | {b"acTL", b"fcTL", b"fdAT"}
"""Frames count only behind an acTL; without one every reader ignores them."""
_HEADER = 8
_CRC = 4
_MAX_TRAILING = 1024
"""Chunks behind IEND that are looked at."""


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
        found = Found()
        chunks = list(_chunks(source))
        problem = _find_end(source, chunks)
        inside = [chunk for chunk in chunks if chunk.end <= source.size]
        for chunk in inside:
            if chunk.kind in TEXT_KINDS:
                read_text(source, chunk.kind, chunk.payload, self.name, found=found)
        behind = 0 if problem else source.size - chunks[-1].end
        if behind:
            _collect_trailer(source, source.size - behind, found)
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(chunk.payload for chunk in inside if chunk.kind == b"caBX"),
            essence=_essence(inside),
            trailer_length=behind,
            completeness=Completeness.TRUNCATED if problem else Completeness.WHOLE,
            problems=(*found.problems, problem) if problem else tuple(found.problems),
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


def _find_end(source: ByteSource, chunks: list[_Chunk]) -> str:
    """Return why the file is not whole, or nothing."""
    last = chunks[-1] if chunks else None
    if last is not None and last.end > source.size:
        return f"the file ends inside its {_shown(last.kind)} chunk"
    if last is None or last.kind != b"IEND":
        return "the file ends before its IEND chunk"
    return ""


def _essence(chunks: list[_Chunk]) -> tuple[ByteRange, ...]:
    animated = False
    essence = []
    for chunk in chunks:
        animated = animated or chunk.kind == b"acTL"
        if chunk.kind in (_ANIMATED if animated else _STILL):
            essence.append(chunk.payload)
    return tuple(essence)


def _chunks(source: ByteSource) -> Iterator[_Chunk]:
    """Yield the chunks up to and including IEND or the first that leaves the file."""
    if source.pread(0, len(_MAGIC)) != _MAGIC:
        raise DamagedMediaError("a PNG file does not begin with the PNG magic bytes")
    offset = len(_MAGIC)
    for _ in range(MAX_STEPS):
        chunk = _chunk(source, offset)
        if chunk is None:
            return
        yield chunk
        if chunk.kind == b"IEND" or chunk.end > source.size:
            return
        offset = chunk.end
    raise DamagedMediaError(f"the PNG has more than {MAX_STEPS} chunks")


def _chunk(source: ByteSource, offset: int) -> _Chunk | None:
    header = source.pread(offset, _HEADER)
    if len(header) < _HEADER:
        return None
    length, kind = struct.unpack(">I4s", header)
    return _Chunk(kind, offset, length)


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
    return source.pread(chunk.payload.offset, len(XMP_KEYWORD) + 1) == XMP_KEYWORD + b"\0"


def _xmp_chunk(packet: bytes) -> bytes:
    # PNG §11.3.3.4: keyword, NUL, compression flag and method, language tag, NUL, keyword, NUL.
    body = b"iTXt" + XMP_KEYWORD + b"\0\0\0\0\0" + packet
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _collect_trailer(source: ByteSource, offset: int, found: Found) -> None:
    """Collect the texts of chunks that follow IEND, and of a camera's trailer."""
    if source.pread(source.size - len(SEF_END), len(SEF_END)) == SEF_END:
        read_sef(source, Png.name, found)
    for _ in range(_MAX_TRAILING):
        chunk = _chunk(source, offset)
        # What follows IEND may be anything; only what looks like a chunk is taken for one.
        if chunk is None or not chunk.kind.isalpha() or chunk.end > source.size:
            return
        if chunk.kind in TEXT_KINDS:
            read_text(source, chunk.kind, chunk.payload, "png/trailer", found=found)
        offset = chunk.end
    found.report(f"more than {_MAX_TRAILING} chunks follow IEND")


def _shown(raw: bytes) -> str:
    return raw.decode("ascii", "backslashreplace")[:80]
