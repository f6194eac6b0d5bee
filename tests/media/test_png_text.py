"""What a PNG says besides its text chunks: Exif, raw profiles, private chunks, trailers."""

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.png import chunk, encode, with_chunks
from provenance.errors import MediaError
from provenance.media import png as png_module
from provenance.media._inflate import inflate
from provenance.media.interface import MAX_TEXT, TextBudget
from provenance.media.png import Png
from provenance.media.source import BytesSource
from tests.counting_source import CountingSource
from tests.exif_samples import MAKE, USER_COMMENT, dataset, exif, resource, text
from tests.media_samples import essence_of, is_sound, packets_in_slot, with_packet

PLAIN = encode()
BLOCK_COST = 4096
BLOCK = exif(text(MAKE, b"Ideogram AI"), beneath=[text(USER_COMMENT, b"ASCII\0\0\0note", 7)])
CREDIT = dataset(2, 110, b"Made with Google AI")
EXIF_TEXTS = [
    ("png/Exif/IFD0", "Make", "Ideogram AI"),
    ("png/Exif/ExifIFD", "UserComment", "note"),
]
IIM_TEXTS = [("png/IIM", "2:110", "Made with Google AI")]


def read(data):
    return Png().read(BytesSource(data))


def texts(data):
    contents = read(data)
    assert is_sound(contents)
    return [(field.place, field.key, field.value) for field in contents.fields]


def hexed(data, name=b"exif"):
    digits = data.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return b"\n%s\n%8d\n%s\n" % (name, len(data), lines)


def profile(kind, data, name=b"exif"):
    return chunk(b"tEXt", b"Raw profile type " + kind + b"\0" + hexed(data, name))


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_exif_has_a_chunk_of_its_own_before_or_after_the_picture(prefix):
    part = chunk(b"eXIf", prefix + BLOCK)
    assert texts(with_chunks(part)) == EXIF_TEXTS
    assert texts(PLAIN[:-12] + part + PLAIN[-12:]) == EXIF_TEXTS


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (b"exif", b"Exif\0\0" + BLOCK, EXIF_TEXTS),
        (b"exif", BLOCK, EXIF_TEXTS),
        (b"APP1", b"Exif\0\0" + BLOCK, EXIF_TEXTS),
        (b"app1", BLOCK, EXIF_TEXTS),
        (b"iptc", CREDIT, IIM_TEXTS),
        (b"iptc", resource(0x0404, CREDIT), IIM_TEXTS),
        (b"8bim", resource(0x0404, CREDIT), IIM_TEXTS),
        (b"8bim", b"Photoshop 3.0\0" + resource(0x0404, CREDIT), IIM_TEXTS),
    ],
)
@pytest.mark.parametrize("name", [b"exif", b"generic profile", b""])
def test_raw_profiles_are_read_by_what_is_in_them(kind, data, expected, name):
    assert texts(with_chunks(profile(kind, data, name))) == expected


def test_raw_profiles_may_be_compressed_or_international():
    keyword = b"Raw profile type exif\0"
    packed = chunk(b"zTXt", keyword + b"\0" + zlib.compress(hexed(BLOCK)))
    other = chunk(b"iTXt", keyword + b"\1\0\0\0" + zlib.compress(hexed(BLOCK).upper()))
    assert texts(with_chunks(packed)) == texts(with_chunks(other)) == EXIF_TEXTS


@pytest.mark.parametrize(
    ("kind", "data"),
    [(b"xmp", b"<x/>"), (b"APP1", b"http://ns.adobe.com/xap/1.0/\0<x/>")],
)
def test_a_packet_in_a_raw_profile_is_read_and_stays_beside_ours(kind, data):
    sample = with_chunks(profile(kind, data))
    (packet,) = read(sample).xmp
    assert (packet.place, packet.data) == ("png/Raw profile", b"<x/>")
    written = with_packet(Png(), sample, b"<ours/>")
    assert packets_in_slot(Png(), written) == [b"<ours/>"]
    assert packet in read(written).xmp


@pytest.mark.parametrize(
    "value",
    [
        b"no digits",
        b"\nexif\n    4\nzzzz",
        b"\nexif\n    1\nabc",
        b"\nicc\n   2\nabcd",
        b"",
        b"\n" * 99,
    ],
)
def test_a_raw_profile_that_is_none_stays_a_text(value):
    data = with_chunks(chunk(b"tEXt", b"Raw profile type exif\0" + value))
    assert texts(data) == [("png/tEXt", "Raw profile type exif", value.decode())]


def test_comfyuis_private_chunk_is_read_behind_the_picture():
    data = PLAIN[:-12] + chunk(b"comf", b'prompt\0{"3": {}}') + chunk(b"comf", b"no key")
    assert texts(data + PLAIN[-12:]) == [("png/comf", "prompt", '{"3": {}}')]


def test_chunks_behind_the_end_are_read_and_change_nothing():
    trailer = (
        chunk(b"tEXt", b"parameters\0Steps: 20")
        + chunk(b"noTe", b"whatever")
        + chunk(b"eXIf", BLOCK)
        + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>")
    )
    data = PLAIN + trailer + b"and something else"
    assert texts(data) == [
        ("png/trailer/tEXt", "parameters", "Steps: 20"),
        ("png/trailer/Exif/IFD0", "Make", "Ideogram AI"),
        ("png/trailer/Exif/ExifIFD", "UserComment", "note"),
    ]
    assert [packet.place for packet in read(data).xmp] == ["png/trailer/iTXt"]
    assert essence_of(Png(), data) == essence_of(Png(), PLAIN)
    written = with_packet(Png(), data, b"<ours/>")
    assert written.endswith(trailer + b"and something else")
    assert packets_in_slot(Png(), written) == [b"<ours/>"]


@pytest.mark.parametrize(
    "trailer",
    [
        b"tEXt",
        b"\0\0\0\4t3Xt" + b"a\0bc" + bytes(4),
        b"\xff\xff\xff\xfftEXta\0b",
        b"\0" * 5000,
        chunk(b"tEXt", b"a\0b")[:-1],
    ],
)
def test_what_does_not_look_like_a_chunk_behind_the_end_is_left_alone(trailer):
    assert texts(PLAIN + trailer) == []


def test_very_many_chunks_behind_the_end_are_a_problem():
    contents = read(PLAIN + chunk(b"noTe", b"") * 1025)
    assert contents.problems == ("more than 1024 chunks follow IEND",)


def test_a_bomb_behind_the_end_is_a_problem():
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(MAX_TEXT + 1), 9))
    assert "expands beyond what is read" in read(PLAIN + bomb).problems[0]


def test_of_many_texts_that_inflate_too_far_few_are_inflated_and_plain_ones_are_read():
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(MAX_TEXT + 1), 9))
    small = chunk(b"zTXt", b"small\0\0" + zlib.compress(b"text"))
    plain = chunk(b"tEXt", b"a\0b")
    few, many = (read(with_chunks(bomb * count, small, plain)) for count in (2, 50))
    assert [field.key for field in few.fields] == ["small", "a"]
    assert [field.key for field in many.fields] == ["a"]
    for contents in (few, many):
        assert "expands beyond what is read" in contents.problems[0]


@pytest.mark.parametrize("end", [b"", b"garbage!"])
def test_what_is_unpacked_in_vain_ends_the_unpacking(end):
    packed = zlib.compress(bytes(MAX_TEXT), 9)[:-8] + end
    budget = TextBudget()
    for _ in range(8):
        with suppress(ValueError):
            assert inflate(packed, budget) is None
    assert (budget.unpackable, budget.left) == (0, MAX_TEXT)


def test_very_many_exif_chunks_are_not_all_read():
    data = with_chunks(chunk(b"eXIf", exif(text(MAKE, b"Ab\0"))) * 20_000)
    source = CountingSource(data)
    contents = Png().read(source)
    assert len(contents.fields) < MAX_TEXT // BLOCK_COST
    assert source.reads < 2 * 20_000
    assert contents.problems == ("more Exif directories than are read from one file",)


def test_a_raw_profile_of_nothing_but_line_ends_stays_a_text():
    data = with_chunks(chunk(b"tEXt", b"Raw profile type exif\0" + b"\n" * (8 << 20)))
    assert len(texts(data)) == 1


def test_a_long_profile_is_read_whole():
    graph = b"workflow:" + b"x" * (3 << 20)
    data = with_chunks(profile(b"exif", exif(text(MAKE, graph))))
    assert texts(data) == [("png/Exif/IFD0", "Make", graph.decode())]


def test_nothing_more_is_read_where_there_is_none_of_it(monkeypatch):
    def fail(*_, **__):
        pytest.fail("a file without texts and trailer was searched for them")

    monkeypatch.setattr(png_module, "read_text", fail)
    monkeypatch.setattr(png_module, "read_sef", fail)
    monkeypatch.setattr(png_module, "_collect_trailer", fail)
    assert is_sound(read(PLAIN))


SAMPLE = with_chunks(
    chunk(b"eXIf", BLOCK), profile(b"iptc", CREDIT), chunk(b"comf", b"prompt\0{}")
) + chunk(b"tEXt", b"a\0b")


@settings(deadline=None, max_examples=200)
@given(
    st.integers(8, len(SAMPLE)),
    st.dictionaries(st.integers(8, len(SAMPLE)), st.integers(0, 255), max_size=5),
)
def test_cuts_and_flips_raise_only_what_is_foreseen(length, flips):
    data = bytearray(SAMPLE)
    for at, value in flips.items():
        data[min(at, len(data) - 1)] = value
    try:
        contents = read(bytes(data[:length]))
    except MediaError:
        return
    for field in contents.fields:
        field.value.encode()


@given(st.binary(max_size=300))
def test_noise_behind_the_end_is_no_damage(noise):
    assert struct.pack(">I4s", 0, b"IEND") in PLAIN
    assert essence_of(Png(), PLAIN + noise) == essence_of(Png(), PLAIN)
