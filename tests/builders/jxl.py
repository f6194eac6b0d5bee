"""JPEG XL files, made box by box."""

import struct

from fixtures.heif import TIFF, box
from fixtures.jxl import boxed

PACKET = b"<x:xmpmeta/>"


def part(number, data):
    return box(b"jxlp", struct.pack(">I", number), data)


GOOD = boxed(
    box(b"xml ", PACKET), part(0, b"pic"), box(b"Exif", bytes(4), TIFF), part(1 << 31, b"x")
)
