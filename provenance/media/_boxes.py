"""Boxes of the ISO base media file format (ISO/IEC 14496-12 §4.2) and QuickTime atoms."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from provenance.errors import DamagedMediaError
from provenance.media.interface import MAX_STEPS, ByteSource
from provenance.model.metadata import ByteRange

_COMPACT = 8
_LARGE = 16
UUID_LENGTH = 16
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_NEAR = 1 << 20
_PURPOSES = frozenset({b"manifest", b"original", b"update"})


@dataclass(frozen=True, slots=True)
class Box:
    """One box: where it begins, how long its header and the whole of it are."""

    kind: bytes
    offset: int
    header: int
    length: int
    open_ended: bool = False
    """Whether its size field is 0: it runs to the end of the file."""

    @property
    def payload(self) -> ByteRange:
        """The bytes after the header."""
        return ByteRange(offset=self.offset + self.header, length=self.length - self.header)

    @property
    def end(self) -> int:
        """First byte after the box."""
        return self.offset + self.length


def walk(source: ByteSource, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes from start to end; a box may claim to end behind `end`, and is the last.

    Up to seven bytes that cannot hold a header end the walk: QuickTime closes `udta` with four
    zero bytes. Raises DamagedMediaError for a size smaller than its own header.
    """
    offset = start
    for _ in range(MAX_STEPS):
        if end - offset < _COMPACT:
            return
        header = source.pread(offset, _LARGE)
        if len(header) < _COMPACT:
            return
        box = _parse(header, offset, end)
        yield box
        if box.end > end:
            return
        offset = box.end
    raise DamagedMediaError(f"more than {MAX_STEPS} boxes in a row")


def _parse(header: bytes, offset: int, end: int) -> Box:
    size, kind = struct.unpack(">I4s", header[:_COMPACT])
    if size == 0:
        return Box(kind, offset, _COMPACT, end - offset, open_ended=True)
    if size != 1:
        length, used = size, _COMPACT
    elif len(header) == _LARGE:
        length, used = struct.unpack(">Q", header[_COMPACT:])[0], _LARGE
    else:
        length, used = _COMPACT, _LARGE
    if length < used:
        raise DamagedMediaError(f"a box of {length} bytes at byte {offset}")
    return Box(kind, offset, used, length)


def c2pa_store(source: ByteSource, start: int, length: int) -> ByteRange | None:
    """Return where the store lies in the content of a C2PA `uuid` box, or None if it is no store.

    C2PA 2.2 §A.5.1: version and flags (4), purpose ending in NUL, Merkle offset (8), the store.
    """
    purpose, separator, _ = source.pread(start, min(length, 64))[4:].partition(b"\0")
    if not separator or purpose not in _PURPOSES:
        return None
    used = 4 + len(purpose) + 1 + 8
    return ByteRange(offset=start + used, length=max(0, length - used))


class NearSource:
    """A source that keeps one run in memory: walking many small boxes costs one read."""

    def __init__(self, source: ByteSource, run: ByteRange) -> None:
        self._source = source
        self._start = run.offset
        self._data = source.pread(run.offset, min(run.length, _NEAR))

    @property
    def size(self) -> int:
        """See `ByteSource.size`."""
        return self._source.size

    def pread(self, offset: int, length: int) -> bytes:
        """See `ByteSource.pread`."""
        begin = offset - self._start
        if begin >= 0 and begin + length <= len(self._data):
            return self._data[begin : begin + length]
        return self._source.pread(offset, length)
