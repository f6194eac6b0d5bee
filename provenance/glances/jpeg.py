"""A glance at JPEG: the segments before the scan, and the last two bytes."""

from os import pread

from provenance.glances.exif import is_dull_exif
from provenance.glances.interface import Plain
from provenance.glances.screen import Screen

_EXIF, _XMP = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0"
_MORE = 4096
_MOST = 64
"""Segments before the scan that are followed; more are unusual."""
_SOS, _DRI, _COM, _APP1 = 0xDA, 0xDD, 0xFE, 0xE1
_TABLES = frozenset({0xDB, 0xC4, *range(0xC0, 0xC4), *range(0xC5, 0xC8), 0xC9, 0xCA, _DRI})
"""DQT, DHT, the frame headers, DRI: their payload is essence."""
_DULL_APPS = frozenset({0xE0, 0xE2, 0xEE})
"""JFIF, colour profiles and other views of the picture, Adobe: nobody looks into them."""
_LABELS = (b"AIGC", b'{"AI')
_LEAST_SCAN = 16


class JpegGlance:
    """See `Glance`; the length it returns reaches to the end of the file."""

    format_name = "jpeg"
    is_exact = False
    magics = tuple((0, b"\xff\xd8\xff" + bytes([marker])) for marker in (0xE0, 0xE1, 0xE2, 0xDB))

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        data, start, at = head, 0, 2
        tables = 0
        seen: set[bytes] = set()
        for _ in range(_MOST):
            if at + 4 > len(data):
                start += at
                data, at = pread(descriptor, _MORE, start), 0
                if len(data) < 4:
                    return None
            marker = data[at + 1]
            length = data[at + 2] << 8 | data[at + 3]
            if data[at] != 0xFF or length < 2:
                return None
            if marker == _SOS:
                break
            if marker in _TABLES:
                # A restart interval of nothing is no part of the essence.
                if marker == _DRI and data[at + 4 : at + 6] == b"\0\0":
                    return None
                tables += length - 2
            elif marker in _DULL_APPS:
                if data.startswith(_LABELS, at + 4) or at + 8 > len(data):
                    return None
            elif not _is_dull_segment(descriptor, start, data, at, screen, seen):
                return None
            at += 2 + length
        else:
            return None
        scan = start + at
        tail = head[size - 2 :] if size <= len(head) else pread(descriptor, 2, size - 2)
        if tail != b"\xff\xd9" or size - scan < _LEAST_SCAN:
            return None
        return tables + size - scan, scan


def _is_dull_segment(
    descriptor: int, start: int, data: bytes, at: int, screen: Screen, seen: set[bytes]
) -> bool:
    """Return whether a comment, an Exif block or an XMP packet says nothing of interest."""
    marker, end = data[at + 1], at + 2 + (data[at + 2] << 8 | data[at + 3])
    if marker == _APP1 and data.startswith(_EXIF, at + 4) and _EXIF not in seen:
        seen.add(_EXIF)  # a second block may go on with the first
        # The thumbnail behind the directories is not needed.
        if is_dull_exif(data[at + 10 : end], end - at - 10, screen):
            return True
        if end <= len(data):
            return False
        block = pread(descriptor, end - at - 10, start + at + 10)
        return is_dull_exif(block, end - at - 10, screen)
    if end > len(data):
        data, end, at = pread(descriptor, end - at, start + at), end - at, 0
    if marker == _COM:
        return len(data) >= end and screen.is_dull("", data[at + 4 : end])
    if marker != _APP1 or not data.startswith(_XMP, at + 4):
        return False
    return len(data) >= end and screen.is_dull_packet(data[at + 4 + len(_XMP) : end])
