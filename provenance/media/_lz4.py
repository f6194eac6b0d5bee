"""LZ4 blocks (lz4_Block_format 1.5) as USD crates hold them, unpacked within a limit."""

from provenance.errors import DamagedMediaError

_LEAST_MATCH = 4
_OPEN = 15
"""A length that goes on in the bytes behind it."""


def unpack(data: bytes, limit: int) -> bytes:
    """Return what a run of blocks holds; raises DamagedMediaError if that is beyond the limit."""
    try:
        return _unpack_run(data, limit)
    except IndexError as error:
        raise DamagedMediaError("compressed data ends early") from error


def _unpack_run(data: bytes, limit: int) -> bytes:
    # Its first byte counts the blocks; 0 stands for a single one without a length of its own.
    out = bytearray()
    at = 1
    for _ in range(data[0]):
        length = int.from_bytes(data[at : at + 4], "little")
        _unpack_block(data[at + 4 : at + 4 + length], out, limit)
        at += 4 + length
    if not data[0]:
        _unpack_block(data[1:], out, limit)
    return bytes(out)


def _unpack_block(data: bytes, out: bytearray, limit: int) -> None:
    first = len(out)
    at = 0
    while at < len(data):
        token = data[at]
        length, at = _length(data, at + 1, token >> 4)
        out += data[at : at + length]
        at += length
        if at >= len(data):
            break
        distance = data[at] | data[at + 1] << 8
        length, at = _length(data, at + 2, token & _OPEN)
        length += _LEAST_MATCH
        if not 0 < distance <= len(out) - first:
            raise DamagedMediaError("compressed data refers to what is not there")
        if len(out) + length > limit:
            raise _beyond(limit)
        start = len(out) - distance
        piece = out[start : start + length]
        out += (piece * (length // len(piece) + 1))[:length]
    if at > len(data):
        raise DamagedMediaError("compressed data ends early")
    if len(out) > limit:
        raise _beyond(limit)


def _beyond(limit: int) -> DamagedMediaError:
    return DamagedMediaError(f"compressed data holds more than {limit} bytes")


def _length(data: bytes, at: int, length: int) -> tuple[int, int]:
    """Return a length that may go on from here, and where it ends."""
    if length == _OPEN:
        more = 255
        while more == 255:
            more = data[at]
            length += more
            at += 1
    return length, at
