"""Digests of a file and of its essence (ARCHITECTURE decision 2)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from provenance.errors import DamagedMediaError
from provenance.media.interface import ByteSource, MediaFormat
from provenance.model.digest import Digest, digest_from_hex
from provenance.model.metadata import ByteRange, Contents

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


def identify_bytes(
    source: ByteSource, fmt: MediaFormat | None = None, contents: Contents | None = None
) -> Identity:
    """Return the identity of a file; where no format reads it, the file digest serves.

    An essence of no bytes at all would make all empty files one asset, so there too the file
    digest serves. Raises DamagedMediaError if the file ends before its essence does.
    """
    file_digest = digest_ranges(source, (ByteRange(offset=0, length=source.size),))
    essence = fmt.exact_essence(source, contents) if fmt and contents else ()
    length = sum(part.length for part in essence)
    return Identity(
        file_digest=file_digest,
        essence_digest=digest_ranges(source, essence) if length else file_digest,
        essence_length=length or source.size,
    )


def digest_ranges(source: ByteSource, ranges: Iterable[ByteRange]) -> Digest:
    """Return the SHA-256 over these runs, in the order given.

    Raises DamagedMediaError if the file ends before a run does.
    """
    state = hashlib.sha256()
    for part in ranges:
        offset, left = part.offset, part.length
        while left:
            data = source.pread(offset, min(left, _CHUNK))
            if not data:
                raise DamagedMediaError(f"the file ends at byte {source.size}, inside its essence")
            state.update(data)
            offset += len(data)
            left -= len(data)
    return digest_from_hex(state.hexdigest())
