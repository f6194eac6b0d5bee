"""Movies: boxes, their texts, and plans that move no sample."""

import struct

import pytest

from fixtures.bmff import box
from provenance.errors import CarrierError, DamagedMediaError
from provenance.media import _bmff_map, _bmff_text, _boxes, bmff
from provenance.media.bmff import M4A, M4V, MOV, MP4, is_fragmented
from provenance.media.interface import MAX_TEXT
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness
from tests.media_samples import carry_out, essence_of, is_sound, packets_in_slot, with_packet

XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
FTYP = box(b"ftyp", b"isom\0\0\2\0isommp41")
MDAT = box(b"mdat", b"essence!")
MOOV = box(b"moov", box(b"mvhd", bytes(100)))
MOVIE = FTYP + MDAT + MOOV


def read(data, fmt=MP4):
    return fmt.read(BytesSource(data))


def texts(*parts, fmt=MP4):
    contents = read(FTYP + MDAT + box(b"moov", b"".join(parts)), fmt)
    return [(field.place, field.key, field.value) for field in contents.fields]


def item(kind, *parts):
    return box(kind, b"".join(parts))


def value(text, kind=1):
    return box(b"data", struct.pack(">II", kind, 0) + text)


def meta(*parts, is_full=True):
    handler = box(b"hdlr", bytes(24))
    return box(b"meta", bytes(4 * is_full) + handler + b"".join(parts))


@pytest.mark.parametrize(
    ("header", "suffix", "scores"),
    [
        (FTYP, ".mov", [4, 0, 0, 0]),
        (box(b"ftyp", b"qt  "), ".mp4", [2, 4, 0, 0]),
        (box(b"ftyp", b"M4A "), ".mp4", [2, 0, 4, 0]),
        (box(b"ftyp", b"M4VH"), ".mp4", [2, 0, 0, 4]),
        (box(b"ftyp", b"XAVC"), ".mov", [2, 0, 0, 0]),
        (box(b"ftyp", b"avif"), ".mp4", [0, 0, 0, 0]),
        (box(b"ftyp", b""), ".m4a", [0, 0, 1, 0]),
        (box(b"wide", b""), ".mp4", [1, 2, 0, 0]),
        (b"", ".m4v", [0, 0, 0, 1]),
        (b"\x05garbage", ".avi", [0, 0, 0, 0]),
    ],
)
def test_brands_tell_the_family_apart(header, suffix, scores):
    assert [fmt.score(header, suffix) for fmt in (MP4, MOV, M4A, M4V)] == scores


def test_itunes_items_are_fields_by_their_names():
    freeform = [box(b"mean", b"\0\0\0\0com.apple.iTunes"), box(b"name", b"\0\0\0\0AIGC")]
    ilst = box(
        b"ilst",
        item(b"\xa9nam", value("Tram 4 ☂".encode()))
        + item(b"----", *freeform, value(b"{}"))
        + item(b"\xa9cmt", value("wide".encode("utf-16-be"), 2))
        + item(b"covr", value(b"\x89PNG", 14))
        + item(b"tmpo", box(b"data", b"short"))
        + item(b"\xa9gen", box(b"misc", b"")),
    )
    place = "mp4/moov/udta/meta/ilst"
    assert texts(box(b"udta", meta(ilst))) == [
        (place, "©nam", "Tram 4 ☂"),
        (place, "----:com.apple.iTunes:AIGC", "{}"),
        (place, "©cmt", "wide"),
    ]


def test_quicktime_keys_name_the_items_they_number():
    names = b"".join(struct.pack(">I4s", len(name) + 8, b"mdta") + name for name in (b"a", b"bb"))
    keys = box(b"keys", struct.pack(">II", 0, 2) + names)
    ilst = box(
        b"ilst", item(b"\0\0\0\2", value(b"two")) + item(b"\0\0\0\1", value(b"one"))
        + item(b"\0\0\0\3", value(b"lost"))
    )  # fmt: skip
    for is_full in (True, False):
        found = texts(meta(keys, ilst, is_full=is_full), fmt=MOV)
        assert found == [
            ("mov/moov/meta/ilst", "bb", "two"),
            ("mov/moov/meta/ilst", "a", "one"),
            ("mov/moov/meta/ilst", "\0\0\0\3", "lost"),
        ]


def test_a_key_that_claims_less_than_its_header_ends_the_list():
    keys = box(b"keys", struct.pack(">II", 0, 2) + struct.pack(">I4s", 3, b"mdta") + b"rest")
    ilst = box(b"ilst", item(b"\0\0\0\1", value(b"one")))
    assert texts(meta(keys, ilst)) == [("mp4/moov/meta/ilst", "\0\0\0\1", "one")]


def test_user_data_is_read_in_both_its_spellings():
    classic = item(b"\xa9cmt", struct.pack(">HH", 4, 0) + b"noon and more")
    wrapped = item(b"\xa9too", value(b"Lavf"))
    empty = item(b"\xa9day", b"\0")
    other = item(b"name", b"left out")
    udta = box(b"udta", classic + wrapped + empty + other + bytes(4))
    place = "mp4/moov/udta"
    assert texts(udta) == [(place, "©cmt", "noon"), (place, "©too", "Lavf")]


@pytest.mark.parametrize(
    ("addition", "expected"),
    [
        (box(b"udta", box(b"AIGC", b'{"Label":"1"}')), ("udta", "AIGC", '{"Label":"1"}')),
        (box(b"udta", box(b"wflo", bytes(4) + b'{"a":1}')), ("udta", "wflo", '{"a":1}')),
        (
            box(b"udta", box(b"dscp", bytes(4) + b"\x15\xc7noon\0")),
            ("udta", "dscp", "noon"),
        ),
        (
            box(b"udta", box(b"dscp", bytes(6) + "noon".encode("utf-16") + bytes(2))),
            ("udta", "dscp", "noon"),
        ),
        (
            box(b"udta", item(b"\xa9cmt", b'{"prompt":"bare"}')),
            ("udta", "©cmt", '{"prompt":"bare"}'),
        ),
        (
            box(b"trak", box(b"udta", item(b"\xa9cmt", b"\0\4\0\0noon"))),
            ("trak/udta", "©cmt", "noon"),
        ),
    ],
)
def test_texts_of_other_writers_are_read_too(addition, expected):
    place, key, value = expected
    assert texts(addition) == [(f"mp4/moov/{place}", key, value)]


def test_user_data_in_several_languages_is_read_whole():
    spoken = b"\0\2\0\0ab" + b"\0\3\0\x15cde"
    found = texts(box(b"udta", item(b"\xa9cmt", spoken)))
    assert [value for _, _, value in found] == ["ab", "cde"]


def test_keys_may_stand_behind_their_values():
    names = struct.pack(">II", 0, 1) + struct.pack(">I4s", 12, b"mdta") + b"AIGC"
    ilst = box(b"ilst", item(b"\0\0\0\1", value(b"one")))
    assert texts(meta(ilst, box(b"keys", names))) == [("mp4/moov/meta/ilst", "AIGC", "one")]


def test_what_a_movie_says_outlives_damage_behind_it():
    said = box(b"udta", item(b"\xa9cmt", b"\0\4\0\0noon"))
    broken = b"\0\0\0\4junk"
    for data in (
        FTYP + MDAT + box(b"moov", said) + broken,
        FTYP + MDAT + box(b"moov", box(b"udta", broken) + said),
    ):
        contents = read(data)
        assert [found.value for found in contents.fields] == ["noon"]
        assert contents.problems


def test_texts_beside_the_movie_are_read():
    said = box(b"udta", item(b"\xa9cmt", b"\0\4\0\0noon"))
    packet = box(b"udta", box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + b"<x/>"))
    contents = read(FTYP + box(b"moov", b"") + MDAT + said + packet)
    assert [(found.place, found.value) for found in contents.fields] == [("mp4/udta", "noon")]
    assert [(found.place, found.data) for found in contents.xmp] == [("mp4/udta/uuid", b"<x/>")]


def test_a_packet_in_user_data_is_read_and_left_where_it_is():
    data = FTYP + MDAT + box(b"moov", box(b"udta", box(b"XMP_", b"<old/>")))
    (packet,) = read(data, MOV).xmp
    assert (packet.place, packet.data) == ("mov/moov/udta/XMP_", b"<old/>")
    written = read(with_packet(MOV, data, b"<new/>"), MOV)
    assert [packet.data for packet in written.xmp] == [b"<old/>", b"<new/>"]


@pytest.mark.parametrize(
    "broken",
    [
        box(b"udta", struct.pack(">I4s", 99, b"\xa9cmt")),
        meta(struct.pack(">I4s", 99, b"ilst")),
        meta(box(b"ilst", struct.pack(">I4s", 99, b"\xa9nam"))),
        meta(box(b"ilst", item(b"\xa9nam", struct.pack(">I4s", 99, b"data")))),
    ],
)
def test_a_text_box_longer_than_its_parent_is_left_out(broken):
    assert texts(broken) == []


def test_a_box_longer_than_moov_is_a_problem():
    contents = read(FTYP + box(b"moov", struct.pack(">I4s", 99, b"trak")))
    assert contents.problems == ("a box inside moov is longer than moov",)


def test_more_text_than_is_read_from_one_file_is_a_problem(monkeypatch):
    monkeypatch.setattr(_bmff_text, "_LARGEST_VALUE", 40)
    long = [
        box(b"udta", item(b"\xa9cmt", bytes(41)) + box(b"XMP_", bytes(41))),
        meta(box(b"keys", bytes(41)), box(b"ilst", item(b"\xa9nam", value(bytes(41))))),
        meta(box(b"ilst", item(b"----", box(b"name", bytes(41)), value(b"kept")))),
    ]
    contents = read(FTYP + MDAT + box(b"moov", b"".join(long)))
    assert [field.key for field in contents.fields] == ["----:"]
    assert contents.problems == ("a text of 41 bytes in the movie was not read",) * 5


def test_a_packet_larger_than_is_read_is_a_problem():
    data = MOVIE + box(b"uuid", XMP + bytes(MAX_TEXT + 1))
    assert read(data).xmp == ()
    assert f"{MAX_TEXT + 1} bytes was not read" in read(data).problems[0]


def test_other_uuid_boxes_are_nobodys():
    contents = read(MOVIE + box(b"uuid", bytes(30)) + box(b"uuid", b""))
    assert (contents.xmp, contents.c2pa, contents.problems) == ((), (), ())


@pytest.mark.parametrize("purpose", [b"manifest", b"original", b"update"])
def test_a_manifest_store_is_found_behind_its_purpose(purpose):
    data = MOVIE + box(b"uuid", C2PA + bytes(4) + purpose + b"\0" + bytes(8) + b"a store")
    (store,) = read(data).c2pa
    assert data[store.offset : store.end] == b"a store"
    assert carry_out(MP4.plan_without_c2pa(BytesSource(data)), data) == MOVIE


@pytest.mark.parametrize("content", [b"", bytes(4) + b"merkle\0" + bytes(9), bytes(4) + b"x" * 99])
def test_what_is_no_manifest_store_is_none(content):
    assert read(MOVIE + box(b"uuid", C2PA + content)).c2pa == ()


def test_a_store_that_ends_before_it_begins_is_empty():
    (store,) = read(MOVIE + box(b"uuid", C2PA + bytes(4) + b"manifest\0")).c2pa
    assert store.length == 0


@pytest.mark.parametrize("header", [8, 16])
def test_a_packet_before_the_media_becomes_free_space(header):
    size = struct.pack(">I4s", 24 + 4, b"uuid")
    if header == 16:
        size = struct.pack(">I4sQ", 1, b"uuid", 32 + 4)
    data = FTYP + size + XMP + b"<x/>" + MOOV + MDAT
    written = with_packet(MP4, data, b"<new packet/>")
    assert packets_in_slot(MP4, written) == [b"<new packet/>"]
    assert written.index(b"essence!") == data.index(b"essence!")
    assert written[len(FTYP) + 4 : len(FTYP) + 8] == b"free"
    assert with_packet(MP4, written, None) == with_packet(MP4, data, None)


def test_a_random_access_index_stays_last():
    moof = box(b"moof", box(b"mfhd", bytes(8)))
    mfra = box(b"mfra", box(b"mfro", bytes(8)))
    data = FTYP + MOOV + moof + MDAT + mfra
    written = with_packet(MP4, data, b"<x/>")
    assert written.endswith(mfra)
    assert packets_in_slot(MP4, written) == [b"<x/>"]
    assert is_fragmented(BytesSource(data))
    assert not is_fragmented(BytesSource(MOVIE))


def test_an_open_ended_box_is_closed_before_anything_follows():
    data = FTYP + MOOV + struct.pack(">I4s", 0, b"mdat") + b"essence!"
    assert with_packet(MP4, data, None) == data
    written = with_packet(MP4, data, b"<x/>")
    assert packets_in_slot(MP4, written) == [b"<x/>"]
    assert essence_of(MP4, written) == b"essence!"
    assert is_sound(read(written))


def test_an_open_ended_box_too_large_to_close_is_refused(monkeypatch):
    monkeypatch.setattr(bmff, "_COMPACT_LIMIT", 10)
    data = FTYP + MOOV + struct.pack(">I4s", 0, b"mdat") + b"essence!"
    with pytest.raises(CarrierError, match="too large"):
        with_packet(MP4, data, b"<x/>")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (FTYP + MDAT, "no moov box"),
        (FTYP + MOOV, "media data is missing"),
        (FTYP + MOOV + box(b"mdat", b""), "media data is missing"),
        (MOVIE + box(b"moof", b""), "media data is missing"),
        (MOVIE[:-1], "inside its moov box"),
        (FTYP + MDAT[:-1], "inside its mdat box"),
    ],
)
def test_a_movie_still_being_written_is_truncated_and_never_planned(data, words):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert words in contents.problems[0]
    for plan in (MP4.plan_without_c2pa, lambda source: MP4.plan_xmp(source, b"<x/>")):
        with pytest.raises(DamagedMediaError):
            plan(BytesSource(data))


def test_bytes_that_hold_no_box_are_never_planned():
    with pytest.raises(DamagedMediaError):
        MP4.plan_xmp(BytesSource(b"1234"), b"<x/>")


@pytest.mark.parametrize(
    "data",
    [
        FTYP + struct.pack(">I4s", 7, b"moov") + bytes(20),
        FTYP + struct.pack(">I4sQ", 1, b"moov", 15) + bytes(20),
        FTYP + struct.pack(">I4s", 1, b"moov"),
    ],
)
def test_a_box_smaller_than_its_header_is_damage(data):
    with pytest.raises(DamagedMediaError, match="a box of"):
        read(data)


def test_more_boxes_than_any_movie_has_are_damage(monkeypatch):
    monkeypatch.setattr(_boxes, "MAX_STEPS", 10)
    with pytest.raises(DamagedMediaError, match="more than 10 boxes"):
        read(FTYP + box(b"free", b"") * 10 + MOOV)


def test_a_walk_ends_where_the_file_does():
    assert [found.kind for found in _boxes.walk(BytesSource(MDAT), 0, 1000)] == [b"mdat"]


def test_a_packet_in_moov_is_read_and_left_where_it_is():
    inside = box(b"uuid", XMP + b"<old/>") + box(b"uuid", bytes(20)) + box(b"uuid", b"")
    data = FTYP + MDAT + box(b"moov", inside)
    (packet,) = read(data).xmp
    assert (packet.place, packet.data) == ("mp4/moov/uuid", b"<old/>")
    written = read(with_packet(MP4, data, b"<new/>"))
    assert [packet.data for packet in written.xmp] == [b"<old/>", b"<new/>"]


def test_a_packet_in_moov_larger_than_is_read_is_a_problem(monkeypatch):
    monkeypatch.setattr(_bmff_text, "_LARGEST_VALUE", 40)
    data = FTYP + MDAT + box(b"moov", box(b"uuid", XMP + bytes(41)))
    assert read(data).xmp == ()
    assert "41 bytes in the movie was not read" in read(data).problems[0]


def test_a_run_kept_near_reads_like_the_file():
    data = bytes(range(200))
    near = _boxes.NearSource(BytesSource(data), ByteRange(offset=50, length=20))
    assert near.size == 200
    for offset, length in ((50, 20), (55, 3), (49, 2), (65, 10), (190, 99), (0, 4)):
        assert near.pread(offset, length) == data[offset : offset + length]


# Where samples lie


def reference(flags):
    return box(b"dref", struct.pack(">II", 0, 1) + box(b"url ", struct.pack(">I", flags)))


AT = len(FTYP) + 8
STRAY = "its samples lie outside its media data"


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ([], None),
        (["stco", AT, AT + 7], None),
        (["co64", AT], None),
        (["stco"], None),
        (["stco", AT, AT + 8], STRAY),
        (["stco", AT - 1], STRAY),
        (["co64", AT, 1 << 40], STRAY),
    ],
)
def test_samples_outside_the_media_data_are_a_problem(tables, problem):
    made = [offsets(tables[0].encode(), *tables[1:])] if tables else []
    contents = read(FTYP + MDAT + tracks(*made))
    assert contents.problems == ((problem,) if problem else ())
    assert (contents.completeness is Completeness.TRUNCATED) is bool(problem)


def test_samples_between_two_media_boxes_are_a_problem():
    gap = FTYP + MDAT + box(b"free", bytes(16)) + MDAT
    second = gap.rindex(b"essence!")
    assert read(gap + tracks(offsets(b"stco", AT, second))).problems == ()
    contents = read(gap + tracks(offsets(b"stco", AT, AT + 20, second)))
    assert contents.problems == (STRAY,)


def test_media_in_another_file_is_a_problem():
    assert read(FTYP + MDAT + tracks(reference(1))).problems == ()
    (problem,) = read(FTYP + MDAT + tracks(reference(0))).problems
    assert "another file" in problem


def run(distance, *, base=None):
    tfhd = box(b"tfhd", struct.pack(">II", 0, 1))
    if base is not None:
        tfhd = box(b"tfhd", struct.pack(">IIQ", 1, 1, base))
    trun = box(b"trun", struct.pack(">IIi", 1, 1, distance))
    return box(b"moof", box(b"traf", tfhd + trun))


def test_a_run_outside_the_media_data_is_a_problem():
    start = len(FTYP + MOOV)
    relative = len(run(0)) + 8
    for inside in (run(relative), run(relative + 7), run(0, base=start + len(run(0, base=0)) + 8)):
        assert read(FTYP + MOOV + inside + MDAT).problems == ()
    for outside in (run(0), run(-99), run(relative + 8), run(0, base=3)):
        (problem,) = read(FTYP + MOOV + outside + MDAT).problems
        assert problem == "the samples of a fragment lie outside its media data"


# What decoding depends on


def offsets(kind, *numbers):
    form = ">I" if kind == b"stco" else ">Q"
    return box(kind, bytes(8) + b"".join(struct.pack(form, number) for number in numbers))


def tracks(*tables):
    inside = b"".join(tables)
    for kind in (b"stbl", b"minf", b"mdia", b"trak"):
        inside = box(kind, inside)
    return box(b"moov", inside + box(b"udta", b"left out"))


def mapped(data):
    return MP4.decoding_map(BytesSource(data))


@pytest.mark.parametrize("kind", [b"stco", b"co64"])
def test_offsets_that_move_with_their_media_are_the_same(kind):
    at = len(FTYP) + 8

    def movie(gap, offset):
        filler = box(b"free", bytes(gap - 8)) if gap else b""
        return FTYP + filler + MDAT + tracks(offsets(kind, offset, offset + 3))

    assert mapped(movie(0, at)) == mapped(movie(20, at + 20))
    assert mapped(movie(0, at)) != mapped(movie(20, at))
    assert mapped(movie(0, at)) != mapped(movie(0, at + 1))


def test_an_offset_outside_all_media_counts_as_it_is():
    first, second = (FTYP + MDAT + tracks(offsets(b"stco", number)) for number in (3, 4))
    assert mapped(first) != mapped(second)


def test_every_other_table_counts_and_user_data_does_not():
    plain = FTYP + MDAT + tracks(box(b"stsz", b"12345678"))
    assert mapped(plain) != mapped(FTYP + MDAT + tracks(box(b"stsz", b"12345679")))
    assert mapped(plain) == mapped(plain.replace(b"left out", b"comments"))


def fragment(base, flags=1, payload=24):
    tfhd = box(b"tfhd", struct.pack(">IIQ", flags, 1, base) + bytes(payload - 16))
    return box(b"moof", box(b"mfhd", bytes(8)) + box(b"traf", tfhd + box(b"trun", b"1234")))


def test_a_base_offset_that_moves_with_its_fragment_is_the_same():
    def movie(gap, base, **options):
        return FTYP + MOOV + box(b"free", bytes(gap)) + fragment(base, **options) + MDAT

    assert mapped(movie(0, 500)) == mapped(movie(20, 520))
    assert mapped(movie(0, 500)) != mapped(movie(20, 500))
    assert mapped(movie(0, 500, flags=0)) == mapped(movie(20, 500, flags=0))
    assert mapped(movie(0, 3)) != mapped(movie(0, 4))
    assert mapped(movie(0, (1 << 64) - 1)) != mapped(movie(0, (1 << 64) - 2))


@pytest.mark.parametrize(
    "content",
    [
        struct.pack(">I4s", 999, b"traf"),
        box(b"traf", struct.pack(">I4s", 100, b"tfhd")),
        box(b"traf", struct.pack(">I4s", 100, b"tfhd") + bytes(20)),
        box(b"traf", box(b"tfhd", b"\0\0\0\1")),
    ],
)
def test_a_fragment_whose_boxes_leave_it_counts_byte_for_byte(content):
    data = FTYP + MOOV + box(b"moof", content)
    assert mapped(data) != mapped(data[:-1] + b"\x07")


@pytest.mark.parametrize(("limit", "sees_flags"), [(40, False), (64, True)])
def test_a_fragment_larger_than_is_read_counts_by_its_beginning(monkeypatch, limit, sees_flags):
    monkeypatch.setattr(_bmff_map, "_LARGEST_FRAGMENT", limit)
    data = FTYP + MOOV + fragment(500) + MDAT
    assert mapped(data) == mapped(data.replace(b"1234", b"1235"))
    without = FTYP + MOOV + fragment(500, flags=0) + MDAT
    assert (mapped(data) != mapped(without)) is sees_flags


def test_a_box_longer_than_its_track_is_damage():
    data = FTYP + box(b"moov", box(b"trak", struct.pack(">I4s", 99, b"mdia")))
    with pytest.raises(DamagedMediaError, match="longer than its parent"):
        mapped(data)


def test_boxes_nested_deeper_than_any_movie_has_are_damage():
    inside = b""
    for _ in range(3000):
        inside = box(b"trak", inside)
    with pytest.raises(DamagedMediaError, match="nested too deeply"):
        mapped(FTYP + box(b"moov", inside))


def test_a_table_that_ends_with_the_file_is_damage():
    data = FTYP + box(b"moov", box(b"stsz", bytes(40)))
    boxes = list(_boxes.walk(BytesSource(data), 0, len(data)))
    with pytest.raises(DamagedMediaError, match="ends at byte"):
        _bmff_map.decoding_map(BytesSource(data[:-1]), boxes)
