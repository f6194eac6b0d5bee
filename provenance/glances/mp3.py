"""A glance at MP3: the ID3 tag at its beginning, the first frame, the ends of the file."""

from os import pread

from provenance.glances.interface import Plain
from provenance.glances.screen import Screen
from provenance.media.mpeg_audio import find_frame_length, promised_length

_HEADER = 10
_V1 = 128
_TAIL = 2 * _V1 + 32
"""Bytes at the end that are looked through: two tags of ID3v1, or one and the footer of another."""
_LEAST = 512
"""Bytes of sound that are looked at, and that a file has at least."""
_CUT = range(1, _V1)
"""Bytes behind the sound that may be the beginning of such a tag."""
_MOST = 128
_V1_TEXTS = (
    ("title", 3, 33),
    ("artist", 33, 63),
    ("album", 63, 93),
    ("year", 93, 97),
    ("comment", 97, 127),
)
_DESCRIBED = {b"TXXX": 0, b"WXXX": 0, b"COMM": 3, b"USLT": 3}
_WIDE = {1: "utf-16", 2: "utf-16-be"}
_PLAIN = frozenset({0, 3})


class Mp3Glance:
    """See `Glance`; a tag that reaches beyond the head, or is packed, is read in full."""

    format_name = "mp3"
    is_exact = True
    magics = ((0, b"ID3\3"), (0, b"ID3\4"))

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        length = _synchsafe(head[6:10])
        # Any flag says that frames are packed, or that something precedes or follows them.
        if length is None or head[5]:
            return None
        end = _HEADER + length
        if end + _LEAST > len(head) or not _are_dull_frames(head, end, screen):
            return None
        audio = end
        if not head[end]:
            audio = len(head) - len(head[end:].lstrip(b"\0"))
        frame = find_frame_length(head, audio)
        if frame is None or audio + _LEAST > len(head):
            return None
        last = size
        tail = pread(descriptor, _TAIL, size - _TAIL)
        if tail.startswith(b"TAG", _TAIL - _V1):
            last -= _V1
            if not _is_dull_v1(tail[-_V1:], screen):
                return None
        # One tag may stand before another.
        rest = tail[: last - size + _TAIL].decode("latin-1")
        if "TAG" in rest or "LYRICS200" in rest or "3DI" in rest:
            return None
        promised = promised_length(head[audio : audio + _LEAST])
        left = last - audio
        if left < _LEAST or max(frame, promised) > left:
            return None
        return None if promised and left - promised in _CUT else (left, audio)


def _are_dull_frames(head: bytes, end: int, screen: Screen) -> bool:
    at, is_v4 = _HEADER, head[3] == 4
    for _ in range(_MOST):
        if at + _HEADER > end or not head[at]:
            return True
        kind = head[at : at + 4]
        length = int.from_bytes(head[at + 4 : at + 8])
        if is_v4 and length > 127:
            length = _synchsafe(head[at + 4 : at + 8]) or 0
            # Some wrote eight bits a byte; what follows tells, and a full reading decides.
            following = head[at + _HEADER + length : at + _HEADER + length + 4]
            if not length or not (
                at + _HEADER + length == end or following[:1] == b"\0" or _is_id(following)
            ):
                return False
        body = at + _HEADER
        at = body + length
        if at > end or head[body - 1] or not _is_id(kind):
            return False
        if not _is_dull_frame(kind, head[body:at], screen):
            return False
    return False


def _is_dull_frame(kind: bytes, data: bytes, screen: Screen) -> bool:
    if kind == b"GEOB":
        return False
    if kind == b"PRIV":
        return not data.startswith(b"XMP\0")
    skipped = _DESCRIBED.get(kind)
    if skipped is None:
        if kind[:1] == b"W":
            return screen.is_dull(kind, data)
        if kind[:1] != b"T" or screen.is_dull_key(kind):
            return True
        return screen.is_dull(kind, _narrow(data))
    encoding = data[:1]
    if not encoding or encoding[0] not in _PLAIN:
        return False
    description, _, text = data[1 + skipped :].partition(b"\0")
    return screen.is_dull(kind + b":" + description, text)


def _narrow(data: bytes) -> bytes:
    """Return the text of a frame in UTF-8, or as it is if it is not UTF-16."""
    codec = _WIDE.get(data[0]) if data else None
    if codec is None:
        return data[1:]
    is_bare = codec == "utf-16" and data[1:3] not in (b"\xff\xfe", b"\xfe\xff")
    return data[1:].decode("utf-16-le" if is_bare else codec, "replace").encode("utf-8", "replace")


def _is_dull_v1(tag: bytes, screen: Screen) -> bool:
    return all(screen.is_dull(key, tag[first:last]) for key, first, last in _V1_TEXTS)


def _is_id(data: bytes) -> bool:
    return len(data) == 4 and data.isalnum() and data.isupper() and data.isascii()


def _synchsafe(data: bytes) -> int | None:
    if len(data) < 4 or max(data) & 0x80:
        return None
    return data[0] << 21 | data[1] << 14 | data[2] << 7 | data[3]
