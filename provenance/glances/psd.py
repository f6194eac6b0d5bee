"""A glance at Photoshop documents: their sections, and the image resources among them."""

from array import array
from os import pread
from struct import Struct
from sys import byteorder

from provenance.glances.interface import Plain
from provenance.glances.photoshop import is_dull_resources
from provenance.glances.screen import Screen

_MAGIC = b"8BPS"
_HEADER = Struct(">4sH6xHIIHH")
_SMALL, _LARGE = 1, 2
_RAW, _PACKED = 0, 1
_MOST_RESOURCES, _LARGEST_TABLE = 1 << 18, 1 << 20
_STOP = b"8BIM\x03\xe8" + bytes(6)
"""An empty resource: behind zeros, which a full reading has a word on, it is none."""
_ODD = -1


class PsdGlance:
    """See `Glance`."""

    format_name = "psd"
    is_exact = True
    magics = ((0, _MAGIC),)

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if len(head) < _HEADER.size + 8:
            return None
        _, version, channels, height, width, depth, _ = _HEADER.unpack_from(head)
        if version not in (_SMALL, _LARGE) or not channels * height * width * depth:
            return None
        palette = int.from_bytes(head[26:30])
        at = 30 + palette
        told = int.from_bytes(_bytes(descriptor, head, at, 4))
        begin, at = at + 4, at + 4 + told
        if told > _MOST_RESOURCES or at > size:
            return None
        resources = _bytes(descriptor, head, begin, told)
        if len(resources) < told or not is_dull_resources(resources + _STOP, screen):
            return None
        wide = 4 * version
        layers = int.from_bytes(_bytes(descriptor, head, at, wide))
        begin, at = at + wide, at + wide + layers
        if at + 2 > size:
            return None
        row = (width * depth + 7) // 8
        picture = _picture_length(descriptor, head, at, (channels * height, row, version))
        if picture == _ODD or at + picture != size:
            return None
        is_one = not palette and not layers
        return palette + layers + picture, at if is_one else -1


def _bytes(descriptor: int, head: bytes, at: int, length: int) -> bytes:
    end = at + length
    return head[at:end] if end <= len(head) else pread(descriptor, length, at)


def _picture_length(descriptor: int, head: bytes, at: int, raster: tuple[int, int, int]) -> int:
    """Return the bytes of the picture with its compression code, if they are easily told."""
    rows, row_length, version = raster
    compression = int.from_bytes(_bytes(descriptor, head, at, 2))
    if compression == _RAW:
        return 2 + rows * row_length
    length = rows * 2 * version
    if compression != _PACKED or length > _LARGEST_TABLE:
        return _ODD
    table = _bytes(descriptor, head, at + 2, length)
    if len(table) < length:
        return _ODD
    lengths = array("H" if version == _SMALL else "I", table)
    if byteorder == "little":
        lengths.byteswap()
    return 2 + length + sum(lengths)
