"""Thumbnails of pictures, for reports that people look at.

A courtesy: what cannot be decoded safely and quickly goes without. It means decoding the picture,
so `draw` runs as a task in a worker, and only where a report shows pictures.
"""

import base64
import struct
import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from provenance.errors import IsolationError, MediaError
from provenance.isolation.interface import Json, TaskRunner
from provenance.media._picture import decode
from provenance.media.source import FileSource

if TYPE_CHECKING:
    from PIL.Image import Image

PRELOAD = ("provenance.media.thumbnails",)
"""The modules a runner must preload for `Thumbnails`."""

_DECODERS = {"png": "PNG", "webp": "WEBP", "jpeg": "JPEG", "gif": "GIF", "tiff": "TIFF"}
_SIDE = 160
_LARGEST = 48 * 1024
_MOST = 500
_COST_OF_A_LOST_WORKER = 50
"""One picture that kills or stalls the worker counts as so many: a folder of them ends soon."""
_JPEG_MAGIC = b"\xff\xd8\xff"
_BACKGROUND = (200, 200, 200)


class Thumbnails:
    """Makes small JPEGs of pictures, up to 500 of them."""

    def __init__(self, runner: TaskRunner) -> None:
        self._runner = runner
        self._left = _MOST

    def __call__(self, path: Path, format_name: str) -> bytes | None:
        """Return a JPEG of at most 160 pixels a side, or None where there is none to be had.

        It shows what lies at the path now, which proves nothing: digests do.
        """
        if format_name not in _DECODERS or self._left <= 0:
            return None
        self._left -= 1
        try:
            with FileSource(path) as source:
                answer = self._runner.run(
                    "provenance.media.thumbnails:draw",
                    {"decoder": _DECODERS[format_name]},
                    (source.descriptor,),
                )
        except MediaError:
            return None
        except IsolationError:
            self._left -= _COST_OF_A_LOST_WORKER
            return None
        return _checked(answer)


def preload() -> None:
    """Load Pillow's decoders, which a locked-down worker could not."""
    from PIL import Image, ImageOps, TiffImagePlugin, WebPImagePlugin  # noqa: PLC0415  # as below

    Image.preinit()
    del ImageOps, TiffImagePlugin, WebPImagePlugin


def draw(arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Return a small JPEG of the first file as base64; the task behind `Thumbnails`."""
    image = decode(files[0], (arguments["decoder"],), draft=(2 * _SIDE, 2 * _SIDE))
    image.thumbnail((_SIDE, _SIDE))
    out = BytesIO()
    _flat(_upright(image)).save(out, "JPEG", quality=80)
    return base64.b64encode(out.getvalue()).decode("ascii")


def _upright(image: "Image") -> "Image":
    from PIL import ImageOps  # noqa: PLC0415  # a native library: only in the worker

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return ImageOps.exif_transpose(image)
    except (SyntaxError, ValueError, TypeError, struct.error):  # of an Exif that is none
        return image


def _flat(image: "Image") -> "Image":
    """Return the picture without transparency and without its metadata."""
    from PIL import Image  # noqa: PLC0415  # as above

    if not image.has_transparency_data:
        flat = image.convert("RGB")
        flat.info.clear()
        return flat
    layer = image.convert("RGBA")
    flat = Image.new("RGB", layer.size, _BACKGROUND)
    flat.paste(layer, mask=layer)
    return flat


def _checked(answer: Json) -> bytes | None:
    """Return the JPEG; what the worker says was made of foreign bytes."""
    if not isinstance(answer, str):
        return None
    try:
        data = base64.b64decode(answer, validate=True)
    except ValueError:
        return None
    return data if data.startswith(_JPEG_MAGIC) and len(data) <= _LARGEST else None
