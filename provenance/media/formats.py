"""The one list of formats, and what is derived from it."""

from collections.abc import Iterable
from pathlib import PurePath

from provenance.errors import UnsupportedMediaError
from provenance.media._unread import name_unread
from provenance.media.avi import Avi
from provenance.media.bmff import M4A, M4V, MOV, MP4
from provenance.media.ebml import Mkv, WebM
from provenance.media.flac import Flac
from provenance.media.flv import Flv
from provenance.media.gif import Gif
from provenance.media.gltf import Glb, Gltf
from provenance.media.heif import AVIF, HEIF
from provenance.media.interface import MediaFormat
from provenance.media.jpeg import Jpeg
from provenance.media.jxl import Jxl
from provenance.media.mp3 import Mp3
from provenance.media.ogg import Ogg
from provenance.media.pdf import Pdf
from provenance.media.png import Png
from provenance.media.psd import Psd
from provenance.media.svg import Svg
from provenance.media.tiff import Tiff
from provenance.media.usd import Usd, Usdz
from provenance.media.wav import Rf64, Wav
from provenance.media.webp import WebP

FORMATS: tuple[MediaFormat, ...] = (
    Jpeg(),
    Png(),
    WebP(),
    Tiff(),
    Gif(),
    HEIF,
    AVIF,
    Jxl(),
    MP4,
    MOV,
    M4V,
    M4A,
    Wav(),
    Rf64(),
    Mp3(),
    Flac(),
    Mkv(),
    WebM(),
    Ogg(),
    Avi(),
    Flv(),
    Svg(),
    Psd(),
    Pdf(),
    Gltf(),
    Glb(),
    Usd(),
    Usdz(),
)
"""Every format; to add one, write its file and name it here."""

SUFFIXES = frozenset(suffix for fmt in FORMATS for suffix in fmt.suffixes)
"""Suffixes of files we claim to read."""


def identify(header: bytes, suffix: str) -> MediaFormat:
    """Return the format surest of the file; the bytes outrank the suffix.

    Raises UnsupportedMediaError if the bytes are nobody's. A suffix alone is not enough: garbage
    named `.png` is not a PNG.
    """
    suffix = suffix.lower()
    best = _surest(_likely(header), header, suffix) or _surest(FORMATS, header, suffix)
    if best is not None:
        return best
    name = name_unread(header)
    if suffix in SUFFIXES:
        what = f"it is {name}" if name else _begin(header)
        raise UnsupportedMediaError(f"the name says {suffix} but the bytes do not ({what})")
    what = "not a format this version reads"
    raise UnsupportedMediaError(f"{name}, {what}" if name else f"{what} ({_begin(header)})")


def suffix_of(path: PurePath) -> str:
    """Return the lower-case suffix of a path, with its dot."""
    return path.suffix.lower()


_BY_SUFFIX = 1
_MOVIES = tuple(fmt for fmt in FORMATS if fmt in (HEIF, AVIF, MP4, MOV, M4V, M4A))
_BY_BEGIN = {
    begin: tuple(fmt for fmt in FORMATS if fmt.name in names)
    for begin, names in (
        (b"\xff\xd8", {"jpeg"}),
        (b"\x89P", {"png"}),
        (b"GI", {"gif"}),
        (b"II", {"tiff"}),
        (b"MM", {"tiff"}),
        (b"RI", {"webp", "wav", "avi"}),
        (b"fL", {"flac"}),
        (b"ID", {"mov", "mp3", "flac"}),
        (b"Og", {"ogg"}),
    )
}
"""By two bytes the formats that may be surest of a file that begins so."""


def _surest(asked: Iterable[MediaFormat], header: bytes, suffix: str) -> MediaFormat | None:
    """Return the first of the formats that know the bytes best; None if none knows them."""
    best, most = None, _BY_SUFFIX
    for fmt in asked:
        score = fmt.score(header, suffix)
        if score > most:
            best, most = fmt, score
    return best


def _likely(header: bytes) -> tuple[MediaFormat, ...]:
    """Return formats of which the surest is that of all, if one of them knows the bytes at all."""
    if header[4:8] == b"ftyp":  # it may stand behind what another format begins with
        return _MOVIES if header.startswith(b"\0\0") else ()
    return _BY_BEGIN.get(header[:2], ())


def _begin(header: bytes) -> str:
    return f"it begins {header[:8].hex(' ')}" if header else "it is empty"
