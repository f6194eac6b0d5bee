"""USD crates: the texts of their fields, found through their tables."""

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.usd import package
from fixtures.usd_crate import crate, integers, packed, sections
from provenance.errors import DamagedMediaError, MediaError
from provenance.media import _usdc_crate
from provenance.media._lz4 import unpack
from provenance.media.formats import identify
from provenance.media.source import BytesSource
from provenance.media.usd import Usd, Usdz
from provenance.model.metadata import ByteRange, Completeness

LAYER = Usd()
SAID = {
    "documentation": "Blender v4.2.0 é",
    "upAxis": "Y",
    "customLayerData": {
        "note": "pier",
        "crew": ["Jo", "Lee"],
        "take": 2,
        "empty": {},
        "scan": {"file name": "a.abc"},
    },
}
GOOD = crate(SAID)


def read(data):
    return LAYER.read(BytesSource(data))


def fields(contents):
    return [(found.place, found.key, found.value) for found in contents.fields]


def test_the_texts_of_a_crate_are_read_wherever_it_is():
    expected = [
        ("usdc", "documentation", "Blender v4.2.0 é"),
        ("usdc/customLayerData", "note", "pier"),
        ("usdc/customLayerData", "crew", "Jo"),
        ("usdc/customLayerData", "crew", "Lee"),
        ("usdc/customLayerData/scan", "file name", "a.abc"),
    ]
    assert identify(GOOD, ".bin").name == "usd"
    contents = read(GOOD)
    assert (fields(contents), contents.problems) == (expected, ())
    assert contents.essence == (ByteRange(offset=0, length=len(GOOD)),)
    zipped = Usdz().read(BytesSource(package(("a.usdc", GOOD))))
    assert (fields(zipped), zipped.problems) == (expected, ())


@pytest.mark.parametrize("number", [0, 1, 2, 300, 70_000])
def test_a_name_is_found_however_many_words_stand_before_it(number):
    words = [f"word{index}" for index in range(number)]
    said = {"comment": "seen", "zoom": 1, "customData": {"a": "b"}}
    contents = read(crate(said, words=words))
    assert fields(contents) == [("usdc", "comment", "seen"), ("usdc/customData", "a", "b")]


@pytest.mark.parametrize(
    ("block", "value"),
    [
        (packed(b"harbour" * 50), b"harbour" * 50),
        (b"\0\x2fab\2\0\x0a", b"ab" + b"ab" * 14 + b"a"),
        (b"\0\x20ab\1\0\x10c", b"abbbbbc"),
        (b"\0\x40pier\4\0\0", b"pierpier"),
        (b"\2\3\0\0\0\x20ab\2\0\0\0\x10c", b"abc"),
        (b"\0", b""),
    ],
)
def test_a_block_is_unpacked(block, value):
    assert unpack(block, 400) == value


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\0\xf0",
        b"\0\x50ab",
        b"\0\x20ab\3\0\0",
        b"\0\x20ab\0\0\0",
        b"\0\x20ab\1",
        b"\0\x2fab\1\0" + b"\xff" * 9 + b"\0",
        packed(b"a" * 500),
        b"\2\2\0\0\0\x10a\5\0\0\0\x20b\2\0\0",
    ],
)
def test_a_block_that_makes_no_sense_is_damaged(block):
    with pytest.raises(DamagedMediaError):
        unpack(block, 400)


def table(names, values, *, claimed=None):
    packed_names, packed_values = packed(integers(names)), packed(values)
    return (
        struct.pack("<2Q", len(names) if claimed is None else claimed, len(packed_names))
        + packed_names
        + struct.pack("<Q", len(packed_values))
        + packed_values
    )


def with_field(value, *, name=0, words=b"comment\0", texts=b"\0", number=1, claimed=None):
    """Return a crate of one field, each of its tables as it is told."""
    squeezed = packed(words)
    return sections(
        ("TOKENS", struct.pack("<3Q", number, len(words), len(squeezed)) + squeezed),
        ("STRINGS", struct.pack("<QI", 1, 0) + texts),
        ("FIELDS", table([name], struct.pack("<Q", value), claimed=claimed)),
    )


TEXT = 1 << 62 | 10 << 48
DICTIONARY = {"words": b"customData\0"}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (with_field(TEXT | 9), "no text 9"),
        (with_field(1 << 62 | 11 << 48 | 9), "no word 9"),
        (with_field(TEXT, name=5), "no word 5"),
        (with_field(TEXT, number=7), "not the 7 words"),
        (with_field(TEXT, number=1 << 40), "was not read"),
        (with_field(TEXT, claimed=1 << 40), "was not read"),
        (with_field(TEXT, claimed=3), "ot the 3 fields"),
        (with_field(1 << 63 | 10 << 48 | 1 << 40), "inside a structure"),
        (with_field(31 << 48 | 1 << 40, **DICTIONARY), "inside a structure"),
        (with_field(31 << 48 | 88, **DICTIONARY), ""),
        (sections(), "no table"),
        (sections(("TOKENS", bytes(24))), "ends early"),
        (sections(("STRINGS", b"")), "no section TOKENS"),
        (sections(("TOKENS", b"")), "ends early"),
        (GOOD[:16] + struct.pack("<q", -5) + GOOD[24:], "no table"),
        (GOOD[:16] + struct.pack("<q", 1 << 60) + GOOD[24:], "inside a structure"),
        (GOOD[:-8] + struct.pack("<q", 1 << 60), "outside it"),
        (GOOD[:-1], "inside a structure"),
    ],
)
def test_a_crate_that_contradicts_itself_is_truncated(data, problem):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert problem in contents.problems[0]


def test_a_version_that_was_never_tried_is_said_not_to_be_read():
    for version in ((0, 6), (0, 99), (1, 8)):
        (problem,) = read(sections(version=version)).problems
        assert "is not read" in problem


def test_more_than_is_read_is_a_problem(monkeypatch):
    monkeypatch.setattr(_usdc_crate, "_MOST_VALUES", 4)
    assert "more than 4 texts" in read(GOOD).problems[0]
    monkeypatch.setattr(_usdc_crate, "_LARGEST", 30)
    assert "was not read" in read(GOOD).problems[0]


def test_a_long_word_that_many_fields_point_to_is_a_problem():
    long = "x" * (6 << 20)
    contents = read(crate({"customData": {f"key{number}": long for number in range(2000)}}))
    assert len(contents.fields) == 2
    assert "larger than what is read" in contents.problems[0]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes_are_survived(flips):
    changed = bytearray(GOOD)
    for at, value in flips:
        changed[8 + at % (len(changed) - 8)] = value
    try:
        contents = read(bytes(changed))
        assert all(part.end <= len(GOOD) for part in contents.essence)
    except MediaError:
        pass


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 500))
def test_random_blocks_are_survived(data, limit):
    with contextlib.suppress(DamagedMediaError):
        assert len(unpack(data, limit)) <= limit
