"""Texts of a PNG: keywords with their values, and profiles written out in hexadecimal digits."""

import re

from provenance.media._exif import EXIF_MAGIC, read_exif
from provenance.media._found import Found
from provenance.media._ifd import MAGIC
from provenance.media._iim import read_iim
from provenance.media._inflate import inflate
from provenance.media._resources import SIGNATURES, read_resources
from provenance.media._spans import Spans
from provenance.media.interface import ByteSource, TextBudget, decode_text, read_exactly
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, XmpPacket

XMP_KEYWORD = b"XML:com.adobe.xmp"
"""Keyword of the chunk that holds the XMP packet."""
TEXT_KINDS = frozenset({b"tEXt", b"zTXt", b"iTXt", b"comf", b"eXIf"})
"""Kinds of chunks that hold text; ComfyUI writes `comf` into animations."""

_PLAIN = frozenset({b"tEXt", b"comf"})
_RAW_PROFILE = b"Raw profile type "
# The profile's name, its length, then its bytes in hexadecimal digits.
_RAW_HEADER = re.compile(rb"\s*[^\n]*\n\s*\d+\s*\n")
_LONGEST_RAW_HEADER = 200
_APP1_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"


def read_text(
    source: ByteSource, kind: bytes, payload: ByteRange, place: str, *, found: Found
) -> None:
    """Collect what a chunk of one of the `TEXT_KINDS` says; its place begins with `place`."""
    if kind == b"eXIf":
        read_exif(source, (payload,), place, found)
        return
    if not found.budget.take(payload.length):
        found.report(f"a {_shown(kind)} chunk of {payload.length} bytes was not read")
        return
    data = read_exactly(source, payload.offset, payload.length)
    keyword, separator, rest = data.partition(b"\0")
    if not separator:
        return
    try:
        value = _value(kind, rest, found.budget)
    except ValueError as error:
        found.report(f"the {_shown(kind)} chunk {_shown(keyword)}: {error}")
        return
    where = f"{place}/{_shown(kind)}"
    if keyword == XMP_KEYWORD:
        found.xmp.append(XmpPacket(place=where, data=value))
    elif not (keyword.startswith(_RAW_PROFILE) and _read_profile(keyword, value, place, found)):
        found.add(where, decode_text(keyword), decode_text(value))


def _value(kind: bytes, rest: bytes, budget: TextBudget) -> bytes:
    if kind in _PLAIN:
        return rest
    if kind == b"zTXt":
        return _inflate(rest[1:], budget)
    compressed, body = rest[:1] == b"\1", rest[2:]
    _, _, body = body.partition(b"\0")
    _, _, body = body.partition(b"\0")
    return _inflate(body, budget) if compressed else body


def _inflate(data: bytes, budget: TextBudget) -> bytes:
    text = inflate(data, budget)
    if text is None:
        raise ValueError("the compressed text is cut short or expands beyond what is read")
    return text


def _read_profile(keyword: bytes, value: bytes, place: str, found: Found) -> bool:
    """Collect what a profile in hexadecimal digits holds; return False if that is not known.

    ImageMagick and exiftool write Exif, IIM and XMP so, under various names: the bytes decide.
    """
    data = _unhexed(value)
    source = BytesSource(data)
    whole = ByteRange(offset=0, length=len(data))
    if data.startswith(EXIF_MAGIC) or data[:4] in MAGIC:
        read_exif(source, (whole,), place, found)
    elif data.startswith(_PHOTOSHOP):
        read_resources(Spans(source, (whole,)).without(len(_PHOTOSHOP)), place, found)
    elif data[:4] in SIGNATURES:
        read_resources(source, place, found)
    elif data.startswith(b"\x1c"):
        read_iim(data, place, found)
    elif data.startswith(_APP1_XMP) or (data and keyword.lower().endswith(b" xmp")):
        packet = data.removeprefix(_APP1_XMP)
        found.xmp.append(XmpPacket(place=f"{place}/Raw profile", data=packet))
    else:
        return False
    return True


def _unhexed(value: bytes) -> bytes:
    """Return the bytes of a profile; none if these are no hexadecimal digits behind a header."""
    header = _RAW_HEADER.match(value[:_LONGEST_RAW_HEADER])
    try:
        return bytes.fromhex(value[header.end() :].decode("ascii")) if header else b""
    except ValueError:
        return b""


def _shown(raw: bytes) -> str:
    return raw.decode("ascii", "backslashreplace")[:80]
