"""Logical streams of an Ogg file: which of their packets are headers, and which of those comments.

Headers come first in every mapping; the second packet is the comment header, in FLAC any but the
first may be.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from provenance.errors import DamagedMediaError
from provenance.media._ogg_pages import Page
from provenance.media.interface import ByteSource
from provenance.model.metadata import ByteRange

# Vorbis I §4.2, RFC 7845 §5, Theora §6.2, the mapping of VP8: how the first packet begins, how the
# second, and how many headers there are.
_CODECS = (
    (b"\x01vorbis", b"\x03vorbis", 3),
    (b"OpusHead", b"OpusTags", 2),
    (b"\x80theora", b"\x81theora", 3),
    (b"OVP80\x01", b"OVP80\x02 ", 2),
)
# RFC 9639 §10.1: mapping version, count of headers, `fLaC`, then blocks of FLAC, one a packet.
_FLAC, _FLAC_FIRST_BLOCK = b"\x7fFLAC", 13
_BLOCK_HEAD = 4
_COMMENT_BLOCK, _LAST_BLOCK = 4, 0x80
# The Speex Codec Manual §7: the second packet has no magic, a few more headers may follow.
_SPEEX, _SPEEX_EXTRA = b"Speex   ", slice(68, 72)
# RFC 3533 companion: a skeleton describes other streams and carries nothing itself.
_SKELETON = b"fishead\0"
_LONGEST_MAGIC = 80


@dataclass(slots=True)
class Stream:
    """One logical stream while it is walked."""

    essence: list[ByteRange] = field(default_factory=list)
    """Its bytes behind the headers, page by page."""
    is_ended: bool = False
    """Whether its last page was seen."""
    _magic: bytes = b""
    _headers_left: int | None = 1
    """Headers still to come; None where each says itself whether it is the last."""
    _comment_magic: bytes | None = None
    _pieces: list[ByteRange] = field(default_factory=list)

    def take(self, source: ByteSource, page: Page) -> Iterator[tuple[ByteRange, ...]]:
        """Take in a page; yield for every header that ends on it the pieces of its comments.

        Raises DamagedMediaError if the headers make no sense.
        """
        self.is_ended = self.is_ended or page.is_last
        offset = page.body
        if self._headers_left != 0 and page.is_continued != bool(self._pieces):
            raise DamagedMediaError(f"the page at byte {page.offset} does not follow its stream")
        for piece, is_end in page.pieces() if self._headers_left != 0 else ():
            self._pieces.append(piece)
            offset = piece.end
            if is_end:
                yield self._finish(source)
                self._pieces.clear()
            if self._headers_left == 0:
                break
        if offset < page.end:
            self.essence.append(ByteRange(offset=offset, length=page.end - offset))

    def _finish(self, source: ByteSource) -> tuple[ByteRange, ...]:
        """Count the header that is complete; return its comments without what is before them."""
        start = self._pieces[0].offset
        head = source.pread(start, min(self._pieces[0].length, _LONGEST_MAGIC))
        if not self._magic:
            self._begin(head)
            return ()
        if self._headers_left is None:
            return self._finish_flac(head)
        self._headers_left -= 1
        magic, self._comment_magic = self._comment_magic, None
        if magic is None:
            return ()
        if not head.startswith(magic):
            raise DamagedMediaError(f"the packet at byte {start} should be comments and is not")
        return self._pieces_behind(len(magic))

    def _finish_flac(self, head: bytes) -> tuple[ByteRange, ...]:
        kind = head[0] if head else _LAST_BLOCK
        if kind & _LAST_BLOCK:
            self._headers_left = 0
        return self._pieces_behind(_BLOCK_HEAD) if kind & 0x7F == _COMMENT_BLOCK else ()

    def _begin(self, head: bytes) -> None:
        """Learn from the first packet which headers follow; of an unknown codec none does."""
        self._magic = head or b"\0"
        self._headers_left = 0
        for magic, comment_magic, count in _CODECS:
            if head.startswith(magic):
                self._headers_left, self._comment_magic = count - 1, comment_magic
        if head.startswith(_SPEEX):
            extra = int.from_bytes(head[_SPEEX_EXTRA], "little")
            self._headers_left, self._comment_magic = 1 + extra, b""
        elif head.startswith(_FLAC):
            block = head[_FLAC_FIRST_BLOCK : _FLAC_FIRST_BLOCK + 1]
            self._headers_left = 0 if block and block[0] & _LAST_BLOCK else None
        elif head.startswith(_SKELETON):
            self._headers_left = -1  # Never counts down to 0.

    def _pieces_behind(self, length: int) -> tuple[ByteRange, ...]:
        first, *others = self._pieces
        rest = ByteRange(offset=first.offset + length, length=max(0, first.length - length))
        return (rest, *others)
