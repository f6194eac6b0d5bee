"""Text as Exif writers encode it, whatever the specification says."""

from provenance.media.interface import decode_text

_CODE = 8
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LEAST_ZEROS = 8
"""Zeros that UTF-16 holds at least, where settings follow a prompt in Chinese."""
_LATIN_CODES = frozenset({b"ASCII", b""})


def comment_text(data: bytes, order: str) -> str:
    """Return a UserComment as text; `order` is the byte order of the directory around it.

    CIPA DC-008 §4.6.6: eight bytes say the encoding. Some writers leave them out or invent some.
    """
    code, body = data[:_CODE].upper().rstrip(b"\0 "), data[_CODE:]
    if code == b"UNICODE":
        return wide_text(body, order)
    if code == b"JIS":
        return _japanese_text(body)
    return _unmarked_text(body if code in _LATIN_CODES else data, order)


def wide_text(data: bytes, order: str) -> str:
    """Return UTF-16 as text, in the order in which more of it is ASCII; `order` breaks a tie.

    The order of a UserComment need not be that of the directory: writers mix them. Some write
    UTF-8 and call it Unicode.
    """
    if data.startswith(_BYTE_ORDER_MARKS):
        return data.decode("utf-16", "replace").rstrip("\0")
    text = data.strip(b"\0")
    big, little = data[0::2].count(0), data[1::2].count(0)
    if not text.count(0) and _is_utf8(text):
        return decode_text(text)
    is_big = big > little or (big == little and order == ">")
    return data.decode("utf-16-be" if is_big else "utf-16-le", "replace").rstrip("\0")


def _japanese_text(data: bytes) -> str:
    try:
        return data.decode("iso2022_jp").rstrip("\0")
    except UnicodeDecodeError:
        return decode_text(data)


def _unmarked_text(data: bytes, order: str) -> str:
    text = data.rstrip(b"\0")
    if text.startswith(_BYTE_ORDER_MARKS) or _is_wide(text):
        return wide_text(data[: len(text) + len(text) % 2], order)
    return decode_text(text)


def _is_wide(text: bytes) -> bool:
    """Return whether zeros stand where they do in UTF-16: in every other place, and only there."""
    big, little = text[0::2].count(0), text[1::2].count(0)
    most, both = max(big, little), big + little
    return 3 * both > len(text) or (most >= _LEAST_ZEROS and 10 * most >= 9 * both)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
