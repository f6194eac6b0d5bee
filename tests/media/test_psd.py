import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fixtures.packets import source_type_as_attribute
from fixtures.psd import PACKED, document, planes, resource
from fixtures.raster import picture
from provenance.errors import CarrierError, DamagedMediaError, MediaError
from provenance.media._found import Found
from provenance.media._resources import read_resources
from provenance.media.interface import TextBudget
from provenance.media.psd import Psd
from provenance.media.source import BytesSource
from provenance.media.xmp import parse_packets
from provenance.model.metadata import ByteRange, Completeness
from provenance.model.reading import Reading
from provenance.signals.kinds import find_signals
from tests.exif_samples import MAKE, SOFTWARE, dataset, exif, text

PSD = Psd()
IIM, EXIF, EXIF_3, XMP = 1028, 1058, 1059, 1060
CREDIT = dataset(2, 110, b"Made with Google AI")
PACKET = source_type_as_attribute("trainedAlgorithmicMedia")
PIXELS = planes()[:, :4, :4]


def read(data):
    return PSD.read(BytesSource(data))


def essence(data):
    return [data[run.offset : run.end] for run in read(data).essence]


def rules_in(data):
    contents = read(data)
    properties, problems = parse_packets(contents.xmp)
    assert (contents.problems, problems) == ((), ())
    reading = Reading(format_name="psd", contents=contents, properties=properties)
    return [signal.rule for signal in find_signals(reading)]


@pytest.mark.parametrize(
    ("kind", "data", "rule"),
    [
        (IIM, CREDIT, "google-ai-credit"),
        (EXIF, exif(text(MAKE, b"Ideogram AI\0")), "ideogram-make"),
        (EXIF_3, exif(text(SOFTWARE, b"reve.com\0"), order="<"), "generator-software"),
        (XMP, PACKET, "iptc-source-type"),
    ],
    ids=["iim", "exif", "exif-3", "xmp"],
)
@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("name", [b"", b"a", b"ab", b"n" * 255])
def test_a_resource_that_tells_of_a_generator_is_a_signal(kind, data, rule, *, name, is_large):
    resources = resource(1005, b"odd", name) + resource(kind, data, name) + resource(1005, b"")
    made = document(PIXELS, resources=resources, layers=b"layers", is_large=is_large)
    assert rules_in(made) == [rule]
    assert rules_in(made.replace(b"8BIM", b"MeSa")) == [rule]
    assert rules_in(document(PIXELS, resources=resource(4000, data), is_large=is_large)) == []


@pytest.mark.parametrize("compression", [0, PACKED])
@pytest.mark.parametrize("is_large", [False, True])
def test_what_is_drawn_is_essence_and_what_is_told_is_not(compression, *, is_large):
    options = {"compression": compression, "is_large": is_large, "palette": b"p" * 768}
    bare = document(PIXELS[:1], layers=b"layers", **options)
    told = document(PIXELS[:1], layers=b"layers", resources=resource(IIM, CREDIT), **options)
    palette, layers, pixels = essence(bare)
    assert (palette, layers, pixels[:2]) == (b"p" * 768, b"layers", struct.pack(">H", compression))
    assert bare.endswith(pixels)
    assert essence(told) == essence(bare)
    assert essence(document(PIXELS[1:2], layers=b"layers", **options)) != essence(bare)
    assert essence(document(PIXELS[:1], layers=b"Layers", **options)) != essence(bare)


def test_the_samples_are_documents_to_another_reader():
    for compression in (0, PACKED):
        with Image.open(BytesIO(document(planes(), compression=compression))) as image:
            assert image.tobytes() == picture().tobytes()


@pytest.mark.parametrize("depth", [1, 8, 16, 32])
def test_a_row_is_as_long_as_its_depth_says(depth):
    row_length = (9 * depth + 7) // 8
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 2, 3, 9, depth, 3)
    data = header + bytes(12) + b"\0\0" + bytes(6 * row_length)
    assert read(data).problems == ()
    assert read(data + b"behind").trailer_length == 6
    assert read(data[:-1]).completeness is Completeness.TRUNCATED


@pytest.mark.parametrize("compression", [0, PACKED])
@pytest.mark.parametrize("is_large", [False, True])
def test_a_document_cut_anywhere_is_never_called_whole(compression, *, is_large):
    resources = resource(IIM, CREDIT)
    options = {"compression": compression, "is_large": is_large, "layers": b"layers"}
    data = document(PIXELS, resources=resources, **options)
    assert read(data).completeness is Completeness.WHOLE
    for length in range(6, len(data)):
        assert read(data[:length]).completeness is Completeness.TRUNCATED, length
        with pytest.raises(DamagedMediaError):
            PSD.plan_without_c2pa(BytesSource(data[:length]))


def test_what_is_found_before_the_cut_is_told():
    data = document(PIXELS, resources=resource(IIM, CREDIT))
    cut = read(data[:-1])
    assert [field.value for field in cut.fields] == ["Made with Google AI"]
    assert cut.problems == ("the file ends inside its picture",)


@pytest.mark.parametrize("compression", [2, 3, 9])
def test_a_picture_that_does_not_tell_its_end_is_a_problem(compression):
    data = bytearray(document(PIXELS))
    struct.pack_into(">H", data, 38, compression)
    assert read(bytes(data)).problems == (
        "the picture is compressed in a way that does not tell where it ends",
    )
    assert b"".join(essence(bytes(data))) == data[38:]


@pytest.mark.parametrize(
    ("resources", "problem"),
    [
        (b"8BIX" + resource(XMP, PACKET)[4:], "no resource"),
        (resource(IIM, CREDIT) + b"\0" * 8 + resource(XMP, PACKET), "no resource"),
        (resource(XMP, PACKET)[:-4], "end inside one"),
        (resource(XMP, bytes(17 << 20)), "was not read"),
        (resource(1005, b"") * 70_000, "more Photoshop resources"),
    ],
    ids=["unknown", "gap", "cut", "large", "many"],
)
def test_resources_that_are_not_read_are_a_problem_and_hide_nothing(resources, problem):
    contents = read(document(PIXELS, resources=resources))
    assert [problem in one for one in contents.problems] == [True]
    assert contents.completeness is Completeness.WHOLE
    assert contents.essence


def test_resources_behind_a_budget_that_is_used_up_are_a_problem():
    found = Found(budget=TextBudget(100))
    assert read_resources(BytesSource(resource(IIM, CREDIT)), "psd", found) > 0
    assert found.problems == ["more Photoshop resources than are read from one file"]
    assert found.fields == []


@pytest.mark.parametrize(
    "data",
    [b"", b"8BPS", b"8BPS\0\3" + document(PIXELS)[6:], b"8BPS\1\0" + document(PIXELS)[6:], b"RIFF"],
)
def test_what_begins_otherwise_is_damaged(data):
    assert PSD.score(data, ".psb") == 1
    assert PSD.score(data, "") == 0
    with pytest.raises(DamagedMediaError):
        read(data)


def test_a_document_without_pixels_is_not_whole():
    assert read(document(np.zeros((3, 0, 8), np.uint8))).problems == ("the document has no pixels",)


def test_a_document_is_never_written():
    source = BytesSource(document(PIXELS))
    with pytest.raises(CarrierError):
        PSD.plan_xmp(source, PACKET)
    assert PSD.plan_without_c2pa(source) == [ByteRange(offset=0, length=source.size)]


def test_documents_of_the_corpus_are_whole_and_end_where_their_picture_does(corpus):
    found = sorted(path for path in corpus.rglob("*.ps[db]"))
    assert found
    for path in found:
        contents = read(path.read_bytes())
        properties, problems = parse_packets(contents.xmp)
        assert (contents.problems, problems, contents.trailer_length) == ((), (), 0), path
        assert properties, path
        assert any(field.place == "psd/Exif/IFD0" for field in contents.fields), path


GOOD = document(
    PIXELS, resources=resource(XMP, PACKET) + resource(IIM, CREDIT), compression=PACKED, layers=b"x"
)


def survives(data):
    PSD.score(data, ".psd")
    try:
        contents = read(data)
        assert all(0 <= run.offset <= run.end <= len(data) for run in contents.essence)
    except MediaError:
        pass


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes_are_survived(flips):
    mutable = bytearray(GOOD)
    for at, value in flips:
        mutable[at % len(GOOD)] = value
    survives(bytes(mutable))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_behind_the_magic_are_survived(rest):
    survives(b"8BPS\0\1" + rest)
    survives(b"8BPS\0\2" + rest)
    survives(document(PIXELS, resources=rest))
