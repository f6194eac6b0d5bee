"""Whether a file that no format here reads was written to its end, as its own kind tells.

A transfer that stalls looks like one that is over; what the file says of its length does not. A
kind nobody names here counts as closed: of it only its stillness speaks.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

from provenance.errors import DamagedMediaError
from provenance.media._closing_exr import is_closed_exr
from provenance.media._closing_mxf import find_header, is_closed_mxf
from provenance.media.interface import ByteSource

_ZIP_END = struct.Struct("<4s4H2IH")
_ZIP_MAGIC = b"PK\x03\x04"
_ZIP_END_MAGIC = b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
_IN_ZIP64 = 0xFFFFFFFF
_UNDEFINED = 0xFFFFFFFF


class Closing(NamedTuple):
    """One kind of file and its test."""

    name: str
    """What people call the kind."""
    begins: Callable[[bytes], bool]
    """Whether the first bytes of a file are of this kind."""
    is_closed: Callable[[ByteSource], bool]
    """Whether such a file was written to its end; may raise DamagedMediaError if not."""


def is_closed(source: ByteSource, head: bytes) -> bool:
    """Return whether a file was written to its end; True of a kind that is not known here.

    A few bounded reads, none of the essence. Raises UnreadableError if the storage fails.
    """
    closing = next((closing for closing in CLOSINGS if closing.begins(head)), None)
    try:
        return closing is None or closing.is_closed(source)
    except DamagedMediaError:  # it ends where its own structure goes on
        return False


def _number_at(source: ByteSource, offset: int, code: str) -> int:
    raw = source.pread(offset, struct.calcsize(code))
    if len(raw) != struct.calcsize(code):
        raise DamagedMediaError("the header is cut off")
    number: int = struct.unpack(code, raw)[0]
    return number


def _says_length(offset: int, code: str, *, more: int = 0) -> Callable[[ByteSource], bool]:
    """Return the test of a kind whose header says how long the file is."""

    def is_long_enough(source: ByteSource) -> bool:
        length = _number_at(source, offset, code)
        return length == _UNDEFINED or source.size >= length + more

    return is_long_enough


def _is_closed_aiff(source: ByteSource) -> bool:
    # A writer that does not know yet leaves the length of FORM at nothing.
    length = _number_at(source, 4, ">I")
    return length > 0 and source.size >= 8 + length


def _is_closed_zip(source: ByteSource) -> bool:
    """Look for the end record, APPNOTE 6.3 §4.3.16, whose comment reaches the end of the file."""
    begin = max(0, source.size - _ZIP_END.size - _LONGEST_COMMENT)
    tail = source.pread(begin, source.size - begin)
    at = tail.rfind(_ZIP_END_MAGIC)
    while at >= 0:
        if len(tail) - at >= _ZIP_END.size:
            *_, length, offset, comment = _ZIP_END.unpack_from(tail, at)
            is_last = at + _ZIP_END.size + comment == len(tail)
            if is_last and (_IN_ZIP64 in (length, offset) or offset + length <= begin + at):
                return True
        at = tail.rfind(_ZIP_END_MAGIC, 0, at)
    return False


def _starts(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magics)


def _is_aiff(head: bytes) -> bool:
    return head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC")


CLOSINGS = (
    Closing("MXF", lambda head: find_header(head) is not None, is_closed_mxf),
    Closing("OpenEXR", _starts(b"\x76\x2f\x31\x01"), is_closed_exr),
    # SMPTE ST 268-1 §5.1, field 4: total length of the file, in the order its magic shows.
    Closing("DPX", _starts(b"SDPX"), _says_length(16, ">I")),
    Closing("DPX, little-endian", _starts(b"XPDS"), _says_length(16, "<I")),
    # Cineon 4.5, file information: total length of the file.
    Closing("Cineon", _starts(b"\x80\x2a\x5f\xd7"), _says_length(20, ">I")),
    Closing("Cineon, little-endian", _starts(b"\xd7\x5f\x2a\x80"), _says_length(20, "<I")),
    Closing("AIFF", _is_aiff, _is_closed_aiff),
    Closing("ZIP", _starts(_ZIP_MAGIC), _is_closed_zip),
)
