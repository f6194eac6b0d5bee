"""JPEG: segments, scans, and where a picture really ends."""

import struct
from io import BytesIO

import pytest
from PIL import Image

from fixtures.jpeg import encode, segment, with_segment, with_xmp
from provenance.errors import CarrierError, DamagedMediaError
from provenance.media import jpeg as jpeg_module
from provenance.media.interface import MAX_TEXT
from provenance.media.jpeg import Jpeg
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness, Contents
from tests.media_samples import carry_out, essence_of, is_sound, packets_in_slot, with_packet

JPEG = Jpeg()
PLAIN = encode()
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
EOI = b"\xff\xd9"


def read(data):
    return JPEG.read(BytesSource(data))


def jumbf(number, part, *, instance=b"\0\1", uuid=b"c2pa" + bytes(12)):
    head = b"JP" + instance + struct.pack(">I", number) + struct.pack(">I4s", 999, b"jumb")
    description = struct.pack(">I4s", 30, b"jumd") + uuid if number == 1 else b""
    return segment(0xEB, head + description + part)


def extension(offset, part, guid=b"A" * 32):
    return segment(0xE1, EXTENDED + guid + struct.pack(">II", 999, offset) + part)


def test_the_magic_outranks_the_suffix():
    assert JPEG.score(PLAIN, ".png") == 3
    assert JPEG.score(b"", ".jfif") == 1
    assert JPEG.score(b"", ".png") == 0


def test_a_comment_is_a_field_and_exif_is_none():
    data = with_segment(segment(0xFE, b"graded") + segment(0xE1, b"Exif\0\0II*\0"), PLAIN)
    fields = read(data).fields
    assert [(field.place, field.key, field.value) for field in fields] == [
        ("jpeg/COM", "", "graded")
    ]


def test_extended_xmp_is_joined_by_its_offsets_for_each_guid():
    parts = extension(4, b"bbbb") + extension(0, b"other", b"B" * 32) + extension(0, b"aaaa")
    data = with_segment(parts + segment(0xE1, EXTENDED + b"too short"), with_xmp(b"<x/>"))
    assert [(packet.place, packet.data) for packet in read(data).xmp] == [
        ("jpeg/APP1", b"<x/>"),
        ("jpeg/APP1/extended", b"aaaabbbb"),
        ("jpeg/APP1/extended", b"other"),
    ]
    again = with_packet(JPEG, data, b"<y/>")
    assert [packet.data for packet in read(again).xmp] == [b"<y/>", b"aaaabbbb", b"other"]


def test_the_packet_stands_behind_jfif_and_exif_where_others_find_it():
    exif = Image.Exif()
    exif[0x010E] = "Harbour"
    data = with_packet(JPEG, encode(exif=exif), b"<x/>")
    with Image.open(BytesIO(data)) as image:
        assert image.info["xmp"] == b"<x/>"
        assert image.getexif()[0x010E] == "Harbour"
    assert data.index(b"JFIF") < data.index(b"Exif") < data.index(XMP)


def test_two_packets_become_one():
    data = with_segment(segment(0xE1, XMP + b"<a/>"), with_xmp(b"<b/>"))
    assert packets_in_slot(JPEG, data) == [b"<a/>", b"<b/>"]
    assert packets_in_slot(JPEG, with_packet(JPEG, data, b"<c/>")) == [b"<c/>"]


def test_a_packet_larger_than_a_segment_is_refused():
    largest = 65533 - len(XMP)
    assert packets_in_slot(JPEG, with_packet(JPEG, PLAIN, b"x" * largest)) == [b"x" * largest]
    with pytest.raises(CarrierError, match="does not fit"):
        with_packet(JPEG, PLAIN, b"x" * (largest + 1))


def test_the_parts_of_a_manifest_store_are_found_and_taken_out_together():
    others = jumbf(1, b"other", instance=b"\0\2", uuid=bytes(16)) + segment(0xEB, b"HDR_RI")
    store = jumbf(1, b"first") + jumbf(2, b"second")
    data = with_segment(store + others, PLAIN)
    assert [data[run.offset : run.end][:2] for run in read(data).c2pa] == [b"JP", b"JP"]
    without = carry_out(JPEG.plan_without_c2pa(BytesSource(data)), data)
    assert without == with_segment(others, PLAIN)


def test_fill_bytes_before_a_marker_are_stepped_over():
    data = PLAIN[:2] + b"\xff\xff" + PLAIN[2:]
    assert is_sound(read(data))
    assert is_sound(read(with_packet(JPEG, data, b"<x/>")))


def test_a_trailer_is_no_part_of_the_picture():
    assert essence_of(JPEG, PLAIN + b"appended" + EOI) == essence_of(JPEG, PLAIN)
    assert is_sound(read(PLAIN + bytes(100_000)))


def test_tables_between_the_scans_belong_to_the_picture():
    data = encode(progressive=True)
    essence = essence_of(JPEG, data)
    assert data.count(b"\xff\xda") > 1
    assert essence.endswith(data[data.index(b"\xff\xda") :])


def test_an_end_marker_inside_a_later_segment_ends_nothing():
    at = PLAIN.rindex(EOI)
    data = PLAIN[:at] + segment(0xFE, b"a" + EOI) + EOI
    assert essence_of(JPEG, data + b"trailer").endswith(EOI + EOI)


def test_scan_data_longer_than_one_window_is_followed_to_its_end():
    at = PLAIN.rindex(EOI)
    data = PLAIN[:at] + b"\xff\x00" * (1 << 20) + EOI + b"trailer"
    assert essence_of(JPEG, data).endswith(EOI)
    assert not essence_of(JPEG, data).endswith(b"trailer")


@pytest.mark.parametrize("tail", [b"", b"\xff", b"\xff\xfe\xff", b"\xff\xfe\0\xff"])
def test_a_file_without_an_end_is_truncated_and_its_essence_is_all_there_is(tail):
    data = PLAIN[: PLAIN.rindex(EOI)] + tail
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert contents.problems == ("the file ends before its picture does",)
    assert essence_of(JPEG, data).endswith(data[-20:])
    with pytest.raises(DamagedMediaError):
        JPEG.plan_xmp(BytesSource(data), b"<x/>")


def test_the_end_of_a_thumbnail_does_not_make_a_cut_file_whole():
    data = with_segment(segment(0xE1, b"Exif\0\0" + encode()), PLAIN)
    assert is_sound(read(data))
    cut = data[:-20]
    assert read(cut).completeness is Completeness.TRUNCATED
    with pytest.raises(DamagedMediaError):
        JPEG.plan_without_c2pa(BytesSource(cut))


@pytest.mark.parametrize(
    "data",
    [
        PLAIN[:2],
        PLAIN[:5],
        PLAIN[:10],
        PLAIN[:2] + EOI + b"\0\0",
        PLAIN[: PLAIN.index(b"\xff\xda")],
        PLAIN[:2] + segment(0xFE, b"x")[:4] + EOI,
    ],
)
def test_a_file_without_a_scan_is_truncated(data):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert b"\xff\xda" not in essence_of(JPEG, data)
    with pytest.raises(DamagedMediaError):
        JPEG.plan_xmp(BytesSource(data), b"<x/>")


@pytest.mark.parametrize(
    "data", [b"\xff\xd9", PLAIN[:2] + b"\0\1\0\2", b"\xff\xd8\xff\xd0\0\4", b"\xff\xd8\xff\xe0\0\1"]
)
def test_what_is_no_segment_is_damage(data):
    with pytest.raises(DamagedMediaError):
        read(data)


def test_ranges_that_are_exact_are_taken_as_they_are():
    contents = Contents(essence=(ByteRange(offset=0, length=3),))
    assert JPEG.exact_essence(BytesSource(PLAIN), contents) == contents.essence
    assert JPEG.exact_essence(BytesSource(PLAIN), Contents(essence_exact=False)) == ()


def test_a_restart_interval_counts_unless_it_is_none():
    def essence(interval):
        return essence_of(JPEG, with_segment(segment(0xDD, interval), PLAIN))

    assert essence(b"\0\0") == essence_of(JPEG, PLAIN)
    assert essence(b"\0\4") != essence_of(JPEG, PLAIN)


def test_scans_of_nothing_but_segments_are_given_up(monkeypatch):
    monkeypatch.setattr(jpeg_module, "MAX_STEPS", 20)
    at = PLAIN.rindex(EOI)
    with pytest.raises(DamagedMediaError, match="in its scans"):
        essence_of(JPEG, PLAIN[:at] + segment(0xFE, b"") * 20 + EOI)


def test_a_segment_longer_than_one_window_is_stepped_over():
    at = PLAIN.rindex(EOI)
    filler = segment(0xFE, b"a" + EOI + bytes(60_000)) * 40
    data = PLAIN[:at] + filler + EOI
    assert essence_of(JPEG, data + b"trailer").endswith(filler + EOI)


def test_a_file_of_nothing_but_segments_is_given_up(monkeypatch):
    monkeypatch.setattr(jpeg_module, "MAX_STEPS", 10)
    with pytest.raises(DamagedMediaError, match="more than 10 segments"):
        read(with_segment(segment(0xEC, b"") * 10, PLAIN))
    contents = read(with_segment(segment(0xFE, b"noon") + segment(0xEC, b"") * 9, PLAIN))
    assert [found.value for found in contents.fields] == ["noon"], "what was said is kept"
    assert not is_sound(contents)
    assert "more than 10 segments" in contents.problems[0]


def test_bytes_between_segments_are_skipped_as_decoders_do():
    said = segment(0xFE, b"noon")
    data = with_segment(b"\0\0junk" + said + b"\0", PLAIN)
    contents = read(data)
    assert is_sound(contents)
    assert [found.value for found in contents.fields] == ["noon"]
    assert essence_of(JPEG, data) == essence_of(JPEG, PLAIN)
    assert is_sound(read(with_packet(JPEG, data, b"<x/>")))
    with pytest.raises(DamagedMediaError, match="no JPEG segment"):
        read(with_segment(bytes(1 << 16), PLAIN))


def test_more_text_than_is_read_from_one_file_is_a_problem():
    count = MAX_TEXT // 65533 + 1
    contents = read(with_segment(segment(0xFE, b"x" * 65533) * count, PLAIN))
    assert len(contents.fields) == count - 1
    assert contents.problems == ("more text than is read from one file",)


def test_decoding_hangs_on_nothing_but_the_essence():
    assert JPEG.decoding_map(BytesSource(PLAIN)) == b""
