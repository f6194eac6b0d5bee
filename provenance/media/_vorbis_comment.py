"""Vorbis comments, as FLAC and the codecs in Ogg carry them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from provenance.media.interface import decode_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Comments:
    """What one comment header says."""

    vendor: str
    """The encoder or muxer that wrote it."""
    entries: tuple[tuple[str, str], ...]
    """Keys as spelled, and values."""
    problem: str
    """What is wrong behind the last entry, as the end of a sentence; empty if nothing is."""


def parse_comments(data: bytes, steps: Iterator[int]) -> Comments:
    """Return the comments: lengths little-endian, texts UTF-8 (RFC 9639 §8.6).

    Every comment costs a step: four million empty ones fit into 16 MiB.
    """
    vendor, problem = "", ""
    entries: list[tuple[str, str]] = []
    try:
        vendor, offset = _text(data, 0)
        (count,) = struct.unpack_from("<I", data, offset)
        offset += 4
        for _ in range(count):
            if next(steps, None) is None:
                problem = "holds more comments than are read"
                break
            comment, offset = _text(data, offset)
            key, _, value = comment.partition("=")
            entries.append((key, value))
    except (ValueError, struct.error):
        problem = "ends inside a comment"
    return Comments(vendor=vendor, entries=tuple(entries), problem=problem)


def _text(data: bytes, offset: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, offset)
    start = offset + 4
    if start + length > len(data):
        raise ValueError(length)
    return decode_text(data[start : start + length]), start + length
