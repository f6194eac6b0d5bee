"""What is written into a file in place, so that it becomes the file a plan describes.

A plan that leaves every long run where it is needs no new file: a few bytes are written over, some
are put behind the end or cut off. What stood there before is kept, so that it can be undone.
"""

import base64
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from provenance.errors import CarrierError
from provenance.media.interface import ByteSource, Plan
from provenance.model.metadata import ByteRange

LARGEST = 1 << 20
"""Bytes one amendment may write or cut off; what stood there is kept in the registry meanwhile."""
_LARGEST_SAME = 64 * 1024 * 1024
"""Bytes a plan may give anew though they are there already, such as the index of a movie."""
_STEP = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """New bytes for one place of a file."""

    offset: int
    """Where they begin."""
    old: bytes
    """What the old file has there, as far as it reaches."""
    new: bytes
    """What the new file has there, as far as it reaches."""

    @property
    def end(self) -> int:
        """First byte behind both."""
        return self.offset + max(len(self.old), len(self.new))


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """The way from an old file to a new one."""

    size_before: int
    """Bytes of the old file."""
    size_after: int
    """Bytes of the new file."""
    patches: tuple[Patch, ...]
    """Every difference, by ascending offset."""

    @property
    def only_appends(self) -> bool:
        """Whether every byte of the old file stays as it is."""
        return all(patch.offset >= self.size_before for patch in self.patches)

    def plan_back(self) -> Plan:
        """Plan the old file from the new one."""
        plan: list[ByteRange | bytes] = []
        position = 0
        for patch in self.patches:
            plan.append(ByteRange(offset=position, length=patch.offset - position))
            plan.append(patch.old)
            position = patch.offset + len(patch.old)
        return [*plan, ByteRange(offset=position, length=self.size_before - position)]

    def to_record(self) -> dict[str, Any]:
        """Return plain values that `from_record` reads."""
        patches = [[one.offset, _packed(one.old), _packed(one.new)] for one in self.patches]
        return {"before": self.size_before, "after": self.size_after, "patches": patches}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return what `to_record` gave."""
        return cls(
            size_before=record["before"],
            size_after=record["after"],
            patches=tuple(
                Patch(offset=offset, old=_unpacked(old), new=_unpacked(new))
                for offset, old, new in record["patches"]
            ),
        )


class Amended:
    """A file as it will be once an amendment is written into it: read before anything is."""

    def __init__(self, source: ByteSource, amendment: Amendment | None = None) -> None:
        size = source.size
        self._source = source
        self.amendment = amendment or Amendment(size_before=size, size_after=size, patches=())

    @property
    def size(self) -> int:
        """See `ByteSource.size`."""
        return self.amendment.size_after

    def pread(self, offset: int, length: int) -> bytes:
        """See `ByteSource.pread`."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        touching = [
            patch
            for patch in self.amendment.patches
            if patch.offset < offset + length and patch.offset + len(patch.new) > offset
        ]
        data = self._source.pread(offset, length)
        if not touching:
            return data
        amended = bytearray(data.ljust(length, b"\0"))
        for patch in touching:
            begin = max(offset, patch.offset)
            end = min(offset + length, patch.offset + len(patch.new))
            amended[begin - offset : end - offset] = patch.new[
                begin - patch.offset : end - patch.offset
            ]
        return bytes(amended)

    def rewritten(self, plan: Plan) -> "Amended":
        """Return the file that a plan on this one describes.

        Raises CarrierError if more would have to be written than belongs into a file in place.
        """
        size = sum(piece.length if isinstance(piece, ByteRange) else len(piece) for piece in plan)
        spans = [(patch.offset, patch.offset + len(patch.new)) for patch in self.amendment.patches]
        spans += _written(self, plan)
        planned = _Planned(self, plan, size)
        before = self.amendment.size_before
        if size < before:
            spans.append((size, before))
        patches = tuple(_patches(self._source, planned, _joined(spans)))
        _require_few(sum(max(len(patch.old), len(patch.new)) for patch in patches), LARGEST)
        return Amended(
            self._source, Amendment(size_before=before, size_after=size, patches=patches)
        )


class _Planned:
    """The file a plan describes, to be read in small runs."""

    def __init__(self, source: ByteSource, plan: Plan, size: int) -> None:
        self._source = source
        self._plan = plan
        self.size = size

    def pread(self, offset: int, length: int) -> bytes:
        parts = []
        position = 0
        for piece in self._plan:
            count = piece.length if isinstance(piece, ByteRange) else len(piece)
            begin = max(offset - position, 0)
            end = min(offset + length - position, count)
            if begin < end:
                parts.append(_part(self._source, piece, begin, end))
            position += count
        return b"".join(parts)


def _part(source: ByteSource, piece: ByteRange | bytes, begin: int, end: int) -> bytes:
    if isinstance(piece, bytes):
        return piece[begin:end]
    return source.pread(piece.offset + begin, end - begin)


def _written(source: ByteSource, plan: Plan) -> Iterator[tuple[int, int]]:
    """Yield from where to where the plan has other bytes than stand there, roughly."""
    position = given = 0
    for piece in plan:
        length = piece.length if isinstance(piece, ByteRange) else len(piece)
        if isinstance(piece, ByteRange):
            if piece.offset != position:
                _require_few(length, LARGEST)
                yield position, position + length
        else:
            given += length
            _require_few(given, _LARGEST_SAME)
            yield from _differing(source, position, piece)
        position += length


def _differing(source: ByteSource, offset: int, new: bytes) -> Iterator[tuple[int, int]]:
    for at in range(0, len(new), _STEP):
        part = new[at : at + _STEP]
        if source.pread(offset + at, len(part)) != part:
            yield offset + at, offset + at + len(part)


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order, those that touch as one."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif begin < end:
            joined.append((begin, end))
    return joined


def _patches(old: ByteSource, new: _Planned, spans: Sequence[tuple[int, int]]) -> Iterator[Patch]:
    for begin, end in spans:
        patch = Patch(
            offset=begin, old=old.pread(begin, end - begin), new=new.pread(begin, end - begin)
        )
        patch = _trimmed(patch)
        if patch.old or patch.new:
            yield patch


def _trimmed(patch: Patch) -> Patch:
    """Return the patch without what old and new begin with alike, or end with at one place."""
    old, new = patch.old, patch.new
    shorter = min(len(old), len(new))
    same = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    old, new = old[same:], new[same:]
    while len(old) == len(new) and old and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return Patch(offset=patch.offset + same, old=old, new=new)


def _require_few(length: int, most: int) -> None:
    if length > most:
        raise CarrierError(
            f"{length} bytes would have to be written anew, more than is done in place"
        )


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))
