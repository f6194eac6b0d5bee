"""Read XMP packets: decode, parse without DTDs, list the properties (ISO 16684-1).

A property stands as element text, as attribute, as `rdf:resource`, or as item of a container;
all four come out alike, as (namespace, name, value).
"""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pyexpat import ExpatError, ParserCreate

from defusedxml.common import DefusedXmlException, DTDForbidden

from provenance.errors import DamagedMediaError
from provenance.model.metadata import XmpPacket, XmpProperty

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML = "http://www.w3.org/XML/1998/namespace"
_SEPARATOR = "}"
_LARGEST = 16 * 1024 * 1024
_DEPTH = 64
_MOST_PACKETS = 1024
_MOST_PROPERTIES = 100_000
_MOST_ELEMENTS = 200_000
_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketText:
    """A packet as text, and how to turn edited text back into bytes."""

    text: str
    """The packet without byte order mark."""
    encoding: str
    """Codec name."""
    mark: bytes
    """The byte order mark it began with, or nothing."""

    def encode(self, text: str) -> bytes:
        """Return the text in the packet's own encoding."""
        return self.mark + text.encode(self.encoding, "replace")


def decode_packet(data: bytes) -> PacketText:
    """Return the packet as text; raises DamagedMediaError if its bytes are not its encoding's."""
    prefix, encoding = next(
        (pair for pair in _ENCODINGS if data.startswith(pair[0])), (b"", "utf-8")
    )
    mark = b"" if b"<" in prefix else prefix
    try:
        text = data.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError as error:
        raise DamagedMediaError(f"the XMP packet is not {encoding}") from error
    return PacketText(text=text, encoding=encoding, mark=mark)


def parse_packets(
    packets: Iterable[XmpPacket],
) -> tuple[tuple[XmpProperty, ...], tuple[str, ...]]:
    """Return the properties of all packets, and a sentence for each packet that is damaged.

    Of more packets than any honest file has, the first are read and the rest are a problem.
    """
    properties: list[XmpProperty] = []
    problems: list[str] = []
    for number, packet in enumerate(packets):
        if number == _MOST_PACKETS:
            problems.append(f"the file has more than {_MOST_PACKETS} XMP packets")
            break
        try:
            properties += parse_packet(packet)
        except DamagedMediaError as error:
            problems.append(str(error))
    return tuple(properties), tuple(problems)


def parse_packet(packet: XmpPacket) -> tuple[XmpProperty, ...]:
    """Return the properties of one packet.

    Raises DamagedMediaError if it is no well-formed XML, has a DTD, or is larger or deeper than
    any honest packet.
    """
    if len(packet.data) > _LARGEST:
        raise DamagedMediaError(f"an XMP packet of {len(packet.data)} bytes was not read")
    text = decode_packet(packet.data).text.strip("\0 \t\r\n\ufeff")
    reader = _PropertyReader(packet.place)
    parser = ParserCreate("utf-8", _SEPARATOR)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.data
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)  # noqa: FBT003  (its own)
    except (ExpatError, DefusedXmlException, ValueError) as error:
        raise DamagedMediaError(f"the XMP packet in {packet.place} is damaged: {error}") from error
    return tuple(reader.properties)


def _refuse_dtd(name: str, system: str | None, public: str | None, _has_subset: int) -> None:
    # Without one there are no entities either: nothing expands, and nothing is fetched.
    raise DTDForbidden(name, system, public)


class _PropertyReader:
    """Collects properties while expat walks."""

    def __init__(self, place: str) -> None:
        self.properties: list[XmpProperty] = []
        self._place = place
        self._elements = 0
        self._names: list[tuple[str, str]] = []
        self._texts: list[list[str]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > _MOST_ELEMENTS:
            raise ValueError(f"more than {_MOST_ELEMENTS} elements")
        if len(self._names) >= _DEPTH:
            raise ValueError(f"elements nested more than {_DEPTH} deep")
        namespace, name = _split(tag)
        # A container item takes the name of the property that holds the container.
        owner = self._names[-1] if namespace == RDF and self._names else (namespace, name)
        self._names.append(owner)
        self._texts.append([])
        for key, value in attributes.items():
            self._attribute(key, value)

    def data(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def end(self, tag: str) -> None:
        del tag
        namespace, name = self._names.pop()
        self._add(namespace, name, "".join(self._texts.pop()))

    def _attribute(self, key: str, value: str) -> None:
        namespace, name = _split(key)
        if (namespace, name) == (RDF, "resource"):
            self._add(*self._names[-1], value)
        elif namespace != _XML:
            self._add(namespace, name, value)

    def _add(self, namespace: str, name: str, value: str) -> None:
        value = value.strip()
        if not value or namespace == RDF or not namespace:
            return
        if len(self.properties) >= _MOST_PROPERTIES:
            raise ValueError(f"more than {_MOST_PROPERTIES} properties")
        self.properties.append(
            XmpProperty(place=self._place, namespace=namespace, name=name, value=value)
        )


def _split(tag: str) -> tuple[str, str]:
    namespace, separator, name = tag.partition(_SEPARATOR)
    return (namespace, name) if separator else ("", tag)
