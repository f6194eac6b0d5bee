"""Textual metadata of a movie: `udta`, iTunes `ilst`, QuickTime `keys`.

Sources: QuickTime File Format, "User Data Atoms" and "Metadata"; the iTunes item list as
mp4v2 and ffmpeg document it.
"""

import struct
from collections.abc import Iterator
from typing import Protocol

from provenance.errors import DamagedMediaError
from provenance.media._boxes import UUID_LENGTH, XMP_UUID, Box, walk
from provenance.media.interface import ByteSource, TextBudget, decode_text
from provenance.model.metadata import ByteRange, MetadataField, XmpPacket

_LARGEST_VALUE = 8 * 1024 * 1024
_TEXT_TYPES = frozenset({0, 1, 2})
"""Well-known types of a `data` box that are or may be text: implicit, UTF-8, UTF-16."""
_UTF_16 = 2
_FIRST_IN_META = frozenset({b"hdlr", b"keys", b"ilst"})
_3GPP_TEXTS = frozenset({b"titl", b"dscp", b"auth", b"perf", b"cprt"})
_JSON_HEADER = 24
"""Bytes of a box among which JSON begins, if it is that: behind flags or a length."""
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Collector(Protocol):
    """Where the walk over a movie puts what it finds."""

    fields: list[MetadataField]
    xmp: list[XmpPacket]
    problems: list[str]
    budget: TextBudget


def collect_movie_text(source: ByteSource, movie: Box, name: str, found: Collector) -> None:
    """Collect the texts of `moov` and of its tracks; tables are stepped over."""
    for box in walk(source, movie.payload.offset, movie.end):
        if box.end > movie.end:
            found.problems.append("a box inside moov is longer than moov")
            return
        if box.kind == b"trak":
            for part in walk(source, box.payload.offset, min(box.end, movie.end)):
                if part.end <= box.end:
                    collect_box_text(source, part, f"{name}/moov/trak", found)
        else:
            collect_box_text(source, box, f"{name}/moov", found)


def collect_box_text(source: ByteSource, box: Box, parent: str, found: Collector) -> None:
    """Collect the text of a `udta` or `meta`, or the packet of a `uuid`; others hold none."""
    place = f"{parent}/{box.kind.decode('latin-1')}"
    try:
        if box.kind == b"udta":
            _collect_user_data(source, box, place, found)
        elif box.kind == b"meta":
            _collect_meta(source, box, place, found)
        elif box.kind == b"uuid":
            _collect_uuid(source, box, place, found)
    except DamagedMediaError as error:
        found.problems.append(f"in {place}: {error}")


def _collect_uuid(source: ByteSource, box: Box, place: str, found: Collector) -> None:
    start = box.payload.offset + UUID_LENGTH
    if source.pread(box.payload.offset, UUID_LENGTH) == XMP_UUID:
        data = _value(source, ByteRange(offset=start, length=max(0, box.end - start)), found)
        if data is not None:
            found.xmp.append(XmpPacket(place=place, data=data))


def _collect_user_data(source: ByteSource, udta: Box, place: str, found: Collector) -> None:
    for box in walk(source, udta.payload.offset, udta.end):
        if box.end > udta.end:
            return
        if box.kind in (b"meta", b"uuid"):
            collect_box_text(source, box, place, found)
        elif box.kind == b"XMP_":
            data = _value(source, box.payload, found)
            if data is not None:
                found.xmp.append(XmpPacket(place=f"{place}/XMP_", data=data))
        elif box.kind[:1] == b"\xa9" or box.kind in _3GPP_TEXTS or _is_json(source, box):
            data = _value(source, box.payload, found)
            for text in _user_texts(box.kind, data or b""):
                _add(found, place, _key(box.kind), text)


def _is_json(source: ByteSource, box: Box) -> bool:
    """Return whether a box of another kind begins like JSON: generators invent such boxes."""
    return b"{" in source.pread(box.payload.offset, min(box.payload.length, _JSON_HEADER))


def _collect_meta(source: ByteSource, meta: Box, place: str, found: Collector) -> None:
    # ISO `meta` is a full box, QuickTime's is not: the first child tells which it is.
    start = meta.payload.offset
    if source.pread(start + 4, 4) not in _FIRST_IN_META:
        start += 4
    boxes = [box for box in walk(source, start, meta.end) if box.end <= meta.end]
    # The names may stand behind the values.
    keys = [name for box in boxes if box.kind == b"keys" for name in _key_names(source, box, found)]
    for box in boxes:
        if box.kind == b"ilst":
            _collect_items(source, box, (f"{place}/ilst", keys), found)


def _key_names(source: ByteSource, box: Box, found: Collector) -> list[str]:
    data = _value(source, box.payload, found)
    names: list[str] = []
    offset = 8
    while data is not None and offset + 8 <= len(data):
        (size,) = struct.unpack(">I", data[offset : offset + 4])
        if size < 8:
            break
        names.append(decode_text(data[offset + 8 : offset + size]))
        offset += size
    return names


def _collect_items(
    source: ByteSource, ilst: Box, context: tuple[str, list[str]], found: Collector
) -> None:
    place, keys = context
    for item in walk(source, ilst.payload.offset, ilst.end):
        if item.end > ilst.end:
            return
        key = _item_key(item.kind, keys)
        for part in walk(source, item.payload.offset, item.end):
            if part.end > item.end:
                break
            if part.kind in (b"mean", b"name"):
                data = _value(source, part.payload, found) or b""
                key = f"{key}:{decode_text(data[4:])}"
            elif part.kind == b"data":
                _collect_data(source, part, (place, key), found)


def _item_key(kind: bytes, keys: list[str]) -> str:
    (index,) = struct.unpack(">I", kind)
    return keys[index - 1] if 0 < index <= len(keys) else _key(kind)


def _collect_data(source: ByteSource, box: Box, slot: tuple[str, str], found: Collector) -> None:
    head = source.pread(box.payload.offset, 8)
    if len(head) < 8 or box.payload.length < 8:
        return
    kind = struct.unpack(">I", head[:4])[0] & 0xFFFFFF
    if kind not in _TEXT_TYPES:
        return
    start = box.payload.offset + 8
    data = _value(source, ByteRange(offset=start, length=box.end - start), found)
    if data is not None:
        text = data.decode("utf-16-be", "replace") if kind == _UTF_16 else decode_text(data)
        _add(found, slot[0], slot[1], text)


def _value(source: ByteSource, where: ByteRange, found: Collector) -> bytes | None:
    if where.length > _LARGEST_VALUE or not found.budget.take(where.length):
        found.problems.append(f"a text of {where.length} bytes in the movie was not read")
        return None
    return source.pread(where.offset, where.length)


def _user_texts(kind: bytes, data: bytes) -> Iterator[str]:
    """Yield the texts of a user data box, one for each language."""
    if data[4:8] == b"data":  # iTunes wraps a box.
        yield decode_text(data[16:])
    elif kind in _3GPP_TEXTS:  # 3GPP TS 26.244 §8: version and flags, language, text.
        yield _wide_or_not(data[6:])
    elif kind[:1] != b"\xa9":
        yield decode_text(data[data.find(b"{") :])
    elif len(data) >= 4 and 4 + int.from_bytes(data[:2]) > len(data):  # No header at all.
        yield decode_text(data)
    else:  # QuickTime: 16-bit length, 16-bit language, text, and again.
        offset = 0
        while (end := offset + 4 + int.from_bytes(data[offset : offset + 2])) <= len(data):
            yield _wide_or_not(data[offset + 4 : end])
            offset = end


def _wide_or_not(data: bytes) -> str:
    if data.startswith(_BYTE_ORDER_MARKS):
        return data[: len(data) // 2 * 2].decode("utf-16", "replace").rstrip("\0")
    return decode_text(data)


def _key(kind: bytes) -> str:
    return kind.decode("mac-roman").replace("\xa9", "©")


def _add(found: Collector, place: str, key: str, value: str) -> None:
    found.fields.append(MetadataField(place=place, key=key, value=value))
