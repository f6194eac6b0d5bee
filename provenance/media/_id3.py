"""ID3v2 tags and the ID3v1 block as MP3, FLAC and others carry them: texts, packets, stores."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media._id3_frames import Frame, Id3Tag, find_id3, frames_of
from provenance.media.interface import (
    MAX_STEPS,
    MAX_TEXT,
    ByteSource,
    Plan,
    TextBudget,
    decode_text,
)
from provenance.model.metadata import ByteRange, MetadataField, XmpPacket

_ID3V1_SIZE = 128
_MAX_VALUES = 64
_DESCRIBED = {"TXXX": 0, "WXXX": 0, "COMM": 3, "USLT": 3}
"""Frames with a description, and the bytes of the language before it."""
_C2PA_TYPES = frozenset({b"application/c2pa", b"application/x-c2pa-manifest-store"})
_CODECS = {1: "utf-16", 2: "utf-16-be", 3: "utf-8"}
_WIDE = frozenset({1, 2})
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_V1_FIELDS = {"title": (3, 33), "artist": (33, 63), "album": (63, 93), "year": (93, 97)}


@dataclass(slots=True)
class Found:
    """What a walk has collected so far."""

    fields: list[MetadataField] = field(default_factory=list)
    xmp: list[XmpPacket] = field(default_factory=list)
    c2pa: list[ByteRange] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    budget: TextBudget = field(default_factory=TextBudget)

    def add(self, place: str, key: str, text: str) -> None:
        """Add one field for every value of a text; NULs separate values."""
        for value in text.strip("\0").split("\0", _MAX_VALUES):
            if value := value.lstrip("\ufeff"):
                self.fields.append(MetadataField(place=place, key=key, value=value))


def leading_id3(source: ByteSource) -> tuple[list[Id3Tag], int]:
    """Return the tags a file begins with, and where they and the zeros around them end."""
    tags: list[Id3Tag] = []
    offset = _skip_zeros(source, 0)
    while (tag := find_id3(source, offset)) is not None:
        tags.append(tag)
        if len(tags) > MAX_STEPS:
            raise DamagedMediaError(f"the file begins with more than {MAX_STEPS} ID3 tags")
        offset = _skip_zeros(source, tag.end)
    return tags, offset


def read_id3(source: ByteSource, tag: Id3Tag, place: str, found: Found) -> None:
    """Collect texts, XMP packets and C2PA stores of one tag."""
    for frame in _walked(source, tag, found.problems):
        try:
            _collect(frame, place, found, in_file=not tag.is_scrambled)
        except ValueError as error:
            found.problems.append(str(error))


def read_id3v1(source: ByteSource, end: int, place: str, found: Found) -> int:
    """Collect the ID3v1 block that ends here; return where it begins, or `end` without one."""
    start = end - _ID3V1_SIZE
    data = source.pread(start, _ID3V1_SIZE)
    if not data.startswith(b"TAG"):
        return end
    # ID3v1.1: a zero before the last byte makes that byte a track number.
    comment_end = 125 if data[125] == 0 != data[126] else 127
    for key, (first, last) in {**_V1_FIELDS, "comment": (97, comment_end)}.items():
        found.add(place, key, decode_text(data[first:last].partition(b"\0")[0]).rstrip())
    return start


def plan_without_stores(source: ByteSource, tags: Iterable[Id3Tag]) -> Plan:
    """Plan the file without the C2PA frames of these tags; a tag left with no frame goes whole.

    Raises CarrierError if a store lies in a tag that is unsynchronised as a whole.
    """
    pieces: list[ByteRange | bytes] = []
    start = 0
    for tag in tags:
        problems: list[str] = []
        frames = _walked(source, tag, problems)
        dropped = [frame for frame in frames if _is_c2pa(frame)]
        if not dropped:
            continue
        if tag.is_scrambled:
            raise CarrierError("the C2PA store lies in an unsynchronised ID3 tag; it stays")
        pieces.append(_run(start, tag.offset))
        if problems or len(dropped) < len(frames):
            pieces += _shrunk(source, tag, dropped)
        start = tag.end
    return [*pieces, _run(start, source.size)]


def _skip_zeros(source: ByteSource, first: int) -> int:
    offset = first
    while offset - first <= MAX_TEXT:
        data = source.pread(offset, 512)
        rest = data.lstrip(b"\0")
        offset += len(data) - len(rest)
        if rest or not data:
            return offset
    raise DamagedMediaError(f"more than {MAX_TEXT} zero bytes stand where audio is due")


def _walked(source: ByteSource, tag: Id3Tag, problems: list[str]) -> list[Frame]:
    """Return the frames up to the first that cannot be read, which is noted as a problem."""
    frames: list[Frame] = []
    try:
        for frame in frames_of(source, tag):
            frames.append(frame)  # noqa: PERF402 - what came before an error is kept
    except ValueError as error:
        problems.append(str(error))
    return frames


def _collect(frame: Frame, place: str, found: Found, *, in_file: bool) -> None:
    if frame.kind == "GEOB":
        if _is_c2pa(frame):
            found.c2pa.append(_store(frame, in_file=in_file))
    elif frame.kind == "PRIV":
        if frame.peek().startswith(b"XMP\0"):
            packet = frame.content(found.budget)[4:]
            found.xmp.append(XmpPacket(place=f"{place}/PRIV", data=packet))
    elif frame.kind[0] in "TW" or frame.kind in _DESCRIBED:
        key, text = _text(frame.kind, frame.content(found.budget))
        found.add(place, key, text)


def _is_c2pa(frame: Frame) -> bool:
    if frame.kind != "GEOB":
        return False
    return frame.peek()[1:].partition(b"\0")[0] in _C2PA_TYPES


def _store(frame: Frame, *, in_file: bool) -> ByteRange:
    """Return where the object of a GEOB frame lies: encoding, type, name, description, object."""
    if not (in_file and frame.is_plain):
        raise ValueError("a C2PA store is packed inside an ID3 frame and cannot be read in place")
    head = frame.peek()
    encoding = head[0]
    _, _, rest = head[1:].partition(b"\0")
    _, rest = _cut(rest, encoding)
    _, rest = _cut(rest, encoding)
    if not rest:
        raise ValueError("the ID3 frame of a C2PA store holds no store")
    offset = frame.body + frame.skip + len(head) - len(rest)
    return ByteRange(offset=offset, length=frame.end - offset)


def _text(kind: str, data: bytes) -> tuple[str, str]:
    """Return key and text of a text or link frame."""
    if kind[0] == "W" and kind not in _DESCRIBED:
        return kind, decode_text(data)
    encoding, data = data[0] if data else 0, data[1:]
    if kind not in _DESCRIBED:
        return kind, _decoded(data, encoding)
    description, data = _cut(data[_DESCRIBED[kind] :], encoding)
    key = f"{kind}:{_decoded(description, encoding)}"
    # ID3v2.3 §4.3.2: a link is Latin-1, whatever the encoding of its description.
    return key, decode_text(data) if kind == "WXXX" else _decoded(data, encoding)


def _cut(data: bytes, encoding: int) -> tuple[bytes, bytes]:
    """Return what stands before and after the first terminator of this encoding."""
    if encoding not in _WIDE:
        text, _, rest = data.partition(b"\0")
        return text, rest
    at = data.find(b"\0\0")
    while at > 0 and at % 2:
        at = data.find(b"\0\0", at + 1)
    return (data, b"") if at < 0 else (data[:at], data[at + 2 :])


def _decoded(data: bytes, encoding: int) -> str:
    if encoding == 1 and not data.startswith(_BYTE_ORDER_MARKS):
        return data.decode("utf-16-le", "replace")
    if encoding in _CODECS:
        return data.decode(_CODECS[encoding], "replace")
    # Latin-1 by specification, but generators write UTF-8.
    return decode_text(data)


def _shrunk(source: ByteSource, tag: Id3Tag, dropped: list[Frame]) -> list[ByteRange | bytes]:
    size = tag.size - sum(frame.end - frame.offset for frame in dropped)
    seven_bits = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    header = source.pread(tag.offset, 6)[3:] + seven_bits
    pieces: list[ByteRange | bytes] = [b"ID3" + header]
    start = tag.body
    for frame in dropped:
        pieces.append(_run(start, frame.offset))
        start = frame.end
    pieces.append(_run(start, tag.body + tag.size))
    return [*pieces, b"3DI" + header] if tag.has_footer else pieces


def _run(start: int, end: int) -> ByteRange:
    return ByteRange(offset=start, length=end - start)
