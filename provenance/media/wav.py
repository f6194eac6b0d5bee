"""WAV and Broadcast Wave (EBU Tech 3285), and their 64-bit forms RF64 and BW64."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from provenance.media._id3 import Found, leading_id3, read_id3
from provenance.media._riff import (
    WIDE_MAGICS,
    Chunk,
    Shape,
    chunks_behind,
    count_steps,
    new_chunk,
    plan_form,
    read_form,
    read_payload,
    read_whole_form,
    walk_list,
)
from provenance.media._spans import Spans
from provenance.media.interface import ByteSource, Plan, decode_text
from provenance.model.metadata import ByteRange, Completeness, Contents, MetadataField, XmpPacket

_ESSENTIAL = frozenset({b"data"})
_LIST_KIND = 4
_ID3 = frozenset({b"id3 ", b"ID3 "})
# iXML 2.x, ADM (ITU-R BS.2088), GB 45438-2025: chunks that are one text.
_TEXT = frozenset({b"iXML", b"axml", b"AIGC", b"aigc"})
# EBU Tech 3285 §2.3: fixed fields, then the coding history up to the end.
BEXT = (
    ("Description", slice(0, 256)),
    ("Originator", slice(256, 288)),
    ("OriginatorReference", slice(288, 320)),
    ("OriginationDate", slice(320, 330)),
    ("OriginationTime", slice(330, 338)),
    ("CodingHistory", slice(602, None)),
)


@dataclass(slots=True)
class _Found(Found):
    steps: Iterator[int] = field(default_factory=count_steps)


class _Wave:
    """What the RIFF and the 64-bit form have in common."""

    media_type = "audio/wav"
    suffixes: tuple[str, ...]
    xmp_place = "wav/_PMX"
    _shape: Shape

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if self._shape.claims(header):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        found = _Found()
        form = read_form(source, self._shape, found.steps)
        if form.problem:
            found.problems.append(form.problem)
        for chunk in (*form.chunks, *chunks_behind(source, form, found.steps)):
            _collect(source, chunk, found)
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(chunk.payload for chunk in form.chunks if chunk.kind == b"C2PA"),
            essence=tuple(chunk.payload for chunk in form.chunks if chunk.kind == b"data"),
            trailer_length=source.size - form.end,
            completeness=Completeness.TRUNCATED if form.problem else Completeness.WHOLE,
            problems=tuple(found.problems),
        )

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`."""
        del source
        return contents.essence

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`; the packet goes to the end of the form."""
        form = read_whole_form(source, self._shape)
        addition = [] if packet is None else [new_chunk(b"_PMX", packet)]
        kept = [chunk for chunk in form.chunks if chunk.kind != b"_PMX"]
        return plan_form(source, form, [*kept, *addition])

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`."""
        form = read_whole_form(source, self._shape)
        return plan_form(source, form, [chunk for chunk in form.chunks if chunk.kind != b"C2PA"])

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`."""
        del source
        return b""


class Wav(_Wave):
    """Waveform audio and Broadcast Wave below 4 GiB."""

    name = "wav"
    suffixes = (".wav", ".wave", ".bwf")
    embeds_c2pa = True
    _shape = Shape(magics=frozenset({b"RIFF"}), kind=b"WAVE", essential=_ESSENTIAL)


class Rf64(_Wave):
    """Waveform audio with 64-bit sizes: RF64 and BW64."""

    name = "rf64"
    suffixes = (".rf64", ".bw64")
    # c2pa-rs answers "Invalid RIFF format".
    embeds_c2pa = False
    _shape = Shape(magics=WIDE_MAGICS, kind=b"WAVE", essential=_ESSENTIAL)


def _collect(source: ByteSource, chunk: Chunk, found: _Found) -> None:
    if chunk.kind == b"LIST":
        _collect_list(source, chunk, found)
    elif chunk.kind == b"_PMX":
        packet = _payload(source, chunk, found)
        if packet is not None:
            found.xmp.append(XmpPacket(place=_Wave.xmp_place, data=packet))
    elif chunk.kind == b"bext":
        data = _payload(source, chunk, found) or b""
        for key, part in BEXT:
            _add_text(found, "wav/bext", key, data[part].partition(b"\0")[0])
    elif chunk.kind in _ID3:
        _collect_id3(source, chunk, found)
    elif chunk.kind in _TEXT:
        _add_text(found, f"wav/{chunk.name}", "", _payload(source, chunk, found) or b"")


def _collect_list(source: ByteSource, chunk: Chunk, found: _Found) -> None:
    start = chunk.payload.offset
    if chunk.length < _LIST_KIND or source.pread(start, _LIST_KIND) != b"INFO":
        return
    span = ByteRange(offset=start + _LIST_KIND, length=chunk.length - _LIST_KIND)
    entries, problem = walk_list(source, span, found.steps)
    if problem:
        found.problems.append(f"in the LIST chunk at byte {chunk.offset}: {problem}")
    for entry in entries:
        # A list in the list is no text; lists nested a thousand deep exist.
        if entry.kind != b"LIST":
            text = _payload(source, entry, found) or b""
            _add_text(found, "wav/LIST/INFO", entry.name, text)


def _collect_id3(source: ByteSource, chunk: Chunk, found: _Found) -> None:
    block = Spans(source, (chunk.payload,))
    tags, _ = leading_id3(block)
    for tag in tags:
        if tag.end > block.size:
            found.problems.append(f"the {chunk.name} chunk ends before its ID3 tag does")
        read_id3(block, tag, "wav/ID3v2", found)


def _payload(source: ByteSource, chunk: Chunk, found: _Found) -> bytes | None:
    data = read_payload(source, chunk, found.budget)
    if data is None:
        found.problems.append(f"a {chunk.name} chunk of {chunk.length} bytes was not read")
    return data


def _add_text(found: _Found, place: str, key: str, raw: bytes) -> None:
    value = decode_text(raw)
    if value:
        found.fields.append(MetadataField(place=place, key=key, value=value))
