"""A glance at FLAC: the metadata blocks, the frame behind them, the end of the file."""

from os import pread

from provenance.glances.interface import Plain
from provenance.glances.screen import Screen

_MORE, _LARGEST = 4096, 65536
_MOST, _MOST_COMMENTS = 64, 256
_STREAMINFO, _COMMENT, _INVALID = 0, 4, 127
_STREAMINFO_LENGTH = 34
_SYNCS = (b"\xff\xf8", b"\xff\xf9")
_ID3V1 = 128


class FlacGlance:
    """See `Glance`; with ID3 tags around it a file is read in full."""

    format_name = "flac"
    is_exact = True
    magics = ((0, b"fLaC"),)

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        data, start, at = head, 0, 4
        for number in range(_MOST):
            if at + 4 > len(data):
                start += at
                data, at = pread(descriptor, _MORE, start), 0
                if len(data) < 4:
                    return None
            flags = data[at]
            kind, length = flags & 0x7F, int.from_bytes(data[at + 1 : at + 4])
            if (kind == _STREAMINFO and length == _STREAMINFO_LENGTH) != (number == 0):
                return None
            if kind == _COMMENT:
                if length > _LARGEST:
                    return None
                if at + 4 + length > len(data):
                    start += at
                    data, at = pread(descriptor, max(_MORE, 4 + length), start), 0
                if not _are_dull(data[at + 4 : at + 4 + length], length, screen):
                    return None
            elif kind == _INVALID:
                return None
            at += 4 + length
            if flags & 0x80:
                break
        else:
            return None
        audio = start + at
        sync = data[at : at + 2] if at + 2 <= len(data) else pread(descriptor, 2, audio)
        if sync not in _SYNCS or size - audio < _ID3V1:
            return None
        if pread(descriptor, 3, size - _ID3V1) == b"TAG":
            return None
        return size - audio, audio


def _are_dull(data: bytes, length: int, screen: Screen) -> bool:
    """Return whether a whole block of Vorbis comments says nothing (RFC 9639 §8.6)."""
    if len(data) < length or length < 8:
        return False
    at = 4 + int.from_bytes(data[:4], "little")
    if at + 4 > length or not screen.is_dull("", data[4:at]):
        return False
    count = int.from_bytes(data[at : at + 4], "little")
    if count > _MOST_COMMENTS:
        return False
    at += 4
    for _ in range(count):
        end = at + 4 + int.from_bytes(data[at : at + 4], "little")
        if at + 4 > length or end > length:
            return False
        key, _, value = data[at + 4 : end].partition(b"=")
        if not screen.is_dull(key, value):
            return False
        at = end
    return True
