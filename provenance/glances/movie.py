"""A glance at a `moov`: its boxes, where its samples lie, what it says."""

from array import array
from struct import Struct
from sys import byteorder

from provenance.glances.movie_text import is_dull_meta, is_dull_user_data
from provenance.glances.screen import Screen

Run = tuple[int, int]
"""Where bytes begin and end."""
Tables = dict[bytes, Run]
"""Where the payloads of the sample tables of a track lie in its movie, by kind."""

_HEADER = Struct(">I4s")
_MOST = 1024
_CONTAINERS = {b"trak": b"moov", b"mdia": b"trak", b"edts": b"trak", b"minf": b"mdia"}
_CONTAINERS |= {b"stbl": b"minf", b"dinf": b"minf"}
"""Boxes that hold boxes, each with the one it belongs in."""
_TEXTS = frozenset({b"udta", b"meta"})
_OFFSETS, _LATER = frozenset({b"stco", b"co64"}), frozenset({b"stsd", b"stsz"})
"""Tables that are looked at at once, and such as only an H.264 track is asked for."""
_KNOWN = {**_CONTAINERS, **dict.fromkeys(_OFFSETS | _LATER, b"stbl")}
_KNOWN |= dict.fromkeys((*_TEXTS, b"dref", b"uuid", b"mvex"), b"")
"""Boxes that matter, with the one that those belong in of which a track has one each."""
_SELF_CONTAINED = 1
# As nearly every writer of MP4 spells that the media lies in the file.
_HERE = bytes.fromhex("00000024 64696e66 0000001c 64726566 0000000000000001")
_HERE += bytes.fromhex("0000000c 75726c20 00000001")


def read_tracks(movie: bytes, media: list[Run], screen: Screen) -> list[Tables] | None:
    """Return the tables of each track if the boxes are sound and say nothing of interest."""
    unpack = _HEADER.unpack_from
    at, end, parent = 0, len(movie), b"moov"
    above: list[tuple[int, bytes]] = []
    tables: Tables = {}
    tracks: list[Tables] = []
    for _ in range(_MOST):
        while end - at < 8:
            if not above:
                return tracks
            at = end
            end, parent = above.pop()
        length, kind = unpack(movie, at)
        stop = at + length
        if length < 8 or stop > end:
            return None
        owner = _KNOWN.get(kind)
        if owner is None or (kind == b"dinf" and movie.startswith(_HERE, at)):
            at = stop
            continue
        # Of several alike a full reading knows which counts.
        if owner and (owner != parent or kind in tables):
            return None
        if kind in _CONTAINERS:
            if kind == b"trak":
                tables = {}
                tracks.append(tables)
            else:
                tables[kind] = (at, stop)
            above.append((end, parent))
            at, end, parent = at + 8, stop, kind
            continue
        if owner:
            tables[kind] = (at + 8, stop)
        if kind not in _LATER and not _is_sound(movie, at, stop, kind, parent, media, screen):
            return None
        at = stop
    return None


def _is_sound(
    movie: bytes,
    at: int,
    stop: int,
    kind: bytes,
    parent: bytes,
    media: list[Run],
    screen: Screen,
) -> bool:
    """Return whether offsets and references lead into the file, and texts say nothing."""
    if kind in _OFFSETS:
        return _lies_inside(movie, at + 16, stop, kind, media)
    if kind == b"dref":
        return _is_self_contained(movie, at + 16, stop)
    if kind not in _TEXTS or parent not in (b"moov", b"trak"):
        return False
    run = movie[at:stop]
    if screen.knows(run):
        return True
    if not (is_dull_user_data if kind == b"udta" else is_dull_meta)(run, 8, len(run), screen):
        return False
    screen.keep(run)
    return True


def _lies_inside(movie: bytes, begin: int, end: int, kind: bytes, media: list[Run]) -> bool:
    """Return whether every offset of a table leads into the same media data."""
    width = 4 if kind == b"stco" else 8
    count = (end - begin) // width
    if count <= 1:
        low = high = int.from_bytes(movie[begin : begin + width])
        if count <= 0:
            return begin == end
    else:
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
