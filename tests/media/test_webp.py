"""WebP, checked against what Pillow sees."""

import struct
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from provenance.errors import CarrierError, DamagedMediaError, MediaError
from provenance.media.essence import digest_ranges
from provenance.media.interface import MAX_TEXT
from provenance.media.source import BytesSource, FileSource
from provenance.media.webp import WebP
from provenance.model.metadata import ByteRange, Completeness

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared/corpus"
PACKET = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>caf\xc3\xa9</x:xmpmeta>"
WEBP = WebP()


def executed(source, plan):
    return b"".join(
        source.pread(part.offset, part.length) if isinstance(part, ByteRange) else part
        for part in plan
    )


def chunk(kind, payload):
    return struct.pack("<4sI", kind, len(payload)) + payload + bytes(len(payload) % 2)


def webp(*parts, size=None, trailing=b""):
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body + trailing


def written(data, packet=PACKET):
    source = BytesSource(data)
    return executed(source, WEBP.plan_xmp(source, packet))


def read(data):
    return WEBP.read(BytesSource(data))


def picture_digest(data):
    source = BytesSource(data)
    return digest_ranges(source, WEBP.exact_essence(source, WEBP.read(source)))


def kinds(data):
    found, offset = [], 12
    while offset < len(data):
        kind, length = struct.unpack("<4sI", data[offset : offset + 8])
        found.append(kind)
        offset += 8 + length + length % 2
    return found


def flags(data):
    assert data[12:16] == b"VP8X"
    return data[20]


def seen(data):
    """Return what a viewer gets of every frame, and the packet it finds."""
    with Image.open(BytesIO(data)) as image:
        frames = []
        for number in range(image.n_frames):
            image.seek(number)
            frames.append((image.mode, image.size, image.tobytes()))
        return frames, image.info.get("xmp"), image.info.get("icc_profile")


def picture(mode, size=(33, 21), shade=0):
    length = size[0] * size[1] * len(mode)
    return Image.frombytes(mode, size, bytes((i * 7 + shade) % 251 for i in range(length)))


def saved(image, **options):
    out = BytesIO()
    image.save(out, "WEBP", **options)
    return out.getvalue()


SAMPLES = {
    "lossy": saved(picture("RGB"), quality=80),
    "lossless": saved(picture("RGB"), lossless=True),
    "lossless-alpha": saved(picture("RGBA"), lossless=True),
    "lossy-alpha": saved(picture("RGBA"), quality=80),
    "profile": saved(picture("RGB"), icc_profile=b"a profile", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
    "packet": saved(picture("RGB"), xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
    "animation": saved(
        picture("RGB"), save_all=True, append_images=[picture("RGB", shade=99)], duration=40
    ),
    "one-pixel": saved(picture("RGBA", size=(1, 1)), lossless=True),
}
STORE = chunk(b"C2PA", b"\0\0\0\x09jumb!")
sample = pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)


def test_the_bytes_outrank_the_suffix():
    assert WEBP.score(SAMPLES["lossy"], ".png") == 3
    assert WEBP.score(b"", ".webp") == 1
    assert WEBP.score(b"RIFF\0\0\0\0WAVE", ".wav") == 0


@sample
def test_a_written_packet_reads_back_and_the_picture_stays(data):
    after = written(data)
    contents = read(after)
    assert contents.completeness is Completeness.WHOLE
    assert contents.problems == ()
    assert [(packet.place, packet.data) for packet in contents.xmp] == [(WEBP.xmp_place, PACKET)]
    assert picture_digest(after) == picture_digest(data)
    old_frames, _, old_profile = seen(data)
    assert seen(after) == (old_frames, PACKET, old_profile)
    assert flags(after) & 0x04


@sample
def test_writing_twice_equals_writing_once(data):
    once = written(data)
    assert written(once) == once
    assert written(written(data, b"another packet")) == once


@sample
def test_a_removed_packet_is_gone_for_viewers_too(data):
    after = written(written(data), None)
    frames, packet, _ = seen(after)
    assert (frames, packet) == (seen(data)[0], None)
    assert read(after).xmp == ()
    assert not flags(after) & 0x04
    if data[12:16] == b"VP8X" and not flags(data) & 0x04:
        assert after == data


def test_removing_what_is_not_there_changes_nothing():
    assert written(SAMPLES["lossy"], None) == SAMPLES["lossy"]


@pytest.mark.parametrize(
    ("name", "expected"), [("lossy", 0x04), ("lossless", 0x04), ("lossless-alpha", 0x14)]
)
def test_a_simple_file_becomes_an_extended_one_of_the_same_size(name, expected):
    data = SAMPLES[name]
    assert data[12:15] == b"VP8"
    assert data[15:16] != b"X"
    after = written(data)
    assert flags(after) == expected
    assert after[24:30] == struct.pack("<HBHB", 32, 0, 20, 0)
    assert after[30 : 30 + len(data) - 12] == data[12:]


@pytest.mark.parametrize("lossless", [True, False])
def test_the_widest_picture_there_can_be_keeps_its_size(lossless):
    image = Image.new("RGB", (16383, 2))
    data = saved(image, lossless=lossless)
    assert written(data)[24:30] == struct.pack("<HBHB", 16382, 0, 1, 0)
    assert seen(written(data))[0] == seen(data)[0]


def test_everything_stands_in_the_order_of_the_specification():
    extra = [chunk(b"XMP ", b"old"), STORE, chunk(b"else", b"odd")]
    inside = SAMPLES["profile"][12:]
    order = [b"VP8X", b"ICCP", b"VP8 ", b"EXIF", b"XMP ", b"C2PA", b"else"]
    after = written(webp(inside, *extra, trailing=b"trailing"))
    assert kinds(after.removesuffix(b"trailing")) == order
    simple = written(webp(SAMPLES["lossy"][12:], STORE))
    assert kinds(simple) == [b"VP8X", b"VP8 ", b"XMP ", b"C2PA"]


def test_a_manifest_store_is_found_and_can_be_taken_out():
    data = webp(SAMPLES["profile"][12:], STORE)
    source = BytesSource(data)
    assert executed(source, WEBP.read(source).c2pa) == b"\0\0\0\x09jumb!"
    assert executed(source, WEBP.plan_without_c2pa(source)) == SAMPLES["profile"]


def test_the_essence_is_picture_alpha_and_animation():
    data = SAMPLES["lossy-alpha"]
    assert kinds(data) == [b"VP8X", b"ALPH", b"VP8 "]
    assert len(read(data).essence) == 2
    assert kinds(SAMPLES["animation"]) == [b"VP8X", b"ANIM", b"ANMF", b"ANMF"]
    assert len(read(SAMPLES["animation"]).essence) == 3


def test_a_packet_too_long_to_read_is_reported():
    contents = read(webp(SAMPLES["lossy"][12:], chunk(b"XMP ", bytes(MAX_TEXT + 1))))
    assert contents.xmp == ()
    assert contents.problems == (f"an XMP chunk of {MAX_TEXT + 1} bytes was not read",)


@pytest.mark.parametrize(
    "picture_chunk",
    [
        chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a\x01\0\0\0"),
        chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a\x01\0\x01"),
        chunk(b"VP8 ", b"\0\0\0\0\0\0\x01\0\x01\0"),
        chunk(b"VP8L", b"\x2f\0\0\0"),
        chunk(b"VP8L", b"\x2e\0\0\0\0"),
        chunk(b"ANMF", bytes(24)),
        chunk(b"EXIF", b"") + SAMPLES["lossy"][12:],
    ],
)
def test_a_simple_file_whose_size_is_not_clear_is_not_extended(picture_chunk):
    data = webp(picture_chunk)
    assert read(data).completeness is Completeness.WHOLE
    with pytest.raises(DamagedMediaError):
        written(data)


def test_an_extended_header_of_another_length_is_not_rewritten():
    with pytest.raises(DamagedMediaError, match="12 bytes instead of 10"):
        written(webp(chunk(b"VP8X", bytes(12)), SAMPLES["lossy"][12:]))


def test_a_file_without_a_picture_is_truncated():
    contents = read(webp(chunk(b"VP8X", bytes(10))))
    assert contents.completeness is Completeness.TRUNCATED
    assert len(contents.problems) == 1


@sample
def test_a_file_cut_anywhere_is_never_called_whole(data):
    # The last byte may be padding, which some writers leave out.
    for length in range(len(data) - 1):
        try:
            contents = read(data[:length])
        except DamagedMediaError:
            continue
        assert contents.completeness is Completeness.TRUNCATED, length
        with pytest.raises(DamagedMediaError):
            written(data[:length])


def test_nothing_but_the_essence_decides_how_the_picture_is_decoded():
    assert WEBP.decoding_map(BytesSource(SAMPLES["lossy"])) == b""


def survives(data):
    """Fail on any error but the foreseen ones, and on any plan that loses a byte of picture."""
    source = BytesSource(data)
    try:
        contents = WEBP.read(source)
        assert all(run.end <= len(data) for run in contents.essence + contents.c2pa)
        plans = [WEBP.plan_xmp(source, packet) for packet in (PACKET, None)]
        plans.append(WEBP.plan_without_c2pa(source))
    except (MediaError, CarrierError):
        return
    assert contents.completeness is Completeness.WHOLE
    for plan in plans:
        after = executed(source, plan)
        assert read(after).completeness is Completeness.WHOLE
        assert picture_digest(after) == digest_ranges(source, contents.essence)
    once = executed(source, plans[0])
    assert [packet.data for packet in read(once).xmp] == [PACKET]
    assert written(once) == once


@settings(deadline=None)
@given(
    size=st.binary(min_size=4, max_size=4),
    first=st.sampled_from([b"", b"VP8X\x0a\0\0\0", b"VP8 \x0a\0\0\0", b"VP8L", b"XMP "]),
    noise=st.binary(max_size=100),
    fits=st.booleans(),
)
def test_noise_behind_the_magic_raises_only_what_is_foreseen(size, first, noise, fits):
    body = b"WEBP" + first + noise
    survives(b"RIFF" + (struct.pack("<I", len(body)) if fits else size) + body)


@settings(deadline=None)
@given(
    data=st.sampled_from(list(SAMPLES.values())),
    flips=st.lists(st.tuples(st.integers(0, 200), st.integers(1, 255)), min_size=1, max_size=4),
)
def test_flipped_bits_raise_only_what_is_foreseen(data, flips):
    damaged = bytearray(webp(data[12:], STORE))
    for position, bits in flips:
        damaged[position % len(damaged)] ^= bits
    survives(bytes(damaged))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the sample corpus is not beside the repository")
def test_every_file_of_the_corpus_looks_the_same_when_written():
    paths = sorted(path for path in CORPUS.rglob("*.webp"))
    assert {"f005.webp", "sample1.webp", "s21.webp"} <= {path.name for path in paths}
    for path in paths:
        with FileSource(path) as source:
            contents = WEBP.read(source)
            data = source.pread(0, source.size)
            assert contents.completeness is Completeness.WHOLE
            assert len(contents.c2pa) == (1 if path.name == "f005.webp" else 0)
            survives(data)
            try:
                before = seen(data)[0]
            except (UnidentifiedImageError, OSError):
                continue
            assert seen(written(data))[0] == before


def test_metadata_that_the_form_does_not_count_is_read():
    contents = read(SAMPLES["lossy"] + chunk(b"XMP ", b"<x/>"))
    assert [packet.data for packet in contents.xmp] == [b"<x/>"]
    assert contents.trailer_length > 0
