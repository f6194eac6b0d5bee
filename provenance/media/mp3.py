"""MPEG audio elementary streams (ISO/IEC 11172-3, 13818-3) with ID3, APEv2 and Lyrics3v2 tags."""

import struct
from dataclasses import dataclass
from functools import lru_cache

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
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness, Contents

_BITRATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second by MPEG-1 or later, layer and index - 1."""
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""Samples a second by version bits and index."""
_ID3V1 = 128
_WINDOW = 8192
"""Bytes among which the first audio frame is looked for."""
_FOREIGN = (b"fLaC", b"RIFF", b"OggS", b"MAC ", b"wvpk", b"TTA1", b"FORM", b"DSD ")
_MAX_TRAILERS = 64
_NO_AUDIO = "there is no MPEG audio frame behind the tags of the file"
_FOOTER = 32
_APE_HEAD = 8 + 256
_AUDIO_HEADER = 4
_XING = frozenset({b"Xing", b"Info"})
_SIDE_INFO = (32, 17, 9)
"""Bytes between the header of the first audio frame and a Xing header, by version and channels."""


@dataclass(frozen=True, slots=True)
class _AudioFrame:
    version: int
    layer: int
    rate: int
    length: int
    """Bytes with its header; 0 where the bit rate is free."""

    def is_like(self, other: "_AudioFrame | None") -> bool:
        if other is None:
            return False
        mine, others = (self.version, self.layer), (other.version, other.layer)
        return mine == others and self.rate == other.rate


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
            return 2 if _begins_with_audio(header, start) else by_name
        if start >= len(header):
            return 0 if suffix == ".flac" else 2
        if _audio_frame(header, start) is not None:
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
    if len(head) < _AUDIO_HEADER:
        return "the file ends before its audio"
    at = 0 if _audio_frame(head, 0) else _find_audio(head)
    frame = None if at is None else _audio_frame(head, at)
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


def promised_length(head: bytes) -> int:
    """Return the length of the stream that a Xing or Info header states; 0 without one."""
    for side_info in _SIDE_INFO:
        xing = head[4 + side_info :][:16]
        if xing[:4] in _XING and len(xing) == 16:
            # Flag 1: a count of frames follows; flag 2: then one of bytes.
            flags, first, second = struct.unpack_from(">III", xing, 4)
            return (second if flags & 1 else first) if flags & 2 else 0
    return 0


def find_frame_length(data: bytes, at: int) -> int | None:
    """Return the length of the audio frame that begins here, 0 if it does not say, or None."""
    return _frame_length(data[at : at + _AUDIO_HEADER])


@lru_cache(maxsize=1024)
def _frame_length(header: bytes) -> int | None:
    frame = _audio_frame(header, 0)
    return None if frame is None else frame.length


def _begins_with_audio(data: bytes, at: int) -> bool:
    """Return whether an audio frame stands here that another of its kind follows."""
    frame = _audio_frame(data, at)
    return bool(frame and frame.length and frame.is_like(_audio_frame(data, at + frame.length)))


def _find_audio(data: bytes) -> int | None:
    """Return where the first audio frame begins that another of its kind follows."""
    at = data.find(b"\xff")
    while at >= 0:
        if _begins_with_audio(data, at):
            return at
        at = data.find(b"\xff", at + 1)
    return None


def _audio_frame(data: bytes, at: int) -> _AudioFrame | None:
    """Return the frame whose header stands here (ISO/IEC 11172-3 §2.4.2.3), or None."""
    raw = int.from_bytes(data[at : at + _AUDIO_HEADER].ljust(_AUDIO_HEADER, b"\0"))
    version, layer = raw >> 19 & 3, 4 - (raw >> 17 & 3)
    bitrate, rate = raw >> 12 & 15, raw >> 10 & 3
    # Layer bits 00 are ADTS AAC.
    if raw >> 21 != 0x7FF or version == 1 or layer == 4 or bitrate == 15 or rate == 3:
        return None
    hertz = _RATES[version][rate]
    if bitrate == 0:
        return _AudioFrame(version, layer, hertz, 0)
    speed = 1000 * _BITRATES[version == 3, layer][bitrate - 1]
    slots = {1: 12, 2: 144, 3: 144 if version == 3 else 72}[layer] * speed // hertz
    return _AudioFrame(version, layer, hertz, (slots + (raw >> 9 & 1)) * (4 if layer == 1 else 1))
