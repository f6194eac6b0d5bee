"""A glance at the texts of a movie: user data, iTunes items, QuickTime keys."""

from struct import Struct

from provenance.glances.screen import Screen
from provenance.media.interface import decode_text

_HEADER = Struct(">I4s")
_FIRST_IN_META = frozenset({b"hdlr", b"keys", b"ilst"})
_3GPP_TEXTS = frozenset({b"titl", b"dscp", b"auth", b"perf", b"cprt"})
_TEXT_TYPES, _UTF_16 = frozenset({0, 1, 2}), 2
_JSON_HEADER = 24
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def is_dull_user_data(movie: bytes, at: int, end: int, screen: Screen) -> bool:
    """Return whether a `udta` between these bytes is sound and says nothing of interest."""
    while end - at >= 8:
        length, kind = _HEADER.unpack_from(movie, at)
        last = at + length
        if length < 8 or last > end:
            return False
        if kind == b"meta":
            if not is_dull_meta(movie, at + 8, last, screen):
                return False
        elif kind[:1] == b"\xa9" or kind in _3GPP_TEXTS:
            text = movie[at + 8 : last]
            key = _key(kind)
            if not screen.is_dull_key(key) and (
                any(mark in text for mark in _BYTE_ORDER_MARKS) or not screen.is_dull(key, text)
            ):
                return False
        elif kind == b"XMP_":
            if not screen.is_dull_packet(movie[at + 8 : last]):
                return False
        elif kind == b"uuid" or b"{" in movie[at + 8 : min(last, at + 8 + _JSON_HEADER)]:
            return False
        at = last
    return True


def is_dull_meta(movie: bytes, at: int, end: int, screen: Screen) -> bool:
    """Return the same of a `meta` box, QuickTime's or ISO's."""
    if movie[at + 4 : at + 8] not in _FIRST_IN_META:
        at += 4
    keys: list[str] = []
    items: list[tuple[int, int]] = []
    while end - at >= 8:
        length, kind = _HEADER.unpack_from(movie, at)
        last = at + length
        if length < 8 or last > end:
            return False
        if kind == b"keys":
            if not _add_names(movie[at + 8 : last], keys):
                return False
        elif kind == b"ilst":
            items.append((at + 8, last))
        at = last
    return all(_are_dull_items(movie, first, last, keys, screen) for first, last in items)


def _add_names(data: bytes, keys: list[str]) -> bool:
    at = 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        if size < 8 or at + size > len(data):
            return False
        keys.append(decode_text(data[at + 8 : at + size]))
        at += size
    return True


def _are_dull_items(movie: bytes, at: int, end: int, keys: list[str], screen: Screen) -> bool:
    while end - at >= 8:
        length, kind = _HEADER.unpack_from(movie, at)
        last = at + length
        if length < 8 or last > end:
            return False
        index = int.from_bytes(kind)
        key = keys[index - 1] if 0 < index <= len(keys) else _key(kind)
        if not _is_dull_item(movie, at + 8, last, key, screen):
            return False
        at = last
    return True


def _is_dull_item(movie: bytes, at: int, end: int, key: str, screen: Screen) -> bool:
    while end - at >= 8:
        length, kind = _HEADER.unpack_from(movie, at)
        last = at + length
        if length < 8 or last > end:
            return False
        if kind in (b"mean", b"name"):
            key = f"{key}:{decode_text(movie[at + 12 : last])}"
        elif kind == b"data" and length >= 16 and not screen.is_dull_key(key):
            form = int.from_bytes(movie[at + 9 : at + 12])
            if form == _UTF_16 or (
                form in _TEXT_TYPES and not screen.is_dull(key, movie[at + 16 : last])
            ):
                return False
        at = last
    return True


def _key(kind: bytes) -> str:
    return kind.decode("mac-roman").replace("\xa9", "©")
