"""Bombs made of structure: boxes, chunks, pages, directories and lengths without end."""

import struct
from collections.abc import Mapping

from fixtures import flac, gif, jxl, matroska, mp3, ogg, waveform, webp
from fixtures.bmff import MP4, box
from fixtures.heif import exif, still
from fixtures.matroska import element
from fixtures.samples import Recipe, Samples
from provenance.media.interface import MAX_STEPS, MAX_TEXT
from tests.exif_samples import ASCII, EXIF_POINTER, LONG, MAKE, directory, text

_SEGMENT, _CLUSTER, _TAGS, _VOID = (
    bytes.fromhex(kind) for kind in ("18538067", "1f43b675", "1254c367", "ec")
)
_NAME = element(b"\x45\xa3", b"A") + element(b"\x44\x87", b"b")
_UNKNOWN = b"\x01" + b"\xff" * 7
_MANY = MAX_STEPS + 1


def _plainest(samples: Samples) -> bytes:
    return next(iter(samples.sound.values()))()


def _nested(kind: bytes, deep: int) -> bytes:
    boxes = b""
    for _ in range(deep):
        boxes = box(kind, boxes)
    return boxes


def _movie(*boxes: bytes) -> bytes:
    return _plainest(MP4) + b"".join(boxes)


def _wav(addition: bytes) -> bytes:
    return waveform.assemble(*waveform.pcm(bytes(100)), addition)


def _lists(deep: int) -> bytes:
    lists = b""
    for _ in range(deep):
        lists = waveform.chunk(b"LIST", b"INFO" + lists)
    return lists


def _avi(addition: bytes) -> bytes:
    body = _plainest_avi()[8:] + addition
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _plainest_avi() -> bytes:
    from fixtures.avi import SAMPLES  # noqa: PLC0415  # its name is taken by ours

    return _plainest(SAMPLES)


def _webp(addition: bytes) -> bytes:
    body = webp.encode(lossless=True)[8:] + addition
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _mkv(tail: bytes) -> bytes:
    return matroska.open_ended(_plainest(matroska.MKV), _SEGMENT) + tail


def _ogg(*pages: bytes) -> bytes:
    return _plainest(ogg.SAMPLES) + b"".join(pages)


def _flac(addition: bytes) -> bytes:
    return flac.with_block(addition, _plainest(flac.SAMPLES))


def _id3(frames: bytes) -> bytes:
    size = len(frames)
    spread = bytes(size >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + spread + frames


def _frame(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">IH", len(body), 0) + body


def _mp3(*tags: bytes) -> bytes:
    return b"".join(tags) + _plainest(mp3.SAMPLES)


def _tiff_pages(pages: int, entries: int) -> bytes:
    """Return a TIFF of many pages that share one long Exif directory."""
    beneath = [text(MAKE, b"Ab\0")] * entries
    chain, start = b"", 8 + len(directory("<", 8, beneath))
    for _ in range(pages):
        at = start + len(chain)
        page = [(EXIF_POINTER, LONG, struct.pack("<I", 8)), (0x010D, ASCII, b"")]
        chain += directory("<", at, page, at + len(directory("<", at, page)))
    return b"II*\0" + struct.pack("<I", start) + directory("<", 8, beneath) + chain


def _tiff_entries(count: int, pages: int) -> bytes:
    """Return a TIFF of pages of so many entries each that say nothing."""
    chain = b""
    for number in range(pages):
        at = 8 + len(chain)
        length = 2 + 12 * count + 4
        following = at + length if number < pages - 1 else 0
        entry = struct.pack("<HHII", 0x9999, 3, 1, 0)
        chain += struct.pack("<H", count) + entry * count + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", 8) + chain


def _tiff_shared_text(count: int) -> bytes:
    """Return a TIFF whose entries all share one text of 60,000 bytes."""
    values = 8 + 2 + 12 * count + 4
    entries = struct.pack("<HHII", MAKE, ASCII, 59_000, values) * count
    head = b"II*\0" + struct.pack("<IH", 8, count)
    return head + entries + bytes(4) + b"x" * 60_000


def _sub_directories(count: int) -> bytes:
    """Return a TIFF with so many sub-directories that are one and the same."""
    entry = struct.pack("<HHII", 0x014A, LONG, count, 8 + 2 + 12 + 4)
    leaf = 8 + 2 + 12 + 4 + 4 * count
    head = b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    return head + struct.pack("<I", leaf) * count + bytes(6)


def _gif(extension: bytes) -> bytes:
    return gif.encode()[:-1] + extension + b"\x3b"


BOMBS: Mapping[str, Recipe] = {
    "mp4/nested_meta.mp4": lambda: _movie(box(b"moov", _nested(b"trak", 20_000))),
    "mp4/many_boxes.mp4": lambda: _movie(box(b"free", b"") * _MANY),
    "mp4/many_in_moov.mp4": lambda: _movie(box(b"moov", box(b"free", b"") * _MANY)),
    "heif/many_boxes.heic": lambda: still(exif(), front=box(b"free", b"") * _MANY),
    "jxl/many_boxes.jxl": lambda: jxl.boxed(box(b"xml ", b"") * _MANY),
    "jxl/compressed.jxl": lambda: jxl.boxed(
        box(b"brob", b"xml " + bytes(1 << 20)), box(b"jxlc", b"\xff\x0a")
    ),
    "wav/many_lists.wav": lambda: _wav(waveform.chunk(b"LIST", b"INFO") * _MANY),
    "wav/many_texts.wav": lambda: _wav(
        waveform.chunk(b"LIST", b"INFO" + waveform.chunk(b"INAM", b"a") * _MANY)
    ),
    "wav/id3_claims.wav": lambda: _wav(
        waveform.chunk(b"id3 ", b"ID3\4\0\0\x7f\x7f\x7f\x7fTXXX\x7f")
    ),
    "avi/many_lists.avi": lambda: _avi(waveform.chunk(b"LIST", b"INFO") * _MANY),
    "webp/many_chunks.webp": lambda: _webp(waveform.chunk(b"junk", b"") * _MANY),
    "webp/many_packets.webp": lambda: _webp(waveform.chunk(b"XMP ", bytes(1 << 20)) * 20),
    "mkv/nested_unknown.mkv": lambda: _mkv((_TAGS + _UNKNOWN) * 50_000),
    "mkv/nested_clusters.mkv": lambda: _mkv((_CLUSTER + _UNKNOWN) * MAX_STEPS),
    "mkv/many_voids.mkv": lambda: _mkv(_VOID + b"\x80" + (_VOID + b"\x80") * _MANY),
    "mkv/claims_exbibytes.mkv": lambda: _mkv(_TAGS + b"\x01\x7f" + b"\xff" * 6),
    "ogg/many_pages.ogg": lambda: _ogg(ogg.page(9, 1, 0) * _MANY),
    "ogg/many_streams.ogg": lambda: _ogg(*(ogg.page(100 + n, 0, 2, b"x") for n in range(5000))),
    "flac/many_blocks.flac": lambda: _flac(flac.block(1, b"") * _MANY),
    "flac/large_comments.flac": lambda: _flac(
        flac.block(4, struct.pack("<II", 0, 4_000_000) + bytes(16_000_000)) * 2
    ),
    "mp3/many_frames.mp3": lambda: _mp3(_id3(_frame(b"TXXX", b"\0a\0b") * 600_000)),
    "mp3/many_tags.mp3": lambda: _mp3(_id3(b"") * _MANY),
    "tiff/shared_exif.tif": lambda: _tiff_pages(100, 30_000),
    "tiff/many_entries.tif": lambda: _tiff_entries(60_000, 5),
    "tiff/many_pages.tif": lambda: _tiff_entries(1, 5000),
    "tiff/shared_text.tif": lambda: _tiff_shared_text(5000),
    "tiff/sub_directories.tif": lambda: _sub_directories(200_000),
    "gif/sub_blocks.gif": lambda: _gif(b"\x21\xfe" + b"\x01x" * (5 << 20) + b"\0"),
    "gif/many_extensions.gif": lambda: _gif(b"\x21\xfe\x01x\0" * _MANY),
}
"""What must end in a finding."""

HONEST: Mapping[str, Recipe] = {
    "nested_lists.wav": lambda: _wav(_lists(3000)),
    "nested_1000.mp4": lambda: _movie(box(b"moov", _nested(b"udta", 1000))),
    "most_texts.wav": lambda: _wav(
        waveform.chunk(b"LIST", b"INFO" + waveform.chunk(b"INAM", b"a") * 125_000)
    ),
    "most_boxes.mp4": lambda: _movie(box(b"free", b"") * 250_000),
    "most_voids.mkv": lambda: _mkv((_VOID + b"\x80") * 250_000),
    "most_tags.mkv": lambda: _mkv(
        element(_TAGS, element(b"\x73\x73", element(b"\x67\xc8", _NAME) * 60_000))
    ),
    "most_comments.flac": lambda: _flac(
        flac.block(4, struct.pack("<II", 0, 250_000) + (struct.pack("<I", 3) + b"A=b") * 250_000)
    ),
    "most_text.flac": lambda: _flac(
        flac.block(4, struct.pack("<III", 0, 1, MAX_TEXT - 99) + b"A=" + b"x" * (MAX_TEXT - 101))
    ),
    "most_pages.ogg": lambda: _ogg(ogg.page(1, 1, 0) * 250_000),
}
"""What is heavy but as it should be."""
