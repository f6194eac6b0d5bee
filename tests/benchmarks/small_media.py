"""Small whole media files, each with an essence of its own, made in microseconds."""

import hashlib
import struct
import zlib
from pathlib import Path

_PNG = b"\x89PNG\r\n\x1a\n"
_SIDE = 8


def small_media(number: int) -> tuple[str, bytes]:
    """Return a suffix and the bytes of a file; another number is another picture or sound."""
    content = hashlib.sha256(number.to_bytes(8, "big")).digest()
    if number % 3:
        return ".png", _png(content * 6)
    return ".wav", _wav(content * 8)


def content_of(data: bytes) -> bytes:
    """Return the picture or sound of a file made here, whatever was written around it."""
    return b"".join(_png_data(data) if data.startswith(_PNG) else _wav_data(data))


def digest_of(path: Path) -> bytes:
    """Return a digest of the picture or sound of a file made here."""
    return hashlib.sha256(content_of(path.read_bytes())).digest()


def _png(pixels: bytes) -> bytes:
    rows = [b"\0" + pixels[row * _SIDE * 3 :][: _SIDE * 3] for row in range(_SIDE)]
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return _PNG + b"".join(_png_chunk(kind, data) for kind, data in chunks)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def _png_data(data: bytes) -> list[bytes]:
    found, at = [], len(_PNG)
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            found.append(data[at + 8 : at + 8 + length])
        at += 12 + length
    return found


def _wav(samples: bytes) -> bytes:
    shape = struct.pack("<HHIIHH", 1, 1, 44100, 88200, 2, 16)
    chunks = b"".join(
        kind + struct.pack("<I", len(data)) + data
        for kind, data in ((b"fmt ", shape), (b"data", samples))
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _wav_data(data: bytes) -> list[bytes]:
    found, at = [], 12
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"data":
            found.append(data[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    return found
