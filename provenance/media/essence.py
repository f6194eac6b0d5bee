"""Digests of a file and of its essence (ARCHITECTURE decision 2), and the lead to an essence.

A lead is a few bytes of the essence from a place that its content alone decides. Files of one
essence have one lead, so a lead that nothing known has spares reading the essence. It hangs on no
borders between ranges: whoever cuts the same IDAT data into other chunks has the same essence.

It is not taken from where the essence begins. The first bytes are the same in all pictures of one
encoder (the tables of a JPEG, the header of an EXR frame that is known by its whole file) and in
all frames that are black at the top.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from provenance.media.digesting import digest_of, digest_streams
from provenance.media.interface import ByteSource, MediaFormat
from provenance.model.digest import Digest
from provenance.model.metadata import ByteRange, Contents

LEAD = 32
"""Bytes of a lead; it is shorter where the essence is."""


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
    streams = (whole, essence) if length else (whole,)
    states = digest_streams(source, streams)
    begins_last = bool(length and contents and not contents.essence_exact)
    return Identity(
        file_digest=digest_of(states[0]),
        essence_digest=digest_of(states[-1]),
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
    return digest_of(digest_streams(source, [tuple(ranges)])[0])
