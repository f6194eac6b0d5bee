"""IIM datasets, alone and in Photoshop's resources."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.media._found import Found
from provenance.media._iim import read_iim
from provenance.media._resources import read_resources
from provenance.media.interface import MAX_TEXT, TextBudget
from provenance.media.source import BytesSource
from tests.counting_source import CountingSource
from tests.exif_samples import MAKE, dataset, exif, resource, text

CREDIT = dataset(2, 110, b"Made with Google AI")
BLOCK_COST, DATASET_COST = 4096, 256


def found_in(data, budget=None):
    found = Found(budget=budget or TextBudget())
    read_iim(data, "here", found)
    return found


def resources(data, budget=None):
    found = Found(budget=budget or TextBudget())
    read_resources(BytesSource(data), "here", found)
    return found


def texts(found):
    return [(field.place, field.key, field.value) for field in found.fields]


def test_datasets_are_fields_under_record_and_number():
    data = dataset(2, 0, b"\0\4") + dataset(2, 5, b"Title\0 ") + CREDIT + dataset(1, 20, b"x")
    assert texts(found_in(data)) == [
        ("here/IIM", "2:05", "Title"),
        ("here/IIM", "2:110", "Made with Google AI"),
    ]


def test_texts_are_in_the_encoding_that_is_said_or_guessed():
    latin = dataset(2, 120, "Größe".encode("latin-1"))
    utf8 = dataset(2, 120, "Größe".encode())
    cut = dataset(2, 120, "Größe ü".encode()[:-1])
    said = dataset(1, 90, b"\x1b%G")
    assert [field.value for field in found_in(latin + utf8).fields] == ["Größe", "Größe"]
    assert [field.value for field in found_in(said + utf8 + cut).fields] == [
        "Größe",
        "Größe \ufffd",
    ]
    assert [field.value for field in found_in(dataset(1, 90, b"\x1b.A") + latin).fields] == [
        "Größe"
    ]


def test_empty_datasets_previews_and_padding_are_no_fields():
    data = dataset(2, 25, b"") + dataset(2, 202, b"\xff\xd8\xff") + dataset(2, 40, b"  ") + bytes(3)
    found = found_in(data)
    assert (found.fields, found.problems) == ([], [])


def test_a_long_dataset_says_its_length_in_more_bytes():
    long = struct.pack(">BBBHI", 0x1C, 2, 120, 0x8004, 40_000) + b"x" * 40_000
    assert [len(field.value) for field in found_in(long + CREDIT).fields] == [40_000, 19]


@pytest.mark.parametrize(
    "data",
    [
        CREDIT[:-1],
        CREDIT + b"\x1c\2",
        struct.pack(">BBBH", 0x1C, 2, 110, 0x8004) + b"\0\0",
        struct.pack(">BBBHI", 0x1C, 2, 110, 0x8004, 0xFFFFFFFF) + b"text",
        struct.pack(">BBBH", 0x1C, 2, 110, 0xFFFF) + bytes(40000),
    ],
)
def test_a_dataset_that_is_cut_short_is_a_problem(data):
    assert found_in(data).problems == ["the IIM block ends inside a dataset"]


def test_very_many_datasets_end_in_a_problem():
    found = found_in(dataset(2, 25, b"a") * (MAX_TEXT // 6))
    assert len(found.fields) == (MAX_TEXT - BLOCK_COST) // DATASET_COST
    assert found.problems == ["more IIM datasets than are read from one file"]
    assert found_in(CREDIT, TextBudget(4000)).problems == found.problems


def test_resources_hold_datasets_exif_and_xmp():
    block = exif(text(MAKE, b"Ideogram AI"))
    found = resources(
        resource(0x03ED, b"odd", b"a name")
        + resource(0x0404, CREDIT, b"odd")
        + resource(0x0422, block)
        + resource(0x0424, b"<x/>")
    )
    assert texts(found) == [
        ("here/IIM", "2:110", "Made with Google AI"),
        ("here/Exif/IFD0", "Make", "Ideogram AI"),
    ]
    assert [(packet.place, packet.data) for packet in found.xmp] == [("here/8BIM", b"<x/>")]
    assert found.problems == []


def test_resources_of_photoshops_relatives_are_stepped_over():
    other = b"MeSa" + resource(7000, b"a program")[4:]
    assert texts(resources(other + resource(0x0404, CREDIT))) == [
        ("here/IIM", "2:110", "Made with Google AI")
    ]


def test_a_last_resource_without_its_padding_is_whole():
    found = resources(resource(0x0404, dataset(2, 110, b"even"))[:-1])
    assert [field.value for field in found.fields] == ["even"]
    assert found.problems == []


@pytest.mark.parametrize("length", [4, 6, 7, 9, 11, 12, 30])
def test_resources_that_end_inside_one_are_a_problem(length):
    assert resources(resource(0x0404, CREDIT)[:length]).problems == [
        "the Photoshop resources end inside one"
    ]


def test_a_resource_beyond_the_budget_is_a_problem():
    data = resource(0x0424, b"x" * 300) + resource(0x0404, dataset(2, 25, b"a"))
    found = resources(data, TextBudget(4096 + 256 + 299))
    assert found.xmp == []
    assert found.problems[0] == "a Photoshop resource of 300 bytes was not read"


def test_very_many_resources_end_in_a_problem():
    found = Found()
    source = CountingSource(resource(1, b"") * 300_000)
    read_resources(source, "here", found)
    assert found.problems == ["more Photoshop resources than are read from one file"]
    assert source.reads <= 2 * MAX_TEXT // DATASET_COST
    assert resources(b"", TextBudget(4000)).problems == found.problems


SAMPLE = resource(0x0404, dataset(1, 90, b"\x1b%G") + CREDIT) + resource(0x0424, b"<x/>")


@settings(deadline=None, max_examples=300)
@given(
    st.integers(0, len(SAMPLE)),
    st.binary(max_size=60),
    st.dictionaries(st.integers(0, 150), st.integers(0, 255), max_size=5),
)
def test_cuts_noise_and_flips_never_raise(length, noise, flips):
    data = bytearray(SAMPLE[:length] + noise + b"\0")
    for at, value in flips.items():
        data[at % len(data)] = value
    for found in (resources(bytes(data)), found_in(b"\x1c" + bytes(data))):
        for field in found.fields:
            field.value.encode()
