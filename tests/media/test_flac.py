import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import CarrierError, DamagedMediaError, MediaError
from provenance.media import flac
from provenance.media.flac import Flac
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
FLAC = Flac()
STORE = b"\0\0\0\x1ejumb" + bytes(22)
INFO = bytes(range(34))
AUDIO = b"\xff\xf8" + bytes(range(200))
ID3V1 = b"TAG" + b"Title".ljust(125, b"\0")


def block(kind, body, *, last=False):
    return bytes([kind | (0x80 if last else 0)]) + len(body).to_bytes(3) + body


def comments(*texts, vendor=b"ComfyUI", count=None):
    packed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    number = struct.pack("<I", len(texts) if count is None else count)
    return struct.pack("<I", len(vendor)) + vendor + number + packed


def stream(*bodies, audio=AUDIO):
    blocks = b"".join(block(4, body) for body in bodies)
    return b"fLaC" + block(0, INFO) + blocks + block(1, bytes(8), last=True) + audio


def id3(body):
    return b"ID3\4\0\0" + bytes([0, 0, len(body) >> 7, len(body) & 0x7F]) + body


def geob():
    body = b"\0application/c2pa\0c2pa\0\0" + STORE
    return b"GEOB" + bytes([0, 0, 0, len(body), 0, 0]) + body


def read(data):
    return FLAC.read(BytesSource(data))


def texts(data):
    return [(field.place, field.key, field.value) for field in read(data).fields]


def essence(data):
    return b"".join(data[part.offset : part.end] for part in read(data).essence)


def carried_out(plan, data):
    return b"".join(
        data[part.offset : part.end] if isinstance(part, ByteRange) else part for part in plan
    )


def test_the_magic_bytes_make_a_flac_with_or_without_id3_before_them():
    assert FLAC.score(stream(), "") == 3
    assert FLAC.score(id3(geob()) + stream(), ".mp3") == 3


def test_the_suffix_decides_behind_an_id3_tag_longer_than_the_header():
    header = id3(bytes(9000))[:8192]
    assert FLAC.score(header, ".flac") == 2
    assert FLAC.score(header, ".mp3") == 0


def test_the_suffix_alone_is_a_weak_claim():
    assert FLAC.score(b"RIFF", ".flac") == 1
    assert FLAC.score(b"RIFF", ".wav") == 0


def test_comments_are_read_with_their_keys_as_spelled():
    data = stream(comments(b"aigc={}", "Prompt=Grüße = 1".encode(), b"bare"), comments(b"A=b"))
    assert texts(data) == [
        ("flac/VORBIS_COMMENT/vendor", "", "ComfyUI"),
        ("flac/VORBIS_COMMENT", "aigc", "{}"),
        ("flac/VORBIS_COMMENT", "Prompt", "Grüße = 1"),
        ("flac/VORBIS_COMMENT/vendor", "", "ComfyUI"),
        ("flac/VORBIS_COMMENT", "A", "b"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        comments(b"A=b", count=9),
        comments(b"A=b", count=0xFFFFFFFF),
        comments(b"A=b")[:-1],
        comments(b"A=b")[:8],
        b"\xff\xff\xff\xffx",
        b"",
    ],
)
def test_comments_that_leave_their_block_are_a_problem(body):
    contents = read(stream(body))
    assert contents.problems == ("a VORBIS_COMMENT block ends inside a comment",)
    assert contents.completeness is Completeness.WHOLE


def test_comments_beyond_the_budget_are_not_read():
    huge = comments(b"A=" + b"b" * (9 << 20))
    contents = read(stream(huge, huge))
    assert "was not read" in contents.problems[0]


def test_the_essence_is_the_audio_between_metadata_and_id3v1():
    data = id3(b"TIT2\0\0\0\5\0\0\3Tram") + stream(comments(b"A=b")) + ID3V1
    assert essence(data) == AUDIO
    assert ("flac/ID3v2", "TIT2", "Tram") in texts(data)
    assert texts(data)[-1] == ("flac/ID3v1", "title", "Title")


def test_a_store_in_a_prepended_tag_is_found_and_goes_with_its_tag():
    data = id3(geob()) + stream(comments(b"A=b"))
    (store,) = read(data).c2pa
    assert data[store.offset : store.end] == STORE
    after = carried_out(FLAC.plan_without_c2pa(BytesSource(data)), data)
    assert after == stream(comments(b"A=b"))


def test_decoding_depends_on_the_stream_info():
    assert FLAC.decoding_map(BytesSource(id3(geob()) + stream())) == INFO
    assert FLAC.decoding_map(BytesSource(b"fLaC")) == b""


@pytest.mark.parametrize("packet", [b"<x/>", None])
def test_there_is_no_place_for_an_xmp_packet(packet):
    with pytest.raises(CarrierError):
        FLAC.plan_xmp(BytesSource(stream()), packet)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (stream()[:20], "inside its metadata"),
        (stream(comments(b"A=b"))[:60], "inside its metadata"),
        (b"fLaC" + block(0, INFO), "inside its metadata"),
        (b"fLaC", "inside its metadata"),
        (stream(audio=b""), "before its audio"),
        (stream(audio=b"\xff"), "before its audio"),
        (stream(audio=b"") + ID3V1[:-1] + b"x", "before its audio"),
        (id3(geob())[:30], "inside its ID3 tag"),
    ],
)
def test_a_truncated_file_is_reported(data, problem):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert problem in contents.problems[-1]
    with pytest.raises(DamagedMediaError):
        FLAC.plan_without_c2pa(BytesSource(data))


def test_what_stands_before_the_cut_is_still_read():
    data = stream(comments(b"prompt=a cat"), comments(b"B=c"))
    cut = data.index(b"B=c")
    assert ("flac/VORBIS_COMMENT", "prompt", "a cat") in texts(data[:cut])


@pytest.mark.parametrize(
    "data",
    [
        b"RIFFxxxx",
        b"fLaC" + block(4, comments(), last=True) + AUDIO,
        b"fLaC" + block(0, INFO[:-1], last=True) + AUDIO,
        b"fLaC" + block(0, INFO) + block(0, INFO, last=True) + AUDIO,
        b"fLaC" + block(0, INFO) + block(127, b"", last=True) + AUDIO,
        stream(audio=b"no audio frame"),
    ],
)
def test_a_stream_that_makes_no_sense_is_damaged(data):
    with pytest.raises(DamagedMediaError):
        read(data)


def test_more_blocks_than_are_followed_is_damage(monkeypatch):
    monkeypatch.setattr(flac, "MAX_STEPS", 3)
    with pytest.raises(DamagedMediaError, match="more than 3"):
        read(b"fLaC" + block(0, INFO) + block(1, b"") * 4 + AUDIO)


GOOD = id3(geob()) + stream(comments(b"A=b", b"prompt=a cat")) + ID3V1


def survives(data):
    try:
        FLAC.score(data, ".flac")
        contents = read(data)
        assert all(0 <= part.offset <= part.end <= len(data) for part in contents.essence)
        FLAC.plan_without_c2pa(BytesSource(data))
        FLAC.decoding_map(BytesSource(data))
    except (MediaError, CarrierError):
        pass


def test_every_truncation_of_a_file_is_survived():
    for length in range(len(GOOD)):
        survives(GOOD[:length])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 240), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes_are_survived(flips):
    mutable = bytearray(GOOD)
    for at, value in flips:
        mutable[at] = value
    survives(bytes(mutable))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=100))
def test_random_bytes_behind_the_magic_are_survived(rest, body):
    survives(b"fLaC" + rest)
    survives(stream(body) + rest)


def test_the_file_of_the_corpus_is_whole():
    path = CORPUS / "ai-synthetic" / "s14.flac"
    if not path.exists():
        pytest.skip("the shared corpus is not there")
    contents = read(path.read_bytes())
    assert contents.completeness is Completeness.WHOLE
    assert contents.problems == ()
    assert "aigc" in {field.key for field in contents.fields}


def test_what_comments_say_outlives_a_sound_that_is_none():
    contents = read(
        b"fLaC" + block(0, INFO) + block(4, comments(b"TITLE=noon"), last=True) + b"no sound"
    )
    assert [found.value for found in contents.fields][-1:] == ["noon"]
    assert contents.completeness is Completeness.TRUNCATED
    assert contents.problems == ("there is no FLAC frame behind the metadata blocks",)
