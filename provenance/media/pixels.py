"""Text hidden in pixels: the lowest bits of a picture, column by column.

It means decoding the picture, so `read_stealth` runs as a task in a worker, and only on demand.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from provenance.errors import DamagedMediaError, IsolationError, MediaError
from provenance.isolation.interface import Json, TaskRunner
from provenance.media._picture import opened, pixel_errors
from provenance.media._png_columns import left_columns
from provenance.model.metadata import Contents, MetadataField

if TYPE_CHECKING:
    from PIL.Image import Image

PRELOAD = ("provenance.media.pixels",)
"""The modules a runner must preload for `read_pixels`."""

_FORMATS = frozenset({"png", "webp"})
_DECODERS = ("PNG", "WEBP")
_MOST_AT_ONCE = 16 << 20
"""Pixels of a PNG that are decoded whole; of a larger one, only the columns that are asked for."""
_MOST_IN_WEBP = 12 << 20
"""Pixels of a WebP that is decoded: it takes 16 bytes of memory for each."""
_LONGEST_TEXT = 1 << 20
_SIGNATURE_BITS, _LENGTH_BITS = 120, 32
# Of each writer's two variants the second compresses the text with gzip.
_VARIANTS = {
    "A": ("stealth_pnginfo", "stealth_pngcomp"),
    "RGB": ("stealth_rgbinfo", "stealth_rgbcomp"),
}
_READ_MODES = frozenset({"RGBA", *_VARIANTS})
_LOWEST_BITS = bytes(ord("0") + (byte & 1) for byte in range(256))
_GZIP = 16 + zlib.MAX_WBITS


def read_pixels(runner: TaskRunner, descriptor: int, format_name: str) -> Contents:
    """Return the texts hidden in the pixels of an opened picture, or what kept us from reading.

    Formats that do not keep the lowest bits hide nothing.
    """
    if format_name not in _FORMATS:
        return Contents()
    try:
        answer = runner.run("provenance.media.pixels:read_stealth", {}, (descriptor,))
    except (MediaError, IsolationError) as error:
        return Contents(problems=(str(error),))
    found = answer.items() if isinstance(answer, Mapping) else ()
    place = f"{format_name}/stealth"
    return Contents(
        fields=tuple(MetadataField(place=place, key=key, value=str(text)) for key, text in found)
    )


def preload() -> None:
    """Load Pillow's decoders, which a locked-down worker could not."""
    from PIL import Image, PngImagePlugin, WebPImagePlugin  # noqa: PLC0415  # only in the worker

    Image.preinit()
    del WebPImagePlugin
    # A workflow of a few megabytes is no attack; the texts are read, and bounded, elsewhere.
    PngImagePlugin.MAX_TEXT_CHUNK = 16 << 20


def read_stealth(_arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Read what the pixels of the first file hide; the task behind `read_pixels`."""
    file = files[0]
    with pixel_errors():
        image = opened(file, _DECODERS)
        if image.format == "WEBP" and image.width * image.height > _MOST_IN_WEBP:
            raise DamagedMediaError("a WebP of more than 12 million pixels; not looked into")
        found: dict[str, str] = {}
        for channels in _VARIANTS:
            if image.mode in {"RGBA", channels}:
                found.update(_hidden(_Columns(file, image), channels))
        # A picture without such a mode hides nothing, but must not be damaged either.
        if image.mode not in _READ_MODES:
            _Columns(file, image).left(1)
    return found


@dataclass(frozen=True, slots=True)
class _Columns:
    """A picture of which the left columns are wanted."""

    file: BinaryIO
    image: "Image"

    def left(self, columns: int) -> "Image":
        """Return these columns, decoded."""
        image = self.image
        if image.format == "PNG" and image.width * image.height > _MOST_AT_ONCE:
            image = opened(left_columns(self.file, columns), _DECODERS)
        image.load()
        return image.crop((0, 0, columns, image.height))


def _hidden(picture: _Columns, channels: str) -> Iterator[tuple[str, str]]:
    head = _bits(picture, channels, _SIGNATURE_BITS + _LENGTH_BITS)
    if len(head) < _SIGNATURE_BITS + _LENGTH_BITS:
        return
    signature = _bytes(head[:_SIGNATURE_BITS])
    for variant in _VARIANTS[channels]:
        if signature == variant.encode("ascii"):
            length = int(head[_SIGNATURE_BITS:], 2)
            text = _text(picture, channels, length, is_packed=variant.endswith("comp"))
            if text:
                yield variant, text


def _text(picture: _Columns, channels: str, length: int, *, is_packed: bool) -> str:
    start = _SIGNATURE_BITS + _LENGTH_BITS
    if length % 8 or length > picture.image.width * picture.image.height * len(channels) - start:
        return ""
    if length > 8 * _LONGEST_TEXT:
        raise DamagedMediaError("the text hidden in its pixels is longer than 1 MiB")
    data = _bytes(_bits(picture, channels, start + length)[start:])
    try:
        return (_unpack(data) if is_packed else data).decode("utf-8", "replace")
    except zlib.error:
        return ""


def _unpack(data: bytes) -> bytes:
    text = zlib.decompressobj(_GZIP).decompress(data, _LONGEST_TEXT + 1)
    if len(text) > _LONGEST_TEXT:
        raise DamagedMediaError("the text hidden in its pixels inflates to more than 1 MiB")
    return text


def _bits(picture: _Columns, channels: str, count: int) -> bytes:
    """Return the first lowest bits as digits: columns from the left, each from the top."""
    from PIL.Image import Transpose  # noqa: PLC0415  # only in the worker

    image = picture.image
    columns = min(image.width, -(-count // (image.height * len(channels))))
    strip = picture.left(columns).transpose(Transpose.TRANSPOSE)
    wanted = strip.getchannel("A") if channels == "A" else strip.convert("RGB")
    return wanted.tobytes()[:count].translate(_LOWEST_BITS)


def _bytes(bits: bytes) -> bytes:
    return int(bits or b"0", 2).to_bytes(len(bits) // 8, "big")
