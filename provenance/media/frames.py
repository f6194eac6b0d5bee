"""Which files are frames of image sequences, by their names."""

import os
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from provenance.errors import UsageError
from provenance.model.sequence import Frame, frame_named, in_sequences, numbers_in, written
from provenance.path_text import shown

OTHER_IMAGES = frozenset((".exr", ".dpx", ".cin", ".tga", ".bmp", ".jp2", ".hdr", ".sgi", ".ari"))
"""Images this version does not read; rendered and scanned as sequences more than any other."""
_PATTERN = re.compile(
    r"(?P<prefix>.*?)(?P<numbers>\[[0-9,-]+\]|%(?:0[1-9])?d|#+)(?P<suffix>\.[^.]+)", re.DOTALL
)
"""How frames are named together: `shot.[0001-0100].exr`, `shot.%04d.exr`, `shot.####.exr`."""


@cache
def _stills() -> frozenset[str]:
    """Return the suffixes of images; asking needs all formats, which not every command does."""
    from provenance.media.formats import FORMATS  # noqa: PLC0415  (see above)

    images = (fmt for fmt in FORMATS if fmt.media_type.startswith("image/"))
    return OTHER_IMAGES.union(*(fmt.suffixes for fmt in images))


def frame_of(path: Path) -> Frame | None:
    """Return the file as a frame of an image sequence, or None if its name is no frame's."""
    return frame_at(str(path))


def frame_at(path: str) -> Frame | None:
    """Return the same of a path that is text, as a path writes itself."""
    folder, slash, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    suffix = dot + ending
    if not stem or suffix.lower() not in _stills():
        return None
    return frame_named(folder or slash, stem, suffix)


def named_together(paths: Sequence[Path]) -> Path:
    """Return the one name of some frames of a sequence, `shot.[0001-0100].exr`."""
    frames = [frame for frame in map(frame_of, paths) if frame is not None]
    return Path(written(frames)) if len(paths) > 1 else paths[0]


def frames_named(path: Path) -> tuple[Path, ...]:
    """Return the frames that a name like `shot.[0001-0100].exr` stands for, in their order.

    Empty if it is no such name. Raises UsageError if there are none, or if one of a range is
    missing.
    """
    found = _PATTERN.fullmatch(path.name)
    if found is None or found["suffix"].lower() not in _stills():
        return ()
    there = {
        frame.digits: frame
        for frame in map(frame_of, _listed(path.parent))
        if frame and (frame.prefix, frame.suffix) == (found["prefix"], found["suffix"])
    }
    if found["numbers"].startswith("["):
        wanted = _numbers(path, found["numbers"][1:-1])
        absent = [digits for digits in wanted if digits not in there]
        if absent:
            raise UsageError(
                f"{shown(path)}: frames of it are missing ({len(absent)}, the first is"
                f" {absent[0]}); name those that are there"
            )
    else:
        is_wanted = _counting(found["numbers"])
        wanted = [digits for digits in there if is_wanted(digits)]
    if not wanted:
        raise UsageError(f"{shown(path)}: there is no such frame in {shown(path.parent)}")
    frames = sorted((there[digits] for digits in wanted), key=lambda frame: frame.number)
    return tuple(path.with_name(f"{one.prefix}{one.digits}{one.suffix}") for one in frames)


def _listed(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in os.listdir(folder)]  # noqa: PTH208  (names, not entries)
    except OSError as error:
        raise UsageError(f"{shown(folder)}: cannot be listed: {error.strerror}") from error


def sequence_around(path: Path) -> str:
    """Return the range of frames in its folder that a file is one of; empty if of none."""
    frame = frame_of(path)
    if frame is None:
        return ""
    try:
        named = map(frame_of, _listed(path.parent))
    except UsageError:
        return ""
    siblings = [other for other in named if other is not None and other.place == frame.place]
    groups = in_sequences(siblings, lambda other: other)
    around = next((group for group in groups if frame in group), ())
    return written(around) if len(around) > 1 else ""


def _numbers(path: Path, ranges: str) -> list[str]:
    try:
        return numbers_in(ranges)
    except ValueError as error:
        raise UsageError(f"{shown(path)}: {error}") from error


def _counting(pattern: str) -> Callable[[str], bool]:
    """Return whether a number is written as `%04d`, `####` or, in any way, as `#` asks."""
    if pattern == "#":
        return lambda _: True
    width = len(pattern) if pattern[0] == "#" else int(pattern[1:-1] or 1)
    return lambda digits: digits == str(int(digits)).zfill(width)
