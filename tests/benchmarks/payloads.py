"""Base files of the benchmark's corpus: noise, so that nothing shrinks, with everyday metadata."""

from collections.abc import Callable, Mapping
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from fixtures import heif, jpeg, pdf, png, psd, tiff, waveform, webp
from fixtures.ffmpeg import render
from fixtures.packets import labelled
from fixtures.raster import hiss, noise

Recipe = Callable[[int], bytes]

BASES = 20
"""Base files of a format; the corpus holds copies that differ in their essence."""
FRAME_WIDTH, FRAME_HEIGHT = 156, 117
_RATE = 44100
_TITLED = ("-metadata", "title=Harbour, take 2", "-metadata", "artist=Unit B")
_MOVIE = "-c:v libx264 -preset ultrafast -qp 18 -pix_fmt yuv420p"
_FRAME = 96


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
    return jpeg.encode(_raster(number, 340, 42), exif=_exif(number), icc_profile=profile, **extra)


def _png(number: int) -> bytes:
    info = PngInfo()
    info.add_text("Title", f"Harbour, take {number}")
    if number % 2:
        info.add_itxt("XML:com.adobe.xmp", labelled().decode())
    return png.encode(_raster(number, 180, 18), pnginfo=info, compress_level=1)


def _tiff(number: int) -> bytes:
    packet = {700: labelled()} if number % 2 else {}
    texts = {270: f"Harbour, take {number}", 305: "Grading desk 4"}
    return tiff.encode(_raster(number, 180, 18), tiffinfo=texts | packet)


def _webp(number: int) -> bytes:
    packet = {"xmp": labelled()} if number % 2 else {}
    return webp.encode(_raster(number, 290, 35), quality=70, method=0, **packet)


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
    return waveform.assemble(*waveform.pcm(hiss(40_000 + 13_000 * number, number)), info)


def _movie(number: int, suffix: str, options: str, length: int = 3) -> bytes:
    frames = noise(_FRAME, _FRAME * (6 + length * number), seed=number).tobytes()
    raw = f"-f rawvideo -pix_fmt rgb24 -s {_FRAME}x{_FRAME} -r 24 -i -".split()
    order = ["-movflags", "+faststart"] if number % 2 else []
    return render([*raw, *options.split(), *_TITLED, *order], suffix, frames)


def _mp4(number: int) -> bytes:
    return _movie(number, ".mp4", _MOVIE)


def _mov(number: int) -> bytes:
    return _movie(number, ".mov", "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p", 5)


def _sound(number: int, suffix: str, options: str) -> bytes:
    raw = f"-f s16le -ar {_RATE} -ac 1 -i -".split()
    samples = hiss(_RATE + 12_000 * number, number)
    return render([*raw, *options.split(), *_TITLED], suffix, samples)


def _mp3(number: int) -> bytes:
    return _sound(number, ".mp3", "-c:a libmp3lame -b:a 320k -id3v2_version 4")


def _flac(number: int) -> bytes:
    return _sound(number, ".flac", "-c:a flac")


def _m4a(number: int) -> bytes:
    return _sound(number, ".m4a", "-c:a alac")


def _mkv(number: int) -> bytes:
    return _movie(number, ".mkv", _MOVIE)


def _heic(number: int) -> bytes:
    picture = heif.Part(kind=b"hvc1", data=_pixels(number).tobytes())
    return heif.still(heif.exif(), picture, *([heif.xmp(labelled())] if number % 2 else []))


def _pdf(number: int) -> bytes:
    told = {1: pdf.TOLD, 7: pdf.stream(labelled(), b"/Type/Metadata/Subtype/XML")}
    more = told if number % 2 else {}
    return pdf.table({**pdf.page(150 + 18 * number), 6: pdf.INFORMATION, **more})


def _psd(number: int) -> bytes:
    resources = psd.resource(0x0424, labelled()) if number % 2 else b""
    return psd.document(_pixels(number).transpose(2, 0, 1), resources=resources)


def _svg(number: int) -> bytes:
    head = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">'
    told = f"<title>Harbour, take {number}</title>"
    paths = (f'<path d="M{x} {y}l{y} 7"/>' for x, y, _ in _pixels(number)[0].tolist() * 10)
    return f"{head}{told}{''.join(paths)}</svg>".encode()


def _pixels(number: int) -> np.ndarray:
    width = 180 + 18 * number
    return noise(width, width * 3 // 4, seed=number)


def frame() -> bytes:
    """Return one frame of a sequence: a PNG of 54 KB."""
    return png.encode(Image.fromarray(noise(FRAME_WIDTH, FRAME_HEIGHT), "RGB"), compress_level=1)


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
    ".heic": _heic,
    ".m4a": _m4a,
    ".mkv": _mkv,
    ".pdf": _pdf,
    ".psd": _psd,
    ".svg": _svg,
}
"""What bakes the numbered base file of each suffix."""

SHARES: Mapping[str, float] = {
    ".jpg": 0.30,
    ".png": 0.15,
    ".wav": 0.10,
    ".mp4": 0.10,
    ".tif": 0.08,
    ".mov": 0.06,
    ".mp3": 0.05,
    ".webp": 0.04,
    ".flac": 0.03,
    ".gif": 0.02,
    ".heic": 0.02,
    ".m4a": 0.01,
    ".mkv": 0.01,
    ".pdf": 0.01,
    ".psd": 0.01,
    ".svg": 0.01,
}
"""How much of the corpus each suffix is."""
