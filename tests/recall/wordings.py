"""How a packet or a text says AI: the ways writers have, and those that hide from a search."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fixtures.packets import labelled, packet
from provenance.carriers.xmp_packet import packet_with
from provenance.model.digest import Digest
from provenance.model.source_type import DigitalSourceType
from provenance.model.tag import DeclaredBy, ProvenanceTag

_TRAINED, _CAMERA = "trainedAlgorithmicMedia", "digitalCapture"
_DST = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PADDING = (" " * 99 + "\n") * 20

AI_TEXT = (
    "a fishing harbour at dawn\nNegative prompt: people\n"
    "Steps: 24, Sampler: DPM++ 2M, CFG scale: 6.5, Seed: 1234567, Model: harbourMix_v2"
)
"""The settings of a diffusion run, as web interfaces write them."""
HARMLESS_TEXT = (
    "a fishing harbour at dawn\nNegative scanned: 12\n"
    "Steps: take the second left, Sampler: Jo, Scale: 6.5, Speed: 1234567, Model: harbour"
)
"""A caption of the same shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A way to write a packet."""

    name: str
    bake: Callable[[bool], bytes]
    """Returns the packet; whether it says AI."""
    is_utf_8: bool = True
    is_ours: bool = False
    """Whether it is our tag, not another's declaration."""


def _term(is_ai: bool) -> str:  # noqa: FBT001  (as `Packet.bake`)
    return _TRAINED if is_ai else _CAMERA


def _element(value: str, more: str = "") -> bytes:
    name = "Iptc4xmpExt:DigitalSourceType"
    return packet(f"<{name}{more}>{value}</{name}>")


def _of_uri(write: Callable[[str], bytes]) -> Callable[[bool], bytes]:
    return lambda is_ai: write(_DST + _term(is_ai))


def _entities(text: str) -> str:
    return "".join(f"&#{ord(letter)};" for letter in text)


def _attribute(uri: str) -> bytes:
    return packet(attributes=f'Iptc4xmpExt:DigitalSourceType="{uri}"')


def _resource(uri: str) -> bytes:
    return packet(f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{uri}"/>')


def _bag(uri: str) -> bytes:
    return _element(f"<rdf:Bag><rdf:li>{uri}</rdf:li></rdf:Bag>")


def _value(uri: str) -> bytes:
    return _element(f"<rdf:Description><rdf:value>{uri}</rdf:value></rdf:Description>")


def _foreign_prefix(uri: str) -> bytes:
    described = f"<q:Description q:about=''><z:DigitalSourceType>{uri}</z:DigitalSourceType>"
    return f"<q:RDF xmlns:q='{_RDF}' xmlns:z='{_IPTC}'>{described}</q:Description></q:RDF>".encode()


def _namespace_in_entities(uri: str) -> bytes:
    """Return a packet in which not even the namespace can be searched for."""
    return _foreign_prefix(uri).replace(_IPTC.encode(), _entities(_IPTC).encode())


def _declared_late(uri: str) -> bytes:
    own = f'<z:DigitalSourceType xmlns:z="{_IPTC}">{uri}</z:DigitalSourceType>'
    return packet(own)


def _spaced(uri: str) -> bytes:
    return packet(f"<Iptc4xmpExt:DigitalSourceType\n\t rdf:resource\n =\t'{uri}'\n/>")


def _padded(uri: str) -> bytes:
    return _element(uri).replace(b"<?xpacket end", _PADDING.encode() + b"<?xpacket end")


def _padded_in_front(uri: str) -> bytes:
    return packet(f"{_PADDING}<dc:format>image</dc:format>{_PADDING}").replace(
        b"</rdf:Description>",
        f"<Iptc4xmpExt:DigitalSourceType>{uri}</Iptc4xmpExt:DigitalSourceType>"
        "</rdf:Description>".encode(),
    )


def _without_wrapper(uri: str) -> bytes:
    """Return a packet that is nothing but RDF."""
    text = _element(uri)
    return text[text.index(b"<rdf:RDF") : text.index(b"</x:xmpmeta>")]


def _second_description(uri: str) -> bytes:
    more = f"<Iptc4xmpExt:DigitalSourceType>{uri}</Iptc4xmpExt:DigitalSourceType>"
    second = f"<rdf:Description rdf:about=''>{more}</rdf:Description></rdf:RDF>"
    return labelled().replace(b"</rdf:RDF>", second.encode())


def _bare_term(is_ai: bool) -> bytes:  # noqa: FBT001  (as `Packet.bake`)
    return _element(_term(is_ai))


def _encoded(encoding: str, mark: str = "\ufeff") -> Callable[[bool], bytes]:
    return lambda is_ai: (mark + _element(_DST + _term(is_ai)).decode()).encode(encoding)


def _tag(is_ai: bool) -> bytes:  # noqa: FBT001  (as `Packet.bake`)
    return packet_with(TAG, None) if is_ai else labelled()


TAG = ProvenanceTag(
    asset_id="urn:uuid:0b0c7d1e-3a52-4a44-8c0d-6a5b1f2e3d4c",
    source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
    declared_by=DeclaredBy.PERSON,
    reasons=("the unit said so",),
    essence_digest=Digest("sha256:" + "0" * 64),
    tagged_at=datetime(2026, 11, 3, 9, 0, tzinfo=UTC),
    tool="provenance/1.0",
)
"""A tag that was copied from another file."""

_BY_URI: Mapping[str, Callable[[str], bytes]] = {
    "element": _element,
    "attribute": _attribute,
    "resource": _resource,
    "bag": _bag,
    "value": _value,
    "CDATA": lambda uri: _element(f"<![CDATA[{uri}]]>"),
    "entities": lambda uri: _element(_entities(uri)),
    "entities in an attribute": lambda uri: _attribute(_entities(uri)),
    "hexadecimal entity": lambda uri: _element(uri.replace("/d", "&#x2F;d")),
    "foreign prefix": _foreign_prefix,
    "namespace in entities": _namespace_in_entities,
    "namespace on the element": _declared_late,
    "spaced": _spaced,
    "padded": _padded,
    "padded in front": _padded_in_front,
    "bare RDF": _without_wrapper,
    "second description": _second_description,
    "comment inside": lambda uri: _element(f"<!-- term -->{uri}"),
}
PACKETS: tuple[Packet, ...] = (
    *(Packet(name=name, bake=_of_uri(write)) for name, write in _BY_URI.items()),
    Packet(name="bare term", bake=_bare_term),
    Packet(name="UTF-8 with a mark", bake=_encoded("utf-8")),
    Packet(name="UTF-16 BE", bake=_encoded("utf-16-be"), is_utf_8=False),
    Packet(name="UTF-16 LE", bake=_encoded("utf-16-le"), is_utf_8=False),
    Packet(name="UTF-16 LE without a mark", bake=_encoded("utf-16-le", ""), is_utf_8=False),
    Packet(name="UTF-32 LE", bake=_encoded("utf-32-le"), is_utf_8=False),
    Packet(name="our tag", bake=_tag, is_ours=True),
    Packet(
        name="our tag in UTF-16",
        bake=lambda is_ai: ("\ufeff" + _tag(is_ai).decode()).encode("utf-16-be"),
        is_utf_8=False,
        is_ours=True,
    ),
)
"""Every way."""


def _text(encoding: str, mark: str = "") -> Callable[[bool], bytes]:
    return lambda is_ai: (mark + (AI_TEXT if is_ai else HARMLESS_TEXT)).encode(encoding)


TEXTS: Mapping[str, Callable[[bool], bytes]] = {
    "plain": _text("utf-8"),
    "UTF-16 BE": _text("utf-16-be"),
    "UTF-16 LE": _text("utf-16-le"),
    "UTF-16 with a mark": _text("utf-16-le", "\ufeff"),
    "UTF-16 BE with a mark": _text("utf-16-be", "\ufeff"),
}
"""The ways to encode a text."""
