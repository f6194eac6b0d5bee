"""Flash video: tags are walked, scripts are read, and damage is said to be so."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.flv import members, movie, tag, text
from provenance.errors import CarrierError, DamagedMediaError, MediaError
from provenance.media import flv
from provenance.media.flv import Flv
from provenance.media.formats import identify
from provenance.media.source import BytesSource
from provenance.model.metadata import Completeness
from provenance.model.reading import Reading
from provenance.signals.kinds import find_signals
from tests.exhaustive import exhaustive

FLV = Flv()
HEAD = b"FLV\x01\x05\0\0\0\x09\0\0\0\0"
PICTURE, SOUND = tag(9, b"picture"), tag(8, b"sound")
LABEL = b'{"Label":"1","ContentProducer":"001191110102MACQD9K64010000"}'
NUMBER, DATE, TRUE = b"\0" + bytes(8), b"\x0b" + bytes(10), b"\1\1"


def read(*tags):
    return FLV.read(BytesSource(HEAD + b"".join(tags)))


def said(*values):
    contents = read(tag(18, b"".join(values)), PICTURE)
    return [(field.place, field.key, field.value) for field in contents.fields], contents.problems


def test_it_is_known_by_its_first_bytes():
    assert identify(movie()[:100], ".mp4").name == "flv"
    assert FLV.score(b"", ".flv") == 1
    assert FLV.score(b"FLW\x01", ".avi") == 0


def test_texts_of_the_metadata_are_fields_under_their_keys():
    array = b"\x08\0\0\0\2" + members(a=text(b"one"), b=NUMBER, c=TRUE, d=DATE)[1:]
    nested = members(inner=members(comment=text("ü".encode())), frames=b"\x0a\0\0\0\1" + text(b"x"))
    assert said(text(b"onMetaData"), array, nested) == (
        [
            ("flv/onMetaData", "a", "one"),
            ("flv/onMetaData", "comment", "ü"),
            ("flv/onMetaData", "frames", "x"),
        ],
        (),
    )
    typed = b"\x10\0\1C" + members(a=text(b"one"))[1:]
    assert said(text(b"onTextData"), typed) == (
        [("flv/script", "", "onTextData"), ("flv/script", "a", "one")],
        (),
    )


def test_a_label_of_ai_in_the_metadata_is_found():
    contents = read(tag(18, text(b"onMetaData") + members(AIGC=text(LABEL))), PICTURE)
    found = find_signals(Reading(format_name="flv", contents=contents))
    assert [(signal.rule, signal.place) for signal in found] == [
        ("tc260-aigc-label", "flv/onMetaData/AIGC")
    ]


def test_a_packet_is_read_where_adobe_keeps_it():
    contents = read(tag(18, text(b"onXMPData") + members(liveXML=text(b"<x/>"))), PICTURE)
    assert [(packet.place, packet.data) for packet in contents.xmp] == [("flv/onXMPData", b"<x/>")]
    assert contents.fields == ()


def test_the_essence_is_everything_but_scripts():
    script = tag(18, text(b"onMetaData"))
    data = HEAD + script + PICTURE + SOUND + script + PICTURE
    essence = FLV.read(BytesSource(data)).essence
    assert [data[run.offset : run.end] for run in essence] == [PICTURE + SOUND, PICTURE]


@exhaustive
@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (b"\x02\0\x09short", "ends inside a value"),
        (b"\x11\x0a\x0b\1", "unknown kind 17"),
        (b"\x0a\0\0\0\1" * 50, "nested too deeply"),
        (b"\x03\0\1a", "ends inside a value"),
        (b"\x0a\xff\xff\xff\xff" + b"\x05" * 300_000, "more values than are read"),
    ],
    ids=["text", "other version", "depth", "object", "count"],
)
def test_a_script_that_cannot_be_read_is_a_problem(script, problem):
    contents = read(tag(18, text(b"onMetaData") + members(a=text(b"one")) + script), PICTURE)
    assert problem in contents.problems[0]
    assert contents.completeness is Completeness.WHOLE
    assert [field.value for field in contents.fields] == ["one"]


@pytest.mark.parametrize("kind", [18 | 32, 15, 0])
def test_a_tag_that_nobody_can_read_is_a_problem(kind):
    assert read(PICTURE, tag(kind, b"?")).problems == (f"a tag of kind {kind} was not read",)


def test_encrypted_pictures_are_essence():
    assert read(tag(9 | 32, b"secret")).problems == ()


def test_scripts_beyond_the_budget_are_a_problem():
    big = tag(18, b"\x0c" + struct.pack(">I", 9 << 20) + bytes(9 << 20))
    assert "was not read" in read(big, big, PICTURE).problems[0]


def test_more_tags_than_are_followed_are_a_problem(monkeypatch):
    monkeypatch.setattr(flv, "_MOST_TAGS", 3)
    assert read(PICTURE * 2).problems == ()
    assert "more than 3 tags" in read(PICTURE * 3).problems[0]


def test_a_file_cut_anywhere_is_never_called_whole_but_between_tags():
    ends = {len(HEAD), len(HEAD + PICTURE)}
    data = HEAD + PICTURE + SOUND
    assert FLV.read(BytesSource(data)).completeness is Completeness.WHOLE
    for length in range(9, len(data)):
        contents = FLV.read(BytesSource(data[:length]))
        is_whole = contents.completeness is Completeness.WHOLE
        assert is_whole == (length in ends - {len(HEAD)}), length


@pytest.mark.parametrize("data", [b"", b"FLV\x01\5", b"FLV\x02" + bytes(20)])
def test_what_begins_otherwise_is_damaged(data):
    with pytest.raises(DamagedMediaError):
        FLV.read(BytesSource(data))


def test_a_movie_is_never_written():
    with pytest.raises(CarrierError):
        FLV.plan_xmp(BytesSource(movie()), b"<x/>")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=100))
def test_random_tags_and_scripts_are_survived(rest, script):
    with suppress(MediaError):
        contents = read(tag(18, text(b"onMetaData") + script), rest)
        assert all(0 <= run.offset <= run.end for run in contents.essence)
