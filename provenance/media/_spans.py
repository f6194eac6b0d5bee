"""Runs of a file, strung together and read like a file of their own."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from provenance.media.interface import ByteSource
from provenance.model.metadata import ByteRange

_AHEAD = 4096


class Spans:
    """Runs of a file, one behind the other; the first bytes are read once and kept."""

    def __init__(self, source: ByteSource, runs: Iterable[ByteRange]) -> None:
        self._source = source
        self._runs = [run for run in runs if run.length]
        self._ends = list(accumulate(run.length for run in self._runs))
        self._head: bytes | None = None

    @property
    def size(self) -> int:
        """See `ByteSource.size`."""
        return self._ends[-1] if self._ends else 0

    def pread(self, offset: int, length: int) -> bytes:
        """See `ByteSource.pread`."""
        if self._head is None:
            self._head = self._read(0, _AHEAD)
        wanted = min(length, self.size - offset)
        if offset < 0 or wanted <= 0:
            return b""
        if offset + wanted <= len(self._head):
            return self._head[offset : offset + wanted]
        return self._read(offset, wanted)

    def without(self, count: int) -> "Spans":
        """Return the same without the first bytes."""
        left, runs = count, []
        for run in self._runs:
            cut = min(left, run.length)
            runs.append(ByteRange(offset=run.offset + cut, length=run.length - cut))
            left -= cut
        rest = Spans(self._source, runs)
        rest._head = self._head and self._head[count:]
        return rest

    def _read(self, offset: int, length: int) -> bytes:
        parts = []
        index = bisect_right(self._ends, offset)
        while length > 0 and index < len(self._runs):
            run = self._runs[index]
            skipped = offset - (self._ends[index] - run.length)
            data = self._source.pread(run.offset + skipped, min(length, run.length - skipped))
            parts.append(data)
            offset, length, index = self._ends[index], length - len(data), index + 1
        return parts[0] if len(parts) == 1 else b"".join(parts)
