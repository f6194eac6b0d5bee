"""XMP packets: every way a property can stand, every encoding, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import DamagedMediaError
from provenance.media import xmp as xmp_module
from provenance.media.xmp import decode_packet, parse_packet, parse_packets
from provenance.model.metadata import XmpPacket

DC = "http://purl.org/dc/elements/1.1/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

ALTERNATIVE = '<{0}:Alt><{0}:li xml:lang="x-default">image/png</{0}:li></{0}:Alt>'
QUALIFIED = "<{0}:Description><{0}:value>image/png</{0}:value></{0}:Description>"


def described(properties="", attributes="", prefix="rdf", about=""):
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:dc="{DC}"><{prefix}:RDF'
        f' xmlns:{prefix}="{RDF}"><{prefix}:Description {prefix}:about="{about}" {attributes}>'
        f"{properties}</{prefix}:Description></{prefix}:RDF></x:xmpmeta>"
    )


def parsed(packet):
    data = packet.encode() if isinstance(packet, str) else packet
    return parse_packet(XmpPacket(place="here", data=data))


def values(packet):
    return [(found.namespace, found.name, found.value) for found in parsed(packet)]


@pytest.mark.parametrize("prefix", ["rdf", "r", "RDF-1.0"])
@pytest.mark.parametrize(
    ("properties", "attributes"),
    [
        ("<dc:format>image/png</dc:format>", ""),
        ("<dc:format> image/png\n</dc:format>", ""),
        ("", 'dc:format="image/png"'),
        ("", "dc:format='image/png'"),
        ('<dc:format {0}:resource="image/png"/>', ""),
        ("<dc:format><{0}:Bag><{0}:li>image/png</{0}:li></{0}:Bag></dc:format>", ""),
        (f"<dc:format>{ALTERNATIVE}</dc:format>", ""),
        ("<dc:format><![CDATA[image/png]]></dc:format>", ""),
        (f"<dc:format>{QUALIFIED}</dc:format>", ""),
    ],
)
def test_a_property_reads_the_same_however_it_stands(prefix, properties, attributes):
    packet = described(properties.format(prefix), attributes, prefix)
    assert values(packet) == [(DC, "format", "image/png")]


def test_every_item_of_a_container_is_a_value():
    items = "".join(f"<rdf:li>{name}</rdf:li>" for name in ("a", "b", ""))
    packet = described(f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>")
    assert values(packet) == [(DC, "subject", "a"), (DC, "subject", "b")]


def test_a_property_knows_the_place_of_its_packet():
    packet = described("<dc:format>x</dc:format>").encode()
    (found,) = parse_packet(XmpPacket(place="png/iTXt", data=packet))
    assert found.place == "png/iTXt"


def test_names_without_a_namespace_are_no_properties():
    assert values('<plain format="x">text</plain>') == []


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_every_encoding_is_read_and_written_back(encoding, mark):
    text = described("<dc:title>Grüße ☂</dc:title>")
    data = ("\ufeff" * mark + text).encode(encoding)
    assert values(data) == [(DC, "title", "Grüße ☂")]
    decoded = decode_packet(data)
    assert decoded.text == text
    assert decoded.encode(decoded.text) == data


def test_an_encoding_that_a_declaration_claims_is_not_believed():
    packet = "<?xml version='1.0' encoding='utf-16'?>" + described("<dc:title>ü</dc:title>")
    assert values(packet) == [(DC, "title", "ü")]


@pytest.mark.parametrize("around", ["\0\0", " \r\n\t", "\ufeff"])
def test_padding_around_a_packet_is_left_out(around):
    packet = around + described("<dc:title>a</dc:title>") + around
    assert values(packet.encode()) == [(DC, "title", "a")]


BOMB = "<!DOCTYPE x [" + "".join(
    f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(9)
)


@pytest.mark.parametrize(
    "packet",
    [
        "",
        "no xml",
        "<x:xmpmeta>",
        described() + "<x/>",
        "<!DOCTYPE x><x/>",
        BOMB + "]><x>&e8;</x>",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        "<x>&unknown;</x>",
        b"<x>\xff\xfe</x>",
        "<x>ü</x>".encode("utf-16-le")[:-1],
        b"<x\0\0</x>",
    ],
)
@pytest.mark.timeout(20)
def test_a_packet_that_is_damaged_or_dangerous_is_refused(packet):
    with pytest.raises(DamagedMediaError):
        parsed(packet)


def test_a_packet_200_000_deep_is_refused_in_a_moment():
    for deep in ("<a>" * 200_000, "<a>" * 200_000 + "</a>" * 200_000):
        with pytest.raises(DamagedMediaError, match="deep"):
            parsed(deep)


def test_depth_that_honest_packets_have_is_read():
    inner = "<dc:a>" * 58 + "<dc:b>deep</dc:b>" + "</dc:a>" * 58
    assert (DC, "b", "deep") in values(described(inner))


def test_a_packet_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(xmp_module, "_LARGEST", 1000)
    with pytest.raises(DamagedMediaError, match="1001 bytes was not read"):
        parsed(b" " * 1001)


def test_more_properties_than_any_packet_has_are_refused(monkeypatch):
    monkeypatch.setattr(xmp_module, "_MOST_PROPERTIES", 3)
    assert len(parsed(described("<dc:a>x</dc:a>" * 3))) == 3
    with pytest.raises(DamagedMediaError, match="more than 3 properties"):
        parsed(described("<dc:a>x</dc:a>" * 4))


def test_more_elements_than_any_packet_has_are_refused(monkeypatch):
    monkeypatch.setattr(xmp_module, "_MOST_ELEMENTS", 5)
    parsed(described("<dc:a/>" * 2))
    with pytest.raises(DamagedMediaError, match="more than 5 elements"):
        parsed(described("<dc:a/>" * 3))


def test_a_damaged_packet_does_not_hide_the_next():
    packets = [
        XmpPacket(place="a", data=b"<broken"),
        XmpPacket(place="b", data=described("<dc:title>t</dc:title>").encode()),
    ]
    properties, problems = parse_packets(packets)
    assert [found.value for found in properties] == ["t"]
    assert [problem.split(":")[0] for problem in problems] == ["the XMP packet in a is damaged"]


@given(data=st.binary(max_size=80))
def test_any_bytes_end_in_properties_or_damage(data):
    try:
        properties = parsed(data)
    except DamagedMediaError:
        return
    assert isinstance(properties, tuple)


@given(value=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_any_text_reads_back(value):
    escaped = value.replace("&", "&amp;").replace("<", "&lt;")
    found = values(described(f"<dc:title>{escaped}</dc:title>"))
    assert [text for *_, text in found] == [value.strip()] * bool(value.strip())


def test_more_packets_than_any_honest_file_has_are_a_problem():
    packets = [
        XmpPacket(place="jxl/xml", data=described(attributes='dc:source="a"').encode())
    ] * 2000
    properties, problems = parse_packets(packets)
    assert len(properties) == 1024
    assert problems == ("the file has more than 1024 XMP packets",)
