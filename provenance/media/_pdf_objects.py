"""Objects of a PDF (ISO 32000-2 §7.3), parsed within windows of bounded length."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from provenance.errors import DamagedMediaError
from provenance.media.interface import ByteSource, TextBudget, decode_text

SPACE = rb"[\0\t\n\f\r ]"
"""White space between tokens, for patterns."""

_REGULAR = rb"[^\0\t\n\f\r ()<>\[\]{}/%]"
_SKIPPED = re.compile(rb"(?:" + SPACE + rb"++|%[^\r\n]*+)*+")
_REFERENCE = re.compile(
    rb"(\d{1,10})" + SPACE + rb"{1,16}\d{1,5}" + SPACE + rb"{1,16}R(?!" + _REGULAR + rb")"
)
_NUMBER = re.compile(rb"[+-]?(?:\d{1,64}(?:\.\d{0,64})?|\.\d{1,64})(?!" + _REGULAR + rb")")
_KEYWORD = re.compile(_REGULAR + rb"{1,5}+")
_KEYWORDS = {b"true": True, b"false": False, b"null": None}
_NAME = re.compile(rb"/(" + _REGULAR + rb"*+)")
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_HEX = re.compile(rb"<([0-9A-Fa-f\0\t\n\f\r ]*+)>")
_WHITE = b"\0\t\n\f\r "
_PLAIN = re.compile(rb"[^()\\]*+")
_PARENTHESIS = re.compile(rb"[()]")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(?:\r\n|\r|\n)|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_DEPTH = 32

_WINDOWS = (2 << 10, 32 << 10, 512 << 10)
_COST = 4
"""What a byte of a window takes from the budget: values take more room than their text."""
_LONGEST_END = 64
"""Bytes behind a value that could make it another one: `1` may begin `1 0 R`."""


class Name(str):
    """A name, without its slash."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A pointer to an object; of several generations only the last can be reached."""

    number: int


PdfValue: TypeAlias = (
    "bool | int | float | bytes | Name | Reference | list[PdfValue] | dict[str, PdfValue] | None"
)
"""A value; strings are bytes, streams are dictionaries here."""


def read_value(source: ByteSource, offset: int, budget: TextBudget) -> tuple[PdfValue, int]:
    """Return the value that stands at this offset, and where it ends.

    Raises DamagedMediaError if there is none, or one larger than any that is needed.
    """
    for window in _WINDOWS:
        if not budget.take(_COST * window):
            raise DamagedMediaError("it holds more objects than are read from one file")
        data = source.pread(offset, window)
        is_all = len(data) < window
        try:
            value, end = _Parser(data).parse()
        except DamagedMediaError:
            if is_all:
                raise
            continue
        if is_all or end + _LONGEST_END <= window:
            return value, offset + end
    raise DamagedMediaError(f"what begins at byte {offset} is no object of at most 512 KiB")


class _Parser:
    """Reads one value of a window."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._depth = 0

    def parse(self) -> tuple[PdfValue, int]:
        """Return the first value and where it ends."""
        return self._value(), self._at

    def _value(self) -> PdfValue:
        start = self._peek(2)
        if start == b"<<":
            return self._nested(self._dictionary)
        match start[:1]:
            case b"[":
                return self._nested(self._array)
            case b"(":
                return self._literal()
            case b"<":
                digits = self._take(_HEX)[1].translate(None, _WHITE)
                return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
            case b"/":
                return self._name()
            case _:
                return self._word()

    def _nested(self, read: Callable[[], PdfValue]) -> PdfValue:
        self._depth += 1
        if self._depth > _DEPTH:
            raise DamagedMediaError(f"objects nested more than {_DEPTH} deep")
        value = read()
        self._depth -= 1
        return value

    def _dictionary(self) -> PdfValue:
        self._at += 2
        entries: dict[str, PdfValue] = {}
        while self._peek(2) != b">>":
            key = self._name()
            if key in entries:
                # Readers do not agree on which of two counts.
                raise DamagedMediaError(f"the key {key[:40]} stands twice in a dictionary")
            entries[key] = self._value()
        self._at += 2
        return entries

    def _array(self) -> PdfValue:
        self._at += 1
        values: list[PdfValue] = []
        while self._peek(1) != b"]":
            values.append(self._value())
        self._at += 1
        return values

    def _literal(self) -> bytes:
        """Return a string in parentheses; balanced ones may stand inside it."""
        parts, depth = [], 0
        while True:
            parts.append(self._take(_PLAIN)[0])
            mark = self._data[self._at : self._at + 1]
            if mark == b"\\":
                parts.append(_unescaped(self._take(_ESCAPE)))
                continue
            depth += {b"(": 1, b")": -1}.get(mark, 0)
            parts.append(self._take(_PARENTHESIS)[0])
            if not depth:
                return b"".join(parts)[1:-1]

    def _name(self) -> Name:
        raw = self._take(_NAME)[1]
        return Name(decode_text(_NAME_ESCAPE.sub(_unhexed, raw)))

    def _word(self) -> PdfValue:
        if found := _REFERENCE.match(self._data, self._at):
            self._at = found.end()
            return Reference(int(found[1]))
        if found := _NUMBER.match(self._data, self._at):
            self._at = found.end()
            return float(found[0]) if b"." in found[0] else int(found[0])
        word = self._take(_KEYWORD)[0]
        if word not in _KEYWORDS:
            raise DamagedMediaError("an object has a word that is none of PDF's")
        return _KEYWORDS[word]

    def _peek(self, length: int) -> bytes:
        """Skip white space and comments, and return what stands behind them."""
        self._at = self._take(_SKIPPED).end()
        return self._data[self._at : self._at + length]

    def _take(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        found = pattern.match(self._data, self._at)
        if found is None:
            raise DamagedMediaError("an object ends early or is none")
        self._at = found.end()
        return found


def _unhexed(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode("ascii"))


def _unescaped(found: re.Match[bytes]) -> bytes:
    octal, letter = found.groups()
    if octal:
        return bytes((int(octal, 8) & 0xFF,))
    return _ESCAPED.get(letter, letter) if letter else b""
