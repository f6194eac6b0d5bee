"""What the screen must do: call dull no field and no packet that any rule has an eye on."""

import json
import tracemalloc
from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.packets import labelled, packet
from provenance.carriers.xmp_packet import NAMESPACE
from provenance.glances.screen import Screen
from provenance.media.xmp import parse_packet
from provenance.model.metadata import MetadataField, XmpPacket, XmpProperty
from provenance.signals._keys import plain_key
from provenance.signals.kinds import SIGNAL_RULES, words_of_property, words_under
from tests.glancing import make_screen

FIELDS = [
    pytest.param(found, id=f"{rule.rule_id}-{number}-{place}")
    for rule in SIGNAL_RULES.values()
    for number, example in enumerate(rule.examples)
    for place, found in enumerate(example.contents.fields)
    if words_under(found.key)
]
"""The fields of every example, but those that only stand by the one a rule fires on."""
PROPERTIES = [
    pytest.param(example.properties, id=f"{rule.rule_id}-{number}")
    for rule in SIGNAL_RULES.values()
    for number, example in enumerate(rule.examples)
    if example.properties and not example.contents.fields
]
SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    lambda key: f" {key}\t",
    lambda key: f"TXXX:{key}",
    lambda key: f"----:com.apple.iTunes:{key}",
    lambda key: f"com.apple.quicktime.{key}",
    lambda key: f"{key}\0",
    lambda key: f"/{key}/",
)
PIECES = [
    *("<p:Source>", "</p:Source>", "<p:x>", "</p:x>", "<p:x/>", "<!---->", "<?x?>", "/>"),
    *("&#71;", "&amp;", "<![CDATA[oo]]>", "Goo", "gle", "Google", "G", "oo", " ", "\n"),
]
ROOM = 8 << 20
OPEN = 'xmlns:p="{namespace}" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'


@pytest.fixture
def screen() -> Screen:
    return make_screen()


def document(namespace: str, content: str) -> bytes:
    """Return a packet with this content in its description, `p` standing for the namespace."""
    opened = OPEN.format(namespace=escape(namespace, {'"': "&quot;"}))
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {opened}>{content}</rdf:RDF></x:xmpmeta>'
    ).encode()


def spelled(found: XmpProperty) -> dict[str, bytes]:
    """Return packets that hold a property, in all ways in which one may stand there."""
    name, namespace, value = f"p:{found.name}", found.namespace, found.value
    text, coded = escape(value), "".join(f"&#{ord(character)};" for character in value)
    half = len(value) // 2
    ahead, behind = escape(value[:half]), escape(value[half:])
    about = "<rdf:Description>{}</rdf:Description>".format
    contents = {
        "element": about(f"<{name}>{text}</{name}>"),
        "attribute": f"<rdf:Description {name}={quoteattr(value)}/>",
        "reference": about(f"<{name}>{coded}</{name}>"),
        "coded attribute": f'<rdf:Description {name}="{coded}"/>',
        "item": about(f"<{name}><rdf:Bag><rdf:li>{text}</rdf:li></rdf:Bag></{name}>"),
        "resource": about(f"<{name} rdf:resource={quoteattr(value)}/>"),
        "section": about(f"<{name}>{ahead}<![CDATA[{value[half:]}]]></{name}>"),
        "comment": about(f"<{name}>{ahead}<!-- -->{behind}</{name}>"),
        "instruction": about(f"<{name}>{ahead}<?x y?>{behind}</{name}>"),
        "element inside": about(f"<{name}>{ahead}<p:x/>{behind}</{name}>"),
        "elements inside": about(f"<{name}>{ahead}<p:x>y</p:x>{behind}</{name}>"),
        "beneath": about(f"<p:a><p:b><{name}>{text}</{name}></p:b></p:a>"),
        "structure": about(f'<p:a rdf:parseType="Resource"><{name}>{text}</{name}></p:a>'),
    }
    return {how: document(namespace, content) for how, content in contents.items()}


@pytest.mark.parametrize("found", FIELDS)
def test_a_field_that_a_rule_fires_on_is_not_dull(found: MetadataField, screen: Screen) -> None:
    keys = {spell(found.key) for spell in SPELLINGS}
    for key in keys:
        # Datasets of IIM keep their numbers, and have no other spelling.
        if plain_key(key) == plain_key(found.key):
            for value in (found.value, f" {found.value}\n", f"{found.value}\0"):
                assert not screen.is_dull(key, value.encode())
                assert not screen.is_dull(key.encode(), value.encode())
            assert not screen.is_dull_key(key)


@pytest.mark.parametrize("properties", PROPERTIES)
def test_a_packet_that_a_rule_fires_on_is_not_dull(
    properties: tuple[XmpProperty, ...], screen: Screen
) -> None:
    telling = [found for found in properties if words_of_property(found.namespace, found.name)]
    assert telling
    for found in telling:
        for how, data in spelled(found).items():
            read = parse_packet(XmpPacket(place=found.place, data=data))
            is_there = any(
                (one.name, one.value) == (found.name, found.value.strip()) for one in read
            )
            assert is_there or how in ("attribute", "resource"), how
            for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
                again = data.decode().encode(encoding)
                assert not screen.is_dull_packet(again), (how, encoding)
                assert not screen.is_dull_packet(b"\xef\xbb\xbf" + again), (how, encoding)


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=12))
def test_a_dull_packet_holds_no_word_that_anybody_looks_for(pieces: list[str]) -> None:
    data = document("http://ns.adobe.com/photoshop/1.0/", "<p:y>" + "".join(pieces) + "</p:y>")
    if make_screen().is_dull_packet(data):
        for found in parse_packet(XmpPacket(place="", data=data)):
            words = words_of_property(found.namespace, found.name)
            assert words is None or not any(word in found.value for word in words)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 700), new=st.binary(max_size=3), cut=st.integers(0, 3))
def test_a_damaged_packet_is_not_dull(at: int, new: bytes, cut: int) -> None:
    whole = packet("<xmp:CreatorTool>Desk</xmp:CreatorTool>", 'xmp:Rating="4"')
    data = whole[:at] + new + whole[at + cut :]
    if make_screen().is_dull_packet(data):
        parse_packet(XmpPacket(place="", data=data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"no markup",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x/>',
        b'<x xmlns="a}b"/>',
        b"<x>\xff</x>",
        b"<x>&a;</x>",
        b"<x>" * 70 + b"</x>" * 70,
        b"<x>" * 64 + b"<x/>" + b"</x>" * 64,
        b"<x/>\xef\xbb\xbf<y/>",
        b"\0" + labelled(),
        b"\0\0\0" + labelled(),
    ],
)
def test_a_packet_that_a_full_reading_calls_damaged_is_not_dull(
    data: bytes, screen: Screen
) -> None:
    assert not screen.is_dull_packet(data)


@pytest.mark.parametrize(
    "data",
    [
        labelled(),
        packet("<dc:source>Reel 12</dc:source>"),
        packet("<dc:source>M&amp;E</dc:source>", 'xmp:CreatorTool="Desk&#xA;4"'),
        packet("".join(f"<dc:x{number}>a</dc:x{number}>" for number in range(100))),
        b"\r\n" + labelled() + b"\n" * 2000 + b"\0\0",
    ],
)
def test_an_everyday_packet_is_dull(data: bytes, screen: Screen) -> None:
    assert screen.is_dull_packet(data)
    assert screen.is_dull_packet(data)


def test_a_screen_that_met_very_many_names_still_tells_them_apart(screen: Screen) -> None:
    for number in range(5000):
        assert screen.is_dull(f"key {number}", b"{")
        if number % 50 == 0:
            names = "".join(f"<dc:n{number + one}>a</dc:n{number + one}>" for one in range(50))
            assert screen.is_dull_packet(packet(names))
        screen.keep(b"run %d" % number)
    assert not screen.is_dull("prompt", json.dumps({"3": {"class_type": "x"}}).encode())
    assert not screen.is_dull_packet(packet("<dc:source>Made with Google AI</dc:source>"))
    assert screen.knows(b"run 4999")
    assert not screen.knows(b"run 1")


def test_our_own_tag_is_not_dull(screen: Screen) -> None:
    for key in ("provenance", "TXXX:Provenance", "----:com.apple.iTunes:provenance"):
        assert not screen.is_dull(key, b'{"schema": "provenance-tag"}')
    assert not screen.is_dull_packet(document(NAMESPACE, '<rdf:Description p:Record="x"/>'))


def test_a_screen_takes_little_memory_whatever_it_met(screen: Screen) -> None:
    tracemalloc.start()
    try:
        for number in range(300):
            assert screen.is_dull(b"k" * 60_000 + b"%d" % number, b"{")
            name = "n" * 60_000 + str(number)
            assert screen.is_dull_packet(packet(f"<dc:{name}/>"))
        assert tracemalloc.get_traced_memory()[0] < ROOM
    finally:
        tracemalloc.stop()
