"""The bytes of a C2PA manifest store, taken from where our reader found them in a file."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO

_JPEG = b"JP"
_JPEG_HEADER, _BOX_HEADER = 8, 8


def superbox(runs: Iterable[tuple[int, int]], file: BinaryIO) -> bytes:
    """Return the store in these runs of the file; nothing if they are cut up in another way."""
    data = b"".join(_pieces(runs, file))
    return data[: _length(data)]


def whole_store(runs: Iterable[tuple[int, int]], file: BinaryIO) -> bytes:
    """Return the store if the runs hold exactly one and nothing else; nothing if in doubt."""
    pieces = _pieces(runs, file)
    data = b"".join(pieces)
    if data.startswith(_JPEG):
        data = _from_segments(pieces)
    return data if data and _length(data) == len(data) else b""


def _pieces(runs: Iterable[tuple[int, int]], file: BinaryIO) -> list[bytes]:
    pieces = []
    for offset, length in runs:
        file.seek(offset)
        pieces.append(file.read(length))
    file.seek(0)
    return pieces


def _length(data: bytes) -> int:
    # ISO 19566-5 §A.2: a superbox says how long it is; a second store may follow.
    return int.from_bytes(data[:4]) if data[4:8] == b"jumb" else 0


def _from_segments(segments: Sequence[bytes]) -> bytes:
    """Return the box that JPEG segments hold in pieces; nothing if they are not all of one."""
    # ISO 19566-5 §D.2: `JP`, the box's number, the piece's; each piece repeats the box's header.
    whole = [segments[0][_JPEG_HEADER:]]
    skipped = _JPEG_HEADER + _BOX_HEADER
    for number, segment in enumerate(segments, 1):
        expected = segments[0][:4] + number.to_bytes(4)
        if not segment.startswith(expected) or segment[8:16] != segments[0][8:16]:
            return b""
        if number > 1:
            whole.append(segment[skipped:])
    return b"".join(whole)
