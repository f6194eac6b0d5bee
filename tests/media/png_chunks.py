"""Take a PNG apart into its chunks, and put it together again."""

import struct
from collections.abc import Iterator

_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


def with_chunks_of(giver: bytes, taker: bytes) -> bytes:
    """Return the taker with all that the giver says beside its picture, and nothing of its own."""
    said = [whole for kind, whole in chunks(giver) if kind not in _PIXELS]
    own = [(kind, whole) for kind, whole in chunks(taker) if kind in _PIXELS]
    first = next(index for index, (kind, _) in enumerate(own) if kind == b"IDAT")
    parts = [whole for _, whole in own]
    return b"".join((taker[:8], *parts[:first], *said, *parts[first:]))


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and all bytes of each chunk."""
    position = 8
    while position < len(png):
        (length,) = struct.unpack_from(">I", png, position)
        end = position + 12 + length
        yield png[position + 4 : position + 8], png[position:end]
        position = end
