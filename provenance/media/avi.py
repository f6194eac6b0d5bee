"""AVI, and the further forms of OpenDML (AVIX) behind its first one.

Indexes in an AVI may point to absolute offsets, so no rewrite moves media: a packet goes to the
end of a file of one form, and what is taken out in front of media leaves a JUNK chunk there.
"""

import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media._found import Found
from provenance.media._riff import (
    MAX_CHUNKS,
    Chunk,
    Form,
    Shape,
    count_steps,
    new_chunk,
    plan_form,
    read_form,
    read_payload,
    walk_list,
)
from provenance.media.essence import digest_ranges
from provenance.media.interface import ByteSource, Plan, decode_text
from provenance.model.metadata import ByteRange, Completeness, Contents, XmpPacket

_SHAPE = Shape(magics=frozenset({b"RIFF"}), kind=b"AVI ", essential=frozenset({b"LIST"}))
_HEADER = 8
_FORM_HEADER = 12
_LIST_KIND = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    form: Form
    """The first form."""
    further: tuple[Chunk, ...]
    """The chunks of the forms behind it."""
    headers: tuple[Chunk, ...]
    """Its `hdrl` lists."""
    info: tuple[Chunk, ...]
    """The lists of texts in all forms."""
    media: tuple[Chunk, ...]
    """The lists of pictures and sound in all forms, none of them empty."""
    lack: str
    """Why the file is not whole; empty if it is."""

    def is_before_media(self, chunk: Chunk) -> bool:
        """Return whether media would move if this chunk changed its length."""
        return chunk.offset < self.media[-1].offset


class Avi:
    """Audio Video Interleave."""

    name = "avi"
    media_type = "video/x-msvideo"
    suffixes = (".avi",)
    xmp_place = "avi/_PMX"
    embeds_c2pa = True

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if _SHAPE.claims(header):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        found = Found()
        steps = count_steps()
        layout = _lay_out(source, steps)
        for chunk in layout.info:
            _collect_info(source, chunk, steps, found)
        for chunk in layout.form.chunks:
            _collect_packet(source, chunk, self.xmp_place, found)
        for chunk in layout.further:
            _collect_packet(source, chunk, "avi/AVIX/_PMX", found)
        lack = [layout.lack] if layout.lack else []
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(chunk.payload for chunk in layout.form.chunks if chunk.kind == b"C2PA"),
            essence=tuple(_inside(chunk) for chunk in layout.media),
            completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
            problems=(*found.problems, *lack),
        )

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`."""
        del source
        return contents.essence

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`; the packet goes to the end of the only form."""
        layout = _whole(source)
        if packet is not None and layout.further:
            raise CarrierError("an AVI of several forms has no end to which a packet could go")
        addition = [] if packet is None else [new_chunk(b"_PMX", packet)]
        return plan_form(source, layout.form, [*_without(layout, b"_PMX"), *addition])

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`."""
        layout = _whole(source)
        return plan_form(source, layout.form, _without(layout, b"C2PA"))

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`: headers, indexes, and where media lies.

        Positions are in it, since indexes may be absolute: only a rewrite that moves no media
        keeps the map, as all ours do.
        """
        layout = _lay_out(source, count_steps())
        tables = [chunk.payload for chunk in layout.headers]
        tables += [chunk.payload for chunk in layout.form.chunks if chunk.kind == b"idx1"]
        places = [number for chunk in layout.media for number in (chunk.offset, chunk.length)]
        return digest_ranges(source, tables).encode() + struct.pack(f"<{len(places)}Q", *places)


def _lay_out(source: ByteSource, steps: Iterator[int]) -> _Layout:
    form = read_form(source, _SHAPE, steps)
    further, lack = ([], "") if form.problem else _further_chunks(source, form.end, steps)
    lists: dict[bytes, list[Chunk]] = defaultdict(list)
    for chunk in (*form.chunks, *further):
        if chunk.kind == b"LIST" and chunk.length > _LIST_KIND:
            _step(steps)
            lists[source.pread(chunk.payload.offset, _LIST_KIND)].append(chunk)
    if not lists[b"movi"]:
        lack = lack or "the form holds no picture or sound (LIST movi)"
    return _Layout(
        form=form,
        further=tuple(further),
        headers=tuple(lists[b"hdrl"]),
        info=tuple(lists[b"INFO"]),
        media=tuple(lists[b"movi"]),
        lack=form.problem or lack,
    )


def _further_chunks(
    source: ByteSource, offset: int, steps: Iterator[int]
) -> tuple[list[Chunk], str]:
    """Return the chunks of the forms behind the first, and why they are not whole, if so."""
    chunks: list[Chunk] = []
    header = source.pread(offset, _FORM_HEADER)
    while header and b"RIFF".startswith(header[:4]) and b"AVIX".startswith(header[_HEADER:]):
        start = offset + _FORM_HEADER
        end = offset + _HEADER + int.from_bytes(header[4:_HEADER], "little")
        if len(header) < _FORM_HEADER or end > source.size or start > end:
            return chunks, f"the file ends inside its form at byte {offset}"
        found, problem = walk_list(source, ByteRange(offset=start, length=end - start), steps)
        chunks += found
        if problem:
            return chunks, problem
        offset = end + end % 2
        header = source.pread(offset, _FORM_HEADER)
    return chunks, ""


def _step(steps: Iterator[int]) -> None:
    if next(steps, None) is None:
        raise DamagedMediaError(f"the file has more than {MAX_CHUNKS} chunks and texts")


def _whole(source: ByteSource) -> _Layout:
    layout = _lay_out(source, count_steps())
    if layout.lack:
        raise DamagedMediaError(layout.lack)
    # `plan_form` would add the padding and so move what follows.
    if any(chunk.lacks_padding and layout.is_before_media(chunk) for chunk in layout.form.chunks):
        raise CarrierError("a chunk in front of the media lacks its padding")
    return layout


def _without(layout: _Layout, kind: bytes) -> Sequence[Chunk | bytes]:
    """Return the chunks without those of a kind; in front of media they become JUNK."""
    parts: list[Chunk | bytes] = []
    for chunk in layout.form.chunks:
        if chunk.kind != kind:
            parts.append(chunk)
        elif layout.is_before_media(chunk):
            parts.append(new_chunk(b"JUNK", bytes(chunk.length)))
    return parts


def _inside(chunk: Chunk) -> ByteRange:
    return ByteRange(offset=chunk.payload.offset + _LIST_KIND, length=chunk.length - _LIST_KIND)


def _collect_info(source: ByteSource, chunk: Chunk, steps: Iterator[int], found: Found) -> None:
    entries, problem = walk_list(source, _inside(chunk), steps)
    if problem:
        found.report(f"in the LIST chunk at byte {chunk.offset}: {problem}")
    for entry in entries:
        _step(steps)
        # A list in the list is no text; lists nested a thousand deep exist.
        text = decode_text(_payload(source, entry, found)) if entry.kind != b"LIST" else ""
        if text:
            found.add("avi/LIST/INFO", entry.name, text)


def _collect_packet(source: ByteSource, chunk: Chunk, place: str, found: Found) -> None:
    if chunk.kind == b"_PMX":
        packet = _payload(source, chunk, found)
        if packet:
            found.xmp.append(XmpPacket(place=place, data=packet))


def _payload(source: ByteSource, chunk: Chunk, found: Found) -> bytes:
    data = read_payload(source, chunk, found.budget)
    if data is None:
        found.report(f"a {chunk.name} chunk of {chunk.length} bytes was not read")
    return data or b""
