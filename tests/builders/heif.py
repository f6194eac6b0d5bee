"""HEIF pictures, made box by box."""

from fixtures.heif import Part, box, exif, still, xmp

PACKET = b"<x:xmpmeta/>"
PICTURE = Part(kind=b"hvc1", data=b"picture")


def ftyp(*brands):
    return box(b"ftyp", brands[0], bytes(4), *brands)


def meta(*boxes):
    return box(b"meta", bytes(4), *boxes)


def iloc(body, *, sizes=b"\x44\0", version=0):
    return box(b"iloc", bytes([version, 0, 0, 0]), sizes, body)


GOOD = still(exif(), PICTURE, xmp(PACKET), xmp(PACKET, method=1), version=2)
