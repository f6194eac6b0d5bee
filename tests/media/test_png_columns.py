"""The left columns of a PNG: the same pixels as in the whole, in every layout there is."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from fixtures.ffmpeg import render
from fixtures.png import chunk, encode
from fixtures.raster import noise, picture
from provenance.errors import DamagedMediaError
from provenance.media import pixels
from provenance.media._png_columns import left_columns
from tests.stealth_samples import TEXT, VARIANTS, hide, packed

RAW = "-f rawvideo -pix_fmt rgb24 -s 61x43 -i - -f image2pipe -c:v png"
NOISE = noise(61, 43)


PASSES = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)


def interlaced(colour, samples, depth=8):
    """Return a picture in seven passes, each row as differences to the pixel on its left."""
    rows = b""
    for left, top, right, down in PASSES:
        for row in samples[top::down, left::right]:
            pixels_of_row = row.reshape(len(row), -1).view(np.uint8)
            differences = np.diff(pixels_of_row, axis=0, prepend=pixels_of_row[:1] * 0)
            rows += b"\1" + differences.tobytes()
    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 1)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


LAYOUTS = {
    "rgb": lambda: encode(Image.fromarray(NOISE)),
    "rgba": lambda: encode(Image.fromarray(NOISE).convert("RGBA")),
    "grey": lambda: encode(Image.fromarray(NOISE).convert("L")),
    "bilevel": lambda: encode(Image.fromarray(NOISE).convert("1")),
    "palette": lambda: encode(Image.fromarray(NOISE).quantize(13), transparency=3),
    "grey16": lambda: encode(Image.fromarray(NOISE[:, :, 0].astype(np.uint16) * 251)),
    "rgb16": lambda: render(f"{RAW} -pix_fmt rgb48be", ".png", NOISE.tobytes()),
    "paeth": lambda: render(f"{RAW} -pred paeth", ".png", NOISE.tobytes()),
    "mixed": lambda: render(f"{RAW} -pred mixed", ".png", NOISE.tobytes()),
    "adam7": lambda: interlaced(2, NOISE),
    "adam7_16": lambda: interlaced(2, NOISE.astype(">u2") * 251, 16),
    "adam7_grey": lambda: interlaced(0, NOISE[:, :, 0]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("columns", [1, 2, 3, 8, 33, 61, 99])
def test_the_columns_are_those_of_the_whole_picture(layout, columns):
    data = LAYOUTS[layout]()
    whole = Image.open(BytesIO(data))
    left = Image.open(left_columns(BytesIO(data), columns))
    wide = min(columns, whole.width)
    assert (left.mode, left.size) == (whole.mode, (wide, whole.height))
    assert left.tobytes() == whole.crop((0, 0, wide, whole.height)).tobytes()


def test_pixels_in_many_chunks_are_one_stream():
    data = encode(picture())
    at = data.index(b"IDAT") - 4
    (length,) = struct.unpack(">I", data[at : at + 4])
    packed_pixels = data[at + 8 : at + 8 + length]
    parts = [chunk(b"IDAT", packed_pixels[n : n + 7]) for n in range(0, length, 7)]
    split = data[:at] + b"".join(parts) + data[at + length + 12 :]
    left = Image.open(left_columns(BytesIO(split), 5))
    assert left.tobytes() == picture().crop((0, 0, 5, picture().height)).tobytes()


@pytest.mark.parametrize("cut", [0, 20, 40, 60, 700])
def test_pixels_that_end_early_are_damage(cut):
    data = encode(Image.fromarray(NOISE))
    with pytest.raises(DamagedMediaError):
        left_columns(BytesIO(data[:cut]), 5)


def test_a_picture_of_too_many_rows_is_damage():
    data = encode()
    header = chunk(b"IHDR", struct.pack(">II", 1, 1 << 24) + data[24:29])
    with pytest.raises(DamagedMediaError, match="high"):
        left_columns(BytesIO(data[:8] + header + data[33:]), 1)


def test_one_endless_row_is_not_kept():
    width = 40 << 20
    packer = zlib.compressobj(1)
    content = packer.compress(b"\0" * (1 + width)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content)
    left = left_columns(BytesIO(data), 3)
    assert Image.open(left).size == (3, 1)
    assert len(left.getvalue()) < 200


@pytest.mark.parametrize("signature", VARIANTS)
def test_a_text_in_a_large_picture_is_read_by_columns(signature, monkeypatch):
    monkeypatch.setattr(pixels, "_MOST_AT_ONCE", 100)
    for mode in {"RGBA", "RGBA" if "png" in signature else "RGB"}:
        data = encode(hide(signature, packed(signature), mode=mode))
        assert pixels.read_stealth({}, [BytesIO(data)]) == {signature: TEXT}
        with pytest.raises(DamagedMediaError, match="cannot be decoded"):
            pixels.read_stealth({}, [BytesIO(data[:900])])
