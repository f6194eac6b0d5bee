"""A glance at JPEG: the segments before the scan, and the last two bytes."""

from os import pread
from struct import Struct

from provenance.glances.exif import is_dull_exif
from provenance.glances.interface import Plain
from provenance.glances.photoshop import is_dull_resources
from provenance.glances.screen import Screen

_HEADER = Struct(">HH")
_EXIF, _XMP = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0"
_MORE = 4096
_MOST = 64
"""Segments before the scan that are followed; more are unusual."""
_PEEK = 16
_PHOTOSHOP = b"Photoshop 3.0\0"
_SOS, _COM, _APP1, _APP11, _APP13 = 0xFFDA, 0xFFFE, 0xFFE1, 0xFFEB, 0xFFED
_TABLES = frozenset({0xFFDB, 0xFFC4, 0xFFC9, 0xFFCA, 0xFFDD, *range(0xFFC0, 0xFFC4)})
"""DQT, DHT, the frame headers, DRI: their payload is essence, or at most that."""
_DULL_APPS = frozenset({*range(0xFFE0, 0xFFF0)} - {_APP1, _APP11, _APP13})
"""JFIF, colour profiles and what applications keep: nobody looks into them, but into Exif, XMP,
C2PA and Photoshop's."""
_LABELS = (b"AIGC", b'{"AI')
_LEAST_SCAN = 16


class JpegGlance:
    """See `Glance`; the length it returns reaches to the end of the file."""

    format_name = "jpeg"
    is_exact = False
    magics = tuple(
        (0, b"\xff\xd8" + marker.to_bytes(2))
        for marker in (*_TABLES, *_DULL_APPS, _APP1, _APP13, _COM)
    )

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        data, start, at = head, 0, 2
        unpack, limit = _HEADER.unpack_from, len(head) - _PEEK
        tables = 0
        seen: set[int] = set()
        for _ in range(_MOST):
            if at > limit:
                start += at
                data, at = pread(descriptor, _MORE, start), 0
                limit = len(data) - _PEEK
                if limit < 0:
                    return None
            marker, length = unpack(data, at)
            if length < 2:
                return None
            if marker in _TABLES:
                tables += length - 2
            elif marker in _DULL_APPS:
                if data.startswith(_LABELS, at + 4):
                    return None
            elif marker == _APP1 and data.startswith(_EXIF, at + 4):
                # A second block may go on with the first.
                if marker in seen or not _is_dull_block(
                    descriptor, start, data, at, length, screen
                ):
                    return None
                seen.add(marker)
            elif marker == _SOS:
                scan = start + at
                tail = head[size - 2 :] if size <= len(head) else pread(descriptor, 2, size - 2)
                if tail != b"\xff\xd9" or size - scan < length + _LEAST_SCAN:
                    return None
                return tables + size - scan, scan
            elif not _is_dull_text(descriptor, start, data, at, length, screen, seen):
                return None
            at += 2 + length
        return None


def _is_dull_block(
    descriptor: int, start: int, data: bytes, at: int, length: int, screen: Screen
) -> bool:
    """Return whether an Exif block says nothing of interest."""
    # The thumbnail behind the directories is not needed.
    if is_dull_exif(data[at + 10 : at + 2 + length], length - 8, screen):
        return True
    if at + 2 + length <= len(data):
        return False
    block = pread(descriptor, length - 8, start + at + 10)
    return is_dull_exif(block, length - 8, screen)


def _is_dull_text(
    descriptor: int,
    start: int,
    data: bytes,
    at: int,
    length: int,
    screen: Screen,
    seen: set[int],
) -> bool:
    """Return whether a comment, an XMP packet or Photoshop's resources say nothing of interest."""
    marker = data[at] << 8 | data[at + 1]
    text = data[at + 4 : at + 2 + length]
    if len(text) < length - 2:
        text = pread(descriptor, length - 2, start + at + 4)
        if len(text) < length - 2:
            return False
    if marker == _COM:
        return screen.is_dull("", text)
    if marker == _APP1:
        return text.startswith(_XMP) and screen.is_dull_packet(text[len(_XMP) :])
    # Resources that are too long for a segment go on in the next.
    if marker != _APP13 or marker in seen or text.startswith(_LABELS):
        return False
    seen.add(marker)
    is_foreign = not text.startswith(_PHOTOSHOP)
    return is_foreign or is_dull_resources(text[len(_PHOTOSHOP) :], screen)
