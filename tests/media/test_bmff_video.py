"""What an H.264 stream says of its encoder: read from the tables and the first sample alone."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.bmff import box
from provenance.errors import MediaError
from provenance.media.bmff import MOV, MP4
from provenance.media.source import BytesSource
from provenance.model.reading import Reading
from provenance.signals.kinds import find_signals

KLING = bytes.fromhex("91ca60614aee385486142d5f73f4ae2e")
X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef")
PLACE = "mp4/moov/trak/mdia/minf/stbl"
FTYP = box(b"ftyp", b"isom\0\0\2\0isommp41")
SLICE = b"\x65picture"
AUDIO = box(b"stsd", bytes(8) + box(b"mp4a", bytes(28)))
AT = len(FTYP) + 8


def unit(data, width=4):
    return len(data).to_bytes(width, "big") + data


def message(uuid, text, kind=5):
    content = uuid + text
    size = b"\xff" * (len(content) // 255) + bytes([len(content) % 255])
    escaped = (bytes([kind]) + size + content).replace(b"\0\0\0", b"\0\0\3\0")
    return b"\x06" + escaped + b"\x80"


def stream(*units, width=4):
    return b"".join(unit(one, width) for one in units)


def entry(coding=b"avc1", compressor=b"", width=4):
    name = bytes([len(compressor)]) + compressor.ljust(31, b"\0")
    settings = box(b"avcC", bytes([1, 66, 0, 30, 0xFC | width - 1]) + b"\xe1\0\0\0")
    return box(coding, bytes(42) + name + bytes(4) + settings)


def track(*tables):
    return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", b"".join(tables)))))


def video(sample, coded=None, *, offset=AT, size=None, wide=False, common=False):
    number = len(sample) if size is None else size
    sizes = struct.pack(">II", number, 1) if common else struct.pack(">III", 0, 1, number)
    chunks = struct.pack(">IIQ" if wide else ">III", 0, 1, offset)
    described = box(b"stsd", struct.pack(">II", 0, 1) + (coded or entry()))
    where = box(b"co64" if wide else b"stco", chunks)
    return track(described, where, box(b"stsz", bytes(4) + sizes))


def movie(sample, *tracks):
    return FTYP + box(b"mdat", sample) + box(b"moov", b"".join(tracks))


def read(data, fmt=MP4):
    contents = fmt.read(BytesSource(data))
    assert contents.problems == ()
    return [(field.place, field.key, field.value) for field in contents.fields]


def rules(data):
    contents = MP4.read(BytesSource(data))
    return {found.rule for found in find_signals(Reading(format_name="mp4", contents=contents))}


NAMED = stream(b"\x09\x10", b"\x67sps", message(KLING, b"kling-ai v1"), SLICE)


@pytest.mark.parametrize("common", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_a_message_before_the_first_picture_is_a_field(*, wide, common):
    data = movie(NAMED, track(AUDIO), video(NAMED, wide=wide, common=common))
    assert read(data) == [(f"{PLACE}/sei", f"SEI:{KLING.hex()}", "kling-ai v1")]
    assert rules(data) == {"kling-stream"}


@pytest.mark.parametrize("width", [1, 2, 4])
def test_units_have_lengths_of_the_size_the_stream_says(width):
    sample = stream(message(KLING, b"kling-ai"), SLICE, width=width)
    assert [value for _, _, value in read(movie(sample, video(sample, entry(width=width))))] == [
        "kling-ai"
    ]


def test_escaped_and_long_messages_are_read_whole():
    text = b"a\0\0\0b" + b"x" * 600
    sample = stream(message(X264, text), message(KLING, b"kling-ai"), SLICE)
    assert [value for _, _, value in read(movie(sample, video(sample)))] == [
        text.decode(),
        "kling-ai",
    ]


def test_the_compressor_is_named_in_the_sample_entry():
    data = movie(SLICE, video(SLICE, entry(b"avc3", b"h264_slapi")))
    assert read(data) == [(f"{PLACE}/stsd", "CompressorName", "h264_slapi")]
    assert rules(data) == {"kling-stream"}
    assert read(data, MOV)[0][0].startswith("mov/moov/")


def test_the_usual_encoder_is_a_field_and_no_signal(fixtures_dir):
    data = (fixtures_dir / "media/mp4/sound/faststart.mp4").read_bytes()
    (value,) = [value for _, key, value in read(data) if key == f"SEI:{X264.hex()}"]
    assert value.startswith("x264 - core")
    assert rules(data) == set()


@pytest.mark.parametrize(
    "tracks",
    [
        (video(NAMED, entry(b"hvc1", b"h264_slapi")),),
        (video(stream(SLICE)), video(NAMED)),
        (video(NAMED, size=8),),
        (video(NAMED, box(b"avc1", bytes(40))),),
        (track(box(b"stsd", bytes(8) + entry())),),
        (track(AUDIO), box(b"trak", b""), box(b"trak", box(b"mdia", b""))),
    ],
    ids=["other coding", "second track", "short sample", "short entry", "no tables", "no video"],
)
def test_nothing_else_is_looked_at(tracks):
    assert read(movie(NAMED, *tracks)) == []


@pytest.mark.parametrize("kind", [4, 6])
def test_other_messages_are_passed_over(kind):
    sample = stream(message(KLING, b"kling-ai", kind), SLICE)
    assert read(movie(sample, video(sample))) == []


def test_no_more_than_the_beginning_of_the_sample_is_read():
    class Watched(BytesSource):
        def pread(self, offset, length):
            if offset < len(data) - len(moov):
                reads.append((offset, length))
            return super().pread(offset, length)

    reads = []
    sample = stream(b"\x67" + bytes(8000), message(KLING, b"kling-ai"), SLICE)
    moov = box(b"moov", video(sample))
    data = FTYP + box(b"mdat", sample) + moov
    assert MP4.read(Watched(data)).fields == ()
    assert [read for read in reads if read[0] >= AT] == [(AT, 4096)]


def survives(data):
    with suppress(MediaError):
        MP4.read(BytesSource(data))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes_are_survived(flips):
    data = bytearray(movie(NAMED, video(NAMED, entry(compressor=b"h264"))))
    for at, value in flips:
        data[at % len(data)] = value
    survives(bytes(data))


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_any_sample_is_survived(sample):
    assert MP4.read(BytesSource(movie(sample, video(sample)))).problems == ()
