"""Small files made by hand, with more in them than an encoder writes, for the damage suite."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import pytest

from fixtures.build import MEDIA
from fixtures.heif import box
from fixtures.jxl import boxed
from fixtures.matroska import element
from fixtures.waveform import chunk
from provenance.media.formats import FORMATS
from provenance.media.interface import MediaFormat
from tests.builders import avi, ebml, heif, jxl, ogg, svg

Shape = Callable[[bytes, bytes], bytes]
"""Makes a file of two runs of random bytes: it begins as the format wants it."""

_HEADS = (4, 12, 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandMade:
    """Small files of one format."""

    files: tuple[bytes, ...] = ()
    """To be cut, when they are no longer whole, and flipped; nothing is wrong with them."""
    cut_from: int = 0
    """From which length on a file cut short is read, and never called whole."""
    whole_at: frozenset[int] = field(default_factory=frozenset)
    """Lengths at which another file ends whole."""
    open_files: tuple[bytes, ...] = ()
    """To be flipped and cut, but whole at some lengths."""
    shapes: tuple[Shape, ...] = ()


_MATROSKA = HandMade(
    files=(ebml.GOOD,),
    cut_from=5,
    open_files=(ebml.LIVE,),
    shapes=(
        lambda rest, _: ebml.HEADER + rest,
        lambda rest, body: ebml.live(element(ebml.TAGS, body), rest),
    ),
)
HAND_MADE: Mapping[str, HandMade] = {
    "heif": HandMade(
        files=(heif.GOOD,),
        cut_from=8,
        shapes=(
            lambda rest, _: heif.ftyp(b"heic") + rest,
            lambda rest, body: (
                heif.ftyp(b"heic") + heif.meta(heif.iloc(body), box(b"iinf", body)) + rest
            ),
        ),
    ),
    "jxl": HandMade(
        files=(jxl.GOOD,),
        cut_from=12,
        shapes=(lambda rest, _: boxed(rest), lambda rest, _: b"\xff\x0a" + rest),
    ),
    "ogg": HandMade(
        files=(ogg.OPEN,),
        cut_from=27 + 1 + len(ogg.OPUS_HEAD),
        open_files=(ogg.GOOD,),
        shapes=(
            lambda rest, _: b"OggS\0\2" + rest,
            lambda rest, body: ogg.stream(ogg.OPUS_HEAD, b"OpusTags" + body) + rest,
            lambda _, body: ogg.stream(ogg.FLAC_HEAD, body),
        ),
    ),
    "avi": HandMade(
        files=(avi.TWO,),
        cut_from=12,
        whole_at=frozenset({len(avi.GOOD)}),
        open_files=(avi.GOOD,),
        shapes=(
            lambda rest, _: b"RIFF" + rest[:4].ljust(4, b"\xff") + b"AVI " + rest,
            lambda rest, body: avi.form(chunk(b"LIST", body), *avi.WHOLE) + rest,
        ),
    ),
    "mkv": _MATROSKA,
    "webm": _MATROSKA,
    "svg": HandMade(
        open_files=(svg.GOOD.encode(),),
        shapes=(
            lambda rest, _: b"<svg>" + rest,
            lambda rest, body: b"<svg><metadata>" + body + b"</metadata>" + rest,
        ),
    ),
}
"""By the name of the format."""


def shapes_of(fmt: MediaFormat) -> tuple[Shape, ...]:
    """Return the shapes of a format, and the beginnings of its plainest file before noise."""
    heads = tuple(_headed(_plainest(fmt.name)[:length]) for length in _HEADS)
    return heads + (HAND_MADE[fmt.name].shapes if fmt.name in HAND_MADE else ())


@cache
def _plainest(name: str) -> bytes:
    return next(iter(MEDIA[name].sound.values()))()


def _headed(head: bytes) -> Shape:
    return lambda rest, body: head + rest + body


each_hand_made = pytest.mark.parametrize(
    ("fmt", "made"),
    [(fmt, HAND_MADE[fmt.name]) for fmt in FORMATS if fmt.name in HAND_MADE],
    ids=[fmt.name for fmt in FORMATS if fmt.name in HAND_MADE],
)
"""Run a test on every format with files made by hand, as `fmt` and `made`."""
