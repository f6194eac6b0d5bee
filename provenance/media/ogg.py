"""Ogg (RFC 3533) with Vorbis, Opus, FLAC, Speex, Theora or VP8 in it, chained and multiplexed.

The essence is what the pages of each logical stream carry behind its headers, stream after stream.
Rewriting the comments, and even laying out the pages anew, leaves it as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from provenance.errors import DamagedMediaError
from provenance.media._found import Found
from provenance.media._ogg_pages import CAPTURE, page_at
from provenance.media._ogg_streams import Stream
from provenance.media._read_only import ReadOnly
from provenance.media._vorbis_comment import parse_comments
from provenance.media.interface import MAX_STEPS, ByteSource, read_exactly
from provenance.model.metadata import ByteRange, Completeness, Contents

_MOST_STREAMS = 4096
_COMMENTS, _VENDOR = "ogg/comments", "ogg/vendor"


@dataclass(slots=True)
class _Found(Found):
    streams: list[Stream] = field(default_factory=list)
    steps: Iterator[int] = field(default_factory=lambda: iter(range(MAX_STEPS)))


class Ogg(ReadOnly):
    """Ogg sound and video."""

    name = "ogg"
    media_type = "audio/ogg"
    suffixes = (".ogg", ".oga", ".opus", ".ogv")

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if header.startswith(CAPTURE):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`; one short read a page, since any may begin a new stream."""
        if page_at(source, 0) is None:
            raise DamagedMediaError("the file does not begin with an Ogg page")
        found = _Found()
        try:
            lack = _walk(source, found)
        except DamagedMediaError as error:
            lack = str(error)
        essence = tuple(part for stream in found.streams for part in stream.essence)
        if not lack and not essence:
            lack = "the file holds no picture or sound"
        return Contents(
            fields=tuple(found.fields),
            essence=essence,
            completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
            problems=(*found.problems, lack) if lack else tuple(found.problems),
        )


def _walk(source: ByteSource, found: _Found) -> str:
    """Walk the pages; return why the file is not whole, or nothing."""
    current: dict[int, Stream] = {}
    offset = 0
    while offset < source.size:
        page = page_at(source, offset)
        if page is None:
            is_cut = source.pread(offset, len(CAPTURE)) == CAPTURE
            is_ended = not is_cut and all(stream.is_ended for stream in found.streams)
            return "" if is_ended else f"what stands at byte {offset} is no whole Ogg page"
        if page.end > source.size:
            return f"the file ends inside its page at byte {offset}"
        if page.is_first:
            current[page.serial] = _begin(found)
        if page.serial not in current:
            return f"the page at byte {offset} belongs to no stream"
        _step(found)
        for pieces in current[page.serial].take(source, page):
            _step(found)
            _collect(source, pieces, found)
        offset = page.end
    is_ended = all(stream.is_ended for stream in found.streams)
    return "" if is_ended else "the file ends before the last page of a stream"


def _begin(found: _Found) -> Stream:
    if len(found.streams) == _MOST_STREAMS:
        raise DamagedMediaError(f"the file has more than {_MOST_STREAMS} streams")
    found.streams.append(Stream())
    return found.streams[-1]


def _step(found: _Found) -> None:
    if next(found.steps, None) is None:
        raise DamagedMediaError(f"the file has more than {MAX_STEPS} pages and headers")


def _collect(source: ByteSource, pieces: tuple[ByteRange, ...], found: _Found) -> None:
    if not pieces:
        return
    length = sum(piece.length for piece in pieces)
    if not found.budget.take(length):
        found.report(f"comments of {length} bytes were not read")
        return
    data = b"".join(read_exactly(source, piece.offset, piece.length) for piece in pieces)
    comments = parse_comments(data, found.steps)
    texts = [(_VENDOR, "", comments.vendor)]
    texts += [(_COMMENTS, key, value) for key, value in comments.entries]
    for place, key, value in texts:
        if value:
            found.add(place, key, value)
    if comments.problem:
        found.report(f"a comment header {comments.problem}")
