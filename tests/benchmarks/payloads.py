"""Base files of the benchmark's corpus: noise, so that nothing shrinks, with everyday metadata."""

import struct
from collections.abc import Callable, Mapping
from io import BytesIO

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from fixtures import jpeg, png, tiff, waveform, webp
from fixtures.ffmpeg import render
from fixtures.packets import labelled
from fixtures.raster import hiss, noise

Recipe = Callable[[int], bytes]

BASES = 20
"""Base files of a format; the corpus holds copies that differ in their essence."""
_RATE = 44100
_TITLED = ("-metadata", "title=Harbour, take 2", "-metadata", "artist=Unit B")
_MOVIE = "-c:v libx264 -preset ultrafast -qp 18 -pix_fmt yuv420p"
_FRAME = 96
_PNG_END = 12
_LONGEST_FILLER = 683
"""Fillers of twelve bytes a varied file gets at most."""


def _raster(number: int, least: int, step: int) -> Image.Image:
    width = least + step * number
    return Image.fromarray(noise(width, width * 3 // 4, seed=number), "RGB")


def _exif(number: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = f"Harbour at noon, take {number}"
    exif[0x0110] = "Camera of the unit"
    return exif


def _jpeg(number: int) -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    extra = {"xmp": labelled()} if number % 2 else {}
    return jpeg.encode(_raster(number, 260, 32), exif=_exif(number), icc_profile=profile, **extra)


def _png(number: int) -> bytes:
    info = PngInfo()
    info.add_text("Title", f"Harbour, take {number}")
    if number % 2:
        info.add_itxt("XML:com.adobe.xmp", labelled().decode())
    return png.encode(_raster(number, 140, 14), pnginfo=info, compress_level=1)


def _tiff(number: int) -> bytes:
    packet = {700: labelled()} if number % 2 else {}
    texts = {270: f"Harbour, take {number}", 305: "Grading desk 4"}
    return tiff.encode(_raster(number, 140, 14), tiffinfo=texts | packet)


def _webp(number: int) -> bytes:
    packet = {"xmp": labelled()} if number % 2 else {}
    return webp.encode(_raster(number, 260, 32), quality=70, method=0, **packet)


def _gif(number: int) -> bytes:
    comment = f"take {number}".encode()
    width = 240 + 18 * number
    grey = Image.fromarray(noise(width, width * 3 // 4, seed=number)[:, :, 0])
    out = BytesIO()
    grey.save(out, "GIF", comment=comment)
    return out.getvalue()


def _wav(number: int) -> bytes:
    title = waveform.chunk(b"INAM", b"Harbour\0")
    info = waveform.chunk(b"LIST", b"INFO" + title)
    return waveform.assemble(*waveform.pcm(hiss(25_000 + 7_000 * number, number)), info)


def _movie(number: int, suffix: str, options: str) -> bytes:
    frames = noise(_FRAME, _FRAME * (3 + number), seed=number).tobytes()
    raw = f"-f rawvideo -pix_fmt rgb24 -s {_FRAME}x{_FRAME} -r 24 -i -".split()
    order = ["-movflags", "+faststart"] if number % 2 else []
    return render([*raw, *options.split(), *_TITLED, *order], suffix, frames)


def _mp4(number: int) -> bytes:
    return _movie(number, ".mp4", _MOVIE)


def _mov(number: int) -> bytes:
    return _movie(number, ".mov", "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p")


def _sound(number: int, suffix: str, options: str) -> bytes:
    raw = f"-f s16le -ar {_RATE} -ac 1 -i -".split()
    samples = hiss(_RATE + 8_000 * number, number)
    return render([*raw, *options.split(), *_TITLED], suffix, samples)


def _mp3(number: int) -> bytes:
    return _sound(number, ".mp3", "-c:a libmp3lame -b:a 320k -id3v2_version 4")


def _flac(number: int) -> bytes:
    return _sound(number, ".flac", "-c:a flac")


RECIPES: Mapping[str, Recipe] = {
    ".jpg": _jpeg,
    ".png": _png,
    ".wav": _wav,
    ".mp4": _mp4,
    ".mov": _mov,
    ".tif": _tiff,
    ".mp3": _mp3,
    ".webp": _webp,
    ".flac": _flac,
    ".gif": _gif,
}
"""What bakes the numbered base file of each suffix."""

SHARES: Mapping[str, float] = {
    ".jpg": 0.30,
    ".png": 0.15,
    ".wav": 0.09,
    ".mp4": 0.10,
    ".mov": 0.06,
    ".tif": 0.09,
    ".mp3": 0.06,
    ".webp": 0.06,
    ".flac": 0.04,
    ".gif": 0.05,
}
"""How much of the corpus each suffix is."""


def vary(data: bytes, suffix: str, number: int) -> bytes:
    """Return the file with other essence, longer by up to 8 KB where its format is compressed.

    Sound in PCM and pixels as they are keep their length, as the frames of a sequence do.
    """
    digits = f"{number:012d}".encode()
    if suffix in _VARY:
        return _VARY[suffix](data, digits * (1 + number % _LONGEST_FILLER))
    return data[: len(data) // 2] + digits + data[len(data) // 2 + len(digits) :]


def _vary_stream(data: bytes, filler: bytes) -> bytes:
    at = len(data) // 2
    while data[at - 1] == 0xFF:  # In a JPEG a digit behind it would be a marker.
        at += 1
    return data[:at] + filler + data[at:]


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


_VARY: Mapping[str, Callable[[bytes, bytes], bytes]] = {
    ".jpg": _vary_stream,
    ".png": _vary_png,
    ".mp4": _vary_movie,
    ".mov": _vary_movie,
    ".mp3": _vary_stream,
    ".webp": _vary_webp,
    ".flac": _vary_stream,
    ".gif": _vary_gif,
}
