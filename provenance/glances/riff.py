"""Glances at RIFF forms: WAV, RF64 and BW64, WebP."""

from os import pread
from struct import Struct

from provenance.glances.exif import is_dull_exif
from provenance.glances.interface import Plain
from provenance.glances.screen import Screen
from provenance.media.wav import BEXT

_HEADER = Struct("<4sI")
_WIDE = Struct("<QQQI")
_FORM = 12
_MORE = 4096
_LARGE = 65536
"""Bytes of a text that is still glanced at."""
_MOST = 256
_UNKNOWN = 0xFFFF_FFFF
_DS64 = 28
_EXIF = b"Exif\0"
_SOUND = frozenset({b"data"})
_PICTURE = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})
_ESSENTIAL = frozenset({b"VP8 ", b"VP8L", b"ANMF", b"data"})
_DULL = frozenset(
    {b"fmt ", b"fact", b"PEAK", b"cue ", b"smpl", b"inst", b"acid", b"bpm ", b"JUNK", b"junk"}
    | {
        b"PAD ",
        b"FLLR",
        b"minf",
        b"elm1",
        b"regn",
        b"umid",
        b"DGDA",
        b"chna",
        b"levl",
        b"VP8X",
        b"ICCP",
    }
)
"""Chunks nobody looks into; any other makes the file one to be read."""
_PLAIN_TEXT = frozenset({b"iXML", b"axml"})


class WavGlance:
    """See `Glance`."""

    format_name = "wav"
    is_exact = True
    magics = ((8, b"WAVE"),)

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if not head.startswith(b"RIFF") or int.from_bytes(head[4:8], "little") + 8 != size:
            return None
        return _look(descriptor, size, head, _FORM, _SOUND, 0, screen)


class WebPGlance:
    """See `Glance`."""

    format_name = "webp"
    is_exact = True
    magics = ((8, b"WEBP"),)

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if not head.startswith(b"RIFF") or int.from_bytes(head[4:8], "little") + 8 != size:
            return None
        return _look(descriptor, size, head, _FORM, _PICTURE, 0, screen)


class Rf64Glance:
    """See `Glance`."""

    format_name = "rf64"
    is_exact = True
    magics = ((0, b"RF64"), (0, b"BW64"))

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if head[8:16] != b"WAVEds64" or len(head) < _FORM + 8 + _DS64:
            return None
        length = int.from_bytes(head[16:20], "little")
        form, sound, _, entries = _WIDE.unpack_from(head, 20)
        if length < _DS64 or length % 2 or entries or form + 8 != size:
            return None
        if head[4:8] != b"\xff\xff\xff\xff":
            return None
        return _look(descriptor, size, head, _FORM + 8 + length, _SOUND, sound, screen)


def _look(
    descriptor: int,
    size: int,
    head: bytes,
    at: int,
    essential: frozenset[bytes],
    wide: int,
    screen: Screen,
) -> Plain | None:
    data, start = head, 0
    essence = last = 0
    has_any = False
    unpack = _HEADER.unpack_from
    for _ in range(_MOST):
        here = start + at
        if here + 8 > size:
            return (essence, last) if here == size and essence and has_any else None
        if at + 8 > len(data):
            start = here
            data, at = pread(descriptor, _MORE, start), 0
            if len(data) < 8:
                return None
        kind, length = unpack(data, at)
        if length == _UNKNOWN:
            if kind != b"data" or not wide:
                return None
            length = wide
        end = here + 8 + length
        if length & 1 and end != size:
            # A byte of padding follows; where it is no zero, a full reading decides.
            if (data[end - start : end - start + 1] or pread(descriptor, 1, end)) != b"\0":
                return None
            end += 1
        if end > size:
            return None
        if kind in essential:
            has_any = has_any or kind in _ESSENTIAL
            essence += length
            last = -1 if last else here + 8
        elif kind not in _DULL:
            if length > _LARGE:
                return None
            if at + 8 + length > len(data):
                start = here
                data, at = pread(descriptor, max(_MORE, length + 9), start), 0
                if 8 + length > len(data):
                    return None
            if not _is_dull(kind, data[at + 8 : at + 8 + length], screen):
                return None
        at = end - start
    return None


def _is_dull(kind: bytes, payload: bytes, screen: Screen) -> bool:
    if kind == b"LIST":
        return payload[:4] != b"INFO" or _is_dull_list(payload, screen)
    if kind in (b"_PMX", b"XMP "):
        return screen.is_dull_packet(payload)
    if kind == b"bext":
        return all(screen.is_dull(key, payload[part].partition(b"\0")[0]) for key, part in BEXT)
    if kind in _PLAIN_TEXT:
        return screen.is_dull("", payload)
    if kind == b"EXIF":
        block = payload[6:] if payload.startswith(_EXIF) else payload
        return is_dull_exif(block, len(block), screen)
    return False


def _is_dull_list(payload: bytes, screen: Screen) -> bool:
    at = 4
    while at + 8 <= len(payload):
        kind, length = _HEADER.unpack_from(payload, at)
        end = at + 8 + length
        if (
            end > len(payload)
            or kind == b"LIST"
            or not (kind.isascii() and kind.decode().isprintable())
        ):
            return False
        if not screen.is_dull(kind.decode(), payload[at + 8 : end]):
            return False
        # Where the padding is no zero, a full reading decides.
        if length & 1 and payload[end : end + 1].strip(b"\0"):
            return False
        at = end + (length & 1)
    return True
