"""PDF documents (ISO 32000-2): what information, XMP and attached manifests say of the whole.

Their essence is the whole file: picture and text are spread over objects, and everything that
refers to one changes when it moves. What is placed on its pages is not looked into.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from provenance.errors import DamagedMediaError
from provenance.media._found import Found
from provenance.media._pdf_document import Document, PdfObject, PdfStream
from provenance.media._pdf_objects import SPACE, PdfValue, Reference
from provenance.media._pdf_text import pdf_text
from provenance.media._read_only import ReadOnly
from provenance.media.interface import ByteSource
from provenance.model.metadata import ByteRange, Completeness, Contents, XmpPacket

_MAGIC = b"%PDF-"
_TAIL = 1024
_START = re.compile(
    rb"startxref" + SPACE + rb"{1,8}(\d{1,20})" + SPACE + rb"{1,8}%%EOF(" + SPACE + rb"*+)\Z"
)
_MANIFEST = "C2PA_Manifest"


@dataclass(slots=True)
class _Found(Found):
    c2pa: list[ByteRange] = field(default_factory=list)


class Pdf(ReadOnly):
    """PDF documents."""

    name = "pdf"
    media_type = "application/pdf"
    suffixes = (".pdf",)

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if header.startswith(_MAGIC):
            return 4
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`; a document whose objects cannot be found is not whole."""
        if source.pread(0, len(_MAGIC)) != _MAGIC:
            raise DamagedMediaError("the file does not begin as a PDF does")
        found = _Found()
        end, lack = source.size, ""
        try:
            start, end = _find_end(source)
            _collect(Document(source, start, found.budget), found)
        except DamagedMediaError as error:
            lack = str(error)
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            c2pa=tuple(dict.fromkeys(found.c2pa)),
            essence=(ByteRange(offset=0, length=end),),
            trailer_length=source.size - end,
            completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
            problems=(*found.problems, lack) if lack else tuple(found.problems),
        )


def _find_end(source: ByteSource) -> tuple[int, int]:
    """Return where the last cross-reference section stands, and where the document ends."""
    tail = source.pread(max(0, source.size - _TAIL), _TAIL)
    found = _START.search(tail, max(0, tail.rfind(b"startxref")))
    if found is None:
        raise DamagedMediaError("the file does not end as a PDF does")
    return int(found[1]), source.size - len(found[2])


def _collect(document: Document, found: _Found) -> None:
    if document.trailer("Encrypt") is not None:
        found.report("it is encrypted, and what it says of itself was not read")
        return
    catalog = document.resolve(document.trailer("Root"))
    if not isinstance(catalog, dict) or "Pages" not in catalog:
        raise DamagedMediaError("nothing leads to the catalog of its objects")
    steps: tuple[Callable[[Document, dict[str, PdfValue], _Found], None], ...]
    steps = (_collect_information, _collect_xmp, _collect_manifests)
    for step in steps:
        try:
            step(document, catalog, found)
        except DamagedMediaError as error:
            found.report(str(error))


def _collect_information(document: Document, catalog: dict[str, PdfValue], found: _Found) -> None:
    del catalog
    for key, value in _entries(document, document.trailer("Info"), "information").items():
        text = document.resolve(value)
        if isinstance(text, bytes) and (said := pdf_text(text)).strip():
            found.add("pdf/Info", key, said)


def _collect_xmp(document: Document, catalog: dict[str, PdfValue], found: _Found) -> None:
    stream = document.resolve(catalog.get("Metadata"))
    if isinstance(stream, PdfStream):
        found.xmp.append(XmpPacket(place="pdf/Metadata", data=document.bytes_of(stream)))
    elif stream is not None:
        raise DamagedMediaError("its XMP packet is no stream")


def _collect_manifests(document: Document, catalog: dict[str, PdfValue], found: _Found) -> None:
    """Collect the manifests among the files that are attached (C2PA 2.1, embedding into PDF)."""
    for attached in _attached(document, catalog):
        specification = document.resolve(attached)
        if isinstance(specification, bytes):
            # A plain name points to a file elsewhere.
            continue
        entries = _entries(document, specification, "attachment")
        if document.resolve(entries.get("AFRelationship")) != _MANIFEST:
            continue
        files = _entries(document, entries.get("EF"), "attachment")
        stream = document.resolve(files.get("F", files.get("UF")))
        if not isinstance(stream, PdfStream):
            raise DamagedMediaError("its C2PA manifest is attached, but not in the file")
        found.c2pa.append(document.run_of(stream))


def _attached(document: Document, catalog: dict[str, PdfValue]) -> Iterator[PdfValue]:
    """Yield the files that are associated with the document or in its tree of names."""
    yield from _values(document, catalog.get("AF"))
    names = _entries(document, catalog.get("Names"), "names")
    nodes, seen = [names.get("EmbeddedFiles")], set()
    while nodes:
        node = nodes.pop()
        if isinstance(node, Reference):
            if node in seen:
                raise DamagedMediaError("its tree of names loops")
            seen.add(node)
        entries = _entries(document, node, "names")
        yield from _values(document, entries.get("Names"))[1::2]
        nodes += _values(document, entries.get("Kids"))


def _entries(document: Document, value: PdfObject, name: str) -> dict[str, PdfValue]:
    """Return the entries of a dictionary; none where there is no such thing."""
    found = document.resolve(value)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise DamagedMediaError(f"its {name} is no dictionary")
    return found


def _values(document: Document, value: PdfValue) -> list[PdfValue]:
    found: PdfObject = document.resolve(value)
    if found is None:
        return []
    return found if isinstance(found, list) else [value]
