"""The tag beside the file: for formats and files that must not or cannot be written.

`clip.mov.xmp` and `clip.mov.c2pa` lie next to `clip.mov`; the whole name is kept so that a picture
and a sound of one stem do not share a sidecar. `clip.xmp` of other tools is read, never written.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from provenance.carriers.xmp_packet import find_tag, packet_with
from provenance.errors import CarrierError, DamagedMediaError, UnreadableError
from provenance.faults import faultpoint
from provenance.media.source import FileSource
from provenance.media.staging import write_beside
from provenance.media.xmp import decode_packet, parse_packet
from provenance.model.metadata import XmpPacket, XmpProperty
from provenance.model.tag import ProvenanceTag

XMP_SUFFIX = ".xmp"
C2PA_SUFFIX = ".c2pa"
_LARGEST = 16 * 1024 * 1024
_PACKET_ROOT = re.compile(r"(?:<\?[^>]*\?>\s*|<!--(?:(?!-->).)*-->\s*)*<[\w.-]+:(?:xmpmeta|RDF)\b")
"""Instructions and comments, then the element an XMP packet begins with."""


def is_sidecar(path: Path) -> bool:
    """Return whether a file is a sidecar, so that it is read with another file and not by itself.

    It must have exactly the suffix we look for, hold nothing but an XMP packet or a manifest store,
    and lie beside the file it speaks of. Media named `.xmp` is media.
    """
    if path.suffix not in (XMP_SUFFIX, C2PA_SUFFIX) or not any(files_beside(path)):
        return False
    try:
        with FileSource(path) as source:
            if path.suffix == C2PA_SUFFIX:
                return _is_store(source)
            return source.size <= _LARGEST and _is_packet(source.pread(0, source.size))
    except (UnreadableError, DamagedMediaError):
        return False


def files_beside(sidecar: Path) -> Iterator[Path]:
    """Yield the files a sidecar of this name speaks of: `clip.mov`, or what has its stem."""
    spoken = sidecar.with_suffix("")
    if spoken.suffix in (XMP_SUFFIX, C2PA_SUFFIX):
        return
    from provenance.media.formats import SUFFIXES  # noqa: PLC0415  (all formats, seldom needed)

    for path in (spoken, *map(sidecar.with_suffix, SUFFIXES)):
        if path.is_file():
            yield path


def _is_store(source: FileSource) -> bool:
    """Return whether the file is one C2PA superbox and nothing else (ISO 19566-5 §A.2)."""
    head = source.head
    is_whole = int.from_bytes(head[:4], "big") == source.size
    return is_whole and head[4:8] == b"jumb" and head[12:16] == b"jumd" and head[16:20] == b"c2pa"


def _is_packet(data: bytes) -> bool:
    parse_packet(XmpPacket(place="", data=data))
    return _PACKET_ROOT.match(decode_packet(data).text.lstrip("\ufeff \r\n\t")) is not None


def read_xmp_sidecar(path: Path) -> tuple[XmpProperty, ...]:
    """Return the properties beside a file, from `name.ext.xmp` and `name.xmp`.

    Raises DamagedMediaError if one is there and cannot be parsed.
    """
    found: list[XmpProperty] = []
    for sidecar in (_named(path, XMP_SUFFIX), path.with_suffix(XMP_SUFFIX)):
        data = _read(sidecar)
        if data is not None and sidecar != path:
            found += parse_packet(XmpPacket(place=f"sidecar/{sidecar.name}", data=data))
    return tuple(found)


def find_c2pa_sidecar(path: Path) -> Path | None:
    """Return the detached manifest store beside a file, if there is one."""
    for sidecar in (_named(path, C2PA_SUFFIX), path.with_suffix(C2PA_SUFFIX)):
        if sidecar != path and _is_file(sidecar):
            return sidecar
    return None


def write_xmp_sidecar(path: Path, tag: ProvenanceTag) -> Path:
    """Write the tag beside the file and return where; a foreign sidecar keeps its properties.

    Raises CarrierError if a sidecar there cannot be understood, TaggingError if storage refuses,
    ChangedMeanwhileError if somebody saves it at the same time.
    """
    sidecar = _named(path, XMP_SUFFIX)
    if not os.path.lexists(sidecar):
        write_beside(sidecar, packet_with(tag, None), is_new=True)
        return sidecar
    with FileSource(sidecar) as source:
        packet = XmpPacket(place="sidecar", data=_content(source))
        write_beside(sidecar, packet_with(tag, packet), over=source)
    return sidecar


def write_c2pa_sidecar(path: Path, store: bytes) -> Path:
    """Write a detached manifest store beside the file and return where.

    Raises CarrierError if another's store is there, ChangedMeanwhileError if one comes meanwhile.
    """
    sidecar = _named(path, C2PA_SUFFIX)
    if sidecar.exists():
        raise CarrierError(f"{sidecar}: a manifest store is there already; it is left as it is")
    write_beside(sidecar, store, is_new=True)
    return sidecar


def remove_xmp_sidecar(path: Path) -> Path | None:
    """Remove the XMP sidecar if it says nothing but our tag; return its path, else None."""
    sidecar = _named(path, XMP_SUFFIX)
    data = _read(sidecar)
    if data is None or not _is_ours(data):
        return None
    faultpoint("sidecar.before-remove")
    sidecar.unlink()
    return sidecar


def remove_c2pa_sidecar(path: Path) -> Path | None:
    """Remove the detached manifest store we would have written; return its path, else None.

    The caller knows by reading it that it is ours.
    """
    sidecar = _named(path, C2PA_SUFFIX)
    if not _is_file(sidecar):
        return None
    faultpoint("sidecar.before-remove-store")
    sidecar.unlink()
    return sidecar


def _is_ours(data: bytes) -> bool:
    try:
        tag = find_tag(parse_packet(XmpPacket(place="sidecar", data=data)))
    except DamagedMediaError:
        return False
    return tag is not None and data == packet_with(tag, None)


def _is_file(path: Path) -> bool:
    is_file = os.path.isfile(path)  # noqa: PTH113  (Path.is_file raises for too long a name)
    return is_file and not path.is_symlink()


def _named(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _read(path: Path) -> bytes | None:
    try:
        with FileSource(path) as source:
            return _content(source)
    except UnreadableError:
        if os.path.exists(path):  # noqa: PTH110  (Path.exists raises for too long a name)
            raise
        return None


def _content(source: FileSource) -> bytes:
    if source.size > _LARGEST:
        raise DamagedMediaError(f"{source.path}: an XMP sidecar of {source.size} bytes")
    return source.pread(0, source.size)
