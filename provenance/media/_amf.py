"""Texts in data of the Action Message Format 0, as Flash video holds its metadata."""

import struct
from collections.abc import Iterator

from provenance.errors import DamagedMediaError
from provenance.media.interface import MAX_STEPS, decode_text

_STRING, _OBJECT, _ARRAY, _END, _LIST = 0x02, 0x03, 0x08, 0x09, 0x0A
_LONG_STRING, _XML, _TYPED_OBJECT = 0x0C, 0x0F, 0x10
_FIXED = {0x00: 8, 0x01: 1, 0x05: 0, 0x06: 0, 0x07: 2, 0x0B: 10, 0x0D: 0}
"""Bytes of a number, a truth value, null, undefined, a reference, a date, and unsupported."""
_SHORT, _LONG = struct.Struct(">H"), struct.Struct(">I")
_DEEPEST = 16


def read_texts(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the texts in a row of values, each with the key it stands under.

    A text that stands by itself has no key. Raises DamagedMediaError where the data makes no sense.
    """
    reader = _Reader(data)
    while not reader.is_done:
        yield from reader.value("", _DEEPEST)


class _Reader:
    """Reads one value after another; every value costs a step."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._steps = iter(range(MAX_STEPS))

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._data)

    def value(self, key: str, depth: int) -> Iterator[tuple[str, str]]:
        if not depth or next(self._steps, None) is None:
            raise DamagedMediaError("more values than are read, or nested too deeply")
        kind = self._take(1)[0]
        if kind in {_STRING, _LONG_STRING, _XML}:
            yield key, decode_text(self._counted(_SHORT if kind == _STRING else _LONG))
        elif kind in {_OBJECT, _ARRAY, _TYPED_OBJECT}:
            yield from self._members(kind, depth - 1)
        elif kind == _LIST:
            (count,) = _LONG.unpack(self._take(_LONG.size))
            for _ in range(count):
                yield from self.value(key, depth - 1)
        elif kind in _FIXED:
            self._take(_FIXED[kind])
        else:
            raise DamagedMediaError(f"a value of the unknown kind {kind}")

    def _members(self, kind: int, depth: int) -> Iterator[tuple[str, str]]:
        if kind == _ARRAY:
            self._take(4)  # How many members there may be; an end marker says it better.
        elif kind == _TYPED_OBJECT:
            self._counted(_SHORT)
        while True:
            key = decode_text(self._counted(_SHORT))
            if not key and self._data[self._at : self._at + 1] == bytes([_END]):
                self._take(1)
                return
            yield from self.value(key, depth)

    def _counted(self, count: struct.Struct) -> bytes:
        (length,) = count.unpack(self._take(count.size))
        return self._take(length)

    def _take(self, length: int) -> bytes:
        data = self._data[self._at : self._at + length]
        if len(data) < length:
            raise DamagedMediaError("the data ends inside a value")
        self._at += length
        return data
