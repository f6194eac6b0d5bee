"""A glance at what an H.264 track says of its encoder."""

from os import pread
from struct import Struct

from provenance.glances.screen import Screen
from provenance.media.h264 import LOOK, UUID_LENGTH, messages_in

_HEADER = Struct(">I4s")
_CODINGS = frozenset({b"avc1", b"avc3"})
_ENTRY, _NAME_AT, _NAME_ROOM = 78, 42, 32

Tables = dict[bytes, tuple[int, int]]
"""Where the payloads of the sample tables of a track lie in its movie."""


def is_dull_video(descriptor: int, movie: bytes, tables: Tables, screen: Screen) -> bool | None:
    """Return whether an H.264 track says nothing of interest; None if the track is none."""
    begin, end = tables.get(b"stsd", (0, 0))
    entry = _child(movie, begin + 8, end, _CODINGS)
    if entry is None or entry[1] - entry[0] < _ENTRY:
        return None
    at, end = entry
    name = movie[at + _NAME_AT : at + _NAME_AT + _NAME_ROOM]
    if name[0] and not screen.is_dull("CompressorName", name[1 : 1 + name[0]]):
        return False
    settings = _child(movie, at + _ENTRY, end, frozenset({b"avcC"}))
    head = movie[settings[0] : settings[0] + 5] if settings else b""
    width = (head[4] & 3) + 1 if len(head) == 5 else 4
    sample = _first_sample(descriptor, movie, tables)
    return all(
        screen.is_dull(f"SEI:{message[:UUID_LENGTH].hex()}", message[UUID_LENGTH:])
        for message in messages_in(sample, width)
    )


def _child(movie: bytes, at: int, end: int, kinds: frozenset[bytes]) -> tuple[int, int] | None:
    """Return where the payload of the first child of one of these kinds begins and ends."""
    while end - at >= 8:
        length, kind = _HEADER.unpack_from(movie, at)
        if length < 8 or at + length > end:
            return None
        if kind in kinds:
            return at + 8, at + length
        at += length
    return None


def _first_sample(descriptor: int, movie: bytes, tables: Tables) -> bytes:
    chunks = tables.get(b"stco") or tables.get(b"co64")
    sizes = tables.get(b"stsz")
    if chunks is None or sizes is None:
        return b""
    width = 4 if b"stco" in tables else 8
    offset = int.from_bytes(movie[chunks[0] + 8 : min(chunks[0] + 8 + width, chunks[1])])
    length = int.from_bytes(movie[sizes[0] + 4 : sizes[0] + 8])
    if not length:
        length = int.from_bytes(movie[sizes[0] + 12 : min(sizes[0] + 16, sizes[1])])
    return pread(descriptor, min(length, LOOK), offset) if offset and length else b""
