"""The boxes of JPEG XL that tell of its origin, plain or unpacked."""

from provenance.media._exif import read_exif
from provenance.media._exif_item import block_of_item
from provenance.media._found import Found
from provenance.media.interface import ByteSource, decode_text, read_exactly
from provenance.model.metadata import ByteRange, XmpPacket

METADATA = frozenset({b"Exif", b"xml ", b"jumb", b"comf"})
"""Kinds of boxes that may tell of the origin; ComfyUI writes `comf`."""


def is_c2pa(source: ByteSource, payload: ByteRange) -> bool:
    """Return whether the content of a `jumb` box is a C2PA manifest store."""
    return source.pread(payload.offset + 4, 8) == b"jumdc2pa"


def collect_text(source: ByteSource, kind: bytes, payload: ByteRange, found: Found) -> None:
    """Collect what the content of a box of this kind says; most kinds say nothing."""
    if kind == b"Exif":
        read_exif(source, block_of_item(source, (payload,)), "jxl", found)
    elif kind == b"xml ":
        data = _taken(source, payload, "an XML text", found)
        if data is not None:
            found.xmp.append(XmpPacket(place="jxl/xml", data=data))
    elif kind == b"comf":
        data = _taken(source, payload, "a workflow", found)
        if data is not None:
            key, _, value = data.partition(b"\0")
            found.add("jxl/comf", decode_text(key), decode_text(value))


def _taken(source: ByteSource, payload: ByteRange, what: str, found: Found) -> bytes | None:
    if not found.budget.take(payload.length):
        found.report(f"{what} of {payload.length} bytes was not read")
        return None
    return read_exactly(source, payload.offset, payload.length)
