"""Glances at MP4, M4V, M4A and QuickTime movies."""

from array import array
from os import pread
from struct import Struct
from sys import byteorder

from provenance.glances.interface import Plain
from provenance.glances.movie_text import is_dull_meta, is_dull_user_data
from provenance.glances.movie_video import is_dull_video
from provenance.glances.screen import Screen
from provenance.media.bmff import M4A, M4V, MOV, MP4, Bmff

_HEADER = Struct(">I4s")
_MORE = 4096
_LARGEST_MOVIE = 1 << 17
_LARGEST_PACKET = 65536
_MOST = 64
_MOST_IN_MOVIE = 1024
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_DULL = frozenset({b"ftyp", b"free", b"skip", b"wide", b"pnot"})
_PARENTS = {b"trak": b"moov", b"mdia": b"trak", b"edts": b"trak", b"minf": b"mdia"}
_PARENTS |= {b"stbl": b"minf", b"dinf": b"minf"}
"""Boxes that hold boxes, each with the one it belongs in."""
_SELF_CONTAINED = 1


class BmffGlance:
    """See `Glance`; movies in fragments are read in full."""

    is_exact = True

    def __init__(self, fmt: Bmff, *more: tuple[int, bytes]) -> None:
        """Make the glance at one family member."""
        self.format_name = fmt.name
        self.magics = (*((8, brand) for brand in sorted(fmt.brands)), *more)
        self._firsts = frozenset(kind for _, kind in more)

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if head[4:8] != b"ftyp" and head[4:8] not in self._firsts:
            return None
        data, start, at = head, 0, 0
        movie = b""
        media: list[tuple[int, int]] = []
        for _ in range(_MOST):
            here = start + at
            if here == size:
                return _judged(descriptor, movie, media, screen)
            if at + 16 > len(data):
                start = here
                data, at = pread(descriptor, _MORE, start), 0
                if len(data) < 8:
                    return None
            length, kind = _HEADER.unpack_from(data, at)
            header = 8
            if length == 1:
                length, header = int.from_bytes(data[at + 8 : at + 16]), 16
            end = here + length
            if length < header or end > size:
                return None
            if kind == b"mdat":
                if length > header:
                    media.append((here + header, end))
            elif kind == b"moov":
                if movie or length > _LARGEST_MOVIE:
                    return None
                movie = data[at + header : at + length]
                if len(movie) < length - header:
                    movie = pread(descriptor, length - header, here + header)
            elif kind == b"uuid":
                if length > _LARGEST_PACKET:
                    return None
                box = data[at + header : at + length]
                if len(box) < length - header:
                    box = pread(descriptor, length - header, here + header)
                if not (box.startswith(_XMP_UUID) and screen.is_dull_packet(box[16:])):
                    return None
            elif kind not in _DULL:
                return None
            at = end - start
        return None


def _judged(
    descriptor: int, movie: bytes, media: list[tuple[int, int]], screen: Screen
) -> Plain | None:
    if not movie or not media:
        return None
    tracks: list[dict[bytes, tuple[int, int]]] = []
    if not _are_dull(movie, 0, len(movie), media, screen, tracks, b"moov"):
        return None
    for tables in tracks:
        looked = is_dull_video(descriptor, movie, tables, screen)
        if looked is not None:
            if not looked:
                return None
            break
    return sum(end - begin for begin, end in media), media[0][0] if len(media) == 1 else -1


def _are_dull(
    movie: bytes,
    at: int,
    end: int,
    media: list[tuple[int, int]],
    screen: Screen,
    tracks: list[dict[bytes, tuple[int, int]]],
    parent: bytes,
) -> bool:
    """Return whether the boxes here are sound and say nothing; collect the tables of each track."""
    unpack = _HEADER.unpack_from
    for _ in range(_MOST_IN_MOVIE):
        if end - at < 8:
            return True
        length, kind = unpack(movie, at)
        if length < 8 or at + length > end:
            return False
        if kind in _PARENTS:
            if _PARENTS[kind] != parent:
                return False
            if kind == b"trak":
                tracks.append({})
            if not _are_dull(movie, at + 8, at + length, media, screen, tracks, kind):
                return False
        elif kind in (b"stco", b"co64"):
            if not _lies_inside(movie, at + 16, at + length, kind, media):
                return False
            if tracks:
                tracks[-1].setdefault(kind, (at + 8, at + length))
        elif kind == b"dref":
            if not _is_self_contained(movie, at + 16, at + length):
                return False
        elif kind == b"udta":
            if parent not in (b"moov", b"trak") or not is_dull_user_data(
                movie, at + 8, at + length, screen
            ):
                return False
        elif kind == b"meta":
            if parent not in (b"moov", b"trak") or not is_dull_meta(
                movie, at + 8, at + length, screen
            ):
                return False
        elif kind in (b"uuid", b"mvex"):
            return False
        elif parent == b"stbl" and tracks:
            tracks[-1].setdefault(kind, (at + 8, at + length))
        at += length
    return False


def _lies_inside(
    movie: bytes, begin: int, end: int, kind: bytes, media: list[tuple[int, int]]
) -> bool:
    width = 4 if kind == b"stco" else 8
    count = (end - begin) // width
    if count <= 0:
        return count == 0
    offsets = array("I" if width == 4 else "Q", movie[begin : begin + count * width])
    if byteorder == "little":
        offsets.byteswap()
    low, high = min(offsets), max(offsets)
    return any(first <= low and high < last for first, last in media)


def _is_self_contained(movie: bytes, at: int, end: int) -> bool:
    while end - at >= 8:
        length = int.from_bytes(movie[at : at + 4])
        if length < 12 or at + length > end or movie[at + 11] != _SELF_CONTAINED:
            return False
        at += length
    return True


GLANCES = (
    BmffGlance(MP4),
    BmffGlance(MOV, (4, b"moov"), (4, b"mdat"), (4, b"wide"), (4, b"free"), (4, b"skip")),
    BmffGlance(M4V),
    BmffGlance(M4A),
)
"""One for each family member."""
