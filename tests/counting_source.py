"""A source that knows what was asked of it: a bound that no machine's speed moves."""

from provenance.media.source import BytesSource


class CountingSource(BytesSource):
    """Bytes in memory that count how often, and how many of them, are read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reads = 0
        self.bytes_read = 0

    def pread(self, offset: int, length: int) -> bytes:
        data = super().pread(offset, length)
        self.reads += 1
        self.bytes_read += len(data)
        return data
