"""WAV, Broadcast Wave, RF64 and BW64, checked against what ffmpeg hears."""

import math
import struct
import subprocess
import wave
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import CarrierError, DamagedMediaError, MediaError
from provenance.media.essence import digest_ranges
from provenance.media.interface import MAX_TEXT
from provenance.media.source import BytesSource, FileSource
from provenance.media.wav import Rf64, Wav
from provenance.model.metadata import ByteRange, Completeness

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared/corpus"
PACKET = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>caf\xc3\xa9</x:xmpmeta>"
FORMATS = (Wav(), Rf64())


def executed(source, plan):
    return b"".join(
        source.pread(part.offset, part.length) if isinstance(part, ByteRange) else part
        for part in plan
    )


def chunk(kind, payload):
    return struct.pack("<4sI", kind, len(payload)) + payload + bytes(len(payload) % 2)


def info(*entries):
    return chunk(b"LIST", b"INFO" + b"".join(chunk(*entry) for entry in entries))


FMT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
DATA = chunk(b"data", b"\x80\x90\xa0")
STORE = chunk(b"C2PA", b"\0\0\0\x09jumb!")


def riff(*parts, size=None, trailing=b""):
    body = b"WAVE" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body + trailing


def read(data, fmt=FORMATS[0]):
    return fmt.read(BytesSource(data))


def written(data, packet=PACKET, fmt=FORMATS[0]):
    source = BytesSource(data)
    return executed(source, fmt.plan_xmp(source, packet))


def sound_digest(data, fmt):
    source = BytesSource(data)
    return digest_ranges(source, fmt.exact_essence(source, fmt.read(source)))


def ffmpeg(*arguments):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *arguments]
    # The program is the one the package brings, the arguments are ours.
    return subprocess.run(command, check=True, capture_output=True).stdout


def heard(path):
    return ffmpeg("-i", str(path), "-f", "md5", "-")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("wav") / "plain.wav"
    samples = [int(9000 * math.sin(i / 9)) for i in range(8001)]
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path


@pytest.fixture(
    scope="module",
    params=["plain", "bwf", "rf64", "eight-bit", "float"],
)
def sample(request, plain, tmp_path_factory):
    """A file as others write it, with the format that claims it."""
    path = tmp_path_factory.mktemp("wav") / f"{request.param}.wav"
    arguments = {
        "plain": ["-bitexact"],
        "bwf": ["-write_bext", "1", "-metadata", "description=made by a machine"],
        "rf64": ["-rf64", "always", "-metadata", "title=Tides"],
        "eight-bit": ["-c:a", "pcm_u8", "-metadata", "comment=odd"],
        "float": ["-c:a", "pcm_f32le", "-ac", "2"],
    }[request.param]
    ffmpeg("-i", str(plain), *arguments, str(path))
    data = path.read_bytes()
    fmt = max(FORMATS, key=lambda fmt: fmt.score(data, ".wav"))
    return fmt, data


def test_the_bytes_outrank_the_suffix():
    wav, rf64 = FORMATS
    assert wav.score(riff(DATA), ".mp3") == 3
    assert wav.score(b"RF64\xff\xff\xff\xffWAVE", ".wav") == 1
    assert rf64.score(b"RF64\xff\xff\xff\xffWAVE", ".wav") == 3
    assert rf64.score(b"BW64\xff\xff\xff\xffWAVE", "") == 3
    assert rf64.score(riff(DATA), ".wav") == 0
    assert wav.score(b"RIFF\0\0\0\0WEBP", ".webp") == 0
    assert [rf64.score(b"", suffix) for suffix in rf64.suffixes] == [1, 1]


def test_only_the_riff_form_embeds_a_manifest():
    assert [fmt.embeds_c2pa for fmt in FORMATS] == [True, False]


def test_a_written_packet_reads_back_and_the_sound_stays(sample, tmp_path):
    fmt, before = sample
    after = written(before, PACKET, fmt)
    contents = read(after, fmt)
    assert contents.completeness is Completeness.WHOLE
    assert contents.problems == ()
    assert [(packet.place, packet.data) for packet in contents.xmp] == [(fmt.xmp_place, PACKET)]
    assert contents.fields == read(before, fmt).fields
    assert sound_digest(after, fmt) == sound_digest(before, fmt)
    old, new = tmp_path / "old.wav", tmp_path / "new.wav"
    old.write_bytes(before)
    new.write_bytes(after)
    assert heard(old) == heard(new)


def test_writing_twice_equals_writing_once_and_removing_restores(sample):
    fmt, before = sample
    once = written(before, PACKET, fmt)
    assert written(once, PACKET, fmt) == once
    assert written(written(before, b"another packet", fmt), PACKET, fmt) == once
    assert written(once, None, fmt) == before


def test_unknown_sizes_of_rf64_are_kept(plain, tmp_path):
    path = tmp_path / "wide.wav"
    ffmpeg("-i", str(plain), "-rf64", "always", str(path))
    before = path.read_bytes()
    after = written(before, PACKET, Rf64())
    assert after[4:8] == before[4:8] == b"\xff\xff\xff\xff"
    assert struct.unpack("<Q", after[20:28]) == (len(after) - 8,)
    assert after[28 : len(before)] == before[28:]


def test_python_reads_the_same_frames_from_a_written_file(plain):
    before = plain.read_bytes()
    with wave.open(BytesIO(written(before))) as new, wave.open(BytesIO(before)) as old:
        assert new.readframes(10_000) == old.readframes(10_000)


def test_what_ffmpeg_writes_as_metadata_is_read(plain, tmp_path):
    path = tmp_path / "tagged.wav"
    tags = {"title": "Tides", "comment": "made with suno", "artist": "Zoë"}
    options = [part for key, value in tags.items() for part in ("-metadata", f"{key}={value}")]
    bext = ["-write_bext", "1", "-metadata", "originator=A machine"]
    ffmpeg("-i", str(plain), *options, *bext, str(path))
    found = {(field.place, field.key): field.value for field in read(path.read_bytes()).fields}
    assert found["wav/LIST/INFO", "INAM"] == "Tides"
    assert found["wav/LIST/INFO", "ICMT"] == "made with suno"
    assert found["wav/LIST/INFO", "IART"] == "Zoë"
    assert found["wav/bext", "Originator"] == "A machine"


def test_every_text_of_a_broadcast_wave_is_a_field():
    parts = [b"what", b"who", b"ref", b"2026-11-01", b"10:11:12"]
    sizes = [256, 32, 32, 10, 8]
    head = b"".join(part.ljust(size, b"\0") for part, size in zip(parts, sizes, strict=True))
    bext = chunk(b"bext", head + bytes(264) + b"A=PCM,F=48000\r\n\0")
    texts = [chunk(b"iXML", b"<BWFXML/>\0"), chunk(b"axml", b"<ebu/>"), chunk(b"AIGC", b"{}")]
    fields = read(riff(bext, FMT, DATA, *texts)).fields
    assert [(field.place, field.key, field.value) for field in fields] == [
        ("wav/bext", "Description", "what"),
        ("wav/bext", "Originator", "who"),
        ("wav/bext", "OriginatorReference", "ref"),
        ("wav/bext", "OriginationDate", "2026-11-01"),
        ("wav/bext", "OriginationTime", "10:11:12"),
        ("wav/bext", "CodingHistory", "A=PCM,F=48000\r\n"),
        ("wav/iXML", "", "<BWFXML/>"),
        ("wav/axml", "", "<ebu/>"),
        ("wav/AIGC", "", "{}"),
    ]


def test_other_lists_and_lists_in_lists_are_no_fields():
    nested = info((b"INAM", b"name\0"), (b"LIST", b"INFOINAM\x02\0\0\0no"), (b"IART", b""))
    contents = read(riff(FMT, DATA, nested, chunk(b"LIST", b"adtllabl"), chunk(b"LIST", b"IN")))
    assert [(field.key, field.value) for field in contents.fields] == [("INAM", "name")]
    assert contents.problems == ()


def test_a_list_that_makes_no_sense_is_reported_and_the_rest_is_read():
    broken = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"name") + struct.pack("<4sI", b"ICMT", 99))
    contents = read(riff(FMT, broken, DATA))
    assert contents.completeness is Completeness.WHOLE
    assert [field.value for field in contents.fields] == ["name"]
    (problem,) = contents.problems
    assert "LIST" in problem
    assert "ICMT" in problem


@pytest.mark.parametrize("kind", [b"bext", b"iXML", b"_PMX"])
def test_a_text_too_long_to_read_is_reported(kind):
    contents = read(riff(FMT, DATA, chunk(kind, bytes(MAX_TEXT + 2))))
    assert contents.problems == (f"a {kind.decode()} chunk of {MAX_TEXT + 2} bytes was not read",)
    assert contents.fields == ()
    assert contents.xmp == ()


def test_a_manifest_store_is_found_and_can_be_taken_out():
    data = riff(FMT, DATA, STORE, info((b"INAM", b"name")))
    source = BytesSource(data)
    assert executed(source, Wav().read(source).c2pa) == b"\0\0\0\x09jumb!"
    without = executed(source, Wav().plan_without_c2pa(source))
    assert without == riff(FMT, DATA, info((b"INAM", b"name")))


def test_the_packet_goes_behind_all_chunks_and_before_what_follows_the_form():
    data = riff(FMT, DATA, STORE, trailing=b"trailing")
    new = chunk(b"_PMX", PACKET)
    assert written(data) == riff(FMT, DATA, STORE, new, trailing=b"trailing")
    assert written(riff(chunk(b"_PMX", b"old"), FMT, DATA, STORE)) == riff(FMT, DATA, STORE, new)


@pytest.mark.parametrize(
    "data",
    [
        riff(FMT, DATA, size=0),
        riff(FMT, DATA, size=0xFFFFFFFF),
        riff(FMT, struct.pack("<4sI", b"data", 0xFFFFFFFF), b"sound"),
        riff(FMT, struct.pack("<4sI", b"data", 100), b"sound"),
        riff(FMT, DATA, size=1000),
        riff(FMT),
    ],
)
def test_an_unfinished_file_is_truncated_and_not_written(data):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert len(contents.problems) == 1
    source = BytesSource(data)
    with pytest.raises(DamagedMediaError):
        Wav().plan_xmp(source, PACKET)
    with pytest.raises(DamagedMediaError):
        Wav().plan_without_c2pa(source)


def test_what_a_pipe_leaves_unfinished_is_truncated(plain):
    assert read(ffmpeg("-i", str(plain), "-f", "wav", "-")).completeness is Completeness.TRUNCATED


def test_nothing_but_the_essence_decides_how_sound_is_decoded():
    assert Wav().decoding_map(BytesSource(riff(FMT, DATA))) == b""


def full(magic):
    parts = FMT, info((b"INAM", b"name")), chunk(b"bext", bytes(610)), DATA, STORE
    parts = *parts, chunk(b"_PMX", PACKET)
    if magic == b"RIFF":
        return riff(*parts)
    body = b"".join(parts)
    sizes = chunk(b"ds64", struct.pack("<QQQI4sQ", 52 + len(body), 3, 3, 1, b"abcd", 5))
    return magic + b"\xff\xff\xff\xffWAVE" + sizes + body


FULL = [(Wav(), full(b"RIFF")), (Rf64(), full(b"RF64")), (Rf64(), full(b"BW64"))]


@pytest.mark.parametrize(("fmt", "data"), FULL)
def test_a_file_cut_anywhere_is_never_called_whole(fmt, data):
    assert read(data, fmt).completeness is Completeness.WHOLE
    # The last byte is padding, which some writers leave out.
    for length in range(len(data) - 1):
        try:
            contents = read(data[:length], fmt)
        except DamagedMediaError:
            continue
        assert contents.completeness is Completeness.TRUNCATED, length
        assert contents.problems, length
        assert all(run.end <= length for run in contents.essence + contents.c2pa)


def survives(fmt, data):
    """Fail on any error but the foreseen ones, and on any plan that loses a byte of sound."""
    source = BytesSource(data)
    try:
        contents = fmt.read(source)
        assert all(run.end <= len(data) for run in contents.essence + contents.c2pa)
        plans = [fmt.plan_xmp(source, PACKET), fmt.plan_xmp(source, None)]
        plans.append(fmt.plan_without_c2pa(source))
    except (MediaError, CarrierError):
        return
    assert contents.completeness is Completeness.WHOLE
    for plan in plans:
        after = executed(source, plan)
        assert read(after, fmt).completeness is Completeness.WHOLE
        assert sound_digest(after, fmt) == digest_ranges(source, contents.essence)
    once = executed(source, plans[0])
    assert [packet.data for packet in read(once, fmt).xmp] == [PACKET]
    assert written(once, PACKET, fmt) == once


@settings(deadline=None)
@given(
    fmt_magic=st.sampled_from([(Wav(), b"RIFF"), (Rf64(), b"RF64"), (Rf64(), b"BW64")]),
    size=st.one_of(st.just(b"\xff" * 4), st.binary(min_size=4, max_size=4)),
    first=st.sampled_from([b"", b"ds64\x1c\0\0\0", b"LIST", b"data"]),
    noise=st.binary(max_size=200),
)
def test_noise_behind_the_magic_raises_only_what_is_foreseen(fmt_magic, size, first, noise):
    fmt, magic = fmt_magic
    survives(fmt, magic + size + b"WAVE" + first + noise)


@settings(deadline=None)
@given(
    sound=st.sampled_from(FULL),
    flips=st.lists(st.tuples(st.integers(0), st.integers(1, 255)), min_size=1, max_size=4),
)
def test_flipped_bits_raise_only_what_is_foreseen(sound, flips):
    fmt, data = sound
    damaged = bytearray(data)
    for position, bits in flips:
        damaged[position % len(data)] ^= bits
    survives(fmt, bytes(damaged))


def corpus_files():
    return sorted(path for path in CORPUS.rglob("*") if path.suffix == ".wav")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the sample corpus is not beside the repository")
def test_every_file_of_the_corpus_is_read_and_written_or_refused():
    outcomes = {}
    for path in corpus_files():
        with FileSource(path) as source:
            fmt = max(FORMATS, key=lambda fmt: fmt.score(source.head, ".wav"))
            data = source.pread(0, source.size)
            survives(fmt, data)
            try:
                outcomes[path.name] = fmt.read(source).completeness
            except DamagedMediaError:
                outcomes[path.name] = "damaged"
    assert outcomes["bwf.wav"] is Completeness.WHOLE
    assert outcomes["rf64.wav"] is Completeness.WHOLE
    assert outcomes["f124.wav"] is Completeness.WHOLE
    assert outcomes["rect_24bit_nods64.wav"] is Completeness.TRUNCATED
    assert outcomes["robust_sample3.invalid.wav"] is Completeness.TRUNCATED
    assert outcomes["rect_24bit_noriff.wav"] == "damaged"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the sample corpus is not beside the repository")
@pytest.mark.parametrize("name", ["test_bwf.wav", "rf64.wav", "sample1_signed.wav"])
def test_files_of_the_corpus_sound_the_same_when_written(name, tmp_path):
    old = next(path for path in corpus_files() if path.name == name)
    data = old.read_bytes()
    fmt = max(FORMATS, key=lambda fmt: fmt.score(data, ".wav"))
    new = tmp_path / "new.wav"
    new.write_bytes(written(data, PACKET, fmt))
    assert heard(old) == heard(new)


def test_chunks_that_the_form_does_not_count_are_heard():
    contents = read(riff(FMT, DATA, trailing=info((b"ICMT", b"noon")) + chunk(b"aigc", b"{}")))
    assert [(found.key, found.value) for found in contents.fields] == [("ICMT", "noon"), ("", "{}")]
    assert contents.trailer_length > 0


def test_a_second_id3_tag_in_a_chunk_is_heard():
    tag = b"ID3\3\0\0\0\0\0\x0fTIT2\0\0\0\5\0\0\0noon"
    contents = read(riff(FMT, DATA, chunk(b"id3 ", tag * 2)))
    assert [(found.key, found.value) for found in contents.fields] == [("TIT2", "noon")] * 2
