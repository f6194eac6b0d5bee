"""MPEG audio elementary streams (ISO/IEC 11172-3, 13818-3) with ID3, APEv2 and Lyrics3v2 tags."""

import struct
from dataclasses import dataclass

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media._id3 import (
    Found,
    leading_id3,
    plan_without_stores,
    read_id3,
    read_id3v1,
)
from provenance.media._id3_frames import Id3Tag, find_id3
from provenance.media.interface import MAX_STEPS, ByteSource, Plan, decode_text
from provenance.media.mpeg_audio import (
    AUDIO_HEADER,
    audio_frame,
    begins_with_audio,
    find_audio,
    promised_length,
)
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness, Contents

_ID3V1 = 128
_WINDOW = 8192
"""Bytes among which the first audio frame is looked for."""
_FOREIGN = (b"fLaC", b"RIFF", b"OggS", b"MAC ", b"wvpk", b"TTA1", b"FORM", b"DSD ")
_MAX_TRAILERS = 64
_NO_AUDIO = "there is no MPEG audio frame behind the tags of the file"
_FOOTER = 32
_APE_HEAD = 8 + 256


@dataclass(frozen=True, slots=True)
class _Layout:
    tags: tuple[Id3Tag, ...]
    start: int
    """First byte after the leading tags and zeros."""
    end: int
    """First byte of the tags at the end."""


class Mp3:
    """MPEG-1, -2 and -2.5 audio, usually layer III."""

    name = "mp3"
    media_type = "audio/mpeg"
    suffixes = (".mp3",)
    xmp_place = ""
    embeds_c2pa = True

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`; what follows an ID3 tag longer than that, the suffix decides."""
        tags, start = leading_id3(BytesSource(header))
        by_name = int(suffix in self.suffixes)
        if not tags:
            return 2 if begins_with_audio(header, start) else by_name
        if start >= len(header):
            return 0 if suffix == ".flac" else 2
        if audio_frame(header, start) is not None:
            return 3
        # Junk before the first frame is common; other formats behind ID3 are not ours.
        return by_name if header.startswith(_FOREIGN, start) else 2 * by_name

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`; a stream says how long it is only in a Xing or Info header."""
        found = Found()
        layout = _lay_out(source, found)
        lack = _find_lack(source, layout, is_told=bool(found.fields or found.xmp or found.c2pa))
        length = max(0, layout.end - layout.start)
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(found.c2pa),
            essence=(ByteRange(offset=layout.start, length=length),) if length else (),
            completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
            problems=(*found.problems, lack) if lack else tuple(found.problems),
        )

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`."""
        del source
        return contents.essence

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`; the packet is written by the native carrier, with its tag."""
        del source, packet
        raise CarrierError("an XMP packet of an MP3 file is written with its ID3 tag")

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`."""
        layout = _lay_out(source, Found())
        lack = _find_lack(source, layout)
        if lack:
            raise DamagedMediaError(lack)
        return plan_without_stores(source, layout.tags)

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`."""
        del source
        return b""


def _lay_out(source: ByteSource, found: Found) -> _Layout:
    """Collect every tag and return what lies between them."""
    leading, start = leading_id3(source)
    for tag in leading:
        read_id3(source, tag, "mp3/ID3v2", found)
    appended: list[Id3Tag] = []
    end = source.size
    for _ in range(_MAX_TRAILERS):
        begin = _trailer(source, (start, end), found, appended)
        if begin == end:
            return _Layout((*leading, *reversed(appended)), start, end)
        if begin < start:
            found.problems.append(f"a tag that ends at byte {end} claims audio or lies before it")
            return _Layout((*leading, *reversed(appended)), start, end)
        end = begin
    raise DamagedMediaError(f"the file ends with more than {_MAX_TRAILERS} tags")


def _trailer(source: ByteSource, run: tuple[int, int], found: Found, appended: list[Id3Tag]) -> int:
    """Collect the tag at the end of the run; return where it begins, the run's end without one."""
    start, end = run
    footer = source.pread(max(start, end - _FOOTER), min(_FOOTER, end - start))
    if footer.startswith(b"APETAGEX"):
        return _ape(source, end, footer, found)
    if footer.endswith(b"LYRICS200"):
        return _lyrics(source, end, footer, found)
    if footer[-10:].startswith(b"3DI"):
        return _appended_id3(source, end, found, appended)
    return read_id3v1(source, end, "mp3/ID3v1", found)


def _appended_id3(source: ByteSource, end: int, found: Found, appended: list[Id3Tag]) -> int:
    """See `_trailer`; ID3v2.4 structure §3.4: the footer of an appended tag says how long it is."""
    footer = find_id3(source, end - 10, b"3DI")
    tag = find_id3(source, end - 20 - footer.size) if footer else None
    if tag is None or tag.end != end:
        found.problems.append(f"the ID3 tag that ends at byte {end} has no beginning")
        return end
    read_id3(source, tag, "mp3/ID3v2", found)
    appended.append(tag)
    return tag.offset


def _ape(source: ByteSource, end: int, footer: bytes, found: Found) -> int:
    """See `_trailer`; the size in an APEv2 footer counts items and footer, not the header.

    Items that do not fill the tag make it none: else a footer alone would turn audio into a tag.
    """
    size, count, flags = struct.unpack_from("<III", footer, 12)
    offset, last = end - size, end - _FOOTER
    begin: int = offset - _FOOTER * (flags >> 31)
    if size < _FOOTER or (begin < offset and source.pread(begin, 8) != b"APETAGEX"):
        found.problems.append(f"the APEv2 tag that ends at byte {end} has no beginning")
        return end
    for _ in range(min(count, MAX_STEPS)):
        head = source.pread(offset, min(_APE_HEAD, last - offset))
        length, item_flags = struct.unpack_from("<II", head.ljust(8, b"\xff"))
        key, terminator, _ = head[8:].partition(b"\0")
        value = offset + 8 + len(key) + 1
        offset = value + length
        if not terminator or offset > last:
            break
        # Bits 1 and 2: UTF-8 text, binary, or a link.
        if item_flags >> 1 & 3 != 1:
            found.add("mp3/APEv2", decode_text(key), _read_text(source, value, length, found))
    if offset != last:
        found.problems.append("the items of an APEv2 tag are unreadable")
        return end
    return begin


def _lyrics(source: ByteSource, end: int, footer: bytes, found: Found) -> int:
    """See `_trailer`; Lyrics3v2: fields of three letters, five digits and a text."""
    digits = footer[-15:-9]
    last = end - 15
    begin = last - int(digits) if digits.isdigit() else -1
    if begin < 0 or source.pread(begin, 11) != b"LYRICSBEGIN":
        found.problems.append(f"the Lyrics3 tag that ends at byte {end} has no beginning")
        return end
    offset = begin + 11
    while offset < last:
        head = source.pread(offset, 8)
        length = int(head[3:]) if head[3:].isdigit() else last
        if offset + 8 + length > last:
            found.problems.append("the fields of a Lyrics3 tag are unreadable")
            return end
        text = _read_text(source, offset + 8, length, found)
        found.add("mp3/Lyrics3v2", decode_text(head[:3]), text)
        offset += 8 + length
    return begin


def _read_text(source: ByteSource, offset: int, length: int, found: Found) -> str:
    if not found.budget.take(length):
        found.problems.append(f"a text of {length} bytes was not read")
        return ""
    return decode_text(source.pread(offset, length))


def _find_lack(source: ByteSource, layout: _Layout, *, is_told: bool = False) -> str:
    """Return a sentence on why the file ends early or, where tags tell something, has no audio.

    Raises DamagedMediaError if nothing is where it is due.
    """
    if any(tag.end > source.size for tag in layout.tags):
        return "the file ends inside its ID3 tag"
    head = source.pread(layout.start, min(_WINDOW, layout.end - layout.start))
    if len(head) < AUDIO_HEADER:
        return "the file ends before its audio"
    at = 0 if audio_frame(head, 0) else find_audio(head)
    frame = None if at is None else audio_frame(head, at)
    if at is None or frame is None:
        if is_told:
            return _NO_AUDIO
        raise DamagedMediaError(_NO_AUDIO)
    present = source.size - layout.start - at
    promised = promised_length(head[at:])
    if max(frame.length, promised) > present:
        return f"the file ends inside its audio, {present} bytes after its beginning"
    if promised and _begins_id3v1(source, layout.start + at + promised, layout.end):
        return "the file ends inside its ID3v1 tag"
    return ""


def _begins_id3v1(source: ByteSource, audio_end: int, end: int) -> bool:
    """Return whether what is left behind the audio is the beginning of an ID3v1 tag, cut short."""
    rest = source.pread(audio_end, min(_ID3V1, end - audio_end))
    return 0 < len(rest) < _ID3V1 and (rest.startswith(b"TAG") or b"TAG".startswith(rest))
