"""GIF87a and GIF89a."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media._found import Found
from provenance.media._iim import read_iim
from provenance.media._resources import read_resources
from provenance.media.interface import MAX_STEPS, ByteSource, Plan, decode_text
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness, Contents, XmpPacket

_MAGIC = (b"GIF87a", b"GIF89a")
_SCREEN_AT = 6
_HEAD = 13
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_PLAIN_TEXT, _GRAPHIC_CONTROL, _COMMENT, _APPLICATION = 0x01, 0xF9, 0xFE, 0xFF
_MOST_BLOCKS = 131_072
"""Blocks of a picture that are walked: two a frame make three quarters of an hour of film."""
_XMP = b"XMP DataXMP"
_C2PA = b"C2PA_GIF"
_IIM, _RESOURCES = b"MGKIPTC0000", b"MGK8BIM0000"
"""Extensions in which ImageMagick keeps what other pictures have in segments."""
_XMP_TAIL = bytes((1, *range(255, -1, -1), 0))
"""What follows a packet: wherever a reader of sub-blocks lands in it, it ends at the last byte."""
_WINDOW = 1 << 16
_MAX_SUB_BLOCKS = 1 << 22
"""Sub-blocks a walk follows: about 1 GiB of image data."""


@dataclass(frozen=True, slots=True)
class _Block:
    """An extension or an image, from its introducer to its terminator."""

    kind: int
    label: int
    application: bytes
    offset: int
    data: int
    end: int

    @property
    def extent(self) -> ByteRange:
        return ByteRange(offset=self.offset, length=self.end - self.offset)

    @property
    def is_essence(self) -> bool:
        return self.kind == _IMAGE or self.label in {_GRAPHIC_CONTROL, _PLAIN_TEXT}


@dataclass(slots=True)
class _Found(Found):
    c2pa: list[ByteRange] = field(default_factory=list)
    essence: list[ByteRange] = field(default_factory=list)


class Gif:
    """Graphics Interchange Format."""

    name = "gif"
    media_type = "image/gif"
    suffixes = (".gif",)
    xmp_place = "gif/XMP DataXMP"
    embeds_c2pa = True

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if header.startswith(_MAGIC):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        found = _Found()
        walk = _Walk(source)
        if walk.head_end <= source.size:
            found.essence.append(_between(_SCREEN_AT, walk.head_end))
        broken = ""
        try:
            for block in walk.blocks():
                _collect(source, walk, block, found)
        except DamagedMediaError as error:
            # What a file says before it stops making sense must not be lost with it.
            if not (found.fields or found.xmp or found.c2pa):
                raise
            broken = str(error)
        if not walk.is_whole:
            found.problems.append(broken or "the file ends before its trailer")
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(found.c2pa),
            essence=tuple(found.essence),
            completeness=Completeness.WHOLE if walk.is_whole else Completeness.TRUNCATED,
            problems=tuple(found.problems),
        )

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`."""
        del source
        return contents.essence

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`; the packet goes right after the global colour table."""
        addition = b"" if packet is None else _xmp_extension(packet)
        return _plan(source, addition, _XMP)

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`."""
        return _plan(source, b"", _C2PA)

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`."""
        del source
        return b""


class _Walk:
    """One walk over the blocks, reading ahead: image data comes in runs of 255 bytes."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        head = source.pread(0, _HEAD)
        if not head.startswith(_MAGIC):
            raise DamagedMediaError("a GIF file does not begin with the GIF magic bytes")
        self.head_end = _HEAD + (_colour_table(head[10]) if len(head) == _HEAD else 0)
        self.is_whole = False
        self._window = b""
        self._window_at = 0
        self._left = _MAX_SUB_BLOCKS

    def blocks(self) -> Iterator[_Block]:
        """Yield the blocks up to the trailer or the first that leaves the file."""
        offset = self.head_end
        for _ in range(_MOST_BLOCKS):
            block = self._block(offset)
            if block is None:
                return
            yield block
            offset = block.end
        raise DamagedMediaError(f"the GIF has more than {_MOST_BLOCKS} blocks")

    def sub_blocks(self, offset: int) -> Iterator[ByteRange]:
        """Yield the payload of each sub-block before the terminator or the end of the file."""
        while length := self._byte(offset):
            yield ByteRange(offset=offset + 1, length=length)
            offset += 1 + length

    def _block(self, offset: int) -> _Block | None:
        kind = self._byte(offset)
        if kind == _TRAILER:
            self.is_whole = True
            return None
        if kind == _IMAGE:
            flags = self._byte(offset + 9)
            if flags is None:
                return None
            # GIF89a §20, §22: the descriptor, a local colour table, the LZW code size, sub-blocks.
            return self._ending(kind, 0, offset, offset + 11 + _colour_table(flags))
        if kind not in {_EXTENSION, None}:
            raise DamagedMediaError(f"the GIF has no block that begins {kind:#04x}")
        label = self._byte(offset + 1)
        if kind is None or label is None:
            return None
        return self._ending(kind, label, offset, offset + 2)

    def _ending(self, kind: int, label: int, offset: int, data: int) -> _Block | None:
        application = b""
        if label == _APPLICATION and self._byte(data) == len(_XMP):
            application = self._source.pread(data + 1, len(_XMP))
            data += 1 + len(_XMP)
        end = self._terminator(data)
        return None if end is None else _Block(kind, label, application, offset, data, end + 1)

    def _terminator(self, offset: int) -> int | None:
        """Return where the sub-blocks that begin here end, or None if the file ends before."""
        while self._left > 0:
            if self._byte(offset) is None:
                return None
            window, at = self._window, offset - self._window_at
            # Not through _byte: there is a sub-block for every 255 bytes of the picture.
            while at < len(window) and window[at]:
                at += 1 + window[at]
                self._left -= 1
            offset = self._window_at + at
            if at < len(window) and self._left >= 0:
                return offset
        raise DamagedMediaError(f"the GIF has more than {_MAX_SUB_BLOCKS} sub-blocks")

    def _byte(self, offset: int) -> int | None:
        """Return the byte at this offset, or None beyond the end of the file."""
        at = offset - self._window_at
        if not 0 <= at < len(self._window):
            self._window = self._source.pread(offset, _WINDOW)
            self._window_at, at = offset, 0
        return self._window[at] if self._window else None


def _colour_table(flags: int) -> int:
    """Return the bytes of the colour table that follows a descriptor with these flags."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _collect(source: ByteSource, walk: _Walk, block: _Block, found: _Found) -> None:
    if block.is_essence:
        found.essence.append(block.extent)
    elif block.label == _COMMENT or block.application in {_IIM, _RESOURCES}:
        _collect_text(source, block, found)
    elif block.application == _XMP:
        _collect_xmp(source, block, found)
    elif block.application.startswith(_C2PA):
        found.c2pa.extend(islice(walk.sub_blocks(block.data), MAX_STEPS))


def _collect_text(source: ByteSource, block: _Block, found: _Found) -> None:
    data = _taken(source, block, found)
    if data is None:
        return
    text = _joined(data)
    if block.label == _COMMENT:
        found.add("gif/comment", "", decode_text(text))
    elif block.application == _IIM:
        read_iim(text, "gif", found)
    else:
        read_resources(BytesSource(text), "gif", found)


def _collect_xmp(source: ByteSource, block: _Block, found: _Found) -> None:
    data = _taken(source, block, found)
    if data is None:
        return
    # The packet is not in sub-blocks; a writer who put it in some is understood all the same.
    packet = data.removesuffix(_XMP_TAIL) if data.endswith(_XMP_TAIL) else _joined(data)
    found.xmp.append(XmpPacket(place=Gif.xmp_place, data=packet))


def _taken(source: ByteSource, block: _Block, found: _Found) -> bytes | None:
    length = block.end - block.data
    if found.budget.take(length):
        return source.pread(block.data, length)
    found.report(f"an extension of {length} bytes was not read")
    return None


def _joined(data: bytes) -> bytes:
    parts = []
    offset = 0
    while offset < len(data) and data[offset]:
        parts.append(data[offset + 1 : offset + 1 + data[offset]])
        offset += 1 + data[offset]
    return b"".join(parts)


def _xmp_extension(packet: bytes) -> bytes:
    # A NUL would end the sub-blocks that a reader who knows nothing of XMP sees.
    if b"\0" in packet:
        raise CarrierError("a GIF carries XMP in UTF-8 without NUL bytes only")
    return bytes((_EXTENSION, _APPLICATION, len(_XMP))) + _XMP + packet + _XMP_TAIL


def _plan(source: ByteSource, addition: bytes, dropped: bytes) -> Plan:
    walk = _Walk(source)
    # GIF87a knows no extensions; an 89a reader reads every 87a file.
    magic = _MAGIC[1] if addition else source.pread(0, _SCREEN_AT)
    pieces: list[ByteRange | bytes] = [magic, _between(_SCREEN_AT, walk.head_end), addition]
    start = walk.head_end
    for block in walk.blocks():
        if block.application.startswith(dropped):
            pieces.append(_between(start, block.offset))
            start = block.end
    if not walk.is_whole:
        raise DamagedMediaError("the GIF ends before its trailer")
    pieces.append(_between(start, source.size))
    return pieces


def _between(start: int, end: int) -> ByteRange:
    return ByteRange(offset=start, length=end - start)
