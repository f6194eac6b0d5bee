"""Decode a picture with Pillow, within bounds; only ever called in a worker."""

import warnings
import zlib
from typing import TYPE_CHECKING, BinaryIO

from provenance.errors import DamagedMediaError

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_PIXELS = 64 << 20


def decode(
    file: BinaryIO, decoders: tuple[str, ...], *, draft: tuple[int, int] | None = None
) -> "Image":
    """Return a picture with its pixels, of a JPEG only as finely as the draft size needs.

    Raises DamagedMediaError if it cannot be decoded or has more than 64 million pixels.
    """
    from PIL import Image  # noqa: PLC0415  # a native library: only in the worker

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of metadata that is damaged
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(file, formats=decoders)
        is_small = image.width * image.height <= _MOST_PIXELS
        if is_small and draft:
            image.draft(None, draft)
        if is_small:
            image.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        is_small = False
    except (OSError, SyntaxError, ValueError, EOFError, zlib.error) as error:
        raise DamagedMediaError(f"its pixels cannot be decoded: {error}") from error
    if not is_small:
        raise DamagedMediaError("it has more than 64 million pixels; they were not looked into")
    return image
