"""What the first sample of an H.264 stream says: user data in its SEI units (ISO/IEC 14496-10)."""

from collections.abc import Iterator

LOOK = 4096
"""Bytes of the first sample that are looked at."""
UUID_LENGTH = 16
"""Bytes of the identifier that every message begins with."""
_SEI, _USER_DATA = 6, 5
_MORE = 0xFF


def messages_in(data: bytes, width: int) -> Iterator[bytes]:
    """Yield the unregistered user data of a sample's SEI units, each from its UUID on."""
    at = 0
    while at + width < len(data):
        start = at + width
        at = start + int.from_bytes(data[at:start], "big")
        if data[start] & 0x1F == _SEI:
            # §7.4.1: a 3 after two zeros only keeps the bytes from looking like a start code.
            yield from _user_data(data[start + 1 : at].replace(b"\0\0\3", b"\0\0"))


def _user_data(unit: bytes) -> Iterator[bytes]:
    at = 0
    while at + 2 <= len(unit):
        kind, at = _number(unit, at)
        size, at = _number(unit, at)
        if kind == _USER_DATA and size >= UUID_LENGTH and at + UUID_LENGTH <= len(unit):
            yield unit[at : at + size]
        at += size


def _number(unit: bytes, at: int) -> tuple[int, int]:
    """Return a number in bytes of 255 and a smaller one (§7.3.2.3.1), and where it ends."""
    total = 0
    while at < len(unit) and unit[at] == _MORE:
        total, at = total + _MORE, at + 1
    last = unit[at] if at < len(unit) else 0
    return total + last, at + 1
