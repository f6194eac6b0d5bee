"""Photoshop image resources (Adobe Photoshop File Formats Specification): what `8BIM` holds."""

from provenance.media._exif import read_exif
from provenance.media._found import Found
from provenance.media._iim import read_iim
from provenance.media.interface import ByteSource
from provenance.model.metadata import ByteRange, XmpPacket

SIGNATURES = frozenset({b"8BIM", b"PHUT", b"DCSR", b"AgHg", b"MeSa"})
"""What a resource begins with: Photoshop's own, and those of its relatives."""

_IIM, _XMP = 0x0404, 0x0424
_EXIF = frozenset({0x0422, 0x0423})
_LONGEST_HEADER = 4 + 2 + 256 + 4
_BLOCK_COST, _COST = 4096, 256
"""What a block and a resource take from the budget besides their texts: very many end a walk."""
_TOO_MANY = "more Photoshop resources than are read from one file"


def read_resources(source: ByteSource, place: str, found: Found) -> int:
    """Collect IIM, Exif and XMP of the resources of which this source consists.

    Returns where something begins that is no resource: its size or more if there is no such thing.
    """
    if not found.budget.take(_BLOCK_COST):
        found.report(_TOO_MANY)
        return source.size
    offset = 0
    while (head := source.pread(offset, _LONGEST_HEADER))[:4] in SIGNATURES:
        if not found.budget.take(_COST):
            found.report(_TOO_MANY)
            return source.size
        # A name with its length byte fills whole pairs of bytes; four bytes of size follow.
        start = 6 + (head[6] + 2) // 2 * 2 + 4 if len(head) > 6 else len(head) + 1
        length = int.from_bytes(head[start - 4 : start])
        run = ByteRange(offset=offset + start, length=length)
        if start > len(head) or run.end > source.size:
            found.report("the Photoshop resources end inside one")
            return source.size
        _collect(source, int.from_bytes(head[4:6]), run, (place, found))
        offset = run.end + length % 2
    return offset


def _collect(source: ByteSource, kind: int, run: ByteRange, into: tuple[str, Found]) -> None:
    place, found = into
    if kind in _EXIF:
        read_exif(source, (run,), place, found)
    elif kind in (_IIM, _XMP):
        if not found.budget.take(run.length):
            found.report(f"a Photoshop resource of {run.length} bytes was not read")
            return
        data = source.pread(run.offset, run.length)
        if kind == _IIM:
            read_iim(data, place, found)
        else:
            found.xmp.append(XmpPacket(place=f"{place}/8BIM", data=data))
