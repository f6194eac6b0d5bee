"""GIF: what is read, what is written, and what broken files may do."""

import io
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from provenance.errors import CarrierError, DamagedMediaError, MediaError
from provenance.media import gif
from provenance.media.essence import digest_ranges
from provenance.media.gif import Gif
from provenance.media.interface import MAX_TEXT
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness
from tests.counting_source import CountingSource

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
PACKET = (
    b'<?xpacket begin="\xef\xbb\xbf"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' + b" " * 700 + b"</>"
)
STORE = bytes(range(256)) * 3
FORMAT = Gif()


def executed(data, plan):
    return b"".join(
        data[part.offset : part.end] if isinstance(part, ByteRange) else part for part in plan
    )


def with_xmp(data, packet=PACKET):
    return executed(data, FORMAT.plan_xmp(BytesSource(data), packet))


def read(data):
    return FORMAT.read(BytesSource(data))


def essence_digest(data):
    return digest_ranges(BytesSource(data), read(data).essence)


def still(**options):
    out = io.BytesIO()
    Image.linear_gradient("L").resize((40, 30)).convert("P").save(out, "GIF", **options)
    return out.getvalue()


def animation(size=(48, 32)):
    frames = [Image.effect_noise(size, 40 + 20 * step).convert("P") for step in range(4)]
    out = io.BytesIO()
    frames[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[80, 90, 100, 110],
        loop=0,
        comment=b"Steps: 20, Sampler: Euler a",
    )
    return out.getvalue()


def sub_blocks(payload):
    parts = [payload[at : at + 255] for at in range(0, len(payload), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def application(identifier, payload):
    return b"\x21\xff\x0b" + identifier + sub_blocks(payload)


def behind_head(data, extension):
    """Put an extension right behind the global colour table."""
    end = read(data).essence[0].end
    return data[:end] + extension + data[end:]


def frames(data):
    with Image.open(io.BytesIO(data)) as image:
        return [
            (frame.info.get("duration"), frame.convert("RGBA").tobytes())
            for frame in ImageSequence.Iterator(image)
        ]


CAPTION = b"\x1c\x02\x78\x00\x07Harbour"


@pytest.mark.parametrize(
    ("identifier", "payload"),
    [
        (b"MGKIPTC0000", CAPTION),
        (b"MGK8BIM0000", b"8BIM\x04\x04\0\0\0\0\0\x0c" + CAPTION),
    ],
)
def test_captions_of_news_pictures_are_read_from_their_extensions(identifier, payload):
    contents = read(behind_head(still(), application(identifier, payload)))
    assert [(f.place, f.key, f.value) for f in contents.fields] == [("gif/IIM", "2:120", "Harbour")]
    assert contents.problems == ()


def test_a_caption_that_is_cut_off_is_a_problem():
    data = behind_head(still(), application(b"MGKIPTC0000", CAPTION[:-1]))
    assert read(data).problems == ("the IIM block ends inside a dataset",)


def test_other_extensions_say_nothing():
    data = behind_head(still(), application(b"NETSCAPE2.0", b"\1\0\0"))
    assert (read(data).fields, read(data).problems) == ((), ())


def ffmpeg_frames(path):
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(path),
        "-f",
        "framemd5",
        "-",
    ]
    # The ffmpeg that the test dependency brings along, with arguments of ours.
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


SAMPLES = {"still": still(), "animation": animation()}
each_sample = pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES.keys())


@each_sample
def test_a_written_packet_reads_back(data):
    contents = read(with_xmp(data))
    assert [(one.place, one.data) for one in contents.xmp] == [(FORMAT.xmp_place, PACKET)]
    assert FORMAT.exact_essence(BytesSource(data), contents) == contents.essence
    assert contents.completeness is Completeness.WHOLE
    assert contents.problems == ()


@given(packet=st.binary(max_size=700).map(lambda raw: raw.replace(b"\0", b"n")))
@settings(max_examples=100, deadline=None)
def test_any_packet_without_nul_reads_back(packet):
    written = with_xmp(SAMPLES["still"], packet)
    assert [found.data for found in read(written).xmp] == [packet]
    assert with_xmp(written, packet) == written


@each_sample
def test_writing_twice_equals_writing_once(data):
    once = with_xmp(data)
    assert with_xmp(with_xmp(data, b"<another/>")) == once
    assert with_xmp(once) == once


@each_sample
def test_removing_the_packet_leaves_the_rest(data):
    removed = with_xmp(with_xmp(data), None)
    assert removed[6:] == data[6:]
    assert removed[:6] == b"GIF89a"


@each_sample
def test_removing_what_is_not_there_changes_nothing(data):
    assert with_xmp(data, None) == data
    assert executed(data, FORMAT.plan_without_c2pa(BytesSource(data))) == data


@each_sample
def test_the_essence_stays_the_same(data):
    assert essence_digest(with_xmp(data)) == essence_digest(data)


@each_sample
def test_pillow_and_ffmpeg_decode_the_same_pixels(data, tmp_path):
    before, after = tmp_path / "before.gif", tmp_path / "after.gif"
    before.write_bytes(data)
    after.write_bytes(with_xmp(data))
    assert frames(after.read_bytes()) == frames(data)
    assert ffmpeg_frames(after) == ffmpeg_frames(before)


def test_a_gif87a_becomes_an_89a_with_the_same_pixels():
    data = SAMPLES["still"]
    assert data.startswith(b"GIF87a")
    written = with_xmp(data)
    assert written.startswith(b"GIF89a")
    assert frames(written) == frames(data)


def test_the_packet_stands_right_behind_the_global_colour_table():
    data = SAMPLES["animation"]
    end = read(data).essence[0].end
    assert with_xmp(data)[end:].startswith(b"\x21\xff\x0bXMP DataXMP<?xpacket")


def test_a_reader_of_sub_blocks_skips_the_packet_wherever_it_lands():
    for length in range(300):
        with Image.open(io.BytesIO(with_xmp(SAMPLES["still"], b"\xff" * length))) as image:
            image.load()


def test_a_packet_with_nul_bytes_is_refused():
    with pytest.raises(CarrierError, match="UTF-8"):
        FORMAT.plan_xmp(BytesSource(SAMPLES["still"]), "<x/>".encode("utf-16"))


def test_a_packet_in_sub_blocks_is_understood():
    data = behind_head(SAMPLES["animation"], application(b"XMP DataXMP", PACKET))
    assert [packet.data for packet in read(data).xmp] == [PACKET]
    assert with_xmp(data, None) == SAMPLES["animation"]


def test_comments_are_fields():
    fields = read(SAMPLES["animation"]).fields
    assert [(one.place, one.key, one.value) for one in fields] == [
        ("gif/comment", "", "Steps: 20, Sampler: Euler a")
    ]


def test_a_long_comment_is_joined_from_its_sub_blocks():
    text = "zażółć " * 200
    data = behind_head(SAMPLES["still"], b"\x21\xfe" + sub_blocks(text.encode()))
    assert read(data).fields[0].value == text


def test_more_text_than_the_budget_is_a_problem():
    comment = b"\x21\xfe" + sub_blocks(b"x" * (MAX_TEXT // 2))
    xmp = application(b"XMP DataXMP", b"x" * (MAX_TEXT // 2))
    contents = read(behind_head(SAMPLES["still"], comment + comment + xmp))
    assert len(contents.fields) == 1
    assert contents.xmp == ()
    assert len(contents.problems) == 1
    assert "was not read" in contents.problems[0]


def test_the_ranges_of_a_credential_join_to_its_store():
    data = behind_head(SAMPLES["animation"], application(b"C2PA_GIF\x01\0\0", STORE))
    found = read(data).c2pa
    assert b"".join(data[part.offset : part.end] for part in found) == STORE


def test_a_credential_is_removed_byte_for_byte():
    data = SAMPLES["animation"]
    signed = behind_head(data, application(b"C2PA_GIF\x01\0\0", STORE))
    assert essence_digest(signed) == essence_digest(data)
    assert executed(signed, FORMAT.plan_without_c2pa(BytesSource(signed))) == data


def test_a_packet_is_written_without_touching_a_credential():
    signed = behind_head(SAMPLES["animation"], application(b"C2PA_GIF\x01\0\0", STORE))
    written = with_xmp(signed)
    found = read(written).c2pa
    assert b"".join(written[part.offset : part.end] for part in found) == STORE


def test_loop_and_foreign_extensions_are_not_essence_but_survive():
    data = SAMPLES["animation"]
    foreign = b"\x21\xff\x05ABCDE\x03xyz\0" + application(b"ICCRGBG1012", b"profile")
    changed = behind_head(data, foreign)
    assert b"NETSCAPE2.0" in data
    assert essence_digest(changed) == essence_digest(data)
    assert foreign in with_xmp(changed)


def test_delays_and_plain_text_are_essence():
    data = SAMPLES["animation"]
    at = data.index(b"\x21\xf9\x04")
    slower = data[: at + 4] + b"\x63" + data[at + 5 :]
    assert essence_digest(slower) != essence_digest(data)
    captioned = behind_head(data, b"\x21\x01\x0c" + bytes(12) + sub_blocks(b"words"))
    assert essence_digest(captioned) != essence_digest(data)


def test_a_local_colour_table_is_essence():
    image = b"\x2c" + bytes(4) + b"\x01\0\x01\0\x80" + b"RGBrgb" + b"\x02\x02\x44\x01\0"
    data = b"GIF89a\x01\0\x01\0\0\0\0" + image + b"\x3b"
    contents = read(data)
    assert contents.essence == (
        ByteRange(offset=6, length=7),
        ByteRange(offset=13, length=len(image)),
    )
    assert contents.completeness is Completeness.WHOLE


def test_what_follows_the_trailer_survives():
    data = SAMPLES["still"] + b"appended"
    assert with_xmp(data).endswith(b"\x3bappended")
    assert read(data).completeness is Completeness.WHOLE


@each_sample
def test_a_file_cut_anywhere_is_reported_and_never_written(data):
    data = behind_head(with_xmp(data), application(b"C2PA_GIF\x01\0\0", STORE))
    for length in (*range(6, 1500), *range(1500, len(data), 13)):
        source = BytesSource(data[:length])
        contents = FORMAT.read(source)
        assert contents.completeness is Completeness.TRUNCATED
        assert contents.problems
        assert all(part.end <= length for part in (*contents.essence, *contents.c2pa))
        with pytest.raises(DamagedMediaError):
            FORMAT.plan_xmp(source, PACKET)


def test_a_file_without_magic_is_damaged():
    with pytest.raises(DamagedMediaError, match="magic"):
        read(b"GIF88a" + bytes(20))


def test_a_block_of_no_known_kind_is_damaged():
    with pytest.raises(DamagedMediaError, match="0x7f"):
        read(b"GIF89a" + bytes(7) + b"\x7f\x3b")


def test_a_bomb_of_blocks_is_damaged():
    with pytest.raises(DamagedMediaError, match="blocks"):
        read(b"GIF89a" + bytes(7) + b"\x21\xf9\0" * 262_145 + b"\x3b")


def test_a_bomb_of_sub_blocks_is_damaged():
    count = gif._MAX_SUB_BLOCKS + 1
    with pytest.raises(DamagedMediaError, match="sub-blocks"):
        read(b"GIF89a" + bytes(7) + b"\x21\xf9" + b"\x01x" * count + b"\0\x3b")


def test_a_large_image_is_walked_in_few_reads():
    data = animation((700, 500))

    source = CountingSource(data)
    assert FORMAT.read(source).completeness is Completeness.WHOLE
    assert len(data) > 1_000_000
    assert source.reads < 2 * len(data) / 65536 + 10


@given(tail=st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_random_bytes_raise_only_our_errors(tail):
    assert_survives(b"GIF89a" + tail)


@given(
    flips=st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 255)), min_size=1, max_size=6)
)
@settings(max_examples=200, deadline=None)
def test_flipped_bytes_raise_only_our_errors(flips):
    data = bytearray(with_xmp(SAMPLES["animation"]))
    for at, change in flips:
        data[at % len(data)] ^= change
    assert_survives(bytes(data))


def assert_survives(data):
    source = BytesSource(data)
    try:
        contents = FORMAT.read(source)
        assert all(part.end <= len(data) for part in (*contents.essence, *contents.c2pa))
        written = executed(data, FORMAT.plan_xmp(source, PACKET))
        executed(data, FORMAT.plan_without_c2pa(source))
    except MediaError:
        return
    assert [packet.data for packet in read(written).xmp] == [PACKET]


def test_bytes_outrank_the_suffix():
    assert FORMAT.score(b"GIF89a", ".png") > FORMAT.score(b"\x89PNG", ".gif") > 0
    assert FORMAT.score(b"\x89PNG", ".png") == 0


def test_pointers_are_no_matter():
    assert FORMAT.decoding_map(BytesSource(SAMPLES["still"])) == b""


@pytest.mark.parametrize("path", sorted(CORPUS.rglob("*.gif")) or [None])
def test_the_corpus_keeps_its_pixels(path):
    if path is None:
        pytest.skip("no GIF in the shared corpus")
    data = path.read_bytes()
    written = with_xmp(data)
    assert frames(written) == frames(data)
    assert essence_digest(written) == essence_digest(data)


def test_what_a_file_says_outlives_damage_behind_it():
    contents = read(b"GIF89a" + bytes(7) + b"\x21\xfe\x04noon\0" + b"\x7f\x3b")
    assert [found.value for found in contents.fields] == ["noon"]
    assert contents.completeness is Completeness.TRUNCATED
    assert contents.problems == ("the GIF has no block that begins 0x7f",)
