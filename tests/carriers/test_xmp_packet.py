"""Our properties in packets of every kind, foreign ones kept to the byte."""

import contextlib
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.carriers.xmp_packet import (
    NAMESPACE,
    find_tag,
    foreign_properties,
    packet_with,
    packet_without,
)
from provenance.errors import CarrierError
from provenance.media.xmp import decode_packet, parse_packet
from provenance.model.metadata import XmpPacket, XmpProperty
from provenance.model.tag import NOTICE
from tests.carriers.drafting import LATER, TAG

DC = "http://purl.org/dc/elements/1.1/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
URI = TAG.source_type.uri
WROTE = "Iptc4xmpExt:DigitalSourceType xmp:Label photoshop:Instructions"


def packet(
    attributes: str = "", *, prefix: str = "rdf", about: str = '""', inside: str = ""
) -> bytes:
    return (
        f'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<{prefix}:RDF xmlns:{prefix}="{RDF}"><{prefix}:Description {prefix}:about={about}'
        f' xmlns:dc="{DC}" xmlns:xmp="http://ns.adobe.com/xap/1.0/" {attributes}>'
        f"<dc:title>Grüße ☂</dc:title>{inside}</{prefix}:Description></{prefix}:RDF></x:xmpmeta>\n"
        f'     <?xpacket end="w"?>'
    ).encode()


def of(data: bytes) -> XmpPacket:
    return XmpPacket(place="here", data=data)


def properties(data: bytes) -> tuple[XmpProperty, ...]:
    return parse_packet(of(data))


def value(data: bytes, name: str) -> list[str]:
    return [found.value for found in properties(data) if found.name == name]


FOREIGN = {
    "plain": packet(),
    "another prefix": packet(prefix="r"),
    "about a document": packet(about='"uuid:1"'),
    "about in single quotes": packet(about="'say \"x\"'"),
    "about with a greater sign": packet(about='"a>b&amp;c"'),
    "single quotes": packet("dc:format='image/png'"),
    "utf-16-le": ("\ufeff" + packet().decode()).encode("utf-16-le"),
    "utf-16-be without mark": packet().decode().encode("utf-16-be"),
    "utf-8 with mark": b"\xef\xbb\xbf" + packet(),
    "no white space": packet().replace(b"\n     ", b""),
    "spaced end tag": packet().replace(b"</rdf:RDF>", b"</rdf:RDF \n>"),
}
each_foreign = pytest.mark.parametrize("data", FOREIGN.values(), ids=list(FOREIGN))


@pytest.mark.parametrize("data", [None, *FOREIGN.values()], ids=["none", *FOREIGN])
def test_a_tag_reads_back_from_every_packet(data: bytes | None) -> None:
    foreign = None if data is None else of(data)
    tagged = packet_with(TAG, foreign)
    assert find_tag(properties(tagged)) == TAG
    later = packet_with(LATER, of(tagged))
    assert find_tag(properties(later)) == LATER
    assert packet_with(TAG, of(later)) == tagged
    assert packet_without(of(tagged)) == data


@each_foreign
def test_what_others_wrote_stays_to_the_byte(data: bytes) -> None:
    tagged = packet_with(TAG, of(data))
    assert list(foreign_properties(properties(tagged))) == list(properties(data))
    encoding = "utf-16" if data.startswith(b"\xff\xfe") else "utf-8"
    if data in (FOREIGN["plain"], FOREIGN["utf-16-le"]):
        text, end = data.decode(encoding), "</rdf:RDF>"
        assert tagged.decode(encoding).startswith(text[: text.index(end)])
        assert tagged.decode(encoding).endswith(text[text.index(end) :])


@each_foreign
def test_our_description_is_about_what_theirs_is_about(data: bytes) -> None:
    text = decode_packet(packet_with(TAG, of(data))).text
    abouts = re.findall(r":about=(\"[^\"]*\"|'[^']*')", text)
    assert len(abouts) == 2
    assert abouts[0].replace(">", "&gt;") == abouts[1]


def test_an_editor_sees_label_instructions_and_source_type() -> None:
    tagged = packet_with(TAG, None)
    assert value(tagged, "Label") == ["TEMPORARY"]
    assert value(tagged, "Instructions") == [NOTICE]
    assert value(tagged, "DigitalSourceType") == [URI]
    assert value(tagged, "Wrote") == [WROTE]
    assert value(tagged, "Status") == ["temporary"]


def test_what_stands_there_is_not_overwritten_and_not_said_to_be_ours() -> None:
    theirs = f'xmp:Label="Select" xmlns:i="{IPTC}" i:DigitalSourceType="digitalCapture"'
    tagged = packet_with(TAG, of(packet(theirs)))
    assert value(tagged, "Label") == ["Select"]
    assert value(tagged, "DigitalSourceType") == ["digitalCapture"]
    assert value(tagged, "Wrote") == ["photoshop:Instructions"]
    foreign = [found.name for found in foreign_properties(properties(tagged))]
    assert foreign == ["Label", "DigitalSourceType", "title"]


def test_what_we_wrote_is_ours_in_its_own_packet_only() -> None:
    ours = parse_packet(XmpPacket(place="a", data=packet_with(TAG, None)))
    theirs = XmpProperty(place="b", namespace=IPTC, name="DigitalSourceType", value=URI)
    assert foreign_properties((*ours, theirs)) == (theirs,)


def test_a_packet_of_nothing_but_ours_goes_with_the_tag() -> None:
    assert packet_without(of(packet_with(TAG, None))) is None
    assert packet_without(of(packet())) == packet()


@given(
    reasons=st.lists(st.text(max_size=12), max_size=3),
    tool=st.text(max_size=12),
    title=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
)
def test_any_text_of_a_tag_reads_back_from_a_packet(
    reasons: list[str], tool: str, title: str
) -> None:
    tag = replace(TAG, reasons=tuple(reasons), tool=tool)
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").encode()
    foreign = packet().replace("Grüße ☂".encode(), escaped)
    tagged = packet_with(tag, of(foreign))
    assert find_tag(properties(tagged)) == tag
    assert packet_without(of(tagged)) == foreign


# Packets that another tool wrote anew


def merged(data: bytes, *, as_elements: bool) -> bytes:
    """Return the packet as an editor saves it: one description, ours merged into it."""
    text = data.decode()
    ours = re.search(r"<rdf:Description [^<>]*xmlns:prov=[^<>]*/>\n", text)
    assert ours
    rest = text.replace(ours[0], "")
    named = re.findall(r'\n  ([\w:]+)=("[^"]*")', ours[0])
    spaces = " ".join(f"{name}={quoted}" for name, quoted in named if name.startswith("xmlns:"))
    own = [pair for pair in named if not pair[0].startswith(("xmlns:", "rdf:"))]
    if as_elements:
        elements = "".join(f"<{name}>{quoted[1:-1]}</{name}>" for name, quoted in own)
        rest = rest.replace("<dc:title>", elements + "<dc:title>")
    else:
        spaces += "".join(f"\n   {name}={quoted}" for name, quoted in own)
    # The description declares this prefix itself, and twice is not allowed.
    rest = rest.replace(' xmlns:xmp="http://ns.adobe.com/xap/1.0/"', "")
    return rest.replace("<rdf:Description ", f"<rdf:Description {spaces} ", 1).encode()


@pytest.mark.parametrize("as_elements", [True, False])
def test_a_packet_written_anew_by_another_tool_still_yields_the_tag(*, as_elements: bool) -> None:
    resaved = merged(packet_with(TAG, of(packet())), as_elements=as_elements)
    assert find_tag(properties(resaved)) == TAG
    assert list(foreign_properties(properties(resaved))) == list(properties(packet()))


@pytest.mark.parametrize("as_elements", [True, False])
def test_a_packet_written_anew_can_be_tagged_again_and_cleaned(*, as_elements: bool) -> None:
    resaved = merged(packet_with(TAG, of(packet())), as_elements=as_elements)
    again = packet_with(LATER, of(resaved))
    assert find_tag(properties(again)) == LATER
    assert value(again, "AssetId") == [LATER.asset_id]
    cleaned = packet_without(of(resaved))
    assert cleaned is not None
    assert properties(cleaned) == properties(packet())


def test_a_word_of_ours_that_an_editor_changed_is_theirs_afterwards() -> None:
    resaved = merged(packet_with(TAG, of(packet())), as_elements=True)
    edited = resaved.replace(b">TEMPORARY<", b">Select<")
    cleaned = packet_without(of(edited))
    assert cleaned is not None
    assert value(cleaned, "Label") == ["Select"]
    assert value(cleaned, "Instructions") == []


def test_a_packet_with_our_words_under_another_prefix_is_left_as_it_is() -> None:
    resaved = merged(packet_with(TAG, of(packet())), as_elements=True).replace(b"prov:", b"ns1:")
    resaved = resaved.replace(b"xmlns:prov=", b"xmlns:ns1=")
    assert find_tag(properties(resaved)) == TAG
    assert packet_without(of(resaved)) == resaved
    with pytest.raises(CarrierError, match="does not read back"):
        packet_with(LATER, of(resaved))


def test_a_tag_of_a_later_kind_is_left_where_it_cannot_be_read() -> None:
    later = packet(f'xmlns:prov="{NAMESPACE}" prov:Record="{{}}" prov:Mood="x"')
    assert find_tag(properties(later)) is None
    cleaned = packet_without(of(later))
    assert cleaned is not None
    assert properties(cleaned) == properties(packet())


# Packets that are refused


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xff<", "is not utf-8"),
        (b"no xml", "is damaged"),
        (packet()[:-60], "is damaged"),
        (b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", "has no rdf:RDF"),
        (packet().replace(b"<x:", b"<!DOCTYPE x [<!ENTITY e 'ha'>]><x:", 1), "is damaged"),
        (packet() + b"<!-- </rdf:RDF> -->", "does not read back"),
    ],
)
def test_a_packet_that_is_not_understood_is_left_as_it_is(data: bytes, words: str) -> None:
    with pytest.raises(CarrierError, match=f"{words}.*; it is left as it is"):
        packet_with(TAG, of(data))


def test_taking_our_tag_out_of_damage_is_refused() -> None:
    for data in (b"\xff\xff<", packet_with(TAG, of(packet()))[:-40] + b"<"):
        with pytest.raises(CarrierError):
            packet_without(of(data))


@pytest.mark.parametrize(
    "data",
    [
        packet("dc:a='" + "w.w-" * 1_000_000 + "'"),
        packet(inside=f"<!-- <rdf:Description {f'xmlns:prov={NAMESPACE!r} ' * 50_000} -->").replace(
            b"'", b'"'
        ),
        b"<a>" * 200_000,
    ],
    ids=["words", "comment", "deep"],
)
def test_hostile_text_takes_a_moment_and_no_more(data: bytes) -> None:
    with contextlib.suppress(CarrierError):
        packet_without(of(packet_with(TAG, of(data))))
