"""WebP (RFC 9649)."""

from provenance.errors import DamagedMediaError
from provenance.media._exif import read_exif
from provenance.media._found import Found
from provenance.media._riff import (
    Chunk,
    Shape,
    chunks_behind,
    count_steps,
    new_chunk,
    plan_form,
    read_form,
    read_payload,
    read_whole_form,
)
from provenance.media.interface import ByteSource, Plan, read_exactly
from provenance.model.metadata import ByteRange, Completeness, Contents, XmpPacket

_SHAPE = Shape(
    magics=frozenset({b"RIFF"}), kind=b"WEBP", essential=frozenset({b"VP8 ", b"VP8L", b"ANMF"})
)
_ESSENCE = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})
# RFC 9649 §2.7: XMP follows these; unknown chunks, to which C2PA belongs, come last.
_BEFORE_XMP = _ESSENCE | {b"VP8X", b"ICCP", b"EXIF"}
_EXTENDED_SIZE = 10
_XMP_FLAG = 0x04
_ALPHA_FLAG = 0x10
_SIZE_MASK = 0x3FFF
_LOSSLESS_ALPHA = 1 << 28


class WebP:
    """WebP pictures and animations."""

    name = "webp"
    media_type = "image/webp"
    suffixes = (".webp",)
    xmp_place = "webp/XMP"
    embeds_c2pa = True

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if _SHAPE.claims(header):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        steps = count_steps()
        form = read_form(source, _SHAPE, steps)
        found = Found(problems=[form.problem] if form.problem else [])
        for chunk in (*form.chunks, *chunks_behind(source, form, steps)):
            if chunk.kind == b"XMP ":
                _collect_xmp(source, chunk, found)
            elif chunk.kind == b"EXIF":
                read_exif(source, (chunk.payload,), self.name, found)
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(chunk.payload for chunk in form.chunks if chunk.kind == b"C2PA"),
            essence=tuple(chunk.payload for chunk in form.chunks if chunk.kind in _ESSENCE),
            trailer_length=source.size - form.end,
            completeness=Completeness.TRUNCATED if form.problem else Completeness.WHOLE,
            problems=tuple(found.problems),
        )

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`."""
        del source
        return contents.essence

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`; the packet goes behind picture and Exif.

        A simple file becomes an extended one, and stays so when the packet is removed.
        """
        form = read_whole_form(source, _SHAPE)
        kept = [chunk for chunk in form.chunks if chunk.kind != b"XMP "]
        parts: list[Chunk | bytes] = list(kept)
        if packet is not None:
            last = max(i for i, chunk in enumerate(kept) if chunk.kind in _BEFORE_XMP)
            parts.insert(last + 1, new_chunk(b"XMP ", packet))
        if kept[0].kind == b"VP8X":
            parts[0] = _flagged(source, kept[0], has_xmp=packet is not None)
        elif packet is not None:
            parts.insert(0, _extended_header(source, kept[0]))
        return plan_form(source, form, parts)

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`."""
        form = read_whole_form(source, _SHAPE)
        return plan_form(source, form, [chunk for chunk in form.chunks if chunk.kind != b"C2PA"])

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`."""
        del source
        return b""


def _collect_xmp(source: ByteSource, chunk: Chunk, found: Found) -> None:
    packet = read_payload(source, chunk, found.budget)
    if packet is None:
        found.report(f"an XMP chunk of {chunk.length} bytes was not read")
    else:
        found.xmp.append(XmpPacket(place=WebP.xmp_place, data=packet))


def _flagged(source: ByteSource, chunk: Chunk, *, has_xmp: bool) -> bytes:
    if chunk.length != _EXTENDED_SIZE:
        raise DamagedMediaError(f"the VP8X chunk has {chunk.length} bytes instead of 10")
    payload = read_exactly(source, chunk.payload.offset, _EXTENDED_SIZE)
    flags = payload[0] | _XMP_FLAG if has_xmp else payload[0] & ~_XMP_FLAG
    return new_chunk(b"VP8X", bytes([flags]) + payload[1:])


def _extended_header(source: ByteSource, chunk: Chunk) -> bytes:
    """Return the VP8X chunk for a simple file, whose only known chunk is its picture."""
    data = source.pread(chunk.payload.offset, min(chunk.length, 10))
    # RFC 6386 §9.1: a key frame's tag, the start code, 14 bits each of width and height.
    if chunk.kind == b"VP8 " and len(data) == 10 and data[3:6] == b"\x9d\x01\x2a":
        width = int.from_bytes(data[6:8], "little") & _SIZE_MASK
        height = int.from_bytes(data[8:10], "little") & _SIZE_MASK
        flags = _XMP_FLAG
    # RFC 9649 §3.4: 0x2F, 14 bits each of width and height less one, 1 bit "alpha is used".
    elif chunk.kind == b"VP8L" and len(data) >= 5 and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        width = (bits & _SIZE_MASK) + 1
        height = (bits >> 14 & _SIZE_MASK) + 1
        flags = _XMP_FLAG | (_ALPHA_FLAG if bits & _LOSSLESS_ALPHA else 0)
    else:
        raise DamagedMediaError("the file is no simple WebP picture, and has no VP8X chunk first")
    if not (width and height):
        raise DamagedMediaError("the picture is 0 pixels wide or high")
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return new_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size)
