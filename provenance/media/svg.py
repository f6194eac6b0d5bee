"""SVG (W3C SVG 2): drawings as XML text; what they say of themselves stands in `metadata`.

The essence is the text without that element and without comments. A drawing may name the DTD of
SVG, which is never fetched and holds no entities; one that brings declarations of its own is not
parsed, and said to be so.
"""

import codecs
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, tostring

from defusedxml.common import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from provenance.errors import DamagedMediaError
from provenance.media._found import Found
from provenance.media._read_only import ReadOnly
from provenance.media.interface import ByteSource
from provenance.model.metadata import ByteRange, Completeness, Contents, XmpPacket

_SVG = "http://www.w3.org/2000/svg"
_METADATA = ("metadata", f"{{{_SVG}}}metadata")
_PACKETS = ("{adobe:ns:meta/}xmpmeta", "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF")
_MANIFEST = "{http://c2pa.org/manifest}manifest"
_PLACE = "svg/metadata"
_DTD = "-//W3C//DTD SVG "
_LARGEST = 16 * 1024 * 1024
_DEPTH, _MOST_ELEMENTS = 64, 200_000
_START = re.compile(
    r"\s*+(?>(?:(?><\?.*?\?>)|(?><!--.*?-->)|(?><!DOCTYPE[^\[>]*+(?:\[.*?\]\s*+)?>))\s*+)*+"
    r"<(?:[\w.-]+:)?svg[\s/>]",
    re.DOTALL,
)


_DECLARED = re.compile(r"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)""")
_PLAIN = re.compile(
    r"utf-?(?:8|16|32)(?:[lb]e)?|(?:us-)?ascii|iso[-_]8859[-_]?\d+|latin-?\d|windows-125\d|koi8-[ru]"
)
"""Encodings in which nothing that reads as ASCII, or as no markup, means any other markup."""
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    text: str
    encoding: str
    mark: bytes


def _decode(data: bytes) -> _Text:
    """Return the text; UTF-16 begins with its mark, as XML 1.0 §4.3.3 demands."""
    mark, encoding = next((pair for pair in _ENCODINGS if data.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = data.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError as error:
        raise DamagedMediaError(f"the drawing is not {encoding}") from error
    return _Text(text=text, encoding=encoding, mark=mark)


def require_plain_encoding(text: str) -> None:
    """Raise DamagedMediaError if a drawing says that it is to be read in another way than we do.

    In UTF-7 or ISO 2022 what reads as words may be metadata, and as metadata words.
    """
    found = _DECLARED.match(text)
    if found is not None and not _PLAIN.fullmatch(found[1].lower()):
        raise DamagedMediaError(f"the drawing is to be read as {found[1]!r}, which is not read")


class Svg(ReadOnly):
    """SVG drawings."""

    name = "svg"
    media_type = "image/svg+xml"
    suffixes = (".svg",)

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`; a header may end inside a character."""
        for cut in range(min(4, len(header))):
            try:
                text = _decode(header[: len(header) - cut]).text
            except DamagedMediaError:
                continue
            if _START.match(text):
                return 2
            break
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`; text has no structure but its own, so all of it is read."""
        whole = (ByteRange(offset=0, length=source.size),)
        if source.size > _LARGEST:
            problem = f"a drawing of {source.size} bytes was not read"
            return Contents(essence=whole, problems=(problem,))
        packet = _decode(source.pread(0, source.size))
        if not _START.match(packet.text):
            raise DamagedMediaError("the file does not begin with an svg element")
        if not packet.encoding.startswith("utf-16"):
            require_plain_encoding(packet.text)
        found = Found()
        reader = _Reader(packet.text.encode("utf-8", "surrogatepass"), found)
        lack, is_refused = reader.run()
        if lack:
            found.report(lack)
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(_range(packet, reader.raw, *place) for place in reader.manifests),
            essence=whole if lack else _essence(packet, reader),
            completeness=Completeness.TRUNCATED if lack and not is_refused else Completeness.WHOLE,
            problems=tuple(found.problems),
        )


class _Reader:
    """Finds metadata and comments while the parser walks; an expat target."""

    def __init__(self, data: bytes, found: Found) -> None:
        self.raw = data
        self.dropped: list[tuple[int, int]] = []
        self.manifests: list[tuple[int, int]] = []
        self._found = found
        self._elements = self._depth = self._start = self._manifest = 0
        self._tree: TreeBuilder | None = None
        self._inner = 0
        self._parser = DefusedXMLParser(target=self, encoding="utf-8")
        self._parser.parser.StartDoctypeDeclHandler = _require_plain_doctype

    def run(self) -> tuple[str, bool]:
        """Parse; return why the text was not read to its end, and whether it was refused."""
        try:
            self._parser.feed(self.raw)
            self._parser.close()
        except DefusedXmlException:
            return "the drawing has a DTD or entities and was not read", True
        except (ParseError, ValueError) as error:
            return f"the drawing is damaged or ends early: {error}", False
        return "", False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._step()
        self._depth += 1
        if self._depth > _DEPTH:
            raise ValueError(f"elements nested more than {_DEPTH} deep")
        if self._tree is None and tag in _METADATA:
            self._tree, self._inner, self._start = TreeBuilder(), self._depth, self._at()
        if tag == _MANIFEST and not self._manifest:
            self._manifest = self._depth
            self.manifests.append((self._at(), len(self.raw)))
        if self._tree is not None:
            self._tree.start(tag, attributes)

    def data(self, text: str) -> None:
        if self._tree is not None and not self._manifest:
            self._tree.data(text)

    def end(self, tag: str) -> None:
        if self._tree is not None:
            self._tree.end(tag)
            if self._depth == self._inner:
                element = self._tree.close()
                self._tree = None
                is_bare = not len(element) and not element.text
                self.dropped.append((self._start, self._end_of(is_bare=is_bare)))
                _collect(element, self._found)
        if self._depth == self._manifest:
            start, _ = self.manifests.pop()
            self.manifests.append((start, self._at()))
            self._manifest = 0
        self._depth -= 1

    def comment(self, text: str) -> None:
        del text
        self._step()
        at = self._at()
        self.dropped.append((at, self.raw.index(b"-->", at) + 3))

    def close(self) -> None:
        """End the document; the parser asks for it."""

    def _step(self) -> None:
        self._elements += 1
        if self._elements > _MOST_ELEMENTS:
            raise ValueError(f"more than {_MOST_ELEMENTS} elements and comments")

    def _at(self) -> int:
        return int(self._parser.parser.CurrentByteIndex)

    def _end_of(self, *, is_bare: bool) -> int:
        at = self._at()
        # Of an element without end tag, expat says where the tag ends.
        if is_bare and self.raw[:at].endswith(b"/>"):
            return at
        return self.raw.index(b">", at) + 1


def _require_plain_doctype(
    name: str, system: str | None, public: str | None, has_subset: int
) -> None:
    # A reader may resolve what another DTD declares; nobody knows what that would say.
    is_known = (public or "").startswith(_DTD) or not (public or system)
    if has_subset or not is_known:
        raise DTDForbidden(name, system, public)


def _collect(metadata: Element, found: Found) -> None:
    texts = [metadata.text or ""]
    for child in metadata:
        behind, child.tail = child.tail or "", None
        if child.tag in _PACKETS:
            found.xmp.append(XmpPacket(place=_PLACE, data=tostring(child, encoding="utf-8")))
        else:
            texts += child.itertext()
        texts.append(behind)
    if text := "".join(texts).strip():
        found.add(_PLACE, "", text)


def _essence(packet: _Text, reader: _Reader) -> tuple[ByteRange, ...]:
    """Return what is not dropped, as ranges of the file in its own encoding."""
    parts = []
    done, at = 0, len(packet.mark)
    for start, end in (*sorted(reader.dropped), (len(reader.raw), len(reader.raw))):
        if start < done:
            continue
        kept = _length(packet, reader.raw[done:start])
        if kept:
            parts.append(ByteRange(offset=at, length=kept))
        at += kept + _length(packet, reader.raw[start:end])
        done = end
    return tuple(parts)


def _range(packet: _Text, data: bytes, start: int, end: int) -> ByteRange:
    offset = len(packet.mark) + _length(packet, data[:start])
    return ByteRange(offset=offset, length=_length(packet, data[start:end]))


def _length(packet: _Text, data: bytes) -> int:
    if packet.encoding == "utf-8":
        return len(data)
    return len(data.decode("utf-8", "surrogatepass").encode(packet.encoding, "surrogatepass"))
