"""A glance at PNG: every chunk header, the texts, IEND at the very end."""

from os import pread
from struct import Struct

from provenance.glances.exif import is_dull_exif
from provenance.glances.interface import Plain
from provenance.glances.screen import Screen

_HEADER = Struct(">I4s")
_FIRST = 8
_MORE = 4096
_HOP = 64
"""Bytes read behind pixels, where mostly the next run of them begins."""
_LARGE = 65536
_MOST = 65536
_STILL = frozenset({b"IDAT", b"IHDR", b"PLTE", b"tRNS"})
_ANIMATED = _STILL | {b"acTL", b"fcTL", b"fdAT"}
_DULL = frozenset(
    {b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs", b"tIME", b"bKGD", b"sBIT", b"hIST", b"sPLT"}
    | {
        b"cICP",
        b"mDCV",
        b"cLLI",
        b"oFFs",
        b"sTER",
        b"vpAg",
        b"orNT",
        b"sCAL",
        b"pCAL",
        b"gIFg",
        b"iDOT",
    }
)
"""Chunks nobody looks into; any other makes the file one to be read."""
_KEYWORD = b"XML:com.adobe.xmp\0"
_PACKET = _KEYWORD + b"\0\0\0\0"


class PngGlance:
    """See `Glance`."""

    format_name = "png"
    is_exact = True
    magics = ((0, b"\x89PNG"),)

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if head[4:8] != b"\r\n\x1a\n":
            return None
        data, start, at = head, 0, _FIRST
        limit, more = len(head) - 8, _MORE
        essence, pixels = 0, _STILL
        unpack = _HEADER.unpack_from
        for _ in range(_MOST):
            if at > limit:
                start += at
                data, at = pread(descriptor, more, start), 0
                limit = len(data) - 8
                if limit < 0:
                    return None
            length, kind = unpack(data, at)
            if kind in pixels:
                essence += length
                more = _HOP
            elif kind == b"IEND":
                is_at_end = start + at + 12 + length == size
                return (essence, -1) if is_at_end and essence else None
            elif kind == b"acTL":
                # Frames count only behind it.
                pixels = _ANIMATED
                essence += length
            elif kind not in _DULL:
                if length > _LARGE:
                    return None
                text = data[at + 8 : at + 8 + length]
                if len(text) < length:
                    text = pread(descriptor, length, start + at + 8)
                if len(text) < length or not _is_dull_text(kind, text, screen):
                    return None
                more = _MORE
            at += 12 + length
        return None


def _is_dull_text(kind: bytes, text: bytes, screen: Screen) -> bool:
    if kind == b"tEXt":
        keyword, separator, value = text.partition(b"\0")
        is_profile = keyword.startswith((b"Raw profile", b"XML:com.adobe.xmp"))
        return bool(separator) and not is_profile and screen.is_dull(keyword, value)
    if kind == b"eXIf":
        return is_dull_exif(text, len(text), screen)
    if kind != b"iTXt":
        return False
    if text.startswith(_PACKET):
        return screen.is_dull_packet(text[len(_PACKET) :])
    keyword, _, value = text.partition(b"\0")
    # A one says that the text is compressed.
    is_plain = value[:1] == b"\0" and not text.startswith((b"Raw profile", _KEYWORD))
    return is_plain and screen.is_dull(keyword, value)
