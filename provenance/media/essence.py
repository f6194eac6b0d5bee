"""Digests of a file and of its essence (ARCHITECTURE decision 2), and the lead to an essence.

A lead is a few bytes of the essence from a place that its content alone decides. Files of one
essence have one lead, so a lead that nothing known has spares reading the essence. It hangs on no
borders between ranges: whoever cuts the same IDAT data into other chunks has the same essence.

It is not taken from where the essence begins. The first bytes are the same in all pictures of one
encoder (the tables of a JPEG, the header of an EXR frame that is known by its whole file) and in
all frames that are black at the top.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from provenance.errors import DamagedMediaError
from provenance.media.interface import ByteSource, MediaFormat
from provenance.model.digest import Digest, digest_from_hex
from provenance.model.metadata import ByteRange, Contents

LEAD = 32
"""Bytes of a lead; it is shorter where the essence is."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a file is known by."""

    file_digest: Digest
    """SHA-256 of all bytes."""
    essence_digest: Digest
    """SHA-256 over the essence ranges; the file digest where there are none."""
    essence_length: int
    """Number of bytes the essence digest covers."""
    essence_lead: bytes
    """See `essence_lead`; of the file where there are no essence ranges."""


def identify_bytes(
    source: ByteSource, fmt: MediaFormat | None = None, contents: Contents | None = None
) -> Identity:
    """Return the identity of a file; where no format reads it, the file digest serves.

    An essence of no bytes at all would make all empty files one asset, so there too the file
    digest serves. Raises DamagedMediaError if the file ends before its essence does.
    """
    whole = (ByteRange(offset=0, length=source.size),)
    essence = fmt.exact_essence(source, contents) if fmt and contents else ()
    length = sum(part.length for part in essence)
    file_digest, essence_digest = _digest_both(source, essence)
    begins_last = bool(length and contents and not contents.essence_exact)
    return Identity(
        file_digest=file_digest,
        essence_digest=essence_digest if length else file_digest,
        essence_length=length or source.size,
        essence_lead=essence_lead(
            source, essence if length else whole, begins_last_range=begins_last
        ),
    )


def essence_lead(
    source: ByteSource, essence: Sequence[ByteRange], *, begins_last_range: bool = False
) -> bytes:
    """Return the lead to the essence that these ranges, all of it, are; empty if there are none.

    Where a format leaves the end of the last range open (`Contents.essence_exact`), that range
    begins with the lead: for JPEG the scan. Of a range that is too long the lead may be, too; it
    then begins with the exact one.
    """
    if begins_last_range:
        return _bytes_from(source, essence[-1:], 0)
    length = sum(part.length for part in essence)
    return _bytes_from(source, essence, lead_at(length))


def lead_at(length: int) -> int:
    """Return how far behind the beginning of an essence of this length its lead begins."""
    # No half or third: at the beginning of a row many frames have the same black edge.
    return length * 3 // 7


def _bytes_from(source: ByteSource, ranges: Iterable[ByteRange], skipped: int) -> bytes:
    """Return the bytes of a lead from so far behind the beginning of these ranges."""
    lead = b""
    for part in ranges:
        if skipped >= part.length:
            skipped -= part.length
            continue
        lead += source.pread(part.offset + skipped, min(LEAD - len(lead), part.length - skipped))
        skipped = 0
        if len(lead) == LEAD:
            break
    return lead


def digest_ranges(source: ByteSource, ranges: Iterable[ByteRange]) -> Digest:
    """Return the SHA-256 over these runs, in the order given.

    Raises DamagedMediaError if the file ends before a run does.
    """
    state = hashlib.sha256()
    for part in ranges:
        for data in _pieces(source, part):
            state.update(data)
    return digest_from_hex(state.hexdigest())


def _digest_both(source: ByteSource, essence: Sequence[ByteRange]) -> tuple[Digest, Digest]:
    """Return the digests of the file and of these runs, read together where they allow it."""
    whole = ByteRange(offset=0, length=source.size)
    parts = [part for part in essence if part.length]
    ends_at = ByteRange(offset=source.size, length=0)
    if any(one.end > other.offset for one, other in pairwise((*parts, ends_at))):
        return digest_ranges(source, (whole,)), digest_ranges(source, parts)
    file, inner = hashlib.sha256(), hashlib.sha256()
    offset, waiting = 0, deque(parts)
    for data in _pieces(source, whole):
        file.update(data)
        view, end = memoryview(data), offset + len(data)
        while waiting and waiting[0].offset < end:
            inner.update(view[max(0, waiting[0].offset - offset) : waiting[0].end - offset])
            if waiting[0].end > end:
                break
            waiting.popleft()
        offset = end
    return digest_from_hex(file.hexdigest()), digest_from_hex(inner.hexdigest())


def _pieces(source: ByteSource, part: ByteRange) -> Iterator[bytes]:
    offset, left = part.offset, part.length
    while left:
        data = source.pread(offset, min(left, _CHUNK))
        if not data:
            raise DamagedMediaError(f"the file ends at byte {source.size}, inside its essence")
        yield data
        offset += len(data)
        left -= len(data)
