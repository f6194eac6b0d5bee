"""Matroska (RFC 9559) and WebM.

The essence are the bodies of all clusters, in file order. They hold time codes too, so a remux is
another essence; walking every block would cost a read for each, and edited tags move no block.
Since every cluster is visited, tags are found before and after them without the SeekHead, by one
short read for each cluster.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from provenance.errors import DamagedMediaError
from provenance.media._ebml_elements import (
    CLUSTER,
    HEADER,
    INFO,
    TAGS,
    Element,
    children,
    count_steps,
    level_one,
)
from provenance.media._found import Found
from provenance.media._read_only import ReadOnly
from provenance.media.interface import ByteSource, decode_text, read_exactly
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness, Contents

_MAGIC = HEADER.to_bytes(4)
_DOC_TYPE = 0x4282
_TAG, _SIMPLE_TAG, _TAG_NAME, _TAG_STRING = 0x7373, 0x67C8, 0x45A3, 0x4487
_INFO_TEXTS = {0x7BA9: "Title", 0x4D80: "MuxingApp", 0x5741: "WritingApp"}
_DEEPEST = 16


@dataclass(slots=True, kw_only=True)
class _Found(Found):
    place: str
    essence: list[ByteRange] = field(default_factory=list)
    steps: Iterator[int] = field(default_factory=count_steps)

    def add_text(self, where: str, key: str, raw: bytes) -> None:
        if value := decode_text(raw):
            self.add(f"{self.place}/{where}", key, value)


class _Matroska(ReadOnly):
    """What all document types have in common."""

    suffixes: tuple[str, ...]
    _doc_types: frozenset[bytes]

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`; the document type decides."""
        if header.startswith(_MAGIC) and _doc_type(header) in self._doc_types:
            return 4
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        if source.pread(0, len(_MAGIC)) != _MAGIC:
            raise DamagedMediaError("the file does not begin with an EBML header")
        found = _Found(place=self.name)
        lack = _collect(source, found)
        return Contents(
            fields=tuple(found.fields),
            essence=tuple(found.essence),
            completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
            problems=(*found.problems, lack) if lack else tuple(found.problems),
        )


class Mkv(_Matroska):
    """Matroska video, sound and subtitles."""

    name = "mkv"
    media_type = "video/matroska"
    suffixes = (".mkv", ".mka", ".mk3d")
    # A header that does not tell its type is taken for the more general one.
    _doc_types = frozenset({b"matroska", b""})


class WebM(_Matroska):
    """WebM, the part of Matroska that browsers play."""

    name = "webm"
    media_type = "video/webm"
    suffixes = (".webm",)
    _doc_types = frozenset({b"webm"})


def _doc_type(header: bytes) -> bytes:
    source = BytesSource(header)
    steps = count_steps()
    try:
        first = next(level_one(source, steps), None)
        for child in children(source, first.payload, steps) if first else ():
            if child.kind == _DOC_TYPE:
                return read_exactly(source, child.body, child.length).rstrip(b"\0")
    except DamagedMediaError:
        pass
    return b""


def _collect(source: ByteSource, found: _Found) -> str:
    """Collect what the segments hold; return why the file is not whole, or nothing."""
    try:
        for element in level_one(source, found.steps):
            if element.kind == CLUSTER and element.length:
                found.essence.append(element.payload)
            elif element.kind in _COLLECTORS:
                _collect_texts(source, element, found)
    except DamagedMediaError as error:
        return str(error)
    return "" if found.essence else "the file holds no picture or sound (Cluster)"


def _collect_texts(source: ByteSource, element: Element, found: _Found) -> None:
    if not found.budget.take(element.length):
        found.report(f"a {element.name} of {element.length} bytes was not read")
        return
    body = BytesSource(read_exactly(source, element.body, element.length))
    span = ByteRange(offset=0, length=body.size)
    try:
        _COLLECTORS[element.kind](body, span, found)
    except DamagedMediaError as error:
        found.report(f"in the {element.name} at byte {element.offset}: {error}")


def _collect_info(body: ByteSource, span: ByteRange, found: _Found) -> None:
    for child in children(body, span, found.steps):
        if child.kind in _INFO_TEXTS:
            found.add_text("Info", _INFO_TEXTS[child.kind], body.pread(child.body, child.length))


def _collect_tags(body: ByteSource, span: ByteRange, found: _Found) -> None:
    for tag in children(body, span, found.steps):
        if tag.kind != _TAG:
            continue
        for child in children(body, tag.payload, found.steps):
            if child.kind == _SIMPLE_TAG:
                _collect_simple_tag(body, child, found, depth=1)


def _collect_simple_tag(body: ByteSource, tag: Element, found: _Found, *, depth: int) -> None:
    """Collect a name and its text, then the tags nested in it."""
    if depth > _DEEPEST:
        raise DamagedMediaError(f"tags are nested more than {_DEEPEST} deep")
    name = text = b""
    nested = []
    for child in children(body, tag.payload, found.steps):
        if child.kind == _TAG_NAME:
            name = body.pread(child.body, child.length)
        elif child.kind == _TAG_STRING:
            text = body.pread(child.body, child.length)
        elif child.kind == _SIMPLE_TAG:
            nested.append(child)
    found.add_text("Tags", decode_text(name), text)
    for child in nested:
        _collect_simple_tag(body, child, found, depth=depth + 1)


_COLLECTORS = {INFO: _collect_info, TAGS: _collect_tags}
