"""A glance at PNG: every chunk header, the texts, IEND at the very end."""

from os import pread
from struct import Struct

from provenance.glances.interface import Plain
from provenance.glances.screen import Screen

_HEADER = Struct(">I4s")
_FIRST = 8
_MORE = 4096
_LARGE = 65536
_MOST = 65536
_STILL = frozenset({b"IDAT", b"IHDR", b"PLTE", b"tRNS"})
_DULL = frozenset(
    {
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"pHYs",
        b"tIME",
        b"bKGD",
        b"sBIT",
        b"hIST",
        b"sPLT",
        b"cICP",
    }
    | {b"mDCV", b"cLLI", b"oFFs", b"sTER", b"vpAg", b"orNT"}
)
"""Chunks nobody looks into; any other makes the file one to be read."""
_PACKET = b"XML:com.adobe.xmp\0\0\0\0\0"


class PngGlance:
    """See `Glance`; animations are read in full."""

    format_name = "png"
    is_exact = True
    magics = ((0, b"\x89PNG"),)

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if head[4:8] != b"\r\n\x1a\n":
            return None
        data, start, at = head, 0, _FIRST
        essence = 0
        unpack = _HEADER.unpack_from
        for _ in range(_MOST):
            if at + 8 > len(data):
                start += at
                data, at = pread(descriptor, _MORE, start), 0
                if len(data) < 8:
                    return None
            length, kind = unpack(data, at)
            if kind in _STILL:
                essence += length
            elif kind == b"IEND":
                is_at_end = start + at + 12 + length == size
                return (essence, -1) if is_at_end and essence else None
            elif kind not in _DULL:
                if at + 8 + length > len(data):
                    if length > _LARGE:
                        return None
                    start += at
                    data, at = pread(descriptor, max(_MORE, length + 12), start), 0
                    if 8 + length > len(data):
                        return None
                if not _is_dull_text(kind, data[at + 8 : at + 8 + length], screen):
                    return None
            at += 12 + length
        return None


def _is_dull_text(kind: bytes, text: bytes, screen: Screen) -> bool:
    if kind == b"tEXt":
        keyword, separator, value = text.partition(b"\0")
        return (
            bool(separator)
            and not keyword.startswith(b"Raw profile")
            and screen.is_dull(keyword, value)
        )
    return (
        kind == b"iTXt" and text.startswith(_PACKET) and screen.is_dull_packet(text[len(_PACKET) :])
    )
