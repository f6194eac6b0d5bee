"""A glance at Photoshop's image resources, and at the IIM datasets in them."""

from struct import Struct

from provenance.glances.exif import is_dull_exif
from provenance.glances.screen import Screen

_HEADER = Struct(">BBBH")
_SIGNATURE = b"8BIM"
_IIM, _XMP = 0x0404, 0x0424
_EXIF = frozenset({0x0422, 0x0423})
_MARKER, _EXTENDED, _APPLICATION = 0x1C, 0x8000, 2
_NO_TEXTS = frozenset({0, 200, 201, 202})
_KEYS = tuple(f"2:{number:02d}" for number in range(256))
_MOST = 256


def is_dull_resources(block: bytes, screen: Screen) -> bool:
    """Return whether a whole block of resources is sound and says nothing of interest."""
    at = 0
    for _ in range(_MOST):
        if block[at : at + 4] != _SIGNATURE:
            # Photoshop's relatives have signatures of their own.
            return not block[at:].strip(b"\0")
        if at + 12 > len(block):
            return False
        # A name with its length byte fills whole pairs of bytes; four bytes of size follow.
        start = at + 10 + (block[at + 6] + 2) // 2 * 2
        length = int.from_bytes(block[start - 4 : start])
        end = start + length
        if start > len(block) or end > len(block):
            return False
        kind = block[at + 4] << 8 | block[at + 5]
        if kind == _IIM:
            is_dull = is_dull_iim(block[start:end], screen)
        elif kind in _EXIF:
            is_dull = is_dull_exif(block[start:end], length, screen)
        else:
            is_dull = kind != _XMP or screen.is_dull_packet(block[start:end])
        if not is_dull:
            return False
        at = end + (length & 1)
    return False


def is_dull_iim(data: bytes, screen: Screen) -> bool:
    """Return whether datasets are whole and say nothing of interest (IIM 4.2)."""
    at = 0
    for _ in range(_MOST):
        begin = at + _HEADER.size
        if at == len(data) or data[at] != _MARKER:
            return True
        if begin > len(data):
            return False
        _, record, number, length = _HEADER.unpack_from(data, at)
        at = begin + length
        if length & _EXTENDED or at > len(data):
            return False
        is_text = record == _APPLICATION and number not in _NO_TEXTS
        if is_text and not screen.is_dull(_KEYS[number], data[begin:at]):
            return False
    return False
