"""Pictures with text in the lowest bits of their pixels, as the known writers hide it."""

import gzip

import numpy as np
from PIL import Image

TEXT = "a lighthouse, Grüße\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 96x64"
VARIANTS = ("stealth_pnginfo", "stealth_pngcomp", "stealth_rgbinfo", "stealth_rgbcomp")


def noise(mode: str, size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Return noise; one colour were a picture whose lowest bits say nothing by accident."""
    shape = (size[1], size[0], len(mode))
    values = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    return Image.fromarray(values if len(mode) > 1 else values[:, :, 0])


def hide(
    signature: str,
    payload: bytes,
    *,
    length: int | None = None,
    size: tuple[int, int] = (96, 64),
    mode: str = "",
) -> Image.Image:
    """Return a picture with this text, laid out as the known writers do."""
    is_alpha = "png" in signature
    image = noise(mode or ("RGBA" if is_alpha else "RGB"), size)
    bits = "".join(f"{byte:08b}" for byte in signature.encode())
    bits += f"{8 * len(payload) if length is None else length:032b}"
    bits += "".join(f"{byte:08b}" for byte in payload)
    values = np.array(image)
    columns = values.transpose(1, 0, 2)[:, :, 3:] if is_alpha else values.transpose(1, 0, 2)
    flat = columns[:, :, :3].reshape(-1)
    digits = np.frombuffer(bits.encode(), dtype=np.uint8) - ord("0")
    flat[: digits.size] = (flat[: digits.size] & 254) | digits
    back = flat.reshape(size[0], size[1], -1).transpose(1, 0, 2)
    if is_alpha:
        values[:, :, 3:] = back
    else:
        values[:, :, :3] = back
    return Image.fromarray(values)


def packed(signature: str, text: str = TEXT) -> bytes:
    data = text.encode()
    return gzip.compress(data) if signature.endswith("comp") else data
