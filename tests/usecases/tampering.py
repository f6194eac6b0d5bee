"""What people and programs do to a tagged file, on purpose or not; each changes a file in place."""

import struct
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from mutagen.id3 import ID3
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4

from provenance.errors import DamagedMediaError
from provenance.media.formats import identify, suffix_of
from provenance.media.interface import MediaFormat
from provenance.media.source import BytesSource
from provenance.model.finding import Verdict
from tests.media_samples import carry_out, essence_of, with_packet
from tests.usecases.studio import Studio

Sample = Callable[[str], Path]
Tampering = Callable[[Path], Path]

SAMPLES = {
    "png": "png/rgb.png",
    "jpeg": "jpeg/baseline.jpg",
    "mp4": "mp4/moov_last.mp4",
    "wav": "wav/pcm16.wav",
    "mp3": "mp3/id3v23.mp3",
}
"""One sample of each format that is tampered with."""
each_kind = pytest.mark.parametrize("kind", SAMPLES)
"""Run a test on each of them."""

_IMAGE_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_START_OF_SCAN = 0xDA


def tagged(studio: Studio, sample: Sample, kind: str) -> Path:
    file = studio.put(sample(SAMPLES[kind]))
    studio.tag(file)
    assert studio.verdict(file) is Verdict.BLOCK
    return file


def other_of(sample: Sample, kind: str) -> Path:
    others = {
        "png": "png/deep.png",
        "jpeg": "jpeg/progressive.jpg",
        "mp4": "mp4/fragmented.mp4",
        "wav": "wav/pcm24.wav",
        "mp3": "mp3/no_xing.mp3",
    }
    return sample(others[kind])


def format_of(path: Path) -> MediaFormat:
    return identify(path.read_bytes()[:8192], suffix_of(path))


def strip_c2pa(path: Path) -> Path:
    data = path.read_bytes()
    with suppress(DamagedMediaError):  # as below
        path.write_bytes(carry_out(format_of(path).plan_without_c2pa(BytesSource(data)), data))
    return path


def strip_fields(path: Path) -> Path:
    """Take out XMP and text fields, and leave the manifest."""
    if path.suffix == ".mp3":
        frames = ID3(path)
        for key in [key for key in frames if not key.startswith("GEOB")]:
            del frames[key]
        frames.save(path)
        return path
    if path.suffix == ".mp4":
        MP4(path).delete()
    fmt = format_of(path)
    with suppress(DamagedMediaError):  # mutagen tears fragments from their media
        path.write_bytes(with_packet(fmt, path.read_bytes(), None))
    return path


def strip_everything(path: Path) -> Path:
    """Make the file anew from picture or sound alone, as an editor's export would."""
    return _REBUILD[format_of(path).name](path)


def copy_streams(path: Path) -> Path:
    """Have ffmpeg make a new container around the streams as they are."""
    target = path.with_name(f"copied{path.suffix}")
    arguments = "-map_metadata -1 -map_chapters -1 -fflags +bitexact -flags +bitexact -c copy"
    if path.suffix == ".mp3":
        arguments += " -id3v2_version 0 -write_xing 0"
    subprocess.run(
        [get_ffmpeg_exe(), "-v", "error", "-i", str(path), *arguments.split(), str(target)],
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    return target.replace(path)


def rename(path: Path) -> Path:
    return path.rename(path.with_name(f"sc010_plate_v002{path.suffix}"))


def change_suffix(path: Path) -> Path:
    return path.rename(path.with_suffix(".dat"))


def claim_another_format(path: Path) -> Path:
    return path.rename(path.with_suffix(".tif" if path.suffix != ".png" else ".mp3"))


def append_bytes(path: Path) -> Path:
    with path.open("ab") as file:
        file.write(b"appended behind the end" * 20)
    return path


def _rebuild_png(path: Path) -> Path:
    data = path.read_bytes()
    kept, at = [data[:8]], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] in _IMAGE_CHUNKS:
            kept.append(data[at : at + length + 12])
        at += length + 12
    path.write_bytes(b"".join(kept))
    return path


def _rebuild_jpeg(path: Path) -> Path:
    data = path.read_bytes()
    kept, at = [data[:2]], 2
    while data[at + 1] != _START_OF_SCAN:
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        is_metadata = 0xE0 <= data[at + 1] <= 0xEF or data[at + 1] == 0xFE
        kept += [] if is_metadata else [data[at : at + 2 + length]]
        at += 2 + length
    path.write_bytes(b"".join([*kept, data[at:]]))
    return path


def _rebuild_wav(path: Path) -> Path:
    data = path.read_bytes()
    samples = essence_of(format_of(path), data)
    at = data.index(b"fmt ")
    (length,) = struct.unpack("<I", data[at + 4 : at + 8])
    body = b"WAVE" + data[at : at + 8 + length] + struct.pack("<4sI", b"data", len(samples))
    body += samples
    path.write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)
    return path


def _rebuild_mp3(path: Path) -> Path:
    MP3(path).delete()
    return path


def _rebuild_mp4(path: Path) -> Path:
    return strip_c2pa(strip_fields(path))


_REBUILD: dict[str, Tampering] = {
    "png": _rebuild_png,
    "jpeg": _rebuild_jpeg,
    "wav": _rebuild_wav,
    "mp3": _rebuild_mp3,
    "mp4": _rebuild_mp4,
}
