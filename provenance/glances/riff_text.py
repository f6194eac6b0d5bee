"""A glance at the chunks of a RIFF form that are text, packet or Exif block."""

from struct import Struct

from provenance.glances.exif import is_dull_exif
from provenance.glances.screen import Screen
from provenance.media.wav import BEXT

_HEADER = Struct("<4sI")
_EXIF = b"Exif\0"
_PLAIN_TEXT = frozenset({b"iXML", b"axml"})


def is_dull_chunk(kind: bytes, payload: bytes, length: int, screen: Screen) -> bool:
    """Return whether a chunk of this length is at hand, sound, and says nothing of interest."""
    if len(payload) < length:
        return False
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
        is_named = kind.isascii() and kind.decode().isprintable()
        if end > len(payload) or kind == b"LIST" or not is_named:
            return False
        if not screen.is_dull(kind, payload[at + 8 : end]):
            return False
        # Where the padding is no zero, a full reading decides.
        if length & 1 and payload[end : end + 1].strip(b"\0"):
            return False
        at = end + (length & 1)
    return True
