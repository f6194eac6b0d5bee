"""TIFF (TIFF 6.0) and BigTIFF; DNG is read but, being a camera original, never written."""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media._found import Found
from provenance.media._ifd import (
    MAGIC,
    Directories,
    Directory,
    Entry,
    Layout,
    integers,
    read_directories,
)
from provenance.media._ifd_plan import plan_entry, plan_without_entry
from provenance.media._tiff_text import XMP_TAG, read_texts
from provenance.media.interface import MAX_STEPS, ByteSource, Plan, TextBudget
from provenance.model.metadata import ByteRange, Completeness, Contents

C2PA_TAG = 0xCD41

_DNG_VERSION = 0xC612
_PHOTOMETRIC = 0x0106
_SENSOR_DATA = frozenset({32803, 34892})
"""Photometric interpretations that only a camera writes: CFA and LinearRaw (TIFF/EP, DNG)."""
_STORE_KINDS = frozenset({1, 2, 7, 129})
_SEGMENTS = ((0x0111, 0x0117), (0x0144, 0x0145), (0x0201, 0x0202))
"""Tags of offsets with the tags of their lengths: strips, tiles, old JPEG thumbnails."""
_DECODING = frozenset(
    {0x0100, 0x0101, 0x0102, 0x0103, _PHOTOMETRIC, 0x010A, 0x0112, 0x0115, 0x0116, 0x011C}
    | {0x0124, 0x0125, 0x013D, 0x0140, 0x0142, 0x0143, 0x0152, 0x0153, 0x015B}
    | {0x0211, 0x0212, 0x0213, 0x0214}
)
"""Tags the pixels depend on: sizes, samples, compression, predictor, colour map, tables, YCbCr."""
_MAX_DECODING_VALUE = 1 << 20
_MAX_PROBLEMS = 16
_MAX_OVERLAP = 4
"""How many times the file's size its strips may claim; sparse files share blank tiles."""


@dataclass(slots=True)
class _Found(Found):
    c2pa: list[ByteRange] = field(default_factory=list)
    essence: list[ByteRange] = field(default_factory=list)
    arrays: TextBudget = field(default_factory=TextBudget)
    is_whole: bool = True


class Tiff:
    """Tagged Image File Format."""

    name = "tiff"
    media_type = "image/tiff"
    suffixes = (".tif", ".tiff", ".dng")
    xmp_place = "tiff/IFD0"
    embeds_c2pa = True

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`; several camera raw formats begin like a TIFF."""
        if header[:4] in MAGIC:
            return 2
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        return _contents(source, read_directories(source))

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`."""
        del source
        return contents.essence

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`; packet and first directory are appended, no strip moves."""
        directories = read_directories(source)
        contents = _require_writable(source, directories)
        return plan_entry(source, directories, XMP_TAG, packet, essence=contents.essence)

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`.

        A store that does not lie at the end of the file is no longer pointed at, but its bytes
        stay: whoever needs them gone must rewrite the picture.
        """
        directories = read_directories(source)
        contents = _require_writable(source, directories)
        return plan_without_entry(source, directories, C2PA_TAG, essence=contents.essence)

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`; a digest of the tags that decoding depends on.

        So does the number of pages: readers give up at one without picture.
        """
        directories = read_directories(source)
        budget, arrays = TextBudget(), TextBudget()
        pages = sum(directory.is_page for directory in directories.found)
        state = hashlib.sha256(struct.pack(">Q", pages))
        for directory in directories.found:
            for part in _decoding_values(source, directory, budget):
                state.update(part)
            for _, lengths in _segments(source, directories.layout, directory, arrays):
                state.update(struct.pack(f">Q{len(lengths)}Q", len(lengths), *lengths))
        return state.digest()


def _contents(source: ByteSource, directories: Directories) -> Contents:
    found = _Found(problems=list(directories.missing), is_whole=not directories.missing)
    for directory in directories.found:
        found.c2pa += _stores(source, directory)
        read_texts(source, directories.layout, directory, found)
        _collect_essence(source, directories.layout, directory, found)
    if sum(part.length for part in found.essence) > _MAX_OVERLAP * source.size:
        raise DamagedMediaError("the strips of the TIFF claim more bytes than the file has")
    return Contents(
        fields=tuple(found.fields),
        xmp=tuple(found.xmp),
        c2pa=tuple(found.c2pa),
        essence=tuple(found.essence),
        completeness=Completeness.WHOLE if found.is_whole else Completeness.TRUNCATED,
        problems=tuple(found.problems[:_MAX_PROBLEMS]),
    )


def _stores(source: ByteSource, directory: Directory) -> Iterator[ByteRange]:
    for entry in directory.entries:
        if entry.tag == C2PA_TAG and entry.kind in _STORE_KINDS and entry.end <= source.size:
            yield entry.value


def _collect_essence(
    source: ByteSource, layout: Layout, directory: Directory, found: _Found
) -> None:
    for offsets, lengths in _segments(source, layout, directory, found.arrays):
        if len(offsets) != len(lengths):
            found.problems.append(f"{directory.place} has strips or tiles without their lengths")
        for run in _runs(offsets, lengths):
            if run.end > source.size:
                found.is_whole = False
                found.problems.append(f"the file ends before the pixels of {directory.place} do")
                break
            found.essence.append(run)
        if len(found.essence) > MAX_STEPS:
            raise DamagedMediaError(f"the TIFF has more than {MAX_STEPS} runs of pixels")


def _segments(
    source: ByteSource, layout: Layout, directory: Directory, arrays: TextBudget
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield the offsets and the lengths of the strips, the tiles and the thumbnail."""
    for offsets_tag, lengths_tag in _SEGMENTS:
        if directory.get(offsets_tag) is not None:
            yield (
                _array(source, layout, directory.get(offsets_tag), arrays),
                _array(source, layout, directory.get(lengths_tag), arrays),
            )


def _array(
    source: ByteSource, layout: Layout, entry: Entry | None, arrays: TextBudget
) -> tuple[int, ...]:
    if entry is None:
        return ()
    if not arrays.take(entry.length):
        raise DamagedMediaError("the TIFF has more strips than are followed")
    return integers(source, layout, entry)


def _runs(offsets: Sequence[int], lengths: Sequence[int]) -> Iterator[ByteRange]:
    """Yield the strips, those in one where the next follows on, as it mostly does."""
    start = end = 0
    for offset, length in zip(offsets, lengths, strict=False):
        if offset < 0 or length < 0:
            raise DamagedMediaError("a strip lies before the beginning of the file")
        if offset != end and length:
            if end > start:
                yield ByteRange(offset=start, length=end - start)
            start = end = offset
        end += length
    if end > start:
        yield ByteRange(offset=start, length=end - start)


def _require_writable(source: ByteSource, directories: Directories) -> Contents:
    contents = _contents(source, directories)
    if contents.completeness is not Completeness.WHOLE:
        raise DamagedMediaError(f"the TIFF is not whole: {contents.problems[0]}")
    is_canon_raw = source.pread(8, 2) == b"CR"
    if is_canon_raw or any(_is_sensor_data(source, directories, one) for one in directories.found):
        raise CarrierError("a DNG or other raw file is a camera original and never written")
    return contents


def _is_sensor_data(source: ByteSource, directories: Directories, directory: Directory) -> bool:
    if directory.get(_DNG_VERSION) is not None:
        return True
    photometric = directory.get(_PHOTOMETRIC)
    if photometric is None or photometric.number != 1:
        return False
    return not _SENSOR_DATA.isdisjoint(integers(source, directories.layout, photometric))


def _decoding_values(
    source: ByteSource, directory: Directory, budget: TextBudget
) -> Iterator[bytes]:
    for entry in directory.entries:
        if entry.tag not in _DECODING:
            continue
        if entry.length > _MAX_DECODING_VALUE or not budget.take(entry.length):
            raise DamagedMediaError(f"tag {entry.tag} of {directory.place} is too long")
        yield struct.pack(">HHQ", entry.tag, entry.kind, entry.number)
        yield source.pread(entry.offset, entry.length)
