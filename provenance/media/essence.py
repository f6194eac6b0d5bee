"""Digests of a file and of its essence (ARCHITECTURE decision 2)."""

from collections.abc import Iterable
from dataclasses import dataclass

from provenance.media.digesting import digest_of, digest_streams
from provenance.media.interface import ByteSource, MediaFormat
from provenance.model.digest import Digest
from provenance.model.metadata import ByteRange, Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a file is known by."""

    file_digest: Digest
    """SHA-256 of all bytes."""
    essence_digest: Digest
    """SHA-256 over the essence ranges; the file digest where there are none."""
    essence_length: int
    """Number of bytes the essence digest covers."""


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
    return Identity(
        file_digest=digest_of(states[0]),
        essence_digest=digest_of(states[-1]),
        essence_length=length or source.size,
    )


def digest_ranges(source: ByteSource, ranges: Iterable[ByteRange]) -> Digest:
    """Return the SHA-256 over these runs, in the order given.

    Raises DamagedMediaError if the file ends before a run does.
    """
    return digest_of(digest_streams(source, [tuple(ranges)])[0])
