import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.waveform import chunk
from provenance.errors import CarrierError, DamagedMediaError, MediaError
from provenance.media import avi
from provenance.media.avi import Avi
from provenance.media.interface import MAX_TEXT
from provenance.media.source import BytesSource, FileSource
from provenance.model.metadata import ByteRange, Completeness, XmpPacket

AVI = Avi()
PACKET = b"<x>ours</x>"
STORE = b"\0\0\0\x0ajumb!!"


def chunks(*entries):
    return b"".join(chunk(kind, body) for kind, body in entries)


def listing(kind, *entries):
    return chunk(b"LIST", kind + chunks(*entries))


def form(*parts, kind=b"AVI "):
    return chunk(b"RIFF", kind + b"".join(parts))


HEADERS = listing(b"hdrl", (b"avih", bytes(56)))
MOVI = listing(b"movi", (b"00dc", b"picture."), (b"01wb", b"snd"))
MEDIA = chunks((b"00dc", b"picture."), (b"01wb", b"snd"))
INDEX = chunk(b"idx1", bytes(16))
WHOLE = HEADERS, MOVI, INDEX


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


INFO = listing(b"INFO", (b"INAM", b"name"))
FURTHER = form(MOVI, kind=b"AVIX")


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


GOOD = form(HEADERS, chunk(b"_PMX", b"old"), INFO, MOVI, INDEX, chunk(b"C2PA", STORE))
TWO = GOOD + FURTHER


def survives(data):
    """Fail on any error but the foreseen ones, and on any plan that moves or loses media."""
    source = BytesSource(data)
    try:
        contents = AVI.read(source)
        assert all(run.end <= len(data) for run in contents.essence + contents.c2pa)
        plans = [AVI.plan_xmp(source, None), AVI.plan_without_c2pa(source)]
        plans.append(AVI.plan_xmp(source, PACKET))
    except (MediaError, CarrierError):
        return
    assert contents.completeness is Completeness.WHOLE
    for plan in plans:
        after = carried_out(plan, data)
        assert read(after).completeness is Completeness.WHOLE
        assert essence(after) == essence(data)
        assert decoding_map(after) == decoding_map(data)
    once = carried_out(plans[-1], data)
    assert written(once) == once


def test_a_file_cut_anywhere_is_never_called_whole():
    assert read(TWO).problems == ()
    for length in range(12, len(TWO)):
        survives(TWO[:length])
        if length != len(GOOD):
            assert read(TWO[:length]).completeness is Completeness.TRUNCATED, length


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([GOOD, TWO]),
    st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_flipped_bytes_are_survived(data, flips):
    mutable = bytearray(data)
    for at, value in flips:
        mutable[at % len(data)] = value
    survives(bytes(mutable))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=100))
def test_random_bytes_behind_the_magic_are_survived(rest, body):
    survives(b"RIFF" + rest[:4].ljust(4, b"\xff") + b"AVI " + rest)
    survives(form(chunk(b"LIST", body), *WHOLE) + rest)


def test_the_file_of_the_corpus_is_whole_and_its_store_is_found(corpus):
    with FileSource(corpus / "c2pa" / "sample.avi") as source:
        contents = AVI.read(source)
        data = source.pread(0, source.size)
    assert contents.completeness is Completeness.WHOLE
    assert contents.problems == ()
    assert data[contents.c2pa[0].offset :][4:8] == b"jumb"
    survives(data)
