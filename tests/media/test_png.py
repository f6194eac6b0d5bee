"""PNG: chunks, texts and the lies they tell."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from fixtures.png import chunk, encode, with_chunks
from provenance.errors import DamagedMediaError
from provenance.media import png as png_module
from provenance.media.interface import MAX_TEXT
from provenance.media.png import Png
from provenance.media.source import BytesSource
from provenance.model.metadata import Completeness
from tests.media_samples import carry_out, essence_of, is_sound, packets_in_slot, with_packet

PNG = Png()
PLAIN = encode()
KEYWORD = b"XML:com.adobe.xmp\0"


def read(data):
    return PNG.read(BytesSource(data))


def texts(data):
    return [(field.place, field.key, field.value) for field in read(data).fields]


def test_the_magic_outranks_the_suffix():
    assert PNG.score(PLAIN, ".jpg") == 3
    assert PNG.score(b"\x89PNG\r\n", ".apng") == 1
    assert PNG.score(b"", ".jpg") == 0


def test_texts_of_all_three_kinds_are_read():
    data = with_chunks(
        chunk(b"tEXt", b"Title\0Gr\xfc\xdfe"),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress("Grüße".encode())),
        chunk(b"iTXt", "Author\0\0\0de\0Autor\0Jürgen".encode()),
        chunk(b"iTXt", b"Source\0\1\0\0\0" + zlib.compress(b"reel 12")),
    )
    assert texts(data) == [
        ("png/tEXt", "Title", "Grüße"),
        ("png/zTXt", "Comment", "Grüße"),
        ("png/iTXt", "Author", "Jürgen"),
        ("png/iTXt", "Source", "reel 12"),
    ]


def test_a_text_without_a_keyword_is_no_text():
    data = with_chunks(chunk(b"tEXt", b"no separator"))
    assert texts(data) == []
    assert is_sound(read(data))


@pytest.mark.parametrize(
    "body",
    [
        b"Comment\0\0not zlib at all",
        b"Comment\0\0" + zlib.compress(b"cut short")[:-3],
    ],
)
def test_a_compressed_text_that_is_damaged_is_a_problem(body):
    contents = read(with_chunks(chunk(b"zTXt", body)))
    assert contents.fields == ()
    assert "the zTXt chunk Comment: " in contents.problems[0]


def test_a_bomb_is_a_problem_and_expands_to_nothing():
    bomb = zlib.compress(bytes(MAX_TEXT + 1), 9)
    contents = read(with_chunks(chunk(b"iTXt", KEYWORD + b"\1\0\0\0" + bomb)))
    assert contents.xmp == ()
    assert "expands beyond what is read" in contents.problems[0]


def test_more_text_than_is_read_from_one_file_is_a_problem():
    large = chunk(b"tEXt", b"Comment\0" + b"x" * (MAX_TEXT - 8))
    contents = read(with_chunks(large, chunk(b"tEXt", b"Title\0Harbour")))
    assert [len(field.value) for field in contents.fields] == [MAX_TEXT - 8]
    assert contents.problems == ("a tEXt chunk of 13 bytes was not read",)


def test_a_packet_that_is_compressed_is_read_and_replaced():
    packed = KEYWORD + b"\1\0\0\0" + zlib.compress(b"<old/>")
    data = with_chunks(chunk(b"iTXt", packed))
    assert [packet.data for packet in read(data).xmp] == [b"<old/>"]
    assert packets_in_slot(PNG, with_packet(PNG, data, b"<new/>")) == [b"<new/>"]


def test_the_packet_stands_behind_ihdr_with_a_right_checksum():
    data = with_packet(PNG, PLAIN, b"<x/>")
    (length,) = struct.unpack(">I", data[33:37])
    body = data[37 : 41 + length]
    assert body == b"iTXt" + KEYWORD + b"\0\0\0\0<x/>"
    assert struct.unpack(">I", data[41 + length : 45 + length]) == (zlib.crc32(body),)
    assert Image.open(BytesIO(data)).info["xmp"] == b"<x/>"


def test_a_text_beside_the_packet_stays():
    data = with_chunks(chunk(b"iTXt", b"XML:com.adobe.xmpish\0\0\0\0\0note"))
    assert texts(with_packet(PNG, data, b"<x/>")) == texts(data)


def test_a_manifest_store_is_found_and_taken_out_alone():
    data = with_chunks(chunk(b"caBX", b"a store"), chunk(b"tEXt", b"Title\0Harbour"))
    (store,) = read(data).c2pa
    assert data[store.offset : store.end] == b"a store"
    without = carry_out(PNG.plan_without_c2pa(BytesSource(data)), data)
    assert without == with_chunks(chunk(b"tEXt", b"Title\0Harbour"))


def test_what_follows_iend_stays_and_is_no_essence():
    data = PLAIN + b"trailer"
    assert is_sound(read(data))
    assert with_packet(PNG, data, None) == data
    assert essence_of(PNG, data) == essence_of(PNG, PLAIN)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (PLAIN[:-12], "before its IEND chunk"),
        (PLAIN[:-2], "inside its IEND chunk"),
        (PLAIN[:40], "before its IEND chunk"),
        (PLAIN[:50], "inside its IDAT chunk"),
        (PLAIN[:33] + struct.pack(">I4s", 99, b"ab\xffc"), r"inside its ab\xffc chunk"),
    ],
)
def test_a_file_that_ends_early_is_truncated_and_never_planned(data, words):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert words in contents.problems[0]
    for plan in (PNG.plan_without_c2pa, lambda source: PNG.plan_xmp(source, b"<x/>")):
        with pytest.raises(DamagedMediaError):
            plan(BytesSource(data))


def test_other_magic_is_damage():
    with pytest.raises(DamagedMediaError, match="magic"):
        read(b"\x89PNX\r\n\x1a\n" + PLAIN[8:])


def test_a_file_of_nothing_but_chunks_is_given_up(monkeypatch):
    monkeypatch.setattr(png_module, "MAX_STEPS", 10)
    with pytest.raises(DamagedMediaError, match="more than 10 chunks"):
        read(with_chunks(*[chunk(b"teST", b"")] * 10))


def test_decoding_hangs_on_nothing_but_the_essence():
    assert PNG.decoding_map(BytesSource(PLAIN)) == b""
