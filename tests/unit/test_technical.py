"""Technical data of media that ffmpeg and Pillow make, and of files made to hurt."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import imageio_ffmpeg
import pymediainfo
import pytest
from PIL import Image

from provenance.errors import DamagedMediaError, IsolationError
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.isolation.interface import Limits
from provenance.isolation.worker_process import WorkerProcess
from provenance.media.technical import PRELOAD, describe, read_media_info, technical_data

ROOT = Path(__file__).parents[2]
RASTER = "320 \N{MULTIPLICATION SIGN} 180"
HOSTILE = ROOT.parent / "shared" / "corpus" / "hostile"


@pytest.fixture(scope="module")
def worker():
    with WorkerProcess(preload=PRELOAD) as runner:
        yield runner


@pytest.fixture(params=["worker", "in process"])
def runner(request, worker):
    return worker if request.param == "worker" else UnsafeInProcessRunner(preload=PRELOAD)


@pytest.fixture(scope="module")
def movie(tmp_path_factory):
    path = tmp_path_factory.mktemp("media") / "movie.mov"
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error"),
        *("-f", "lavfi", "-i", "testsrc=size=320x180:rate=24:duration=1.5"),
        *("-f", "lavfi", "-i", "sine=duration=1.5:sample_rate=48000"),
        *("-c:v", "mpeg4", "-c:a", "pcm_s16le", "-ac", "2", "-timecode", "01:00:00:00"),
        *("-vf", "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709"),
        str(path),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # our own words
    return path


def facts_of(runner, path):
    with path.open("rb") as file:
        return technical_data(runner, file.fileno())


def test_a_movie_tells_all_an_editor_asks(runner, movie):
    facts = facts_of(runner, movie)
    assert list(facts.items()) == [
        ("format", "MPEG-4 QuickTime"),
        ("duration", "00:00:01.500"),
        ("raster", RASTER),
        ("pixels", "YUV 4:2:0 8 bit"),
        ("colour", "BT.709 / BT.709"),
        ("frame_rate", "24.000 fps"),
        ("video_codec", "MPEG-4 Visual Simple"),
        ("audio_codec", "PCM"),
        ("channels", "2"),
        ("sample_rate", "48000 Hz"),
        ("timecode", "01:00:00:00"),
        ("size", f"{movie.stat().st_size:,} bytes"),
    ]


def test_a_still_picture_has_no_time(runner, tmp_path):
    Image.new("RGB", (64, 48)).save(tmp_path / "still.png")
    assert facts_of(runner, tmp_path / "still.png") == {
        "format": "PNG",
        "raster": "64 \N{MULTIPLICATION SIGN} 48",
        "pixels": "RGB 8 bit",
        "video_codec": "PNG",
        "size": f"{(tmp_path / 'still.png').stat().st_size:,} bytes",
    }


@pytest.mark.parametrize("content", [b"", b"nothing that MediaInfo knows"])
def test_a_file_nobody_knows_has_a_size(runner, tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert facts_of(runner, tmp_path / "file") == {"size": f"{len(content)} bytes"}


def test_the_process_that_asks_does_not_import_pymediainfo(movie):
    code = (
        "import sys; from provenance.isolation.worker_process import WorkerProcess\n"
        "from provenance.media.technical import PRELOAD, technical_data\n"
        "with WorkerProcess(preload=PRELOAD) as runner, open(sys.argv[1], 'rb') as file:\n"
        "    print(technical_data(runner, file.fileno())['raster'], 'pymediainfo' in sys.modules)\n"
    )
    command = [sys.executable, "-X", "utf8", "-c", code, str(movie)]
    output = subprocess.run(  # our own interpreter and code
        command, check=True, cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert output.stdout == f"{RASTER} False\n"


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener


@pytest.fixture
def playlist(tmp_path, listener):
    path = tmp_path / "x.mp4"
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/seg.ts"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n")
    return path


def test_a_playlist_named_mp4_makes_nobody_call_its_url(worker, playlist, listener):
    assert facts_of(worker, playlist)["format"] == "HLS Media"
    listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_the_same_playlist_is_followed_where_there_is_no_isolation(playlist, listener):
    requests = []

    def answer():
        connection, _ = listener.accept()
        with connection:
            requests.append(connection.recv(1000))
            connection.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    server = threading.Thread(target=answer)
    server.start()
    with UnsafeInProcessRunner(preload=PRELOAD) as runner:
        facts_of(runner, playlist)
    server.join()
    assert requests[0].startswith(b"GET /seg.ts")


@pytest.mark.parametrize("name", ["mediainfo-hang-177-bytes.tif", "mediainfo-slow-27s.mp4"])
def test_a_file_that_hangs_mediainfo_costs_its_time_and_no_more(name, movie):
    if not (HOSTILE / name).exists():
        pytest.skip("the corpus of hostile files is not here")
    with WorkerProcess(preload=PRELOAD, limits=Limits(wall_seconds=1.0)) as runner:
        with pytest.raises(IsolationError, match=r"read_media_info ran out of time \(1 s\)"):
            facts_of(runner, HOSTILE / name)
        assert facts_of(runner, movie)["raster"] == RASTER


def test_several_sound_tracks_and_fields_are_told():
    tracks = [
        {"@type": "Audio", "Format": "PCM", "Channels": "2"},
        {"@type": "Audio", "Format": "PCM", "Channels": "6"},
        {"@type": "Video", "FrameRate": "25.000", "ScanType": "Interlaced", "Width": "720"},
    ]
    facts = {"frame_rate": "25.000 fps, interlaced", "audio_codec": "PCM", "channels": "2 + 6"}
    assert describe(tracks) == facts


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [("3661.0415", "01:01:01.042"), ("360000", "100:00:00.000"), ("-1", None), ("1e9", None)],
)
def test_a_duration_is_hours_minutes_and_seconds(seconds, shown):
    assert describe([{"@type": "General", "Duration": seconds}]).get("duration") == shown


class Answering:
    """A runner that gives one answer, as a worker that was taken over might."""

    def __init__(self, answer):
        self.answer = answer

    def run(self, *_):
        return self.answer


def test_an_answer_with_control_characters_is_made_printable(movie):
    facts = facts_of(Answering({"format": "\x1b[2J\n" + "x" * 1000, "raster": 7}), movie)
    assert facts["format"] == " [2J " + "x" * 195
    assert facts["raster"] == "7"


def test_an_answer_of_another_shape_is_refused(movie):
    with pytest.raises(DamagedMediaError, match="not understood"):
        facts_of(Answering(["format"]), movie)


@pytest.mark.parametrize("description", ["", "{", "[]", "{}", json.dumps({"media": None})])
def test_a_description_that_is_no_json_is_refused(description, monkeypatch):
    monkeypatch.setattr(pymediainfo.MediaInfo, "parse", lambda *_, **__: description)
    with pytest.raises(DamagedMediaError, match="no JSON"):
        read_media_info({}, [None])
