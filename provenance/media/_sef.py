"""The trailer Samsung's camera and gallery append to a picture (SEF): named blocks.

Blocks, then `SEFH`, version, count, and 12 bytes an entry: two zeros, kind, how far before `SEFH`
the block begins, its length; then the length from `SEFH` on to here, and `SEFT`. A block repeats
zeros and kind, then says the length of its name; name and content follow. Little-endian.
"""

import struct

from provenance.media._found import Found
from provenance.media.interface import ByteSource, decode_text

SEF_END = b"SEFT"
"""The last bytes of a file with such a trailer."""

_TAIL = 8
_HEAD = 12
_ENTRY = struct.Struct("<4xII")
_LONGEST = 1 << 16
_LONGEST_NAME = 256
_PEEK = 8 + _LONGEST_NAME + 8
_COST = 256
_PADDING = b"\0 \t\r\n"


def read_sef(source: ByteSource, place: str, found: Found) -> None:
    """Collect the blocks that are JSON, in `place`/trailer/SEF under their names.

    The file ends with `SEF_END`.
    """
    end = source.size - _TAIL
    length = int.from_bytes(source.pread(end, 4), "little")
    start = end - length
    if not _HEAD <= length <= min(_LONGEST, end):
        found.report("the directory of the SEF trailer lies outside the file")
        return
    directory = source.pread(start, length)
    count = int.from_bytes(directory[8:_HEAD], "little")
    if directory[:4] != b"SEFH" or _HEAD + count * _ENTRY.size > length:
        found.report("the SEF trailer has no whole directory")
        return
    for back, size in _ENTRY.iter_unpack(directory[_HEAD : _HEAD + count * _ENTRY.size]):
        if size > back or back > start:
            found.report("a block of the SEF trailer lies outside it")
        else:
            _collect(source, (start - back, size), f"{place}/trailer/SEF", found)


def _collect(source: ByteSource, block: tuple[int, int], place: str, found: Found) -> None:
    offset, size = block
    head = source.pread(offset, min(size, _PEEK))
    begin = 8 + int.from_bytes(head[4:8], "little")
    if begin > min(size, 8 + _LONGEST_NAME) or not head[begin:].lstrip(_PADDING).startswith(b"{"):
        return
    if not found.budget.take(_COST + size):
        found.report(f"a block of the SEF trailer, {size} bytes, was not read")
        return
    data = head if size <= len(head) else source.pread(offset, size)
    found.add(place, decode_text(data[8:begin]), decode_text(data[begin:].strip(_PADDING)))
