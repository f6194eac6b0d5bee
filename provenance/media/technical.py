"""Technical data: what an editor wants to know of a file, as MediaInfo sees it.

MediaInfo hangs on small files and fetches the URLs and paths a playlist names, so `read_media_info`
runs as a task in a worker, and pymediainfo is never imported by the process that asks.
"""

import json
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from provenance.errors import DamagedMediaError
from provenance.isolation.interface import Json, TaskRunner

if TYPE_CHECKING:
    from pymediainfo import MediaInfo

PRELOAD = ("provenance.media.technical",)
"""The modules a runner must preload for `technical_data`."""

_MAX_VALUE = 200
# Where all of a file lies in one buffer, MediaInfo stops before it has read the timecode.
_BUFFER_BYTES = 4096

_Track = Mapping[str, Any]


def technical_data(runner: TaskRunner, descriptor: int) -> Mapping[str, str]:
    """Return facts about an opened file in the order they are shown; what is unknown is left out.

    Raises DamagedMediaError if MediaInfo says nothing usable, IsolationError if it fails.
    """
    answer = runner.run("provenance.media.technical:read_media_info", {}, (descriptor,))
    if not isinstance(answer, Mapping):
        raise DamagedMediaError("MediaInfo's description of the file is not understood")
    facts = {name: _printable(value) for name, value in answer.items()}
    return facts | {"size": f"{os.fstat(descriptor).st_size:,} bytes"}


def duration_seconds(facts: Mapping[str, str]) -> float | None:
    """Return the duration in these facts in seconds, None where there is none."""
    parts = facts.get("duration", "").split(":")
    if len(parts) != 3:
        return None
    hours, minutes, seconds = map(float, parts)
    return hours * 3600 + minutes * 60 + seconds


def preload() -> None:
    """Load pymediainfo and its library, which a locked-down worker could not."""
    _media_info().can_parse()


def read_media_info(_arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Describe the first file; the task behind `technical_data`."""
    description = _media_info().parse(
        files[0], output="JSON", full=False, buffer_size=_BUFFER_BYTES
    )
    try:
        tracks = json.loads(description)["media"]["track"]
    except (ValueError, TypeError, KeyError) as error:
        raise DamagedMediaError("MediaInfo's description of the file is no JSON") from error
    return describe(tracks)


def describe(tracks: list[_Track]) -> dict[str, str]:
    """Return the facts in MediaInfo's tracks; an empty track stands for one that is not there."""
    general, picture = _first(tracks, "General"), _first(tracks, "Video", "Image")
    sounds = [track for track in tracks if track.get("@type") == "Audio"]
    sound = sounds[0] if sounds else {}
    facts = {
        "format": _join(general, "Format", "Format_Profile"),
        "duration": _duration(general.get("Duration", "")),
        "raster": _raster(picture),
        "pixels": _pixels(picture),
        "colour": _join(picture, "colour_primaries", "transfer_characteristics", between=" / "),
        "frame_rate": _frame_rate(picture),
        "video_codec": _join(picture, "Format", "Format_Profile"),
        "audio_codec": _join(sound, "Format", "Format_AdditionalFeatures"),
        "channels": _channels(sounds),
        "sample_rate": f"{sound['SamplingRate']} Hz" if "SamplingRate" in sound else "",
        "timecode": next(_timecodes(tracks), ""),
    }
    return {name: value for name, value in facts.items() if value}


def _media_info() -> "type[MediaInfo]":
    import pymediainfo  # noqa: PLC0415  # 60 ms and a native library: only in the worker

    return pymediainfo.MediaInfo


def _first(tracks: list[_Track], *kinds: str) -> _Track:
    return next((track for track in tracks if track.get("@type") in kinds), {})


def _join(track: _Track, *names: str, between: str = " ") -> str:
    return between.join(track[name] for name in names if name in track)


def _duration(seconds: str) -> str:
    if not seconds.replace(".", "", 1).isdecimal():
        return ""
    minutes, milliseconds = divmod(round(float(seconds) * 1000), 60_000)
    whole, thousandths = divmod(milliseconds, 1000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{whole:02}.{thousandths:03}"


def _raster(picture: _Track) -> str:
    if "Width" not in picture or "Height" not in picture:
        return ""
    return f"{picture['Width']} \N{MULTIPLICATION SIGN} {picture['Height']}"


def _pixels(picture: _Track) -> str:
    depth = f"{picture['BitDepth']} bit" if "BitDepth" in picture else ""
    return " ".join(filter(None, (_join(picture, "ColorSpace", "ChromaSubsampling"), depth)))


def _frame_rate(picture: _Track) -> str:
    if "FrameRate" not in picture:
        return ""
    scan = picture.get("ScanType", "Progressive")
    return f"{picture['FrameRate']} fps" + ("" if scan == "Progressive" else f", {scan.lower()}")


def _channels(sounds: list[_Track]) -> str:
    return " + ".join(track["Channels"] for track in sounds if "Channels" in track)


def _timecodes(tracks: list[_Track]) -> Iterator[str]:
    return (track["TimeCode_FirstFrame"] for track in tracks if "TimeCode_FirstFrame" in track)


def _printable(value: object) -> str:
    return "".join(c if c.isprintable() else " " for c in str(value)[:_MAX_VALUE])
