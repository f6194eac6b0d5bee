import base64
import io
import json
import shutil
import struct
import subprocess

import imageio_ffmpeg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, GEOB, ID3, POPM, PRIV, TXXX
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm

from provenance.carriers import native_tasks
from provenance.errors import CarrierError
from provenance.isolation.worker_process import WorkerProcess
from provenance.media.flac import Flac
from provenance.media.mp3 import Mp3
from provenance.media.source import BytesSource

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
TAG = json.dumps({"schema": "provenance-tag", "note": "Grüße ☂"}, ensure_ascii=False)
COMMENT = "GENAI-TEMP 1a2b3c4d"
OURS = b'<x:xmpmeta xmlns:prov="https://ns.provenance.local/tag/1.0/"/>'
FOREIGN = b"<x:xmpmeta/>"
MP4_TEXT = "----:com.apple.iTunes:PROVENANCE"
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8 + b"\xff\xd9"

TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=0.5")
IMAGE = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=0.5")
NAMED = ("-metadata", "title=Tram", "-metadata", "artist=Grüße")
RECIPES = {
    "plain.mp3": (*TONE, *NAMED, "-c:a", "libmp3lame", "-id3v2_version", "3"),
    "v24.mp3": (*TONE, *NAMED, "-c:a", "libmp3lame", "-id3v2_version", "4", "-write_id3v1", "1"),
    "bare.mp3": (*TONE, "-c:a", "libmp3lame", "-id3v2_version", "0"),
    "a.flac": (*TONE, *NAMED, "-c:a", "flac"),
    "a.m4a": (*TONE, *NAMED, "-c:a", "aac"),
    "a.mp4": (*IMAGE, *TONE, *NAMED, "-c:v", "mpeg4", "-c:a", "aac"),
    "fast.mp4": (*IMAGE, *TONE, "-c:v", "mpeg4", "-c:a", "aac", "-movflags", "+faststart"),
    "a.m4v": (*IMAGE, "-c:v", "mpeg4", "-f", "mp4"),
    "prores.mov": (*IMAGE, *TONE, *NAMED, "-c:v", "prores_ks", "-c:a", "pcm_s16le"),
    "mjpeg.mov": (*IMAGE, "-c:v", "mjpeg", "-timecode", "01:00:00:00", "-movflags", "+faststart"),
}
REFUSED = {
    "fragmented.mp4": (*IMAGE, "-c:v", "mpeg4", "-movflags", "+frag_keyframe+empty_moov"),
    "keys.mp4": (*IMAGE, *NAMED, "-c:v", "mpeg4", "-movflags", "+use_metadata_tags"),
}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Return a function that makes the file of a recipe, once."""
    folder = tmp_path_factory.mktemp("native")

    def make(name):
        path = folder / name
        if not path.exists():
            recipe = (RECIPES | REFUSED)[name]
            command = (
                FFMPEG,
                "-v",
                "error",
                "-nostdin",
                "-fflags",
                "+bitexact",
                *recipe,
                str(path),
            )
            subprocess.run(command, check=True)
        return path

    return make


@pytest.fixture
def sample(made, tmp_path):
    def copy(name):
        return shutil.copy(made(name), tmp_path / name)

    return copy


def run(task, path, **arguments):
    with path.open("r+b") as file:
        return task({"format": path.suffix[1:], **arguments}, [file])


def write(path, *, tag=TAG, comment=COMMENT, packet=None):
    encoded = None if packet is None else base64.b64encode(packet).decode()
    return run(native_tasks.write_tag, path, tag=tag, comment=comment, xmp=encoded)


def remove(path):
    return run(native_tasks.remove_tag, path)


def decoded(path):
    command = [FFMPEG, "-v", "error", "-nostdin", "-i", path, "-map", "0:v?", "-map", "0:a?"]
    command += ["-f", "framemd5", "-"]
    done = subprocess.run(command, check=True, capture_output=True)
    return done.stdout


def contents(path):
    fmt = Flac() if path.suffix == ".flac" else Mp3()
    return fmt.read(BytesSource(path.read_bytes()))


def keys(path):
    return {(field.key, field.value) for field in contents(path).fields}


def tag_of(path):
    if path.suffix in {".mp3", ".flac"}:
        wanted = {"TXXX:PROVENANCE", "PROVENANCE"}
        return [field.value for field in contents(path).fields if field.key in wanted]
    return [bytes(value).decode() for value in MP4(path).tags.get(MP4_TEXT, [])]


@pytest.mark.parametrize("name", RECIPES)
def test_a_written_tag_reads_back_and_decoding_is_unchanged(sample, name):
    path = sample(name)
    before = decoded(path)
    assert len(before.splitlines()) > 5
    assert write(path) == {"changed": True}
    assert tag_of(path) == [TAG]
    assert decoded(path) == before


@pytest.mark.parametrize("name", RECIPES)
def test_writing_the_same_tag_twice_leaves_the_bytes_alone(sample, name):
    path = sample(name)
    write(path, packet=OURS)
    once = path.read_bytes()
    assert write(path, packet=OURS) == {"changed": False}
    assert path.read_bytes() == once


@pytest.mark.parametrize("name", RECIPES)
def test_a_later_tag_replaces_ours_with_its_comment(sample, name):
    path = sample(name)
    write(path)
    write(path, tag="{}", comment="GENAI-TEMP 99999999")
    assert tag_of(path) == ["{}"]
    data = path.read_bytes()
    assert COMMENT.encode() not in data
    assert b"GENAI-TEMP 99999999" in data or "GENAI-TEMP 99999999".encode("utf-16-le") in data


@pytest.mark.parametrize("name", RECIPES)
def test_removing_takes_out_what_was_written_and_nothing_else(sample, name):
    path = sample(name)
    before = decoded(path)
    original = path.read_bytes()
    write(path, packet=OURS)
    assert remove(path) == {"changed": True}
    data = path.read_bytes()
    assert not any(mark in data for mark in (b"PROVENANCE", b"provenance", b"GENAI-TEMP"))
    assert "PROVENANCE".encode("utf-16-le") not in data
    assert decoded(path) == before
    assert remove(path) == {"changed": False}
    if name == "bare.mp3":
        assert data == original
    if b"Tram" in original:
        assert b"Tram" in data or "Tram".encode("utf-16-le") in data


@pytest.mark.parametrize("name", RECIPES)
def test_removing_from_an_untagged_file_leaves_the_bytes_alone(sample, name):
    path = sample(name)
    original = path.read_bytes()
    assert remove(path) == {"changed": False}
    assert path.read_bytes() == original


# MP3


def id3(*frames, major=3, flags=0):
    body = b"".join(
        kind + (len(data).to_bytes(3) if major == 2 else struct.pack(">IH", len(data), 0)) + data
        for kind, data in frames
    )
    header = bytes([major, 0, flags, 0, 0, len(body) >> 7, len(body) & 0x7F])
    return b"ID3" + header + body + (b"3DI" + header if flags & 0x10 else b"")


@pytest.fixture
def behind(sample):
    """Return a function that makes an MP3 file of a given head and the same audio."""

    def make(head, tail=b""):
        path = sample("bare.mp3")
        path.write_bytes(head + path.read_bytes() + tail)
        return path

    return make


@pytest.mark.parametrize(("name", "major"), [("plain.mp3", 3), ("v24.mp3", 4), ("bare.mp3", 3)])
def test_an_id3_tag_keeps_its_version(sample, name, major):
    path = sample(name)
    write(path)
    assert path.read_bytes()[3] == major


@pytest.mark.parametrize(("name", "major"), [("plain.mp3", 3), ("v24.mp3", 4)])
def test_frames_of_others_survive_in_an_mp3(sample, name, major):
    path = sample(name)
    frames = ID3(path, translate=False, load_v1=False)
    frames.add(TXXX(encoding=1, desc="prompt", text=["a cat", "a dog"]))
    frames.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="cover", data=PICTURE))
    frames.add(COMM(encoding=0, lang="eng", desc="", text=["made with suno"]))
    frames.add(GEOB(encoding=0, mime="application/c2pa", filename="", desc="", data=b"store"))
    frames.add(POPM(email="a@b", rating=5))
    frames.add(PRIV(owner="WM/Other", data=b"\1\2"))
    frames.save(path, v2_version=major, v23_sep=None)
    before = keys(path)
    write(path, packet=OURS)
    assert before <= keys(path)
    after = ID3(path, translate=False)
    assert after.getall("APIC")[0].data == PICTURE
    assert after["POPM:a@b"].rating == 5
    assert {frame.owner: frame.data for frame in after.getall("PRIV")} == {
        "WM/Other": b"\1\2",
        "XMP": OURS,
    }
    assert len(contents(path).c2pa) == 1


def test_an_unknown_frame_survives_byte_for_byte(behind):
    path = behind(id3((b"XABC", b"\0\1\2 what is this"), (b"TIT2", b"\0Tram")))
    write(path)
    assert b"XABC\0\0\0\x10\0\0\0\1\2 what is this" in path.read_bytes()
    remove(path)
    assert b"XABC\0\0\0\x10\0\0\0\1\2 what is this" in path.read_bytes()


def test_a_file_whose_frames_would_be_lost_is_refused(behind):
    path = behind(id3((b"TIT2", b"\x09an encoding nobody knows")))
    before = path.read_bytes()
    with pytest.raises(CarrierError, match="would lose"):
        write(path)
    assert path.read_bytes() == before


def test_a_tag_of_version_2_2_becomes_2_3(behind):
    path = behind(id3((b"TT2", b"\0Tram"), (b"COM", b"\0eng\0hello"), major=2))
    write(path)
    assert path.read_bytes()[3] == 3
    assert {("TIT2", "Tram"), ("COMM:", "hello")} <= keys(path)


def test_a_tag_of_version_2_2_with_unknown_frames_is_refused(behind):
    path = behind(id3((b"TT2", b"\0Tram"), (b"XYZ", b"abc"), major=2))
    with pytest.raises(CarrierError, match=r"ID3v2\.2"):
        write(path)


def test_a_footer_goes_with_the_tag_it_closes(behind):
    path = behind(id3((b"TIT2", b"\0Tram"), major=4, flags=0x10))
    before = decoded(path)
    write(path)
    assert b"3DI" not in path.read_bytes()
    assert tag_of(path) == [TAG]
    assert decoded(path) == before


def test_an_id3v1_block_is_left_as_it_is(sample):
    path = sample("v24.mp3")
    block = path.read_bytes()[-128:]
    assert block.startswith(b"TAG")
    write(path)
    assert path.read_bytes()[-128:] == block
    remove(path)
    assert path.read_bytes()[-128:] == block


def test_audio_that_looks_like_an_id3v1_block_is_left_as_it_is(behind):
    tail = b"TAG" + bytes(range(100))
    path = behind(b"", tail)
    original = path.read_bytes()
    write(path)
    assert path.read_bytes().endswith(original)


def test_a_second_tag_stays_behind_the_first(behind):
    second = id3((b"TIT2", b"\0Second"))
    path = behind(id3((b"TIT2", b"\0First")) + second)
    write(path)
    assert second in path.read_bytes()
    assert {("TIT2", "First"), ("TIT2", "Second"), ("TXXX:PROVENANCE", TAG)} <= keys(path)


@pytest.mark.parametrize(
    ("there", "kept"), [(FOREIGN, [FOREIGN]), (OURS + b" ", [OURS])], ids=["foreign", "ours"]
)
def test_only_our_own_packet_is_replaced(behind, there, kept):
    path = behind(id3((b"PRIV", b"XMP\0" + there)))
    write(path, packet=OURS)
    assert [packet.data for packet in contents(path).xmp] == kept
    remove(path)
    assert [packet.data for packet in contents(path).xmp] == [
        packet for packet in kept if packet == FOREIGN
    ]


def test_without_a_packet_none_is_written(sample):
    path = sample("plain.mp3")
    write(path)
    assert contents(path).xmp == ()
    assert ("COMM:provenance", COMMENT) in keys(path)


def test_a_comment_of_another_under_our_name_stays(behind):
    path = behind(id3((b"COMM", b"\0engprovenance\0bought at an auction")))
    write(path)
    assert ("COMM:provenance", "bought at an auction") in keys(path)
    remove(path)
    assert ("COMM:provenance", "bought at an auction") in keys(path)


def test_a_tag_with_room_is_rewritten_without_moving_the_audio(sample):
    path = sample("plain.mp3")
    write(path)
    size = path.stat().st_size
    write(path, tag=TAG + " ")
    assert path.stat().st_size == size


# FLAC


def test_comments_and_pictures_of_others_survive_in_a_flac(sample):
    path = sample("a.flac")
    audio = FLAC(path)
    picture = Picture()
    picture.data, picture.mime = PICTURE, "image/jpeg"
    audio.add_picture(picture)
    audio["aigc"] = "{}"
    audio["COMMENT"] = ["made with suno"]
    audio.save()
    before = keys(path)
    write(path)
    assert before <= keys(path)
    assert ("COMMENT", COMMENT) not in keys(path)
    assert FLAC(path).pictures[0].data == PICTURE
    remove(path)
    assert keys(path) == before


def test_a_flac_without_comments_has_none_after_removal(sample):
    path = sample("a.flac")
    FLAC(path).delete()
    assert contents(path).fields == ()
    write(path)
    assert {("PROVENANCE", TAG), ("COMMENT", COMMENT)} <= keys(path)
    remove(path)
    assert contents(path).fields == ()


def test_a_prepended_id3_tag_stays_before_a_flac(sample):
    path = sample("a.flac")
    head = id3((b"TIT2", b"\0Tram"))
    path.write_bytes(head + path.read_bytes())
    write(path)
    assert path.read_bytes().startswith(head + b"fLaC")
    assert tag_of(path) == [TAG]


# MP4


def test_items_of_others_survive_in_an_mp4(sample):
    path = sample("a.mp4")
    mp4 = MP4(path)
    mp4["covr"] = [MP4Cover(PICTURE)]
    mp4["\xa9cmt"] = ["made with suno"]
    mp4["----:com.apple.iTunes:AIGC"] = [MP4FreeForm(b"{}")]
    mp4.save()
    write(path)
    after = MP4(path).tags
    assert bytes(after["covr"][0]) == PICTURE
    assert after["\xa9cmt"] == ["made with suno"]
    assert after["\xa9nam"] == ["Tram"]
    assert bytes(after["----:com.apple.iTunes:AIGC"][0]) == b"{}"
    remove(path)
    assert MP4(path).tags["\xa9cmt"] == ["made with suno"]


def test_an_mp4_without_a_comment_gets_ours(sample):
    path = sample("fast.mp4")
    write(path)
    assert MP4(path).tags["\xa9cmt"] == [COMMENT]


@pytest.mark.parametrize(
    ("name", "reason"), [("fragmented.mp4", "fragmented"), ("keys.mp4", "QuickTime keys")]
)
@pytest.mark.parametrize("task", [write, remove])
def test_an_mp4_that_cannot_bear_the_tag_is_refused(sample, name, reason, task):
    path = sample(name)
    before = path.read_bytes()
    with pytest.raises(CarrierError, match=reason):
        task(path)
    assert path.read_bytes() == before


# Anything else


@pytest.mark.parametrize("suffix", [".flac", ".mp4"])
@pytest.mark.parametrize("data", [b"", b"garbage that is long enough", b"fLaC\0\0\0\0"])
def test_garbage_is_refused(tmp_path, suffix, data):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    with pytest.raises(CarrierError):
        write(path)
    assert path.read_bytes() == data


def test_another_format_is_refused():
    with pytest.raises(CarrierError, match="wav"):
        native_tasks.remove_tag({"format": "wav"}, [io.BytesIO(b"RIFF")])


def test_what_mutagen_looks_up_late_is_loaded_early():
    assert native_tasks.preload() is None


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["plain.mp3", "v24.mp3", "a.flac", "a.m4a", "fast.mp4"]),
    flips=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=5),
    cut=st.one_of(st.none(), st.integers(0, 3000)),
)
def test_damaged_files_end_in_nothing_but_a_carrier_error(made, name, flips, cut):
    data = bytearray(made(name).read_bytes())
    for at, value in flips:
        data[at % len(data)] = value
    file = io.BytesIO(bytes(data[:cut]))
    arguments = {"format": name.split(".")[1], "tag": TAG, "comment": COMMENT}
    try:
        native_tasks.write_tag(arguments, [file])
        native_tasks.remove_tag(arguments, [file])
    except CarrierError:
        pass


@pytest.mark.parametrize("name", ["v24.mp3", "a.flac", "fast.mp4", "prores.mov"])
def test_the_tasks_do_the_same_in_a_locked_down_worker(sample, made, tmp_path, name):
    here, there = sample(name), tmp_path / f"worker-{name}"
    shutil.copy(made(name), there)
    write(here, packet=OURS)
    arguments = {"format": here.suffix[1:], "tag": TAG, "comment": COMMENT}
    arguments["xmp"] = base64.b64encode(OURS).decode()
    with WorkerProcess(preload=[native_tasks.__name__]) as runner, there.open("r+b") as file:
        task = f"{native_tasks.__name__}:write_tag"
        assert runner.run(task, arguments, (file.fileno(),)) == {"changed": True}
        assert there.read_bytes() == here.read_bytes()
        task = f"{native_tasks.__name__}:remove_tag"
        assert runner.run(task, {"format": here.suffix[1:]}, (file.fileno(),)) == {"changed": True}
