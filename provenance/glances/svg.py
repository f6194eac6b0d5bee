"""A glance at SVG: plain text, of which the parser says that it is sound.

Where nothing but comments and tags begins with `<`, they can be found without parsing.
"""

import re
from os import pread

from provenance.errors import DamagedMediaError
from provenance.glances.interface import Plain
from provenance.glances.screen import Screen, is_shallow, is_well_formed
from provenance.media.svg import require_plain_encoding

_START = re.compile(
    rb"(?:<\?xml[^<>]*\?>)?\s*(?:<!--[^<>]*-->\s*)*+"
    rb'(<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG [^][<>"]*"\s+"[^][<>"]*">\s*)?'
    rb"(?:<!--[^<>]*-->\s*)*+<svg[\s>]"
)
_LARGEST = 1 << 20
_MOST, _LEAST_TAG, _SHALLOW = 100_000, 3, 60
"""A drawing with fewer end tags cannot be nested as deeply as a full reading refuses."""
_BEGIN, _END = b"<metadata>", b"</metadata>"
_DEFAULT = b'xmlns="http://www.w3.org/2000/svg"'


class SvgGlance:
    """See `Glance`; a drawing with metadata other than text is read in full."""

    format_name = "svg"
    is_exact = True
    magics = ((0, b"<svg"), (0, b"<?xm"), (0, b"<!--"), (0, b"<!DO"))

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        start = _START.match(head)
        if start is None or size > _LARGEST:
            return None
        data = head if size <= len(head) else pread(descriptor, size, 0)
        if len(data) != size or _holds_more(data, is_declared=bool(start[1])):
            return None
        # Looking for a character that is rare is next to nothing.
        dropped = _comments(data) if b"!" in data else []
        if b"metadata" in data:
            told = _metadata(data)
            if told is None or not screen.is_dull("", data[told[0] + len(_BEGIN) : told[1]]):
                return None
            dropped.append((told[0], told[1] + len(_END)))
        return _without(sorted(dropped), size) if _is_sound(data) else None


def _holds_more(data: bytes, *, is_declared: bool) -> bool:
    """Return whether a drawing holds what is not looked at here, or very much; it may name a DTD.

    In sections and instructions anything may stand.
    """
    begin = data.find(b"?>") + 2 if data.startswith(b"<?") else 0
    if data.find(b"?", begin) >= 0 and b"<?" in data[begin:]:
        return True
    if b"manifest" in data or (b"!" in data and b"<![" in data):
        return True
    # What a DTD declares is not looked up.
    if is_declared and b"&" in data:
        return True
    return len(data) > _LEAST_TAG * _MOST and data.count(b"<") > _MOST


def _comments(data: bytes) -> list[tuple[int, int]]:
    found, at = [], data.find(b"<!--")
    while at >= 0:
        # That there is an end is for the parser to say.
        end = data.find(b"-->", at) + 3
        found.append((at, end))
        at = data.find(b"<!--", max(at + 4, end))
    return found


def _metadata(data: bytes) -> tuple[int, int] | None:
    """Return where the only metadata, text without any references, begins and where it ends."""
    begin, end = data.find(_BEGIN), data.find(_END)
    if data.count(b"metadata") != 2 or not 0 <= begin < end:
        return None
    # Within another namespace it is not the metadata of the drawing.
    if data.count(b"xmlns") - data.count(b"xmlns:") != data.count(_DEFAULT):
        return None
    text = data[begin + len(_BEGIN) : end]
    return None if any(mark in text for mark in b"<&\r") else (begin, end)


def _is_sound(data: bytes) -> bool:
    """Return whether a full reading would parse the drawing to its end."""
    try:
        require_plain_encoding(data.decode())
    except (UnicodeDecodeError, DamagedMediaError):
        return False
    if data.count(b"</") < _SHALLOW:
        return is_well_formed(data)
    return is_shallow(data, _SHALLOW)


def _without(dropped: list[tuple[int, int]], size: int) -> Plain:
    """Return what is left of the drawing."""
    length = done = runs = last = 0
    for start, end in (*dropped, (size, size)):
        if start > done:
            length, runs, last = length + start - done, runs + 1, done
        done = end
    return length, last if runs == 1 else -1
