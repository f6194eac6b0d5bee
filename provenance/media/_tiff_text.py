"""Texts and packets in the directories of a TIFF: its own tags, Exif, IIM, Photoshop's."""

from provenance.media._exif import TEXT_TAGS, read_exif_directory, text_name, text_value
from provenance.media._found import Found
from provenance.media._ifd import Directory, Entry, Layout
from provenance.media._iim import read_iim
from provenance.media._resources import read_resources
from provenance.media._spans import Spans
from provenance.media.interface import ByteSource
from provenance.model.metadata import XmpPacket

XMP_TAG = 0x02BC
"""Tag of the XMP packet (XMP part 3 §3.3)."""

_IIM, _RESOURCES = 0x83BB, 0x8649
_LONG = 4
_RUNS = frozenset({1, 2, 7, 129})
"""Types of what is a run of bytes."""
_OF_PAGES = frozenset({_IIM, _RESOURCES, *TEXT_TAGS})
_COLLECTED = _OF_PAGES | {XMP_TAG}


def read_texts(source: ByteSource, layout: Layout, directory: Directory, found: Found) -> None:
    """Collect what a directory says; of one that is no page, its XMP packet only."""
    known = _COLLECTED if directory.is_page else {XMP_TAG}
    for entry in directory.entries:
        if entry.tag not in known or entry.end > source.size:
            continue
        if entry.tag == XMP_TAG:
            _collect_xmp(source, directory, entry, found)
        elif entry.tag == _RESOURCES:
            read_resources(Spans(source, (entry.value,)), "tiff", found)
        elif entry.tag == _IIM:
            read_iim(_datasets(source, directory, entry, found), "tiff", found)
        else:
            _collect_text(source, layout, directory, entry, found=found)
    if directory.is_page:
        read_exif_directory(source, layout, directory, "tiff", found=found)


def _collect_xmp(source: ByteSource, directory: Directory, entry: Entry, found: Found) -> None:
    data = _bytes(source, directory, entry, found) if entry.kind in _RUNS else None
    if data is not None:
        found.xmp.append(XmpPacket(place=f"tiff/{directory.place}", data=data))


def _collect_text(
    source: ByteSource, layout: Layout, directory: Directory, entry: Entry, *, found: Found
) -> None:
    name = text_name(entry)
    data = _bytes(source, directory, entry, found) if name else None
    if name and data and (text := text_value(entry, data, layout)):
        found.add(f"tiff/{directory.place}", name, text)


def _datasets(source: ByteSource, directory: Directory, entry: Entry, found: Found) -> bytes:
    data = _bytes(source, directory, entry, found) or b""
    # Writers call the datasets 32-bit numbers, and some turn their bytes round as if they were.
    if entry.kind == _LONG and data[:1] != b"\x1c" and data[3:4] == b"\x1c":
        return b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))
    return data


def _bytes(source: ByteSource, directory: Directory, entry: Entry, found: Found) -> bytes | None:
    if not found.budget.take(entry.length):
        found.report(f"tag {entry.tag} of {directory.place}, {entry.length} bytes, was not read")
        return None
    return source.pread(entry.offset, entry.length)
