"""Decode a picture with Pillow, within bounds; only ever called in a worker."""

import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from provenance.errors import DamagedMediaError

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 64 << 20
"""Pixels of a picture that is decoded at all."""
_TOO_MANY = "it has more than 64 million pixels; they were not looked into"


def opened(file: BinaryIO, decoders: tuple[str, ...]) -> "Image":
    """Return a picture that is not decoded yet; call it and what follows in `pixel_errors`."""
    from PIL import Image  # noqa: PLC0415  # a native library: only in the worker

    image = Image.open(file, formats=decoders)
    if image.width * image.height > MOST_PIXELS:
        raise DamagedMediaError(_TOO_MANY)
    return image


def decode(
    file: BinaryIO, decoders: tuple[str, ...], *, draft: tuple[int, int] | None = None
) -> "Image":
    """Return a picture with its pixels, of a JPEG only as finely as the draft size needs.

    Raises DamagedMediaError if it cannot be decoded or has more than `MOST_PIXELS`.
    """
    with pixel_errors():
        image = opened(file, decoders)
        if draft:
            image.draft(None, draft)
        image.load()
    return image


@contextmanager
def pixel_errors() -> Iterator[None]:
    """Turn what decoding raises into DamagedMediaError."""
    from PIL import Image  # noqa: PLC0415  # a native library: only in the worker

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of metadata that is damaged
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise DamagedMediaError(_TOO_MANY) from None
    except (OSError, SyntaxError, ValueError, EOFError, zlib.error) as error:
        raise DamagedMediaError(f"its pixels cannot be decoded: {error}") from error
