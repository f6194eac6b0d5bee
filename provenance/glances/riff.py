"""Glances at RIFF forms: WAV, RF64 and BW64, WebP."""

from os import pread
from struct import Struct

from provenance.glances.interface import Plain
from provenance.glances.riff_text import is_dull_chunk
from provenance.glances.screen import Screen

_HEADER = Struct("<4sI")
_WIDE = Struct("<QQQI")
_FORM = 12
_MORE = 4096
_LARGE = 65536
"""Bytes of a text that is still glanced at."""
_MOST = 256
_UNKNOWN = 0xFFFF_FFFF
_DS64 = 28
_SOUND = frozenset({b"data"})
_PICTURE = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})
_ESSENTIAL = frozenset({b"VP8 ", b"VP8L", b"ANMF", b"data"})
_DULL = frozenset(
    {b"fmt ", b"fact", b"PEAK", b"cue ", b"smpl", b"inst", b"acid", b"bpm ", b"JUNK", b"junk"}
    | {b"PAD ", b"FLLR", b"minf", b"elm1", b"regn", b"umid", b"DGDA", b"chna", b"levl", b"strc"}
    | {b"cart", b"dbmd", b"SMED", b"SMRD", b"ResU", b"ovwf", b"r64m", b"AFAn", b"afsp", b"SAUR"}
    | {b"LGWV", b"SyLp", b"wavl", b"plst", b"VP8X", b"ICCP"}
)
"""Chunks nobody looks into; any other makes the file one to be read."""


class RiffGlance:
    """See `Glance`."""

    is_exact = True

    def __init__(self, format_name: str, kind: bytes, essential: frozenset[bytes]) -> None:
        """Make the glance at forms of this kind, whose essence is in such chunks."""
        self.format_name = format_name
        self.magics = ((8, kind),)
        self._essential = essential

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if head[:4] != b"RIFF" or int.from_bytes(head[4:8], "little") + 8 != size:
            return None
        return _look(descriptor, size, head, _FORM, self._essential, 0, screen)


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
    data, start, limit = head, 0, len(head) - 8
    essence, last, has_any = 0, 0, False
    for _ in range(_MOST):
        if at > limit:
            start += at
            if start == size:
                return (essence, last) if essence and has_any else None
            data, at = pread(descriptor, _MORE, start), 0
            limit = len(data) - 8
            if limit < 0:
                return None
        kind, length = _HEADER.unpack_from(data, at)
        if length == _UNKNOWN:
            length = wide if wide and kind == b"data" else size
        body = at + 8
        at = body + length
        if start + at > size:
            return None
        # A byte of padding follows; where it is no zero, a full reading decides.
        if length & 1 and start + at != size:
            if (data[at : at + 1] or pread(descriptor, 1, start + at)) != b"\0":
                return None
            at += 1
        if kind in essential:
            has_any, essence = has_any or kind in _ESSENTIAL, essence + length
            last = -1 if last else start + body
        elif kind not in _DULL and not is_dull_chunk(
            kind, _content(descriptor, data, body, length, start), length, screen
        ):
            return None
    return None


def _content(descriptor: int, data: bytes, at: int, length: int, start: int) -> bytes:
    """Return the payload here of `data`, which begins at `start`; nothing if it is large."""
    if at + length <= len(data):
        return data[at : at + length]
    return pread(descriptor, length, start + at) if length <= _LARGE else b""


GLANCES = (
    RiffGlance("wav", b"WAVE", _SOUND),
    RiffGlance("webp", b"WEBP", _PICTURE),
    Rf64Glance(),
)
"""One for each form."""
