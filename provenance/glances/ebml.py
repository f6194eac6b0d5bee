"""Glances at Matroska and WebM: the elements of the segment, the texts of two of them."""

from os import pread

from provenance.glances.ebml_text import element_at, is_dull_info, is_dull_tags
from provenance.glances.interface import Plain
from provenance.glances.screen import Screen

_MAGIC = b"\x1a\x45\xdf\xa3"
_DOC_TYPE = 0x4282
_HEADER, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_TEXTS = {0x1549A966: is_dull_info, 0x1254C367: is_dull_tags}
_MORE = 4096
_LARGEST = 1 << 16
"""Bytes of texts that are still glanced at."""
_MOST, _MOST_TEXTS = 1024, 4
_HEAD = 12
_OPEN = -1


class EbmlGlance:
    """See `Glance`; clusters whose length is open are read in full, as is what was joined."""

    is_exact = True

    def __init__(self, format_name: str, doc_type: bytes) -> None:
        """Make the glance at one document type."""
        self.format_name = format_name
        self._doc_type = doc_type
        # Both begin alike, but nearly all writers say the same in a header, besides the type: so
        # its length, spelled in one byte or in eight, tells them apart.
        length = 27 + len(doc_type)
        self.magics = (
            (4, bytes((0x80 | length,)) + b"\x42\x86\x81"),
            (8, bytes((0, 0, 0, length))),
        )

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        at = self._end_of_header(head)
        if not at or len(head) < at + _HEAD:
            return None
        kind, at, length = element_at(head, at)
        if kind != _SEGMENT or length not in (_OPEN, size - at):
            return None
        data, start, limit = head, 0, len(head) - _HEAD
        essence = runs = last = texts = 0
        for _ in range(_MOST):
            if at > limit:
                start += at
                if start == size:
                    return (essence, last if runs == 1 else -1) if runs else None
                data, at = pread(descriptor, _MORE, start), 0
                limit = max(0, len(data) - _HEAD)
                # A short element may end the file; a head of zeros leaves it.
                data += bytes(_HEAD)
            kind, body, length = element_at(data, at)
            at = body + length
            if length < 0 or start + at > size or kind in (_HEADER, _SEGMENT):
                return None
            if kind == _CLUSTER:
                if length:
                    essence, runs, last = essence + length, runs + 1, start + body
            elif kind in _TEXTS:
                texts += 1
                if texts > _MOST_TEXTS or length > _LARGEST:
                    return None
                text = data[body:at] if at <= limit else pread(descriptor, length, start + body)
                if len(text) < length or not _TEXTS[kind](text, screen):
                    return None
        return None

    def _end_of_header(self, head: bytes) -> int:
        """Return where the header ends if it names our type; else 0."""
        if not head.startswith(_MAGIC) or len(head) < 2 * _HEAD:
            return 0
        _, at, length = element_at(head, 0)
        end = at + length
        found = b""
        if length < 0 or end + _HEAD > len(head):
            return 0
        while at < end:
            kind, body, length = element_at(head, at)
            at = body + length
            if length < 0 or at > end:
                return 0
            if kind == _DOC_TYPE:
                if found:
                    return 0
                found = head[body:at]
        return end if found == self._doc_type else 0


GLANCES = (EbmlGlance("mkv", b"matroska"), EbmlGlance("webm", b"webm"))
"""One for each document type."""
