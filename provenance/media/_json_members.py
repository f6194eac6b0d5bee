"""JSON text (RFC 8259) walked by its own brackets: what nobody asks for is passed over, not built.

A model is described by millions of numbers; a parser would build them all to find one name. The
brackets and strings of what is passed over are checked, its commas and numbers are not.
"""

import json
import re
from collections.abc import Iterator

from provenance.errors import DamagedMediaError

_DEPTH = 256
_MOST_PARTS = 300_000
"""Members of a value that is built; a million empty objects take 100 MB."""
_DECODER = json.JSONDecoder(strict=False)
_MARK = b"\xef\xbb\xbf"
_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[-+.\w]++")
_FLAT = rb'\[[^"\[\]{}]*+\]|\{[^"\[\]{}]*+\}'
_STOP = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|' + _FLAT + rb"|[\[\]{}]", re.DOTALL)
_CLOSING = {ord("{"): ord("}"), ord("["): ord("]")}
_CLOSED = frozenset(_CLOSING.values())
_LONG = 65_536
"""Bytes of a value whose end is worth remembering; there cannot be many such."""
_PADDING = b" \t\r\n\0"


class JsonText:
    """One JSON document; a value is named by the byte at which it begins."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._ends: dict[int, int] = {}

    @property
    def start(self) -> int:
        """Where the document's value begins."""
        return self._after_space(len(_MARK) if self._data.startswith(_MARK) else 0)

    def is_object(self, start: int) -> bool:
        """Return whether the value that begins here is an object."""
        return self._data[start : start + 1] == b"{"

    def is_array(self, start: int) -> bool:
        """Return whether the value that begins here is an array."""
        return self._data[start : start + 1] == b"["

    def is_string(self, start: int) -> bool:
        """Return whether the value that begins here is a string."""
        return self._data[start : start + 1] == b'"'

    def begins_with(self, start: int, word: bytes) -> bool:
        """Return whether the value that begins here is spelled with these bytes first."""
        return self._data.startswith(word, start)

    def members(self, start: int) -> Iterator[tuple[str, int]]:
        """Yield the key of each member of an object and where its value begins; none of others.

        Raises DamagedMediaError where the text ends or makes no sense.
        """
        if not self.is_object(start):
            return
        at = self._after_space(start + 1)
        while not self._data.startswith(b"}", at):
            key_end = self._match(_STRING, at)
            colon = self._after_space(key_end)
            self._expect(b":", colon)
            value = self._after_space(colon + 1)
            yield _unquoted(self._data[at:key_end]), value
            at = self._next(self.end(value), b"}")

    def elements(self, start: int) -> Iterator[int]:
        """Yield where each element of an array begins; none of others. See `members`."""
        if not self.is_array(start):
            return
        at = self._after_space(start + 1)
        while not self._data.startswith(b"]", at):
            yield at
            at = self._next(self.end(at), b"]")

    def end(self, start: int) -> int:
        """Return the first byte after the value that begins here. See `members`."""
        if self.is_string(start):
            return self._match(_STRING, start)
        if not self.is_object(start) and not self.is_array(start):
            return self._match(_SCALAR, start)
        if start in self._ends:
            return self._ends[start]
        return self._closing(start)

    def raw(self, start: int) -> bytes:
        """Return the value that begins here as it is spelled. See `members`."""
        return self._data[start : self.end(start)]

    def rest(self) -> bytes:
        """Return what stands behind the document, but padding. See `members`."""
        return self._data[self.end(self.start) :].strip(_PADDING)

    def _closing(self, start: int) -> int:
        """Return where a bracket closes, and remember it of all long ones inside."""
        waiting: list[int] = []
        for stop in _STOP.finditer(self._data, start):
            at, end = stop.span()
            byte = self._data[at]
            if byte in _CLOSING and end - at == 1:
                waiting.append(at)
                if len(waiting) > _DEPTH:
                    raise DamagedMediaError(f"its JSON is nested more than {_DEPTH} deep")
            elif byte in _CLOSED:
                opening = waiting.pop()
                if _CLOSING[self._data[opening]] != byte:
                    raise DamagedMediaError(f"a bracket at byte {at} closes another")
                if end - opening > _LONG:
                    self._ends[opening] = end
            if not waiting:
                return end
        raise self._cut(start)

    def _next(self, at: int, closing: bytes) -> int:
        """Return where the next part begins, or its bracket closes."""
        at = self._after_space(at)
        if self._data.startswith(closing, at):
            return at
        self._expect(b",", at)
        at = self._after_space(at + 1)
        if self._data.startswith(closing, at):
            raise DamagedMediaError(f"a comma of its JSON at byte {at} is one too many")
        return at

    def _after_space(self, at: int) -> int:
        found = _SPACE.match(self._data, at)
        return found.end() if found else at

    def _expect(self, mark: bytes, at: int) -> None:
        if not self._data.startswith(mark, at):
            raise self._cut(at)

    def _match(self, pattern: re.Pattern[bytes], at: int) -> int:
        found = pattern.match(self._data, at)
        if found is None:
            raise self._cut(at)
        return found.end()

    def _cut(self, at: int) -> DamagedMediaError:
        return DamagedMediaError(f"its JSON is damaged or ends early at byte {at}")


def built(raw: bytes) -> object:
    """Return the value that is spelled so; raises DamagedMediaError if it cannot be built."""
    if sum(map(raw.count, (b",", b"{", b"["))) > _MOST_PARTS:
        raise DamagedMediaError("a value of its JSON has too many parts to be read")
    try:
        return _DECODER.decode(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamagedMediaError(f"a value of its JSON is damaged: {error}") from error


def _unquoted(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
        return str(_DECODER.decode(text)) if "\\" in text else text[1:-1]
    except ValueError as error:
        raise DamagedMediaError(f"a key of its JSON is damaged: {error}") from error
