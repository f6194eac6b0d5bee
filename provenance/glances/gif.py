"""A glance at GIF: all of it, since its pixels come in runs of 255 bytes; of a small one only."""

from os import pread

from provenance.glances.interface import Plain
from provenance.glances.screen import Screen

_MAGIC = (b"GIF87a", b"GIF89a")
_SCREEN_AT, _HEAD = 6, 13
_LARGEST = 1 << 19
_MOST = 4096
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_COMMENT, _APPLICATION = 0xFE, 0xFF
_ESSENTIAL = frozenset({0x01, 0xF9})
"""Plain text and graphic control are essence, as images are."""
_DULL = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"})
_XMP = b"XMP DataXMP"
_XMP_TAIL = bytes((1, *range(255, -1, -1), 0))
_FULL, _RUN = 255, 256
_WINDOW = 256 * _RUN


class GifGlance:
    """See `Glance`."""

    format_name = "gif"
    is_exact = True
    magics = ((0, b"GIF8"),)

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if not head.startswith(_MAGIC) or not _HEAD < size <= _LARGEST:
            return None
        data = head if size <= len(head) else pread(descriptor, size, 0)
        if len(data) != size:
            return None
        at = _HEAD + _colour_table(data[10])
        essence = at - _SCREEN_AT
        for _ in range(_MOST):
            if at + 10 > size:
                return (essence, -1) if data[at:] == b"\x3b" else None
            begin, kind = at, data[at]
            if kind == _IMAGE:
                at += 11 + _colour_table(data[at + 9])
            elif kind == _EXTENSION:
                at += 2
            else:
                return None
            first, at = at, _terminator(data, at)
            if not at:
                return None
            if kind == _IMAGE or data[begin + 1] in _ESSENTIAL:
                essence += at + 1 - begin
            elif not _is_dull(data, begin + 1, first, at, screen):
                return None
            at += 1
        return None


def _is_dull(data: bytes, label: int, first: int, end: int, screen: Screen) -> bool:
    """Return whether a comment or what an application wrote says nothing of interest."""
    if data[label] == _COMMENT:
        return screen.is_dull("", _joined(data, first, end))
    if data[label] != _APPLICATION or data[first] != len(_XMP):
        return False
    name, body = data[first + 1 : first + 12], data[first + 12 : end + 1]
    if name == _XMP:
        is_one = body.endswith(_XMP_TAIL)
        return is_one and screen.is_dull_packet(body.removesuffix(_XMP_TAIL))
    return name in _DULL


def _terminator(data: bytes, at: int) -> int:
    """Return where the sub-blocks that begin here end; 0 if the file ends before."""
    while at < len(data):
        length = data[at]
        if not length:
            return at
        if length == _FULL:
            lengths = data[at : at + _WINDOW : _RUN]
            at += _RUN * (len(lengths) - len(lengths.lstrip(b"\xff")))
        else:
            at += 1 + length
    return 0


def _joined(data: bytes, at: int, end: int) -> bytes:
    parts = []
    while at < end:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts)


def _colour_table(flags: int) -> int:
    """Return the bytes of the colour table that follows a descriptor with these flags."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
