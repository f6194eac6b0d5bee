"""The first file of an archive that is stored and not compressed (USDZ, PKWARE APPNOTE 6.3)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from provenance.errors import DamagedMediaError
from provenance.media.interface import ByteSource, decode_text, read_exactly
from provenance.model.metadata import ByteRange

LOCAL = b"PK\x03\x04"
_ENTRY, _END = b"PK\x01\x02", b"PK\x05\x06"
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_ENTRY_HEADER = struct.Struct("<4s6H3I5H2I")
_END_HEADER = struct.Struct("<4s4H2IH")
_LONGEST_COMMENT = 0xFFFF
_MOST_DIRECTORY = 16 * 1024 * 1024
_ENCRYPTED, _SIZES_FOLLOW = 0x0001, 0x0008


class First(NamedTuple):
    """The file an archive begins with."""

    name: str
    body: ByteRange
    is_plain: bool
    """Whether it stands there as it is: neither compressed nor encrypted."""


class _Entry(NamedTuple):
    name: bytes
    offset: int
    size: int


def first_name(head: bytes) -> str:
    """Return the name of the first file, or nothing if this is no archive of plain files."""
    if len(head) < _LOCAL_HEADER.size or not head.startswith(LOCAL):
        return ""
    _, _, flags, method, *_, name_length, _ = _LOCAL_HEADER.unpack_from(head)
    if method or flags & _ENCRYPTED:
        return ""
    return decode_text(head[_LOCAL_HEADER.size : _LOCAL_HEADER.size + name_length])


def first_file(source: ByteSource) -> First:
    """Return the file at the start; the directory at the end must name the same one.

    Raises DamagedMediaError if the archive is not whole or the two do not agree.
    """
    raw = read_exactly(source, 0, _LOCAL_HEADER.size)
    magic, _, flags, method, *_, size, _, name_length, extra = _LOCAL_HEADER.unpack(raw)
    if magic != LOCAL:
        raise DamagedMediaError("the file does not begin like an archive")
    name = read_exactly(source, _LOCAL_HEADER.size, name_length)
    entries = list(_entries(source))
    entry = next((entry for entry in entries if entry.offset == 0), None)
    if entry is None or entry.name != name:
        raise DamagedMediaError("the directory of the archive names another first file")
    if not flags & _SIZES_FOLLOW and size != entry.size:
        raise DamagedMediaError("the directory of the archive gives its first file another size")
    body = ByteRange(offset=_LOCAL_HEADER.size + name_length + extra, length=entry.size)
    following = min((other.offset for other in entries if other.offset), default=source.size)
    if body.end > min(following, source.size):
        raise DamagedMediaError("the first file of the archive runs into the next")
    is_plain = not method and not flags & _ENCRYPTED
    return First(name=decode_text(name), body=body, is_plain=is_plain)


def _entries(source: ByteSource) -> Iterator[_Entry]:
    """Yield what the directory lists."""
    offset, size, count = _directory(source)
    data = read_exactly(source, offset, size)
    at = 0
    for _ in range(count):
        if len(data) - at < _ENTRY_HEADER.size:
            raise DamagedMediaError("the directory of the archive ends early")
        head = _ENTRY_HEADER.unpack_from(data, at)
        if head[0] != _ENTRY:
            raise DamagedMediaError("the directory of the archive is damaged")
        length, name_length, extra, comment, start = head[8], *head[10:13], head[16]
        name_at = at + _ENTRY_HEADER.size
        yield _Entry(data[name_at : name_at + name_length], start, length)
        at = name_at + name_length + extra + comment


def _directory(source: ByteSource) -> tuple[int, int, int]:
    """Return where the directory lies, its length, and how many files it lists."""
    reach = min(source.size, _END_HEADER.size + _LONGEST_COMMENT)
    start = source.size - reach
    tail = read_exactly(source, start, reach)
    at = tail.rfind(_END)
    while at >= 0:
        if len(tail) - at >= _END_HEADER.size:
            *_, count, size, offset, comment = _END_HEADER.unpack_from(tail, at)
            if at + _END_HEADER.size + comment == len(tail):
                break
        at = tail.rfind(_END, 0, at)
    if at < 0:
        raise DamagedMediaError("the archive ends before its directory")
    if size > _MOST_DIRECTORY or offset + size > start + at:
        raise DamagedMediaError(f"the archive claims a directory of {size} bytes at byte {offset}")
    return offset, size, count
