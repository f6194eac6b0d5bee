"""Lead a tagged file back to its exact bytes before tagging.

Tagging leaves every essence byte as it is, so the old file is its other bytes (kept here) with the
essence taken from the tagged file. That is small even for a large master.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from provenance.errors import DamagedMediaError
from provenance.media.interface import ByteSource, Plan
from provenance.model.digest import Digest, parse_digest
from provenance.model.metadata import ByteRange

_MAGIC = b"provenance-undo 1\n"
_MAGIC_ALONG_FILE = b"provenance-undo 2\n"
_LARGEST_GAPS = 32 * 1024 * 1024
_HEADER = struct.Struct(">I")


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRecord:
    """What is needed besides the essence to make the old file again."""

    file_digest: Digest
    """Digest the old file must have."""
    pieces: tuple[ByteRange | bytes, ...]
    """Bytes of the old file; ranges count along the essence of the tagged one."""
    is_along_file: bool = False
    """Whether ranges count along the whole tagged file: what was tagged in place has not moved."""

    def to_bytes(self) -> bytes:
        """Return the record as it is stored."""
        index: list[int | list[int]] = []
        gaps = []
        for piece in self.pieces:
            if isinstance(piece, bytes):
                index.append(len(piece))
                gaps.append(piece)
            else:
                index.append([piece.offset, piece.length])
        head = json.dumps({"file_digest": self.file_digest, "pieces": index}).encode()
        magic = _MAGIC_ALONG_FILE if self.is_along_file else _MAGIC
        return magic + _HEADER.pack(len(head)) + head + zlib.compress(b"".join(gaps))

    @staticmethod
    def from_bytes(data: bytes) -> "UndoRecord":
        """Return the stored record; raises DamagedMediaError if it is none."""
        try:
            return _parse(data)
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            struct.error,
            zlib.error,
        ) as error:
            raise DamagedMediaError(f"the undo record is damaged: {error}") from error


def undo_record(
    source: ByteSource, essence: Sequence[ByteRange], file_digest: Digest
) -> UndoRecord | None:
    """Return the record for a file about to be tagged, or None where it would not be exact.

    That is so if essence ranges overlap, or if what is not essence is larger than 32 MiB.
    """
    starts: list[tuple[ByteRange, int]] = []
    along = 0
    for part in essence:
        starts.append((part, along))
        along += part.length
    if source.size - along > _LARGEST_GAPS:
        return None
    pieces: list[ByteRange | bytes] = []
    position = 0
    # An empty range before one that begins at the same byte: they do not overlap.
    for part, offset in sorted(starts, key=lambda entry: (entry[0].offset, entry[0].length)):
        if part.offset < position:
            return None
        pieces.append(source.pread(position, part.offset - position))
        pieces.append(ByteRange(offset=offset, length=part.length))
        position = part.end
    pieces.append(source.pread(position, source.size - position))
    return UndoRecord(file_digest=file_digest, pieces=tuple(pieces))


def plan_undo(record: UndoRecord, essence: Sequence[ByteRange], size: int) -> Plan:
    """Plan the old file from the record and the tagged file's essence ranges and size.

    Raises DamagedMediaError if the tagged file is shorter than the record needs.
    """
    plan: list[ByteRange | bytes] = []
    if record.is_along_file:
        essence = (ByteRange(offset=0, length=size),)
    for piece in record.pieces:
        plan += [piece] if isinstance(piece, bytes) else _slice(essence, piece)
    return plan


def _slice(essence: Sequence[ByteRange], wanted: ByteRange) -> list[ByteRange]:
    found = []
    along, left = 0, wanted
    for part in essence:
        inside = left.offset - along
        if left.length and 0 <= inside < part.length:
            taken = min(left.length, part.length - inside)
            found.append(ByteRange(offset=part.offset + inside, length=taken))
            left = ByteRange(offset=left.offset + taken, length=left.length - taken)
        along += part.length
    if left.length:
        raise DamagedMediaError("the file's essence is shorter than before it was tagged")
    return found


def _parse(data: bytes) -> UndoRecord:
    if not data.startswith((_MAGIC, _MAGIC_ALONG_FILE)):
        raise ValueError("unknown kind")
    start = len(_MAGIC) + _HEADER.size
    (length,) = _HEADER.unpack(data[len(_MAGIC) : start])
    head = json.loads(data[start : start + length])
    gaps = zlib.decompressobj().decompress(data[start + length :], _LARGEST_GAPS + 1)
    pieces: list[ByteRange | bytes] = []
    position = 0
    for entry in head["pieces"]:
        if isinstance(entry, list):
            pieces.append(ByteRange(offset=int(entry[0]), length=int(entry[1])))
        else:
            pieces.append(gaps[position : position + entry])
            position += entry
    if position != len(gaps):
        raise ValueError("its bytes are not those its index tells of")
    return UndoRecord(
        file_digest=parse_digest(head["file_digest"]),
        pieces=tuple(pieces),
        is_along_file=data.startswith(_MAGIC_ALONG_FILE),
    )
