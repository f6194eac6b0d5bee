"""USD: layers as text and crate, and packages of them."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.usd import layer, package
from provenance.errors import DamagedMediaError, MediaError
from provenance.media import _usda_text, _zip_first
from provenance.media.formats import identify
from provenance.media.source import BytesSource
from provenance.media.usd import Usd, Usdz
from provenance.model.metadata import ByteRange, Completeness

LAYER, PACKAGE = Usd(), Usdz()
PRIM = '\ndef "A"\n{\n}'


def read(metadata, rest=PRIM):
    return LAYER.read(BytesSource(f"#usda 1.0\n({metadata})\n{rest}".encode()))


def fields(contents):
    return [(found.place, found.key, found.value) for found in contents.fields]


def test_the_metadata_of_a_layer_is_read():
    contents = LAYER.read(BytesSource(layer()))
    assert fields(contents) == [
        ("usda", "comment", "Harbour, take 2"),
        ("usda/customLayerData", "note", "shot on the pier"),
        ("usda/customLayerData", "crew", "Jo"),
        ("usda/customLayerData", "crew", "Lee (2nd)"),
        ("usda/customLayerData/scan", "file name", 'pier "B".abc'),
        ("usda", "defaultPrim", "Harbour"),
        ("usda", "doc", "Blender v4.2.0"),
        ("usda", "upAxis", "Y"),
    ]
    assert contents.essence == (ByteRange(offset=0, length=len(layer())),)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"a"', "a"),
        ("'a\"b'", 'a"b'),
        ('""', ""),
        ('"""a\n"b" \\"""c"""', 'a\n"b" """c'),
        ("'''it's'''", "it's"),
        (r'"\n\t\\\"\x41\102\q"', '\n\t\\"ABq'),
        ('"é"', "é"),
        ('"(" # a comment ")', "("),
    ],
)
def test_a_text_is_read_as_it_is_quoted(written, value):
    contents = read(f"\n doc = {written}\n")
    assert contents.problems == ()
    assert fields(contents) == [("usda", "doc", value)]


def test_lists_references_and_operations_of_the_metadata_are_passed_over():
    contents = read(
        "\n subLayers = [ @a.usda@ (offset = 1; scale = 2), @@@b@c.usda@@@ ]\n"
        ' prepend apiSchemas = ["A", ["B"]]\n relocates = { </A>: </B> }\n'
        ' endTimeCode = 24\n doc = "last"\n'
    )
    assert contents.problems == ()
    assert [value for _, _, value in fields(contents)] == ["A", "B", "last"]


def test_what_prims_say_is_no_metadata_of_the_layer():
    said = 'def "A" (\n doc = "not the layer"\n)\n{\n custom string generator = "x"\n}'
    assert fields(read("", said)) == []
    bare = LAYER.read(BytesSource(b'#usda 1.0\ndef "A" (doc = "x") {}'))
    assert (fields(bare), bare.problems) == ([], ())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('#usda 1.0\n(\n doc = "a"', "inside its metadata"),
        ('#usda 1.0\n(\n doc = "a\n)', "does not end"),
        ("#usda 1.0\n( a } = 3 )", "is damaged"),
        ("#usda 1.0\n( a = [ ) )", "inside its metadata"),
        ('#usda 1.0\ndef "A" {', "inside a prim"),
        ('#usda 1.0\ndef "A" {}\ndef', "inside a prim"),
        ('#usda 1.0\ndef "A" {)', "closes another"),
        ('#usda 1.0\ndef "A" {}\n}', "closes another"),
        ('#usda 1.0\ndef "A" { a = "b }', "does not end"),
        ('#usda 1.0\n(doc = "a")', "holds nothing"),
        ("#usda 1.0\n", "holds nothing"),
    ],
)
def test_a_layer_that_does_not_close_is_truncated(text, problem):
    contents = LAYER.read(BytesSource(text.encode()))
    assert contents.completeness is Completeness.TRUNCATED
    assert problem in contents.problems[0]


def test_of_a_layer_too_large_to_be_walked_metadata_and_end_are_read(monkeypatch):
    monkeypatch.setattr(_usda_text, "LARGEST_TEXT", 600)
    assert LAYER.read(BytesSource(layer(100) + b"\n\n")).problems == ()
    assert LAYER.read(BytesSource(layer(100)[:-20])).problems == ("the layer ends inside a prim",)
    monkeypatch.setattr(_usda_text, "LARGEST_TEXT", 100)
    assert LAYER.read(BytesSource(layer(100))).completeness is Completeness.TRUNCATED


def test_more_than_is_read_of_the_metadata_is_a_problem(monkeypatch):
    monkeypatch.setattr(_usda_text, "_MOST_FIELDS", 3)
    contents = LAYER.read(BytesSource(layer()))
    assert len(contents.fields) == 3
    assert "larger than what is read" in contents.problems[0]


def test_the_corpus_layer_is_whole_and_declares_nothing(corpus):
    data = (corpus / "post/3d/UtahTeapot.usd").read_bytes()
    contents = identify(data[:8192], "").read(BytesSource(data))
    assert contents.problems == ()
    assert {key for _, key, _ in fields(contents)} <= {"defaultPrim", "upAxis", "doc"}


def test_the_first_layer_of_a_package_is_read():
    data = package(("harbour.USDA", layer()), ("pier.png", b"\x89PNG"))
    contents = PACKAGE.read(BytesSource(data))
    assert contents.problems == ()
    assert contents.fields == LAYER.read(BytesSource(layer())).fields
    assert contents.essence == (ByteRange(offset=0, length=len(data)),)


def test_a_comment_of_an_archive_is_no_damage():
    data = package(("a.usda", layer()))[:-2] + struct.pack("<H", 30) + b"PK\5\6" + b"c" * 26
    assert PACKAGE.read(BytesSource(data)).problems == ()


def test_only_an_archive_that_begins_with_a_plain_layer_is_a_package():
    assert PACKAGE.score(package(("a.usda", layer())), "") == 3
    for data in (
        package(("a.png", b""), ("b.usda", layer())),
        package(("a.usda", layer()), method=8),
        package(("a.usda", layer()), flags=1),
        b"PK\3\4",
    ):
        assert PACKAGE.score(data, ".zip") == 0
        assert PACKAGE.score(data, ".usdz") == 1
    contents = PACKAGE.read(BytesSource(package(("a.usda", layer()), method=8)))
    assert "was not read" in contents.problems[0]


def changed(data, at, *, value):
    return data[:at] + value + data[at + len(value) :]


GOOD = package(("a.usda", layer()), ("b.png", b"\x89PNG"))
ENTRIES = GOOD.index(b"PK\1\2")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (GOOD[:-1], "before its directory"),
        (GOOD[: ENTRIES + 10], "before its directory"),
        (changed(GOOD, 0, value=b"PK\3\5"), "like an archive"),
        (changed(GOOD, ENTRIES + 46, value=b"x"), "names another first file"),
        (changed(GOOD, ENTRIES + 42, value=b"\1"), "names another first file"),
        (changed(GOOD, ENTRIES + 20, value=b"\0\0"), "another size"),
        (changed(GOOD, ENTRIES, value=b"PK\1\3"), "is damaged"),
        (changed(GOOD, len(GOOD) - 12, value=b"\xff"), "ends early"),
        (changed(GOOD, len(GOOD) - 10, value=b"\xff\xff\xff"), "claims a directory"),
    ],
)
def test_an_archive_that_contradicts_itself_is_truncated(data, problem):
    contents = PACKAGE.read(BytesSource(data))
    assert contents.completeness is Completeness.TRUNCATED
    assert problem in contents.problems[0]


def test_a_first_file_that_runs_into_the_next_is_not_read():
    data = package(("a.usda", layer()), ("b.png", b"\x89PNG"), flags=8)
    lying = changed(data, data.index(b"PK\1\2") + 20, value=struct.pack("<I", 50_000))
    assert "runs into the next" in PACKAGE.read(BytesSource(lying)).problems[0]
    assert PACKAGE.read(BytesSource(data)).problems == ()


def test_a_directory_too_large_to_be_read_is_a_problem(monkeypatch):
    monkeypatch.setattr(_zip_first, "_MOST_DIRECTORY", 10)
    assert "claims a directory" in PACKAGE.read(BytesSource(GOOD)).problems[0]


def test_what_is_no_layer_is_damaged():
    for data in (b"", b"#usd 1.0", b"PXR-USD", b"#USDA 1.0"):
        assert LAYER.score(data, ".txt") == 0
        with pytest.raises(DamagedMediaError):
            LAYER.read(BytesSource(data))


def survives(fmt, data):
    fmt.score(data[:8192], "")
    try:
        contents = fmt.read(BytesSource(data))
        assert all(0 <= part.offset <= part.end <= len(data) for part in contents.essence)
    except MediaError:
        pass


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="()[]{}\"'@#=,;\\ \nax", max_size=60), st.binary(max_size=30))
def test_random_content_is_survived(text, rest):
    survives(LAYER, b"#usda 1.0\n(" + text.encode() + rest)
    survives(LAYER, b"PXR-USDC" + rest)
    survives(PACKAGE, b"PK\3\4" + rest)
    survives(PACKAGE, GOOD[:-22] + rest)
