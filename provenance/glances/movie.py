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
_OFFSETS = frozenset({b"stco", b"co64"})
_TABLES = _OFFSETS | {b"stsd", b"stsz"}
"""The tables that an H.264 track is asked for."""
_WATCHED = _TEXTS | {b"dref", b"uuid", b"mvex"}
"""What else matters; all other boxes are leaves nobody looks into."""
_SELF_CONTAINED = 1
# As nearly every writer of MP4 spells that the media lies in the file, and that all is played.
_HERE = bytes.fromhex("00000024 64696e66 0000001c 64726566 0000000000000001")
_HERE += bytes.fromhex("0000000c 75726c20 00000001")
_PLAYED = bytes.fromhex("00000024 65647473 0000001c 656c7374")
_PLAIN = (_HERE, _PLAYED)
"""How containers begin that need no walk: one box fills each, and nobody looks into it."""


def read_tracks(movie: bytes, media: list[Run], screen: Screen) -> list[Tables] | None:
    """Return the tables of each track if the boxes are sound and say nothing of interest."""
    unpack, containers = _HEADER.unpack_from, _CONTAINERS
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
        if kind in containers and not movie.startswith(_PLAIN, at):
            if containers[kind] != parent or kind in tables:
                return None
            if kind == b"trak":
                tables = {}
                tracks.append(tables)
            else:
                tables[kind] = (at + 8, stop)
            above.append((end, parent))
            at, end, parent = at + 8, stop, kind
            continue
        if kind in _TABLES:
            # Of several alike a full reading knows which counts.
            if parent != b"stbl" or kind in tables:
                return None
            tables[kind] = (at + 8, stop)
            if kind in _OFFSETS and not _lies_inside(movie, at + 16, stop, kind, media):
                return None
        elif kind in _WATCHED and not _is_sound(movie, at, stop, kind, parent, screen):
            return None
        at = stop
    return None


def _is_sound(movie: bytes, at: int, stop: int, kind: bytes, parent: bytes, screen: Screen) -> bool:
    """Return whether a reference leads into the file, or a box of texts says nothing."""
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
    if count <= 0:
        return begin == end
    if count == 1:
        low = high = int.from_bytes(movie[begin : begin + width])
    else:
        offsets = array("I" if width == 4 else "Q", movie[begin : begin + count * width])
        if byteorder == "little":
            offsets.byteswap()
        low, high = min(offsets), max(offsets)
    for first, last in media:  # noqa: SIM110  (a generator costs as much as the rest)
        if first <= low and high < last:
            return True
    return False


def _is_self_contained(movie: bytes, at: int, end: int) -> bool:
    while end - at >= 8:
        length = int.from_bytes(movie[at : at + 4])
        if length < 12 or at + length > end or movie[at + 11] != _SELF_CONTAINED:
            return False
        at += length
    return True
