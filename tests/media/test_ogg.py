import pytest

from fixtures.ffmpeg import render
from fixtures.ogg import page
from provenance.errors import CarrierError, DamagedMediaError
from provenance.media import ogg
from provenance.media.ogg import Ogg
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness
from tests.builders.ogg import (
    CONTINUED,
    FIRST,
    FLAC_HEAD,
    LAST,
    OPEN,
    OPUS_HEAD,
    SPEEX_HEAD,
    comments,
    flac_block,
    opus,
    spanning,
    stream,
)

OGG = Ogg()
SOUND = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=2"
PICTURE = "-f lavfi -i testsrc2=size=64x48:rate=10:duration=2"


def read(data):
    return OGG.read(BytesSource(data))


def texts(data):
    return [(field.place, field.key, field.value) for field in read(data).fields]


def essence(data):
    contents = read(data)
    assert OGG.exact_essence(BytesSource(data), contents) == contents.essence
    return b"".join(data[part.offset : part.end] for part in contents.essence)


BODY = comments(b"prompt={}", "AIGC=Grüße = 1".encode(), b"bare", b"=", vendor=b"ComfyUI")


@pytest.mark.parametrize(
    "data",
    [
        stream(b"\x01vorbis" + bytes(23), b"\x03vorbis" + BODY + b"\1", b"\x05vorbis-setup"),
        stream(OPUS_HEAD, b"OpusTags" + BODY + b"\0\0"),
        stream(b"\x80theora" + bytes(35), b"\x81theora" + BODY, b"\x82theora-setup"),
        stream(b"OVP80\x01" + bytes(20), b"OVP80\x02 " + BODY),
        stream(SPEEX_HEAD, BODY, b"extra header"),
        stream(FLAC_HEAD, flac_block(4, BODY), flac_block(1, b"\0", last=True)),
        stream(FLAC_HEAD, flac_block(1, b"\0"), flac_block(4, BODY, last=True)),
    ],
    ids=["vorbis", "opus", "theora", "vp8", "speex", "flac", "flac-late"],
)
def test_comments_of_every_codec_are_read_with_their_keys_as_spelled(data):
    assert texts(data) == [
        ("ogg/vendor", "", "ComfyUI"),
        ("ogg/comments", "prompt", "{}"),
        ("ogg/comments", "AIGC", "Grüße = 1"),
    ]
    assert essence(data) == b"media"
    assert read(data).problems == ()


def test_the_capture_pattern_makes_an_ogg():
    assert OGG.score(opus(), "") == 3
    assert OGG.score(b"RIFF", ".opus") == 1
    assert OGG.score(b"RIFF", ".wav") == 0


@pytest.mark.parametrize("room", [1, 2, 100])
@pytest.mark.parametrize("length", [10, 255 - 8 - 14, 510 - 8 - 14, 70_000])
def test_comments_may_span_pages(room, length):
    data = spanning(comments(b"A=" + b"x" * length), room)
    assert texts(data) == [("ogg/comments", "A", "x" * length)]
    assert essence(data) == b"media"


def test_every_link_of_a_chain_is_read_even_under_the_same_number():
    data = opus(b"A=b", media=(b"one", b"two")) + opus(b"C=d", media=(b"three",))
    assert [key for _, key, _ in texts(data)] == ["", "A", "", "C"]
    assert essence(data) == b"onetwothree"
    assert read(data).completeness is Completeness.WHOLE


def test_multiplexed_streams_are_told_apart_and_follow_each_other():
    theora = b"\x80theora", b"\x81theora" + comments(b"V=w"), b"\x82"
    data = page(1, 0, FIRST, theora[0]) + page(2, 0, FIRST, OPUS_HEAD)
    data += page(3, 0, FIRST, b"fishead\0" + bytes(56)) + page(3, 1, 0, b"fisbone\0")
    data += page(1, 1, 0, *theora[1:]) + page(2, 1, 0, b"OpusTags" + comments(b"S=t"))
    data += page(3, 2, LAST, b"") + page(2, 2, 0, b"sound") + page(1, 2, 0, b"view")
    data += page(2, 3, LAST, b"end") + page(1, 3, LAST, b"er")
    assert [key for _, key, _ in texts(data)] == ["V", "S"]
    assert essence(data) == b"viewersoundend"
    assert read(data).completeness is Completeness.WHOLE


def test_media_on_the_page_of_a_header_is_essence():
    data = page(1, 0, FIRST, OPUS_HEAD) + page(1, 1, LAST, b"OpusTags" + comments(), b"media")
    assert essence(data) == b"media"


def test_of_an_unknown_codec_only_the_first_packet_is_a_header():
    data = page(1, 0, FIRST, b"CELT    ") + page(1, 1, LAST, b"media")
    assert essence(data) == b"media"
    assert texts(data) == []
    assert essence(page(1, 0, FIRST, b"") + page(1, 1, LAST, b"media")) == b"media"


def test_a_flac_without_comments_has_none():
    head = b"\x7fFLAC\1\0\0\0fLaC" + flac_block(0, bytes(34), last=True)
    data = page(1, 0, FIRST, head) + page(1, 1, LAST, b"media")
    assert (texts(data), essence(data)) == ([], b"media")
    empty = page(1, 0, FIRST, FLAC_HEAD) + page(1, 1, 0, b"") + page(1, 2, LAST, b"media")
    assert (texts(empty), essence(empty)) == ([], b"media")


@pytest.mark.parametrize(
    "body", [comments(b"A=b", count=9), comments(b"A=b")[:-1], b"\xff\xff\xff\xff", b""]
)
def test_comments_that_leave_their_packet_are_a_problem(body):
    contents = read(stream(OPUS_HEAD, b"OpusTags" + body))
    assert contents.problems == ("a comment header ends inside a comment",)
    assert contents.completeness is Completeness.WHOLE


def test_comments_beyond_the_budget_are_not_read():
    contents = read(spanning(comments(b"A=" + bytes(17 << 20)), 255))
    assert contents.fields == ()
    assert "were not read" in contents.problems[0]


@pytest.mark.parametrize("junk", [b"TAG" + bytes(125), b"\0", b"LAME"])
def test_what_follows_the_last_page_is_left_alone(junk):
    contents = read(opus(b"A=b") + junk)
    assert contents.completeness is Completeness.WHOLE
    assert contents.problems == ()


LAST_PAGE = len(page(1, 3, LAST, b"two"))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (OPEN[:-1], "ends inside its page"),
        (OPEN[:-LAST_PAGE], "before the last page"),
        (OPEN[: 9 - LAST_PAGE], "is no whole Ogg page"),
        (OPEN[:-LAST_PAGE] + bytes(50), "is no whole Ogg page"),
        (OPEN + OPEN[:9], "is no whole Ogg page"),
        (OPEN + OPEN[:27], "is no whole Ogg page"),
        (OPEN + page(9, 0, 0, b"x"), "belongs to no stream"),
        (OPEN + page(9, 0, FIRST | CONTINUED, b"x"), "does not follow"),
        (OPEN + stream(OPUS_HEAD, b"OpusTogs"), "should be comments"),
        (opus(b"A=b", media=(b"",)), "no picture or sound"),
        (OPEN + b"OggS\1" + OPEN[5:], "is no whole Ogg page"),
        (OPEN + page(9, 0, FIRST, OPUS_HEAD) * 5000, "more than 4096 streams"),
    ],
)
def test_a_file_that_ends_early_is_truncated_and_what_stands_before_is_read(data, problem):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert problem in contents.problems[-1]
    assert "A" in {field.key for field in contents.fields}
    with pytest.raises(DamagedMediaError):
        OGG.plan_without_c2pa(BytesSource(data))


@pytest.mark.parametrize("data", [b"", b"OggS", b"RIFFxxxx", b"OggS\1" + bytes(30)])
def test_what_does_not_begin_with_a_page_is_damaged(data):
    with pytest.raises(DamagedMediaError):
        read(data)


def test_a_file_is_never_written():
    source = BytesSource(opus())
    with pytest.raises(CarrierError):
        OGG.plan_xmp(source, b"<x/>")
    assert OGG.plan_without_c2pa(source) == [ByteRange(offset=0, length=source.size)]
    assert OGG.decoding_map(source) == b""


@pytest.mark.parametrize(
    "data",
    [
        page(1, 0, FIRST, OPUS_HEAD) + page(1, 1, 0) * 99,
        page(1, 0, FIRST, SPEEX_HEAD[:68] + b"\xff" * 12) + page(1, 1, 0, b"", *[b""] * 99),
        stream(OPUS_HEAD, b"OpusTags" + comments(*[b""] * 99)),
    ],
)
def test_more_pages_headers_or_comments_than_are_followed_is_no_whole_file(data, monkeypatch):
    monkeypatch.setattr(ogg, "MAX_STEPS", 50)
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert "more than 50" in contents.problems[-1]


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [("libvorbis", ".ogg"), ("libopus", ".opus"), ("flac", ".oga"), ("libtheora", ".ogv")],
)
def test_new_comments_and_new_pages_leave_the_essence_as_it_is(codec, suffix, tmp_path):
    encoding = f"{PICTURE} {SOUND} -c:v {codec}" if suffix == ".ogv" else f"{SOUND} -c:a {codec}"
    before = render(f"{encoding} -metadata title=One", suffix)
    (tmp_path / f"a{suffix}").write_bytes(before)
    copy = f"-i {tmp_path}/a{suffix} -map 0 -c copy -metadata prompt={'x' * 3000}"
    after = render(f"{copy} -page_duration 100000", suffix)
    assert ("ogg/comments", "prompt", "x" * 3000) in texts(after)
    assert after.count(b"OggS") > before.count(b"OggS")
    assert essence(after) == essence(before)
