"""An Exif block as boxed pictures hold it (ISO/IEC 23008-12 §A.2.1): behind a distance to it."""

from collections.abc import Iterable

from provenance.media._ifd import MAGIC
from provenance.media._spans import Spans
from provenance.media.interface import ByteSource
from provenance.model.metadata import ByteRange

_DISTANCE = 4
_MAGIC = 4


def block_of_item(source: ByteSource, runs: Iterable[ByteRange]) -> list[ByteRange]:
    """Return the runs from the TIFF header on; a distance that leads to none is passed over."""
    runs = list(runs)
    block = Spans(source, runs)
    if block.pread(0, _MAGIC) in MAGIC:
        return runs
    start = _DISTANCE + int.from_bytes(block.pread(0, _DISTANCE), "big")
    skipped = start if block.pread(start, _MAGIC) in MAGIC else _DISTANCE
    left = []
    for run in runs:
        cut = min(skipped, run.length)
        left.append(ByteRange(offset=run.offset + cut, length=run.length - cut))
        skipped -= cut
    return left
