"""Bombs made of pixels: few bytes that decode to very many."""

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO

import numpy as np
from PIL import Image

from fixtures.png import chunk, encode
from fixtures.samples import Recipe
from tests.stealth_samples import hide, packed

_SIDE = 8192
_MAGIC = b"\x89PNG\r\n\x1a\n"
_TEXT = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 96x64"


def _canvas(kind: int, channels: int, *, depth: int = 8, side: int = _SIDE) -> Recipe:
    """Return a picture of nothing, row by row: it would not fit into the memory it must keep."""

    def bake() -> bytes:
        packer = zlib.compressobj(6)
        row = bytes(1 + side * channels * depth // 8)
        data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
        header = struct.pack(">IIBBBBB", side, side, depth, kind, 0, 0, 0)
        return _MAGIC + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")

    return bake


def _with_text(signature: str) -> Recipe:
    """Return the largest picture that is decoded, with parameters in its first columns."""

    def bake() -> bytes:
        strip = np.array(hide(signature, packed(signature, _TEXT), size=(2, _SIDE)))
        canvas = np.zeros((_SIDE, _SIDE, strip.shape[2]), dtype=np.uint8)
        canvas[:, :2] = strip
        return encode(Image.fromarray(canvas), compress_level=1)

    return bake


def _webp(side: int) -> Recipe:
    def bake() -> bytes:
        out = BytesIO()
        Image.new("RGBA", (side, side), (1, 2, 3, 4)).save(
            out, "WEBP", lossless=True, method=0, quality=0
        )
        return out.getvalue()

    return bake


BOMBS: Mapping[str, Recipe] = {}
HONEST: Mapping[str, Recipe] = {"not_decoded_8192.png": _canvas(2, 3)}
"""What is heavy only for who decodes it."""

PIXELS: Mapping[str, Recipe] = {
    "rgb_8192.png": _with_text("stealth_rgbinfo"),
    "rgba_8192.png": _with_text("stealth_pngcomp"),
    "more_than_are_decoded.png": _canvas(2, 3, side=_SIDE + 1),
    "more_than_are_decoded.webp": _webp(_SIDE),
    "inflates.png": lambda: encode(
        hide("stealth_rgbcomp", packed("stealth_rgbcomp", "x" * (1 << 21)))
    ),
}
"""What is inspected with `--pixels` and must end in a finding."""

HONEST_PIXELS: Mapping[str, Recipe] = {
    "rgb_8192.png": _canvas(2, 3),
    "rgb16_8192.png": _canvas(2, 3, depth=16),
    "grey_8192.png": _canvas(0, 1),
    "rgba_3072.webp": _webp(3072),
}
"""What is inspected with `--pixels` and says nothing."""
