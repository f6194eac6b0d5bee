"""The trailer Samsung appends to pictures."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.jpeg import encode as jpeg
from fixtures.png import encode as png
from provenance.media._found import Found
from provenance.media._sef import read_sef
from provenance.media.interface import MAX_TEXT, TextBudget
from provenance.media.jpeg import Jpeg
from provenance.media.png import Png
from provenance.media.source import BytesSource
from tests.counting_source import CountingSource
from tests.exif_samples import sef
from tests.media_samples import essence_of, is_sound, with_packet

RE_EDIT = b'{"originalPath":"/data/a.jpg","genAIType":2}'
BLOCKS = (
    (0x0A01, b"Image_UTC_Data", b"1717171717171"),
    (0x0BA1, b"PhotoEditor_Re_Edit_Data", RE_EDIT),
    (0x0A30, b"MotionPhoto_Data", b"\0\0\0\x18ftypmp42" + bytes(5000)),
    (0x0D91, b"PEg_Info", b"\0" + b'{"genAIType":1}\0'),
)
TRAILER = sef(*BLOCKS)
TOLD = [
    ("PhotoEditor_Re_Edit_Data", RE_EDIT.decode()),
    ("PEg_Info", '{"genAIType":1}'),
]


def found_in(data, budget=None):
    found = Found(budget=budget or TextBudget())
    read_sef(BytesSource(data), "here", found)
    return found


@pytest.mark.parametrize(("fmt", "picture"), [(Jpeg(), jpeg()), (Png(), png())])
def test_blocks_of_json_are_fields_and_the_picture_stays_what_it_is(fmt, picture):
    data = picture + TRAILER
    contents = fmt.read(BytesSource(data))
    assert is_sound(contents)
    assert {field.place for field in contents.fields} == {f"{fmt.name}/trailer/SEF"}
    assert [(field.key, field.value) for field in contents.fields] == TOLD
    assert essence_of(fmt, data) == essence_of(fmt, picture)
    written = with_packet(fmt, data, b"<x/>")
    assert written.endswith(TRAILER)
    assert fmt.read(BytesSource(written)).fields == contents.fields


def test_a_long_block_is_read_whole():
    long = b'{"value":"' + b"x" * 70_000 + b'"}'
    assert [field.value.encode() for field in found_in(sef((1, b"PEg_Info", long))).fields] == [
        long
    ]


@pytest.mark.parametrize(
    "block", [b"", b"\0\0\1\0", struct.pack("<HHI", 0, 1, 999) + b"{}", bytes(4) + b"\xff" * 9]
)
def test_a_block_without_a_name_of_its_own_is_no_field(block):
    directory = b"SEFH" + struct.pack("<II", 106, 1)
    directory += struct.pack("<HHII", 0, 1, len(block), len(block))
    found = found_in(block + directory + struct.pack("<I", len(directory)) + b"SEFT")
    assert (found.fields, found.problems) == ([], [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"SEFT", "outside the file"),
        (b"\xff\xff\xff\xffSEFT", "outside the file"),
        (bytes(70_000) + struct.pack("<I", 69_000) + b"SEFT", "outside the file"),
        (b"SEFH" + struct.pack("<IIII", 106, 1, 9, 0)[:12] + b"SEFT", "outside the file"),
        (b"SEFX" + struct.pack("<III", 106, 0, 12) + b"SEFT", "no whole directory"),
        (b"SEFH" + struct.pack("<III", 106, 0xFFFFFFFF, 12) + b"SEFT", "no whole directory"),
    ],
)
def test_a_directory_that_makes_no_sense_is_a_problem(data, words):
    found = found_in(data)
    assert found.fields == []
    assert words in found.problems[0]


@pytest.mark.parametrize(("back", "size"), [(0xFFFFFFFF, 9), (10, 11)])
def test_a_block_outside_the_trailer_is_a_problem_and_the_others_are_read(back, size):
    good = struct.pack("<HHI", 0, 1, 1) + b"n{}"
    directory = b"SEFH" + struct.pack("<IIHHIIHHII", 106, 2, 0, 1, back, size, 0, 1, 11, 11)
    found = found_in(good + directory + struct.pack("<I", len(directory)) + b"SEFT")
    assert [field.value for field in found.fields] == ["{}"]
    assert found.problems == ["a block of the SEF trailer lies outside it"]


def test_a_block_beyond_the_budget_is_a_problem():
    found = found_in(TRAILER, TextBudget(300))
    assert [field.key for field in found.fields] == ["PEg_Info"]
    assert found.problems == ["a block of the SEF trailer, 76 bytes, was not read"]


def test_very_many_entries_that_share_a_long_block_are_not_all_read():
    block = struct.pack("<HHI", 0, 1, 1) + b"n{" + b"x" * 50_000
    directory = b"SEFH" + struct.pack("<II", 106, 5000)
    directory += struct.pack("<HHII", 0, 1, len(block), len(block)) * 5000
    source = CountingSource(block + directory + struct.pack("<I", len(directory)) + b"SEFT")
    found = Found()
    read_sef(source, "here", found)
    assert found.problems == [f"a block of the SEF trailer, {len(block)} bytes, was not read"]
    assert source.bytes_read < 2 * MAX_TEXT


@settings(deadline=None, max_examples=200)
@given(
    st.integers(0, len(TRAILER)),
    st.dictionaries(st.integers(0, 200), st.integers(0, 255), max_size=5),
)
def test_cuts_and_flips_never_raise(cut, flips):
    data = bytearray(TRAILER[cut:] + b"\0")
    for at, value in flips.items():
        data[-1 - at % len(data)] = value
    for field in found_in(bytes(data)).fields:
        field.value.encode()
