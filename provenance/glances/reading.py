"""Glances at formats whose own reader is quick: what it finds is passed through the screen.

Most of what such a file costs is not the walk over it, but what is made of it afterwards.
"""

from os import pread

from provenance.errors import MediaError
from provenance.glances.interface import Plain
from provenance.glances.screen import Screen
from provenance.media.avi import Avi
from provenance.media.interface import MediaFormat
from provenance.media.jxl import Jxl
from provenance.media.ogg import Ogg
from provenance.media.pdf import Pdf
from provenance.model.metadata import Completeness, Contents

_SURE = 3
_MOST_READS, _MOST_BYTES = 2048, 1 << 20
_MOST_PACKETS = 4


class ReadingGlance:
    """See `Glance`; what takes very many reads is left to a full reading."""

    is_exact = True

    def __init__(self, fmt: MediaFormat, *magics: tuple[int, bytes]) -> None:
        """Make the glance at a format whose files begin so."""
        self.format_name = fmt.name
        self.magics = magics
        self._fmt = fmt

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if self._fmt.score(head, "") < _SURE:
            return None
        source = _Source(descriptor, size, head)
        try:
            contents = self._fmt.read(source)
        except MediaError:
            return None
        if source.is_exhausted or not _is_silent(contents, screen):
            return None
        runs = contents.essence
        return contents.essence_length, runs[0].offset if len(runs) == 1 else -1


def _is_silent(contents: Contents, screen: Screen) -> bool:
    if contents.problems or contents.c2pa or contents.packed or contents.trailer_length:
        return False
    if contents.completeness != Completeness.WHOLE or not contents.essence_exact:
        return False
    if not contents.essence_length or len(contents.xmp) > _MOST_PACKETS:
        return False
    return all(
        screen.is_dull(field.key, field.value.encode("utf-8", "surrogatepass"))
        for field in contents.fields
    ) and all(screen.is_dull_packet(packet.data) for packet in contents.xmp)


class _Source:
    """An open file of which little is read, whatever its reader asks for; see `ByteSource`."""

    __slots__ = ("_bytes_left", "_descriptor", "_head", "_reads_left", "is_exhausted", "size")

    def __init__(self, descriptor: int, size: int, head: bytes) -> None:
        self._descriptor, self._head, self.size = descriptor, head, size
        self._reads_left, self._bytes_left = _MOST_READS, _MOST_BYTES
        self.is_exhausted = False

    def pread(self, offset: int, length: int) -> bytes:
        """See `ByteSource.pread`; nothing more is returned once too much was asked for."""
        end = offset + length
        if offset < 0 or length <= 0 or offset >= self.size:
            return b""
        if end <= len(self._head):
            return self._head[offset:end]
        self._reads_left -= 1
        self._bytes_left -= min(end, self.size) - offset
        if self._reads_left < 0 or self._bytes_left < 0:
            self.is_exhausted = True
            return b""
        return pread(self._descriptor, min(end, self.size) - offset, offset)


GLANCES = (
    ReadingGlance(Pdf(), (0, b"%PDF")),
    ReadingGlance(Ogg(), (0, b"OggS")),
    ReadingGlance(Avi(), (8, b"AVI ")),
    ReadingGlance(Jxl(), (4, b"JXL ")),
)
"""One for each format."""
