"""FLAC (RFC 9639), with the ID3 tags that some programs put around it."""

from collections.abc import Iterator
from dataclasses import dataclass

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media._id3 import Found, leading_id3, plan_without_stores, read_id3, read_id3v1
from provenance.media._id3_frames import Id3Tag
from provenance.media._vorbis_comment import parse_comments
from provenance.media.interface import MAX_STEPS, ByteSource, Plan, read_exactly
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness, Contents

_MAGIC = b"fLaC"
_SYNCS = (b"\xff\xf8", b"\xff\xf9")
_SYNC_LENGTH = 2
_HEADER = 4
_STREAMINFO, _VORBIS_COMMENT, _INVALID = 0, 4, 127
_STREAMINFO_LENGTH = 34
_COMMENTS = "flac/VORBIS_COMMENT"
_NO_AUDIO = "there is no FLAC frame behind the metadata blocks"


@dataclass(frozen=True, slots=True)
class _Block:
    kind: int
    is_last: bool
    body: int
    length: int

    @property
    def end(self) -> int:
        return self.body + self.length


@dataclass(frozen=True, slots=True)
class _Layout:
    tags: list[Id3Tag]
    blocks: list[_Block]
    audio: ByteRange
    lack: str
    """Why the file is not whole; empty if it is."""


class Flac:
    """Free Lossless Audio Codec, in its own container."""

    name = "flac"
    media_type = "audio/flac"
    suffixes = (".flac",)
    xmp_place = ""
    embeds_c2pa = True

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`; what follows an ID3 tag longer than that, the suffix decides."""
        tags, start = leading_id3(BytesSource(header))
        if header.startswith(_MAGIC, start):
            return 3
        by_name = int(suffix in self.suffixes)
        return 2 * by_name if tags and start >= len(header) else by_name

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`; where the audio ends, only a decoder could tell."""
        found, behind = Found(), Found()
        steps = iter(range(MAX_STEPS))
        layout = _lay_out(source, behind)
        for tag in layout.tags:
            read_id3(source, tag, "flac/ID3v2", found)
        for block in layout.blocks:
            if block.kind == _VORBIS_COMMENT:
                _collect_comments(source, block, found, steps)
        # What the file says must not be lost with its sound.
        if layout.lack == _NO_AUDIO and not (found.fields or found.xmp or found.c2pa):
            raise DamagedMediaError(_NO_AUDIO)
        return Contents(
            fields=(*found.fields, *behind.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(found.c2pa),
            essence=(layout.audio,) if layout.audio.length else (),
            completeness=Completeness.TRUNCATED if layout.lack else Completeness.WHOLE,
            problems=(*found.problems, layout.lack) if layout.lack else tuple(found.problems),
        )

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`."""
        del source
        return contents.essence

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`; FLAC has no place for a packet."""
        del source, packet
        raise CarrierError("FLAC has no place for an XMP packet")

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`."""
        layout = _lay_out(source, Found())
        if layout.lack:
            raise DamagedMediaError(layout.lack)
        return plan_without_stores(source, layout.tags)

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`: the STREAMINFO block."""
        first = _lay_out(source, Found()).blocks[:1]
        return read_exactly(source, first[0].body, first[0].length) if first else b""


def _lay_out(source: ByteSource, found: Found) -> _Layout:
    """Walk the blocks; the texts of an ID3v1 block at the end are collected."""
    nothing = ByteRange(offset=source.size, length=0)
    tags, start = leading_id3(source)
    if any(tag.end > source.size for tag in tags):
        return _Layout(tags, [], nothing, "the file ends inside its ID3 tag")
    if source.pread(start, len(_MAGIC)) != _MAGIC:
        raise DamagedMediaError("there is no FLAC stream where one is due")
    blocks = list(_blocks(source, start + len(_MAGIC)))
    if not blocks or not blocks[-1].is_last or blocks[-1].end > source.size:
        whole = [block for block in blocks if block.end <= source.size]
        return _Layout(tags, whole, nothing, "the file ends inside its metadata blocks")
    start = blocks[-1].end
    end = read_id3v1(source, source.size, "flac/ID3v1", found)
    audio = ByteRange(offset=start, length=max(0, end - start))
    if audio.length < _SYNC_LENGTH:
        return _Layout(tags, blocks, nothing, "the file ends before its audio")
    # RFC 9639 §9.1: fifteen bits of frame sync, then one for the blocking strategy.
    if source.pread(start, _SYNC_LENGTH) not in _SYNCS:
        return _Layout(tags, blocks, nothing, _NO_AUDIO)
    return _Layout(tags, blocks, audio, "")


def _blocks(source: ByteSource, offset: int) -> Iterator[_Block]:
    """Yield the metadata blocks up to the last or the first that leaves the file."""
    for number in range(MAX_STEPS):
        header = source.pread(offset, _HEADER)
        if len(header) < _HEADER:
            return
        block = _Block(
            header[0] & 0x7F, bool(header[0] & 0x80), offset + _HEADER, int.from_bytes(header[1:])
        )
        is_streaminfo = block.kind == _STREAMINFO and block.length == _STREAMINFO_LENGTH
        if block.kind == _INVALID or is_streaminfo != (number == 0):
            raise DamagedMediaError(f"the FLAC metadata block at byte {offset} makes no sense")
        yield block
        if block.is_last or block.end > source.size:
            return
        offset = block.end
    raise DamagedMediaError(f"the FLAC file has more than {MAX_STEPS} metadata blocks")


def _collect_comments(
    source: ByteSource, block: _Block, found: Found, steps: Iterator[int]
) -> None:
    if not found.budget.take(block.length):
        found.problems.append(f"a VORBIS_COMMENT block of {block.length} bytes was not read")
        return
    comments = parse_comments(read_exactly(source, block.body, block.length), steps)
    found.add(f"{_COMMENTS}/vendor", "", comments.vendor)
    for key, value in comments.entries:
        found.add(_COMMENTS, key, value)
    if comments.problem:
        found.problems.append(f"a VORBIS_COMMENT block {comments.problem}")
