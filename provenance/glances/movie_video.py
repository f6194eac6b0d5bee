"""A glance at what an H.264 track says of its encoder."""

from os import pread
from struct import Struct

from provenance.glances.movie import Tables
from provenance.glances.screen import Screen
from provenance.media.h264 import LOOK, UUID_LENGTH, messages_in

_HEADER = Struct(">I4s")
_CODINGS = frozenset({b"avc1", b"avc3"})
_SETTINGS = frozenset({b"avcC"})
_ENTRY, _NAME_AT, _NAME_ROOM = 78, 42, 32
_NONE = (0, 0)
_SEI = 6


def is_dull_video(
    descriptor: int, head: bytes, movie: bytes, tables: Tables, screen: Screen
) -> bool | None:
    """Return whether an H.264 track says nothing of interest; None if the track is none.

    `head` is how the file begins, where the first sample often lies.
    """
    begin, end = tables.get(b"stsd", _NONE)
    entry = _child(movie, begin + 8, end, _CODINGS)
    if entry is None:
        return False
    at, end = entry
    if end - at < _ENTRY:
        return None
    name = movie[at + _NAME_AT : at + _NAME_AT + _NAME_ROOM]
    if name[0] and not screen.is_dull("CompressorName", name[1 : 1 + name[0]]):
        return False
    settings = _child(movie, at + _ENTRY, end, _SETTINGS)
    if settings is None or 0 < settings[1] - settings[0] < 5:
        return False
    width = (movie[settings[0] + 4] & 3) + 1 if settings[1] else 4
    sample = _first_sample(descriptor, head, movie, tables)
    return sample is not None and _is_dull_sample(sample, width, screen)


def _child(movie: bytes, at: int, end: int, kinds: frozenset[bytes]) -> tuple[int, int] | None:
    """Return where the payload of the first child of one of these kinds begins and ends.

    Both are 0 if there is none; None if the sizes of the children are anything but plain.
    """
    while end - at >= 8:
        length, kind = _HEADER.unpack_from(movie, at)
        if length < 8 or at + length > end:
            return None
        if kind in kinds:
            return at + 8, at + length
        at += length
    return _NONE


def _first_sample(descriptor: int, head: bytes, movie: bytes, tables: Tables) -> bytes | None:
    """Return how the first sample begins; None where only a full reading finds it."""
    width = 4 if b"stco" in tables else 8
    begin, end = tables.get(b"stco") or tables.get(b"co64") or _NONE
    sizes, sizes_end = tables.get(b"stsz", _NONE)
    if not end or not sizes_end or end - begin <= 8:
        return b"" if end - begin in (0, 8) else None
    length = int.from_bytes(movie[sizes + 4 : sizes + 8])
    if sizes_end - sizes < (8 if length else 16):
        return None
    offset = int.from_bytes(movie[begin + 8 : begin + 8 + width])
    length = min(LOOK, length or int.from_bytes(movie[sizes + 12 : sizes + 16]))
    if offset + length <= len(head):
        return head[offset : offset + length]
    return pread(descriptor, length, offset)


def _is_dull_sample(sample: bytes, width: int, screen: Screen) -> bool:
    at, length = 0, len(sample)
    while at + width < length:
        begin = at + width
        end = begin + int.from_bytes(sample[at:begin])
        if sample[begin] & 0x1F == _SEI:
            # Encoders begin with the same message in every file.
            unit = sample[at:end]
            if not screen.knows(unit):
                for message in messages_in(unit, width):
                    key = f"SEI:{message[:UUID_LENGTH].hex()}"
                    if not screen.is_dull(key, message[UUID_LENGTH:]):
                        return False
                screen.keep(unit)
        at = end
    return True
