"""Whether an MXF file has its footer (SMPTE ST 377-1).

A recorder that is still writing leaves the place of the footer in the header at nothing, or has
not written what it points at.
"""

import struct

from provenance.media.interface import ByteSource, read_exactly

_PREFIX = b"\x06\x0e\x2b\x34"
# ST 377-1 §7.1: every partition pack, but for the version byte and the two that tell them apart.
_PACK = b"\x0d\x01\x02\x01\x01"
_HEADER, _FOOTER, _RANDOM_INDEX = 0x02, 0x04, 0x11
_KEY_LENGTH = 16
_FIELDS = struct.Struct(">HHIQQQQQ")
_ENTRY = struct.Struct(">IQ")
_LONGEST_INDEX = 1 << 20
_MOST_ITEMS = 4096


def find_header(head: bytes) -> int | None:
    """Return where the header partition begins in the first bytes, or None if this is no MXF.

    §6.5: up to 64 KiB may run in before it; of those only what the first read holds is searched.
    """
    at = head.find(_PREFIX)
    while at >= 0:
        if _is_pack(head[at : at + _KEY_LENGTH], _HEADER):
            return at
        at = head.find(_PREFIX, at + 1)
    return None


def is_closed_mxf(source: ByteSource) -> bool:
    """Return whether a whole footer partition stands where the header or the index says."""
    begin = find_header(source.pread(0, 8192))
    if begin is None:
        return False
    fields = _read_pack(source, begin)
    footer = fields[5] or _last_indexed(source)
    if not footer:
        return False
    place = begin + footer
    if not _is_pack(source.pread(place, _KEY_LENGTH), _FOOTER):
        return False
    return _tiles(source, place)


def _tiles(source: ByteSource, place: int) -> bool:
    """Return whether what stands from here on ends where the file does.

    The random index behind the footer is optional, so a file without it is closed too.
    """
    for _ in range(_MOST_ITEMS):
        if place >= source.size:
            return place == source.size
        value, length = _read_length(source, place + _KEY_LENGTH)
        place = value + length
    return True  # more than a footer holds; that it begins so says enough


def _is_pack(key: bytes, kind: int) -> bool:
    is_ours = len(key) == _KEY_LENGTH and key.startswith(_PREFIX) and key[8:13] == _PACK
    return is_ours and key[13] == kind


def _read_pack(source: ByteSource, place: int) -> tuple[int, ...]:
    """Return the leading fields of a partition pack; raises DamagedMediaError."""
    value, _ = _read_length(source, place + _KEY_LENGTH)
    return _FIELDS.unpack(read_exactly(source, value, _FIELDS.size))


def _read_length(source: ByteSource, place: int) -> tuple[int, int]:
    """Return where a value begins and how long it is, ITU-T X.690 §8.1.3."""
    first = read_exactly(source, place, 1)[0]
    if first < 0x80:
        return place + 1, first
    count = first & 0x7F
    return place + 1 + count, int.from_bytes(read_exactly(source, place + 1, count), "big")


def _last_indexed(source: ByteSource) -> int:
    """Return the offset of the last partition in the random index at the end, §12; 0 if none."""
    length = int.from_bytes(source.pread(source.size - 4, 4), "big")
    if not _KEY_LENGTH + _ENTRY.size < length <= min(source.size, _LONGEST_INDEX):
        return 0
    index = read_exactly(source, source.size - length, length)
    if not _is_pack(index[:_KEY_LENGTH], _RANDOM_INDEX):
        return 0
    offset: int = _ENTRY.unpack_from(index, length - 4 - _ENTRY.size)[1]
    return offset
