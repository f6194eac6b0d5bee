import struct

import pytest

from fixtures.waveform import chunk
from provenance.errors import CarrierError, DamagedMediaError
from provenance.media import avi
from provenance.media.avi import Avi
from provenance.media.interface import MAX_TEXT
from provenance.media.source import BytesSource, FileSource
from provenance.model.metadata import ByteRange, Completeness, XmpPacket
from tests.builders.avi import (
    FURTHER,
    HEADERS,
    INDEX,
    INFO,
    MEDIA,
    MOVI,
    PACKET,
    STORE,
    WHOLE,
    form,
    listing,
)

AVI = Avi()


def read(data):
    return AVI.read(BytesSource(data))


def texts(data):
    return [(field.place, field.key, field.value) for field in read(data).fields]


def carried_out(plan, data):
    return b"".join(
        data[part.offset : part.end] if isinstance(part, ByteRange) else part for part in plan
    )


def written(data, packet=PACKET):
    return carried_out(AVI.plan_xmp(BytesSource(data), packet), data)


def without_store(data):
    return carried_out(AVI.plan_without_c2pa(BytesSource(data)), data)


def essence(data):
    contents = read(data)
    assert AVI.exact_essence(BytesSource(data), contents) == contents.essence
    return b"".join(data[part.offset : part.end] for part in contents.essence)


def decoding_map(data):
    return AVI.decoding_map(BytesSource(data))


def test_the_kind_of_the_form_makes_an_avi():
    assert AVI.score(form(*WHOLE), "") == 3
    assert AVI.score(form(*WHOLE, kind=b"WAVE"), ".avi") == 1
    assert AVI.score(b"", ".wav") == 0


def test_texts_of_all_info_lists_are_read():
    info = listing(b"INFO", (b"INAM", b"Harbour\0"), (b"AIGC", b"{}"), (b"IART", b""))
    data = form(*WHOLE, info, listing(b"INFO", (b"LIST", b"INFO"), (b"ICMT", b"take 2")))
    assert texts(data) == [
        ("avi/LIST/INFO", "INAM", "Harbour"),
        ("avi/LIST/INFO", "AIGC", "{}"),
        ("avi/LIST/INFO", "ICMT", "take 2"),
    ]
    assert read(data).problems == ()


def test_packet_store_and_essence_are_found():
    data = form(*WHOLE, chunk(b"_PMX", PACKET), chunk(b"C2PA", STORE))
    contents = read(data)
    assert contents.xmp == (XmpPacket(place=AVI.xmp_place, data=PACKET),)
    (store,) = contents.c2pa
    assert data[store.offset : store.end] == STORE
    assert essence(data) == MEDIA


def test_the_further_forms_of_opendml_belong_to_the_movie():
    info = listing(b"INFO", (b"INAM", b"Harbour"))
    further = form(MOVI, info, chunk(b"_PMX", b"<x/>"), kind=b"AVIX")
    data = form(*WHOLE) + further + form(MOVI, kind=b"AVIX")
    assert essence(data) == MEDIA * 3
    assert texts(data) == [("avi/LIST/INFO", "INAM", "Harbour")]
    assert [packet.place for packet in read(data).xmp] == ["avi/AVIX/_PMX"]


@pytest.mark.parametrize("junk", [b"junk", form(MOVI, kind=b"WAVE"), bytes(20)])
def test_what_follows_the_forms_stays_behind_them(junk):
    data = form(*WHOLE) + junk
    assert essence(data) == MEDIA
    assert read(data).completeness is Completeness.WHOLE
    assert written(data) == form(*WHOLE, chunk(b"_PMX", PACKET)) + junk


def test_a_packet_goes_to_the_end_and_an_older_one_leaves_junk_in_front_of_media():
    old = chunk(b"_PMX", b"<x>older</x>!")
    before, behind = form(HEADERS, old, MOVI, INDEX), form(HEADERS, MOVI, INDEX, old)
    junk = chunk(b"JUNK", bytes(13))
    new = chunk(b"_PMX", PACKET)
    assert written(before) == form(HEADERS, junk, MOVI, INDEX, new)
    assert written(behind) == form(HEADERS, MOVI, INDEX, new)
    assert written(written(before)) == written(before)
    assert written(before, None) == form(HEADERS, junk, MOVI, INDEX)
    assert written(behind, None) == form(*WHOLE)
    for data in (before, behind):
        assert decoding_map(written(data)) == decoding_map(data)


def test_a_store_goes_and_leaves_junk_in_front_of_media():
    store = chunk(b"C2PA", STORE)
    further = form(MOVI, kind=b"AVIX")
    assert without_store(form(*WHOLE, store)) == form(*WHOLE)
    junk = chunk(b"JUNK", bytes(10))
    assert without_store(form(store, *WHOLE)) == form(junk, *WHOLE)
    assert without_store(form(*WHOLE, store) + further) == form(*WHOLE, junk) + further


def test_no_packet_is_written_where_media_would_move():
    opendml = form(*WHOLE) + form(MOVI, kind=b"AVIX")
    with pytest.raises(CarrierError, match="several forms"):
        written(opendml)
    assert written(opendml, None) == opendml
    unpadded = struct.pack("<4sI", b"JUNK", 3) + b"odd"
    with pytest.raises(CarrierError, match="padding"):
        written(form(HEADERS, unpadded, chunk(b"JUNK", b""), MOVI, INDEX))


def test_decoding_depends_on_headers_indexes_and_places():
    data = form(*WHOLE)
    maps = {decoding_map(data)}
    maps.add(decoding_map(data.replace(bytes(56), bytes([1] * 56))))
    maps.add(decoding_map(form(HEADERS, MOVI, chunk(b"idx1", b"\1" * 16))))
    maps.add(decoding_map(form(HEADERS, chunk(b"JUNK", b""), MOVI, INDEX)))
    maps.add(decoding_map(data + form(MOVI, kind=b"AVIX")))
    assert len(maps) == 5
    assert decoding_map(form(*WHOLE, listing(b"INFO", (b"INAM", b"name")))) in maps


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (form(INFO, *WHOLE)[:-1], "before its form does"),
        (form(INFO, *WHOLE) + FURTHER[:-1], "ends inside its form"),
        (form(INFO, *WHOLE) + FURTHER[:3], "ends inside its form"),
        (form(INFO, *WHOLE) + FURTHER[:10], "ends inside its form"),
        (form(INFO, *WHOLE) + b"RIFF\0\0\0\0AVIX", "ends inside its form"),
        (form(INFO, *WHOLE) + form(chunk(b"\0\0\0\0", b""), kind=b"AVIX"), "is no chunk"),
        (form(INFO, HEADERS, INDEX), "no picture or sound"),
        (form(INFO, HEADERS, listing(b"movi")), "no picture or sound"),
        (form(INFO, *WHOLE)[:4] + bytes(4) + form(INFO, *WHOLE)[8:], "never finished"),
    ],
)
def test_an_unfinished_file_is_truncated_and_not_written(data, problem):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert problem in contents.problems[-1]
    assert [field.key for field in contents.fields] == ["INAM"]
    source = BytesSource(data)
    with pytest.raises(DamagedMediaError):
        AVI.plan_xmp(source, PACKET)
    with pytest.raises(DamagedMediaError):
        AVI.plan_without_c2pa(source)


@pytest.mark.parametrize("data", [b"", b"RIFF", form(*WHOLE, kind=b"WAVE")])
def test_what_is_no_avi_is_damaged(data):
    with pytest.raises(DamagedMediaError):
        read(data)


def test_a_list_that_makes_no_sense_is_reported_and_the_rest_is_read():
    broken = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"name") + struct.pack("<4sI", b"ICMT", 99))
    contents = read(form(*WHOLE, broken))
    assert contents.completeness is Completeness.WHOLE
    assert [field.value for field in contents.fields] == ["name"]
    assert "ICMT" in contents.problems[0]


def test_texts_beyond_the_budget_are_not_read():
    large = listing(b"INFO", (b"INAM", bytes(MAX_TEXT + 2)))
    contents = read(form(*WHOLE, large, chunk(b"_PMX", bytes(MAX_TEXT + 2))))
    assert (contents.fields, contents.xmp) == ((), ())
    assert [problem[:6] for problem in contents.problems] == ["a INAM", "a _PMX"]


@pytest.mark.parametrize(
    "data", [form(*WHOLE, *[MOVI] * 60), form(*WHOLE, listing(b"INFO", *[(b"INAM", b"a")] * 60))]
)
def test_more_lists_or_texts_than_are_followed_is_damage(data, monkeypatch):
    monkeypatch.setattr(avi, "count_steps", lambda: iter(range(100)))
    with pytest.raises(DamagedMediaError, match="more than"):
        read(data)


def test_the_file_of_the_corpus_is_whole_and_its_store_is_found(corpus):
    with FileSource(corpus / "c2pa" / "sample.avi") as source:
        contents = AVI.read(source)
        data = source.pread(0, source.size)
    assert contents.completeness is Completeness.WHOLE
    assert contents.problems == ()
    assert data[contents.c2pa[0].offset :][4:8] == b"jumb"
