"""Frames of ID3v2.2, 2.3 and 2.4 tags (id3.org): where they lie and what they contain."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from provenance.errors import DamagedMediaError
from provenance.media._inflate import inflate
from provenance.media.interface import MAX_STEPS, MAX_TEXT, ByteSource, TextBudget, read_exactly
from provenance.media.source import BytesSource

_V2, _V4 = 2, 4
_HEADER = 10
_PEEK = 4096
_FRAME_ID = re.compile(rb"[A-Z0-9]{3}[A-Z0-9 \0]?")
_LONG = {"TXX": "TXXX", "WXX": "WXXX", "COM": "COMM", "ULT": "USLT", "GEO": "GEOB"}
"""Frames whose three-letter name of ID3v2.2 is shown as the later one."""


class _Masks(NamedTuple):
    compressed: int
    encrypted: int
    grouped: int
    measured: int
    scrambled: int


# ID3v2.3 §3.3.1 and ID3v2.4 structure §4.1.2; a compressed frame always begins with a length.
_MASKS_V3 = _Masks(compressed=0x80, encrypted=0x40, grouped=0x20, measured=0x80, scrambled=0)
_MASKS_V4 = _Masks(compressed=0x08, encrypted=0x04, grouped=0x40, measured=0x09, scrambled=0x02)


@dataclass(frozen=True, slots=True, kw_only=True)
class Id3Tag:
    """One ID3v2 tag: where it lies and how it is written."""

    offset: int
    """Where its header begins."""
    major: int
    """The 3 of ID3v2.3."""
    flags: int
    """The flags of its header."""
    size: int
    """Bytes between header and footer."""

    @property
    def body(self) -> int:
        """First byte after the header."""
        return self.offset + _HEADER

    @property
    def end(self) -> int:
        """First byte after the tag."""
        return self.body + self.size + (_HEADER if self.has_footer else 0)

    @property
    def has_footer(self) -> bool:
        """Whether a copy of the header follows the frames."""
        return self.major == _V4 and bool(self.flags & 0x10)

    @property
    def is_scrambled(self) -> bool:
        """Whether the tag is unsynchronised as a whole, so that no frame lies plain in the file."""
        return self.major < _V4 and bool(self.flags & 0x80)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame of a tag; what it contains is read only when asked for."""

    kind: str
    """Its name, for example `TXXX`."""
    source: ByteSource
    """The file, or the restored body of a scrambled tag; the offsets count in it."""
    offset: int
    """Where its header begins."""
    body: int
    """First byte after its header."""
    end: int
    """First byte after the frame."""
    flags: int = 0
    """The flags that say how it is packed."""
    masks: _Masks
    """What the flags mean in this version."""

    @property
    def skip(self) -> int:
        """Bytes of length, method and group before the content."""
        method, group = self.flags & self.masks.encrypted, self.flags & self.masks.grouped
        return 4 * bool(self.flags & self.masks.measured) + bool(method) + bool(group)

    @property
    def is_compressed(self) -> bool:
        """Whether the content is a zlib stream."""
        return bool(self.flags & self.masks.compressed)

    @property
    def is_encrypted(self) -> bool:
        """Whether the content is out of reach."""
        return bool(self.flags & self.masks.encrypted)

    @property
    def is_scrambled(self) -> bool:
        """Whether this frame alone is unsynchronised."""
        return bool(self.flags & self.masks.scrambled)

    @property
    def is_plain(self) -> bool:
        """Whether the content is a run of `source` as it is."""
        return not (self.is_compressed or self.is_encrypted or self.is_scrambled)

    def peek(self) -> bytes:
        """Return the beginning of the content, unpacked; empty if it cannot be."""
        data = self.source.pread(self.body, min(_PEEK, self.end - self.body))
        data = (_restored(data) if self.is_scrambled else data)[self.skip :]
        try:
            return zlib.decompressobj().decompress(data, _PEEK) if self.is_compressed else data
        except zlib.error:
            return b""

    def content(self, budget: TextBudget) -> bytes:
        """Return the content, unpacked; raises ValueError if it is encrypted, broken or too big."""
        length = self.end - self.body
        if self.is_encrypted or not budget.take(length):
            reason = "is encrypted" if self.is_encrypted else f"of {length} bytes was not read"
            raise ValueError(f"the ID3 frame {self.kind} {reason}")
        data = read_exactly(self.source, self.body, length)
        data = (_restored(data) if self.is_scrambled else data)[self.skip :]
        return self._inflated(data, budget) if self.is_compressed else data

    def _inflated(self, data: bytes, budget: TextBudget) -> bytes:
        try:
            text = inflate(data, budget)
        except ValueError as error:
            raise ValueError(f"the ID3 frame {self.kind} {error}") from error
        if text is None:
            raise ValueError(f"the ID3 frame {self.kind} is cut short or expands too far")
        return text


def find_id3(source: ByteSource, offset: int, magic: bytes = b"ID3") -> Id3Tag | None:
    """Return the tag whose header (or footer, with its magic) stands here, or None."""
    data = source.pread(offset, _HEADER)
    if len(data) < _HEADER or not data.startswith(magic):
        return None
    major, _, flags = struct.unpack_from(">BBB", data, 3)
    size = _synchsafe(data[6:])
    if size is None or not _V2 <= major <= _V4:
        return None
    return Id3Tag(offset=offset, major=major, flags=flags, size=size)


def frames_of(source: ByteSource, tag: Id3Tag) -> Iterator[Frame]:
    """Yield the frames up to the padding; raises ValueError where the walk can go no further."""
    body, offset, end = source, tag.body, min(tag.body + tag.size, source.size)
    if tag.is_scrambled:
        if tag.size > MAX_TEXT:
            raise ValueError(f"an unsynchronised ID3 tag of {tag.size} bytes was not read")
        body = BytesSource(_restored(source.pread(offset, end - offset)))
        offset, end = 0, body.size
    offset = _after_extended_header(body, tag, offset)
    if offset > end:
        raise ValueError("the extended header of an ID3 tag leaves the tag")
    length = 6 if tag.major == _V2 else _HEADER
    for _ in range(MAX_STEPS):
        header = body.pread(offset, min(length, end - offset))
        if len(header) < length or header[0] == 0:
            return
        frame = _frame(body, tag, (offset, end), header)
        yield frame
        offset = frame.end
    raise DamagedMediaError(f"an ID3 tag has more than {MAX_STEPS} frames")


def _after_extended_header(body: ByteSource, tag: Id3Tag, offset: int) -> int:
    if tag.major == _V2 or not tag.flags & 0x40:
        return offset
    data = body.pread(offset, 4)
    # Some writers set the flag and write no extended header: the first frame stands there.
    if _FRAME_ID.fullmatch(data):
        return offset
    if tag.major == _V4:
        return offset + (_synchsafe(data) or 0)
    return offset + 4 + int.from_bytes(data)


def _frame(body: ByteSource, tag: Id3Tag, run: tuple[int, int], header: bytes) -> Frame:
    offset, end = run
    name = header[:3] if tag.major == _V2 else header[:4]
    start = offset + len(header)
    if not _FRAME_ID.fullmatch(name):
        raise ValueError(f"the ID3 frames from byte {offset} on are unreadable")
    kind = name.decode("ascii").rstrip("\0 ")
    size = int.from_bytes(header[3:] if tag.major == _V2 else header[4:8])
    if tag.major == _V4:
        size = _size_of_v4(body, (start, end), header[4:8])
    if start + size > end:
        raise ValueError(f"the ID3 frame {kind} leaves its tag")
    return Frame(
        kind=_LONG.get(kind, kind),
        source=body,
        offset=offset,
        body=start,
        end=start + size,
        flags=_packing(tag, header),
        masks=_MASKS_V4 if tag.major == _V4 else _MASKS_V3,
    )


def _packing(tag: Id3Tag, header: bytes) -> int:
    if tag.major == _V2:
        return 0
    # ID3v2.4 structure §3.1: the flag of the tag says that every frame is unsynchronised.
    every = _MASKS_V4.scrambled if tag.major == _V4 and tag.flags & 0x80 else 0
    return header[9] | every


def _size_of_v4(body: ByteSource, run: tuple[int, int], raw: bytes) -> int:
    """Return a frame size of ID3v2.4; iTunes wrote eight bits a byte there, what follows tells."""
    plain, size = int.from_bytes(raw), _synchsafe(raw)
    if size is None:
        return plain
    if size == plain or _ends_well(body, run, size) or not _ends_well(body, run, plain):
        return size
    return plain


def _ends_well(body: ByteSource, run: tuple[int, int], size: int) -> bool:
    """Return whether a frame, padding or the end of the tag follows a frame of this size."""
    offset, end = run[0] + size, run[1]
    follows = body.pread(offset, min(4, end - offset))
    return offset == end or follows[:1] == b"\0" or bool(_FRAME_ID.fullmatch(follows))


def _synchsafe(data: bytes) -> int | None:
    """Return the number of four bytes that use seven bits each; None if one uses eight."""
    if any(byte & 0x80 for byte in data):
        return None
    value = 0
    for byte in data:
        value = value << 7 | byte
    return value


def _restored(data: bytes) -> bytes:
    """Undo unsynchronisation (ID3v2.4 structure §6.1): a zero was put in after every 0xFF."""
    return data.replace(b"\xff\0", b"\xff")
