"""A glance at EBML elements (RFC 8794) and at the texts of Matroska."""

from collections.abc import Iterator

from provenance.glances.screen import Screen

_INFO_TEXTS = {0x7BA9: "Title", 0x4D80: "MuxingApp", 0x5741: "WritingApp"}
_TAG, _SIMPLE_TAG, _NAME, _TEXT = 0x7373, 0x67C8, 0x45A3, 0x4487
_WIDEST, _WIDEST_LENGTH = 4, 8
_MOST = 512
_DAMAGED = (-1, 0, 0)
_MASKS = tuple((1 << 7 * width) - 1 for width in range(9))


def element_at(data: bytes, at: int) -> tuple[int, int, int]:
    """Return kind, first byte behind the head, and length of the element that stands here.

    The length is -1 where it is open or nothing stands here. At least 12 bytes have to follow;
    what a shorter run holds may be no element of it.
    """
    first = at + 9 - data[at].bit_length()
    if first > at + _WIDEST:
        return -1, at, -1
    width = 9 - data[first].bit_length()
    body = first + width
    if width > _WIDEST_LENGTH:
        return -1, at, -1
    length = int.from_bytes(data[first:body]) & _MASKS[width]
    return int.from_bytes(data[at:first]), body, length if length != _MASKS[width] else -1


def _children(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield kind, begin and end of the elements of a run, kind -1 for what is none."""
    for _ in range(_MOST):
        if at == end:
            return
        kind, body, length = element_at(data, at)
        at = body + length
        if length < 0 or at > end:
            break
        yield kind, body, at
    yield _DAMAGED


def is_dull_info(info: bytes, screen: Screen) -> bool:
    """Return whether what an `Info` holds is sound and says nothing of interest."""
    padded = info + bytes(12)
    for kind, begin, end in _children(padded, 0, len(info)):
        if kind < 0:
            return False
        name = _INFO_TEXTS.get(kind)
        if name and not screen.is_dull(name, info[begin:end]):
            return False
    return True


def is_dull_tags(tags: bytes, screen: Screen) -> bool:
    """Return the same of a `Tags`."""
    padded = tags + bytes(12)
    for kind, begin, end in _children(padded, 0, len(tags)):
        if kind < 0:
            return False
        for part, first, last in _children(padded, begin, end) if kind == _TAG else ():
            if part < 0:
                return False
            if part == _SIMPLE_TAG and not _is_dull_tag(padded, first, last, screen):
                return False
    return True


def _is_dull_tag(tags: bytes, begin: int, end: int, screen: Screen) -> bool:
    name = text = b""
    for kind, first, last in _children(tags, begin, end):
        if kind == _NAME:
            name = tags[first:last]
        elif kind == _TEXT:
            text = tags[first:last]
        elif kind in (-1, _SIMPLE_TAG):
            # Tags nested in one are rare.
            return False
    return screen.is_dull(name, text)
