"""Copies of a base file with another essence, as other takes have one."""

import struct
from collections.abc import Callable, Mapping

from fixtures import png, waveform
from provenance.media.formats import identify
from provenance.media.source import BytesSource

_PNG_END = 12
_LONGEST_FILLER = 683
"""Fillers of twelve bytes a varied file gets at most."""
_BEGINNING = 8192
_PSD_HEAD = 2
"""Bytes that say how the pixels of a document are compressed, part of its essence."""


def vary(data: bytes, suffix: str, number: int) -> bytes:
    """Return the file with other essence, longer by up to 8 KB.

    Pixels as they are keep their length, as the frames of a sequence do; they are turned round.
    """
    digits = f"{number:012d}".encode()
    if suffix in _VARY:
        return _VARY[suffix](data, digits * (1 + number % _LONGEST_FILLER))
    start, end = _PIXELS[suffix](data, suffix)
    turn = 1 + number % (end - start - 1)
    return data[:start] + data[start + turn : end] + data[start : start + turn] + data[end:]


def _essence(data: bytes, suffix: str) -> tuple[int, int]:
    part = identify(data[:_BEGINNING], suffix).read(BytesSource(data)).essence[0]
    return part.offset + (_PSD_HEAD if suffix == ".psd" else 0), part.end


def _image(data: bytes, _: str) -> tuple[int, int]:
    start = data.index(b"stream\n", data.index(b"/Subtype/Image")) + len(b"stream\n")
    return start, data.index(b"\nendstream", start)


def _in_the_middle(data: bytes, _: str) -> tuple[int, int]:
    """Return the half in the middle: frames of noise, around which no container looks."""
    return len(data) // 4, len(data) * 3 // 4


def _vary_scan(data: bytes, filler: bytes) -> bytes:
    """Return the JPEG with more at the beginning of its scan: other pictures differ from there."""
    at = data.rindex(b"\xff\xda") + 2
    at += int.from_bytes(data[at : at + 2])
    return data[:at] + filler + data[at:]


def _vary_stream(data: bytes, filler: bytes) -> bytes:
    return data[: len(data) // 2] + filler + data[len(data) // 2 :]


def _vary_png(data: bytes, filler: bytes) -> bytes:
    """Return the PNG with an IDAT chunk behind the end of its pixels: Pillow decodes those."""
    return data[:-_PNG_END] + png.chunk(b"IDAT", filler) + data[-_PNG_END:]


def _vary_gif(data: bytes, filler: bytes) -> bytes:
    """Return the GIF with more sub-blocks at the end of its picture."""
    parts = [filler[at : at + 255] for at in range(0, len(filler), 255)]
    blocks = b"".join(bytes([len(part)]) + part for part in parts)
    return data.removesuffix(b"\0;") + blocks + b"\0;"


def _vary_movie(data: bytes, filler: bytes) -> bytes:
    """Return the movie with a longer mdat; what stands behind it is not found by its offset."""
    at = data.index(b"mdat") - 4
    length = int.from_bytes(data[at : at + 4])
    size = struct.pack(">I", length + len(filler))
    return data[:at] + size + data[at + 4 : at + length] + filler + data[at + length :]


def _vary_webp(data: bytes, filler: bytes) -> bytes:
    at = data.index(b"VP8 ")
    length = int.from_bytes(data[at + 4 : at + 8], "little")
    end = at + 8 + length
    picture = data[at + 8 : end] + filler
    body = data[8:at] + struct.pack("<4sI", b"VP8 ", len(picture)) + picture
    body += bytes(len(picture) % 2) + data[end + length % 2 :]
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _vary_wav(data: bytes, filler: bytes) -> bytes:
    """Return the WAV with more samples; its format chunk is the usual one, of 24 bytes."""
    at = 12 + 24
    end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
    samples = waveform.chunk(b"data", data[at + 8 : end] + filler)
    return waveform.assemble(data[12:at] + samples + data[end:])


def _vary_drawing(data: bytes, filler: bytes) -> bytes:
    return data.replace(b"</title>", b", " + filler + b"</title>", 1)


_VARY: Mapping[str, Callable[[bytes, bytes], bytes]] = {
    ".jpg": _vary_scan,
    ".png": _vary_png,
    ".mp4": _vary_movie,
    ".mov": _vary_movie,
    ".m4a": _vary_movie,
    ".mp3": _vary_stream,
    ".webp": _vary_webp,
    ".flac": _vary_stream,
    ".gif": _vary_gif,
    ".wav": _vary_wav,
    ".svg": _vary_drawing,
}
_PIXELS: Mapping[str, Callable[[bytes, str], tuple[int, int]]] = {
    ".tif": _essence,
    ".heic": _essence,
    ".psd": _essence,
    ".pdf": _image,
    ".mkv": _in_the_middle,
}
"""Where noise stands that can be turned round."""
