"""The boxes of a file of the ISO base media family (ISO/IEC 14496-12 §4.2), one after the other."""

from collections.abc import Iterator
from os import pread
from struct import Struct

_HEADER = Struct(">I4s")
_MORE = 4096
_MOST = 64
_LARGEST = 1 << 17
"""Bytes of a box that is still taken into memory."""

Box = tuple[bytes, bytes, int, int, int]
"""Kind, then the bytes its content begins in, where it begins and ends in them, and where in the
file they begin; it may end beyond them."""
_END: Box = (b"", b"", 0, 0, 0)


def top_boxes(descriptor: int, head: bytes, size: int) -> Iterator[Box]:
    """Yield the boxes of a file, then one without a kind if they end where the file ends.

    They are too many, or one is not whole, if the last has a kind.
    """
    data, start, at, limit = head, 0, 0, len(head) - 16
    for _ in range(_MOST):
        if at > limit:
            start += at
            if start == size:
                yield _END
                return
            data, at = pread(descriptor, _MORE, start), 0
            limit = len(data) - 16
            if len(data) < 8:
                return
        length, kind = _HEADER.unpack_from(data, at)
        body = at + 8
        if length == 1:
            length, body = int.from_bytes(data[body : at + 16]), at + 16
        end = at + length
        if end < body or start + end > size:
            return
        yield kind, data, body, end, start
        at = end


def content(descriptor: int, box: Box) -> bytes:
    """Return what a box holds; nothing if it is large."""
    _, data, begin, end, start = box
    if end <= len(data):
        return data[begin:end]
    return pread(descriptor, end - begin, start + begin) if end - begin <= _LARGEST else b""
