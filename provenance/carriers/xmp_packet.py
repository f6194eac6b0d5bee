"""The tag as XMP properties: readable in Bridge, Premiere and exiftool, and by us.

Our properties stand in one `rdf:Description` of our own, put in as text, so that every other byte
of a foreign packet stays what it was. Standard properties are written only where the packet has
none: another's statement is never overwritten. `prov:Wrote` lists those we did write, so that a
declaration of ours is never taken for one of the generator's.
"""

import re
from collections.abc import Iterable

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media.xmp import RDF, decode_packet, parse_packet
from provenance.model.metadata import XmpPacket, XmpProperty
from provenance.model.tag import NOTICE, ProvenanceTag

NAMESPACE = "https://ns.provenance.local/tag/1.0/"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_LABEL = "TEMPORARY"
_PREFIXES = {_IPTC: "Iptc4xmpExt", _XMP: "xmp", _PHOTOSHOP: "photoshop"}
_MOST_NAMES = 16
_WHITE_SPACE = " " * 99 + "\n"
_EMPTY_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    f'<rdf:RDF xmlns:rdf="{RDF}">\n'
    "</rdf:RDF>\n</x:xmpmeta>\n" + _WHITE_SPACE * 4 + '<?xpacket end="w"?>'
)
# The lookahead and the lookbehind keep hostile text from costing more than one pass.
_OURS = re.compile(
    r"<rdf:Description (?=[^<>]*?xmlns:prov=\"" + re.escape(NAMESPACE) + r"\")[^<>]*/>\n"
)
_RDF_END = re.compile(r"</([A-Za-z_][\w.-]*):RDF\s*>")
_ABOUT = re.compile(
    r"<[\w.-]+:Description\b[^<>]*?(?<![\w.-])[\w.-]+:about\s*=\s*(\"[^\"<]*\"|'[^'<]*')"
)


def find_tag(properties: Iterable[XmpProperty]) -> ProvenanceTag | None:
    """Return the tag the properties hold, or None; one that cannot be parsed is none."""
    for found in properties:
        if found.namespace == NAMESPACE and found.name == "Record":
            try:
                return ProvenanceTag.from_json(found.value)
            except ValueError:
                continue
    return None


def foreign_properties(properties: Iterable[XmpProperty]) -> tuple[XmpProperty, ...]:
    """Return the properties that others wrote.

    Ours is what `prov:Wrote` lists, and only where a tag of ours stands in the same packet and
    the words are those we write: a list alone must not silence another's declaration.
    """
    everything = tuple(properties)
    ours = set().union(*(_written(everything, place) for place in _places(everything)))
    return tuple(
        found for found in everything if found.namespace != NAMESPACE and found not in ours
    )


def _places(properties: tuple[XmpProperty, ...]) -> set[str]:
    return {found.place for found in properties if found.namespace == NAMESPACE}


def _written(properties: tuple[XmpProperty, ...], place: str) -> set[XmpProperty]:
    """Return the standard properties that stand at this place because we wrote them."""
    here = tuple(found for found in properties if found.place == place)
    tag = find_tag(here)
    if tag is None:
        return set()
    listed = {
        name
        for found in here
        if (found.namespace, found.name) == (NAMESPACE, "Wrote")
        for name in found.value.split()
    }
    words = {
        XmpProperty(place=place, namespace=namespace, name=name, value=value)
        for (namespace, name), value in _standard(tag).items()
        if f"{_PREFIXES[namespace]}:{name}" in listed
    }
    return words.intersection(here)


def packet_with(tag: ProvenanceTag, packet: XmpPacket | None) -> bytes:
    """Return the packet with this tag in it, or a new one.

    Raises CarrierError if the packet is damaged or has no place for a description: it is then
    somebody else's and stays as it is.
    """
    base = decode_packet(_EMPTY_PACKET.encode() if packet is None else _without(packet))
    others = _parsed(base.encode(base.text))
    ends = list(_RDF_END.finditer(base.text))
    if not ends:
        raise CarrierError("the XMP packet has no rdf:RDF to add to; it is left as it is")
    at = ends[-1].start()
    edited = base.text[:at] + _description(tag, others, base.text) + base.text[at:]
    result = base.encode(edited)
    if find_tag(_parsed(result)) != tag:
        raise CarrierError("the tag does not read back from the XMP packet; it is left as it is")
    return result


def packet_without(packet: XmpPacket) -> bytes | None:
    """Return the packet without our description, or None if nothing but ours is in it."""
    data = _without(packet)
    return None if decode_packet(data).text == _EMPTY_PACKET else data


def _without(packet: XmpPacket) -> bytes:
    try:
        text = decode_packet(packet.data)
    except DamagedMediaError as error:
        raise CarrierError(f"{error}; it is left as it is") from error
    rest = text.encode(_OURS.sub("", text.text))
    return _without_merged(rest) if NAMESPACE in text.text else rest


def _without_merged(data: bytes) -> bytes:
    """Return the packet without properties of ours that another tool merged into its own.

    Such tools write a packet anew, as elements or as attributes. Where cutting does not take out
    ours and nothing but ours, the packet is returned as it is.
    """
    text = decode_packet(data)
    before = _parsed(data)
    tag = find_tag(before)
    ours = _ours(before, set(_standard(tag).values()) if tag else set())
    names = {f"{_PREFIXES.get(found.namespace, 'prov')}:{found.name}" for found in ours}
    cut = text.text
    for name in sorted(map(re.escape, names))[:_MOST_NAMES]:
        cut = re.sub(rf"<{name}(?:\s[^<>]*)?(?:/>|>[^<]*</{name}\s*>)", "", cut)
        cut = re.sub(rf"\s{name}\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')", "", cut)
    result = text.encode(cut)
    return result if _parsed(result) == tuple(f for f in before if f not in ours) else data


def _ours(properties: tuple[XmpProperty, ...], values: set[str]) -> set[XmpProperty]:
    """Return what is in our namespace, and what `prov:Wrote` lists and still says our words."""
    listed = set(properties) - set(foreign_properties(properties))
    return {f for f in listed if f.namespace == NAMESPACE or f.value in values}


def _parsed(data: bytes) -> tuple[XmpProperty, ...]:
    try:
        return parse_packet(XmpPacket(place="", data=data))
    except DamagedMediaError as error:
        raise CarrierError(f"{error}; it is left as it is") from error


def _standard(tag: ProvenanceTag) -> dict[tuple[str, str], str]:
    return {
        (_IPTC, "DigitalSourceType"): tag.source_type.uri,
        (_XMP, "Label"): _LABEL,
        (_PHOTOSHOP, "Instructions"): NOTICE,
    }


def _description(tag: ProvenanceTag, others: tuple[XmpProperty, ...], text: str) -> str:
    taken = {(found.namespace, found.name) for found in others}
    written = {
        f"{_PREFIXES[namespace]}:{name}": value
        for (namespace, name), value in _standard(tag).items()
        if (namespace, name) not in taken
    }
    about = _ABOUT.search(text)
    attributes = {
        "rdf:about": about.group(1)[1:-1] if about else "",
        "xmlns:rdf": RDF,
        **{f"xmlns:{prefix}": uri for uri, prefix in _PREFIXES.items()},
        "xmlns:prov": NAMESPACE,
        "prov:Status": "temporary",
        "prov:AssetId": tag.asset_id,
        "prov:Wrote": " ".join(written),
        **written,
        "prov:Record": tag.to_json(),
    }
    body = "".join(f"\n  {name}={_quoted(name, value)}" for name, value in attributes.items())
    return f"<rdf:Description {body.lstrip()}/>\n"


def _quoted(name: str, value: str) -> str:
    if name == "rdf:about":  # copied from the packet, so already escaped there
        value = value.replace(">", "&gt;")  # legal there, but `_OURS` would not see past it
        return f'"{value}"' if '"' not in value else f"'{value}'"
    from xml.sax.saxutils import quoteattr  # noqa: PLC0415  (it imports HTTP and TLS)

    return quoteattr(value, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;", '"': "&quot;"})
