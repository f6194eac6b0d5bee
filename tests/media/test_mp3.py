import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import CarrierError, DamagedMediaError, MediaError
from provenance.media import _id3, _id3_frames
from provenance.media.mp3 import Mp3
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
HEADER = b"\xff\xfb\x90\x64"
AUDIO = (HEADER + bytes(range(1, 254)) + bytes(159) + b"\x01") * 3
STORE = b"\0\0\0\x1ejumb" + bytes(22)
MP3 = Mp3()


def synchsafe(value):
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(kind, body, *, major=4, flags=0):
    if major == 2:
        return kind + len(body).to_bytes(3) + body
    size = synchsafe(len(body)) if major == 4 else struct.pack(">I", len(body))
    return kind + size + bytes([0, flags]) + body


def id3(body, *, major=4, flags=0):
    header = bytes([major, 0, flags]) + synchsafe(len(body))
    footer = b"3DI" + header if flags & 0x10 else b""
    return b"ID3" + header + body + footer


def geob(store=STORE, mime=b"application/c2pa", *, encoding=0, major=4, flags=0):
    end = b"\0\0" if encoding == 1 else b"\0"
    name = "c2pa".encode("utf-16") if encoding == 1 else b"c2pa"
    body = bytes([encoding]) + mime + b"\0" + name + end + end + store
    return frame(b"GEO" if major == 2 else b"GEOB", body, major=major, flags=flags)


def read(data):
    return MP3.read(BytesSource(data))


def texts(data):
    return [(field.key, field.value) for field in read(data).fields]


def carried_out(plan, data):
    return b"".join(
        data[part.offset : part.end] if isinstance(part, ByteRange) else part for part in plan
    )


def essence(data):
    return b"".join(data[part.offset : part.end] for part in read(data).essence)


TITLE = frame(b"TIT2", b"\3Tram")
APE_ITEM = struct.pack("<II", 3, 0) + b"prompt\0" + b"cat"


def ape(items=APE_ITEM, count=1, *, header=True, size=None):
    flags = 0x80000000 if header else 0
    length = size if size is not None else len(items) + 32
    footer = b"APETAGEX" + struct.pack("<IIII", 2000, length, count, flags) + bytes(8)
    return (footer if header else b"") + items + footer


def id3v1(comment=b"made with suno"):
    fields = (b"Title", 30), (b"Artist", 30), (b"Album", 30), (b"2025", 4), (comment, 30)
    return b"TAG" + b"".join(text.ljust(size, b"\0") for text, size in fields) + b"\x0c"


def lyrics(fields=b"LYR00004rain"):
    body = b"LYRICSBEGIN" + fields
    return body + b"%06d" % len(body) + b"LYRICS200"


# What a file is


def test_an_id3_tag_followed_by_audio_is_an_mp3():
    assert MP3.score(id3(TITLE) + AUDIO, ".bin") == 3


def test_the_padding_between_two_id3_tags_is_stepped_over():
    data = id3(TITLE) + bytes(700) + id3(TITLE + bytes(50)) + bytes(3) + AUDIO
    assert MP3.score(data, "") == 3
    assert essence(data) == AUDIO


def test_two_audio_frames_in_a_row_are_an_mp3_without_any_tag():
    assert MP3.score(AUDIO, "") == 2
    assert MP3.score(AUDIO[:417], "") == 0


def test_frames_of_two_kinds_are_not_an_mp3():
    assert MP3.score(AUDIO[:417] + b"\xff\xfb\x94\x64" + bytes(900), "") == 0


def test_the_suffix_alone_is_a_weak_claim():
    assert MP3.score(b"nothing of ours", ".mp3") == 1
    assert MP3.score(b"", ".wav") == 0


def test_an_adts_stream_is_not_an_mp3():
    adts = (b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)) * 20
    assert MP3.score(adts, "") == 0


def test_flac_behind_id3_is_left_to_flac():
    assert MP3.score(id3(TITLE) + b"fLaC", ".mp3") == 1
    assert MP3.score(id3(TITLE) + b"fLaC", ".flac") == 0


def test_the_suffix_decides_behind_a_tag_longer_than_the_header():
    header = (id3(bytes(9000)) + AUDIO)[:8192]
    assert MP3.score(header, ".flac") == 0
    assert MP3.score(header, ".mp3") == 2


def test_junk_between_tag_and_audio_needs_the_suffix():
    data = id3(TITLE) + b"junk" + AUDIO
    assert MP3.score(data, ".mp3") == 2
    assert MP3.score(data, ".xyz") == 0
    assert read(data).completeness is Completeness.WHOLE
    assert essence(data) == b"junk" + AUDIO


@pytest.mark.parametrize(
    ("header", "length"),
    [
        (b"\xff\xfb\x90\x64", 417),  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz
        (b"\xff\xfb\x92\x64", 418),  # the same, padded
        (b"\xff\xfd\x90\x64", 522),  # layer II, 160 kbit/s
        (b"\xff\xff\x90\x64", 312),  # layer I, 288 kbit/s: slots of four bytes
        (b"\xff\xf3\x90\x64", 261),  # MPEG-2 layer III, 80 kbit/s, 22.05 kHz
        (b"\xff\xe3\x90\x64", 522),  # MPEG-2.5 layer III, 80 kbit/s, 11.025 kHz
    ],
)
def test_the_length_of_an_audio_frame_follows_from_its_header(header, length):
    audio = header + bytes(length - 4)
    assert MP3.score(audio * 2, "") == 2
    assert MP3.score((audio + b"\0") * 2, "") == 0


@pytest.mark.parametrize(
    "header",
    [b"\xff\xeb\x90\x64", b"\xff\xf9\x90\x64", b"\xff\xfb\xf0\x64", b"\xff\xfb\x9c\x64"],
    ids=["reserved version", "reserved layer", "bad bit rate", "reserved sample rate"],
)
def test_reserved_values_are_no_audio_frame(header):
    with pytest.raises(DamagedMediaError, match="no MPEG audio frame"):
        read(header + bytes(2000))


def test_a_free_bit_rate_is_audio_behind_a_tag():
    assert read(id3(TITLE) + b"\xff\xfb\x00\x64" + bytes(900)).completeness is Completeness.WHOLE


# ID3v2 texts


@pytest.mark.parametrize(
    "body",
    [
        b"\0Gr\xfc\xdfe",
        b"\0" + "Grüße".encode(),
        b"\1" + "Grüße".encode("utf-16"),
        b"\1" + "\ufeffGrüße".encode("utf-16-be"),
        b"\1" + "Grüße".encode("utf-16-le"),
        b"\2" + "Grüße".encode("utf-16-be"),
        b"\3" + "Grüße".encode() + b"\0",
        b"\x09Gr\xfc\xdfe",
    ],
)
def test_a_text_is_decoded_whatever_its_encoding(body):
    assert texts(id3(frame(b"TPE1", body)) + AUDIO) == [("TPE1", "Grüße")]


def test_frames_with_a_description_show_it_in_their_key():
    wide = b"\1" + "prompt\0".encode("utf-16") + "a cat".encode("utf-16")
    body = (
        frame(b"TXXX", wide)
        + frame(b"TXXX", b"\1" + "Ā\0".encode("utf-16-le") + "x".encode("utf-16-le"))
        + frame(b"COMM", b"\3engsource\0made with suno")
        + frame(b"USLT", b"\0eng\0rain")
        + frame(b"WXXX", b"\0song\0https://suno.com")
        + frame(b"WOAS", b"https://suno.com/song/1")
        + frame(b"TXXX", b"\1a")
        + frame(b"TENC", b"")
    )
    assert texts(id3(body) + AUDIO) == [
        ("TXXX:prompt", "a cat"),
        ("TXXX:Ā", "x"),
        ("COMM:source", "made with suno"),
        ("USLT:", "rain"),
        ("WXXX:song", "https://suno.com"),
        ("WOAS", "https://suno.com/song/1"),
    ]


def test_several_values_of_a_text_are_several_fields():
    assert texts(id3(frame(b"TCON", b"\3Rock\0\0Pop\0")) + AUDIO) == [
        ("TCON", "Rock"),
        ("TCON", "Pop"),
    ]


def test_the_frames_of_version_2_2_are_read():
    body = frame(b"TT2", b"\0Tram", major=2) + frame(b"TXX", b"\0prompt\0a cat", major=2)
    assert texts(id3(body, major=2) + AUDIO) == [("TT2", "Tram"), ("TXXX:prompt", "a cat")]


def test_a_three_letter_name_in_a_version_2_3_tag_is_read():
    body = frame(b"COM\0", b"\0eng\0hello", major=3) + frame(b"TT2 ", b"\0Tram", major=3)
    assert texts(id3(body, major=3) + AUDIO) == [("COMM:", "hello"), ("TT2", "Tram")]


def test_an_unsynchronised_tag_is_restored():
    body = frame(b"TXXX", b"\1\xff\xfep\0\0\0\xff\xfe\xff\0a\0", major=3)
    data = id3(body.replace(b"\xff", b"\xff\0"), major=3, flags=0x80) + AUDIO
    assert texts(data) == [("TXXX:p", "ÿa")]


@pytest.mark.parametrize(("tag_flags", "flags"), [(0x80, 0), (0, 0x02), (0x80, 0x03)])
def test_an_unsynchronised_frame_is_restored(tag_flags, flags):
    length = synchsafe(9) if flags & 1 else b""
    body = frame(b"TIT2", length + b"\1\xff\0\xfe\xff\0\0a\0", flags=flags)
    assert texts(id3(body, flags=tag_flags) + AUDIO) == [("TIT2", "ÿa")]


@pytest.mark.parametrize(
    ("major", "extended"),
    [
        (3, struct.pack(">IHI", 6, 0, 0)),
        (3, struct.pack(">IHII", 10, 0x8000, 0, 1)),
        (4, synchsafe(6) + b"\1\0"),
        (4, b""),
    ],
    ids=["2.3", "2.3 with a checksum", "2.4", "announced but missing"],
)
def test_an_extended_header_is_stepped_over(major, extended):
    body = extended + frame(b"TIT2", b"\0Tram", major=major)
    assert texts(id3(body, major=major, flags=0x40) + AUDIO) == [("TIT2", "Tram")]


def test_an_extended_header_beyond_its_tag_is_a_problem():
    contents = read(id3(b"\x7f\xff\xff\xff" + TITLE, major=3, flags=0x40) + AUDIO)
    assert contents.fields == ()
    assert contents.problems == ("the extended header of an ID3 tag leaves the tag",)


@pytest.mark.parametrize(("major", "flags"), [(3, 0x80), (4, 0x09), (4, 0x08)])
def test_a_compressed_frame_is_inflated(major, flags):
    packed = struct.pack(">I", 8) + zlib.compress(b"\0a prompt")
    body = frame(b"TIT2", packed, major=major, flags=flags)
    assert texts(id3(body, major=major) + AUDIO) == [("TIT2", "a prompt")]


def test_grouping_bytes_are_stepped_over():
    v3 = frame(b"TIT2", b"\7\0Tram", major=3, flags=0x20)
    v4 = frame(b"TIT2", b"\7\0Tram", flags=0x40)
    assert texts(id3(v3, major=3) + id3(v4) + AUDIO) == [("TIT2", "Tram")] * 2


@pytest.mark.parametrize(
    ("packed", "problem"),
    [
        (b"no zlib stream", "does not decompress"),
        (zlib.compress(b"\0" + b"a" * 500)[:-6], "cut short"),
        (zlib.compress(bytes(17 << 20)), "expands too far"),
    ],
    ids=["garbage", "cut short", "bomb"],
)
def test_a_frame_that_cannot_be_inflated_is_a_problem(packed, problem):
    body = frame(b"TIT2", bytes(4) + packed, flags=0x09) + TITLE
    contents = read(id3(body) + AUDIO)
    assert problem in contents.problems[0]
    assert [field.value for field in contents.fields] == ["Tram"]


def test_an_encrypted_frame_is_a_problem():
    contents = read(id3(frame(b"TIT2", b"\1secret", flags=0x04) + TITLE) + AUDIO)
    assert contents.problems == ("the ID3 frame TIT2 is encrypted",)
    assert len(contents.fields) == 1


@pytest.mark.parametrize("size", [200, 0x0201])
def test_a_plain_frame_size_in_version_2_4_is_understood(size):
    # iTunes wrote eight bits a byte; the second size is also valid with seven.
    first = b"TIT2" + struct.pack(">I", size) + b"\0\0\3" + b"a" * (size - 1)
    assert texts(id3(first + TITLE) + AUDIO) == [("TIT2", "a" * (size - 1)), ("TIT2", "Tram")]


def test_a_size_that_fits_neither_way_is_a_problem():
    body = b"TIT2" + struct.pack(">I", 0x0101) + b"\0\0\3" + b"a" * 500
    contents = read(id3(body) + AUDIO)
    assert texts(id3(body) + AUDIO) == [("TIT2", "a" * 128)]
    assert "unreadable" in contents.problems[0]


def test_a_frame_that_leaves_its_tag_is_a_problem():
    contents = read(id3(TITLE + b"TALB" + synchsafe(90) + b"\0\0\3x") + AUDIO)
    assert contents.problems == ("the ID3 frame TALB leaves its tag",)
    assert essence(id3(TITLE) + AUDIO) == AUDIO


def test_a_huge_text_is_not_read():
    contents = read(id3(frame(b"TIT2", b"\0" + b"a" * (16 << 20))) + AUDIO)
    assert "was not read" in contents.problems[0]


def test_a_huge_unsynchronised_tag_is_not_read():
    contents = read(id3(frame(b"TIT2", b"a" * (17 << 20), major=3), major=3, flags=0x80) + AUDIO)
    assert "was not read" in contents.problems[0]


def test_more_frames_than_are_followed_is_damage(monkeypatch):
    monkeypatch.setattr(_id3_frames, "MAX_STEPS", 3)
    with pytest.raises(DamagedMediaError, match="more than 3 frames"):
        read(id3(TITLE * 4) + AUDIO)


def test_more_leading_tags_than_are_followed_is_damage(monkeypatch):
    monkeypatch.setattr(_id3, "MAX_STEPS", 3)
    with pytest.raises(DamagedMediaError, match="more than 3 ID3 tags"):
        read(id3(TITLE) * 4 + AUDIO)


def test_zeros_without_end_are_damage():
    with pytest.raises(DamagedMediaError, match="zero bytes"):
        read(bytes((16 << 20) + 1024))


# XMP and C2PA


def test_an_xmp_packet_is_found_in_its_private_frame():
    body = frame(b"PRIV", b"XMP\0<x/>") + frame(b"PRIV", b"WM/Other\0\1\2")
    contents = read(id3(body) + AUDIO)
    assert [packet.data for packet in contents.xmp] == [b"<x/>"]
    assert contents.problems == ()


@pytest.mark.parametrize("mime", [b"application/c2pa", b"application/x-c2pa-manifest-store"])
@pytest.mark.parametrize("encoding", [0, 1, 3])
@pytest.mark.parametrize("major", [2, 3, 4])
def test_a_c2pa_store_is_found_where_it_lies(mime, encoding, major):
    data = id3(geob(mime=mime, encoding=encoding, major=major), major=major) + AUDIO
    (store,) = read(data).c2pa
    assert data[store.offset : store.end] == STORE


def test_other_objects_are_not_stores():
    assert read(id3(geob(mime=b"image/png")) + AUDIO).c2pa == ()


@pytest.mark.parametrize(
    ("tag", "problem"),
    [
        (id3(geob(major=3), major=3, flags=0x80), "packed"),
        (id3(geob(flags=0x02)), "packed"),
        (
            id3(
                frame(
                    b"GEOB",
                    bytes(4) + zlib.compress(b"\0application/c2pa\0\0\0" + STORE),
                    flags=0x09,
                )
            ),
            "packed",
        ),
        (id3(geob(b"")), "holds no store"),
    ],
    ids=["scrambled tag", "scrambled frame", "compressed frame", "empty frame"],
)
def test_a_store_that_is_no_plain_run_is_a_problem(tag, problem):
    contents = read(tag + AUDIO)
    assert contents.c2pa == ()
    assert problem in contents.problems[0]


def test_a_compressed_object_that_does_not_inflate_is_no_store():
    contents = read(id3(frame(b"GEOB", bytes(4) + b"garbage", flags=0x09)) + AUDIO)
    assert contents.c2pa == ()


@pytest.mark.parametrize("major", [2, 3, 4])
def test_removing_the_store_shortens_the_tag(major):
    title = frame(b"TT2" if major == 2 else b"TIT2", b"\0Tram", major=major)
    whole = id3(title + geob(major=major) + title + bytes(20), major=major) + AUDIO
    after = carried_out(MP3.plan_without_c2pa(BytesSource(whole)), whole)
    assert after == id3(title + title + bytes(20), major=major) + AUDIO


def test_a_tag_of_nothing_but_the_store_goes_whole():
    data = id3(TITLE) + id3(geob() + bytes(30)) + AUDIO + id3v1()
    after = carried_out(MP3.plan_without_c2pa(BytesSource(data)), data)
    assert after == id3(TITLE) + AUDIO + id3v1()


def test_the_footer_of_a_shortened_tag_agrees_with_its_header():
    data = AUDIO + id3(TITLE + geob(), flags=0x10)
    after = carried_out(MP3.plan_without_c2pa(BytesSource(data)), data)
    assert after == AUDIO + id3(TITLE, flags=0x10)


def test_a_file_without_a_store_stays_as_it_is():
    data = id3(TITLE) + AUDIO
    assert carried_out(MP3.plan_without_c2pa(BytesSource(data)), data) == data


def test_a_tag_that_cannot_be_walked_to_its_end_keeps_the_rest():
    data = id3(geob() + b"????????????") + AUDIO
    after = carried_out(MP3.plan_without_c2pa(BytesSource(data)), data)
    assert after == id3(b"????????????") + AUDIO


def test_a_store_in_a_scrambled_tag_cannot_be_removed():
    data = id3(geob(major=3), major=3, flags=0x80) + AUDIO
    with pytest.raises(CarrierError):
        MP3.plan_without_c2pa(BytesSource(data))


def test_a_file_that_is_not_whole_is_not_planned():
    with pytest.raises(DamagedMediaError):
        MP3.plan_without_c2pa(BytesSource((id3(geob()) + AUDIO)[:60]))


@pytest.mark.parametrize("packet", [b"<x/>", None])
def test_an_xmp_packet_is_left_to_the_native_carrier(packet):
    with pytest.raises(CarrierError):
        MP3.plan_xmp(BytesSource(AUDIO), packet)


def test_decoding_depends_on_nothing_but_the_essence():
    assert MP3.decoding_map(BytesSource(AUDIO)) == b""


# What stands behind the audio


def test_everything_behind_the_audio_is_read_and_is_no_essence():
    tail = id3(TITLE, flags=0x10) + ape() + lyrics() + id3v1()
    contents = read(AUDIO + tail)
    assert essence(AUDIO + tail) == AUDIO
    assert contents.completeness is Completeness.WHOLE
    assert {(field.place, field.key): field.value for field in contents.fields} == {
        ("mp3/ID3v1", "title"): "Title",
        ("mp3/ID3v1", "artist"): "Artist",
        ("mp3/ID3v1", "album"): "Album",
        ("mp3/ID3v1", "year"): "2025",
        ("mp3/ID3v1", "comment"): "made with suno",
        ("mp3/Lyrics3v2", "LYR"): "rain",
        ("mp3/APEv2", "prompt"): "cat",
        ("mp3/ID3v2", "TIT2"): "Tram",
    }


def test_the_track_number_of_id3v1_is_no_comment():
    block = id3v1(b"x" * 28 + b"\0\7")
    assert ("comment", "x" * 28) in texts(AUDIO + block)


def test_a_store_in_an_appended_tag_is_found():
    data = AUDIO + id3(geob(), flags=0x10) + id3v1()
    (store,) = read(data).c2pa
    assert data[store.offset : store.end] == STORE


def test_binary_items_of_an_ape_tag_are_skipped():
    cover = struct.pack("<II", 4, 2) + b"Cover Art (Front)\0" + b"\xff\xd8\xff\xe0"
    assert texts(AUDIO + ape(cover + APE_ITEM, 2, header=False)) == [("prompt", "cat")]


@pytest.mark.parametrize(
    ("tail", "problem"),
    [
        (ape(b"", 4), "items of an APEv2"),
        (ape(struct.pack("<II", 900, 0) + b"prompt\0cat"), "items of an APEv2"),
        (ape(struct.pack("<II", 3, 0) + b"prompt"), "items of an APEv2"),
        (ape(size=8), "no beginning"),
        (ape(size=1 << 30), "no beginning"),
        (ape(size=len(AUDIO)), "no beginning"),
        (ape(header=False, size=len(AUDIO)), "items of an APEv2"),
        (ape(header=False, size=len(AUDIO) + 60), "items of an APEv2"),
        (lyrics(b"LYR99999rain"), "fields of a Lyrics3"),
        (lyrics(b"LYR"), "fields of a Lyrics3"),
        (b"xxxxxxLYRICS200", "no beginning"),
        (b"000004LYRICS200", "no beginning"),
        (b"3DI" + id3(b"")[3:], "no beginning"),
        (b"3DI\xff\0\0\0\0\0\0", "no beginning"),
    ],
)
def test_a_broken_tag_at_the_end_is_a_problem(tail, problem):
    contents = read(AUDIO + tail)
    assert any(problem in text for text in contents.problems)
    assert contents.essence[0].length >= len(AUDIO)


def test_a_block_that_begins_inside_the_leading_tag_is_a_problem():
    lead = id3(TITLE + bytes(30) + id3v1()[:60])
    contents = read(lead + AUDIO[:68])
    assert "claims audio" in contents.problems[0]
    assert contents.essence == (ByteRange(offset=len(lead), length=68),)


def test_a_text_at_the_end_beyond_the_budget_is_not_read():
    long = b"a" * (9 << 20)
    item = struct.pack("<II", len(long), 0) + b"k\0" + long
    contents = read(AUDIO + ape(item + item, 2))
    assert "was not read" in contents.problems[0]


def test_more_trailing_tags_than_are_followed_is_damage():
    with pytest.raises(DamagedMediaError, match="more than 64 tags"):
        read(AUDIO + ape(b"", 0, header=False) * 65)


# Files that end early


def xing(length, flags=3):
    counts = struct.pack(">II", 3, length) if flags & 1 else struct.pack(">II", length, 0)
    first = HEADER + bytes(32) + b"Info" + struct.pack(">I", flags) + counts
    return first.ljust(417, b"\1") + AUDIO[417:]


@pytest.mark.parametrize("flags", [2, 3])
def test_a_stream_shorter_than_its_info_header_says_is_truncated(flags):
    data = id3(TITLE) + xing(len(AUDIO), flags)
    assert read(data).completeness is Completeness.WHOLE
    assert read(data[:-1]).completeness is Completeness.TRUNCATED
    assert "inside its audio" in read(data[:-1]).problems[0]


def test_an_info_header_without_a_length_promises_nothing():
    assert read(xing(1 << 30, flags=1)).completeness is Completeness.WHOLE


@pytest.mark.parametrize(
    ("length", "problem"),
    [
        (len(id3(TITLE)) + 3, "before its audio"),
        (20, "inside its ID3 tag"),
        (len(id3(TITLE)), "before its audio"),
        (len(id3(TITLE)) + 100, "inside its audio"),
    ],
)
def test_a_truncated_file_is_reported(length, problem):
    contents = read((id3(TITLE) + AUDIO)[:length])
    assert contents.completeness is Completeness.TRUNCATED
    assert problem in contents.problems[-1]


GOOD = id3(TITLE + geob() + frame(b"TXXX", b"\1" + "a\0b".encode("utf-16"))) + AUDIO
GOOD += id3(TITLE, flags=0x10) + ape() + lyrics() + id3v1()


def survives(data):
    try:
        MP3.score(data, ".mp3")
        contents = read(data)
        assert all(0 <= part.offset <= part.end <= len(data) for part in contents.essence)
        assert all(0 <= part.offset <= part.end <= len(data) for part in contents.c2pa)
        MP3.plan_without_c2pa(BytesSource(data))
    except (MediaError, CarrierError):
        pass


def test_every_truncation_of_a_file_is_survived():
    for length in range(len(GOOD)):
        survives(GOOD[:length])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_flipped_bytes_are_survived(data):
    mutable = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        near = data.draw(st.sampled_from([0, len(id3(TITLE)), len(GOOD) - 400]))
        at = near + data.draw(st.integers(0, 199))
        mutable[at] = data.draw(st.integers(0, 255))
    survives(bytes(mutable))


@settings(max_examples=200, deadline=None)
@given(
    major=st.sampled_from([2, 3, 4]),
    flags=st.integers(0, 255),
    body=st.binary(max_size=200),
    names=st.lists(st.sampled_from([b"TXXX", b"GEOB", b"PRIV", b"COMM", b"WXXX"]), max_size=3),
)
def test_random_tags_are_survived(major, flags, body, names):
    framed = b"".join(frame(name, body, major=3, flags=flags) for name in names) + body
    survives(id3(framed, major=major, flags=flags) + AUDIO + body)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"APETAGEX", b"LYRICS200", b"TAG", b"3DI"]), st.binary(max_size=140))
def test_random_trailers_are_survived(magic, rest):
    survives(AUDIO + rest + magic)
    survives(AUDIO + magic + rest)


@pytest.mark.parametrize("name", ["ai/f128.mp3", "ai-synthetic/n03.mp3"])
def test_a_file_of_the_corpus_is_whole(name):
    path = CORPUS / name
    if not path.exists():
        pytest.skip("the shared corpus is not there")
    data = path.read_bytes()
    contents = read(data)
    assert contents.completeness is Completeness.WHOLE
    assert contents.problems == ()
    assert MP3.score(data[:8192], ".mp3") >= 2
    if name.endswith("f128.mp3"):
        (store,) = contents.c2pa
        assert int.from_bytes(data[store.offset : store.offset + 4]) == store.length
        after = carried_out(MP3.plan_without_c2pa(BytesSource(data)), data)
        assert read(after).c2pa == ()
        assert read(after).fields == contents.fields
        assert essence(after) == essence(data)


def test_what_tags_say_outlives_a_sound_that_is_none():
    data = id3(frame(b"TIT2", b"\0noon")) + b"no sound at all" * 20
    contents = read(data)
    assert [found.value for found in contents.fields] == ["noon"]
    assert contents.completeness is Completeness.TRUNCATED
    assert contents.problems == ("there is no MPEG audio frame behind the tags of the file",)
