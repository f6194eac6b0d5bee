"""Text as Exif writers encode it, whatever the specification says."""

from provenance.media.interface import decode_text

_CODE = 8
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
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

    The order of a UserComment need not be that of the directory: writers mix them.
    """
    if data.startswith(_BYTE_ORDER_MARKS):
        return data.decode("utf-16", "replace").rstrip("\0")
    big, little = data[0::2].count(0), data[1::2].count(0)
    if not big and not little and data.isascii():
        return decode_text(data)
    is_big = big > little or (big == little and order == ">")
    return data.decode("utf-16-be" if is_big else "utf-16-le", "replace").rstrip("\0")


def _japanese_text(data: bytes) -> str:
    try:
        return data.decode("iso2022_jp").rstrip("\0")
    except UnicodeDecodeError:
        return decode_text(data)


def _unmarked_text(data: bytes, order: str) -> str:
    text = data.rstrip(b"\0")
    # Every other byte of Latin text in UTF-16 is a zero.
    if text.startswith(_BYTE_ORDER_MARKS) or 3 * text.count(0) > len(text):
        return wide_text(data[: len(text) + len(text) % 2], order)
    return decode_text(text)
