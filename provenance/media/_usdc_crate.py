"""USD crates (`usdc`): the texts under the names that hold them, found through the tables.

A crate has tables of words (TOKENS), of texts (STRINGS, which point to words) and of fields
(FIELDS, a word for the name and a value). A field is read whoever it belongs to, layer or prim.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from provenance.errors import DamagedMediaError
from provenance.media._found import Found
from provenance.media._lz4 import unpack
from provenance.media.interface import ByteSource, decode_text, read_exactly

MAGIC = b"PXR-USDC"
_PLACE = "usdc"
_TEXTS = frozenset({b"documentation", b"comment"})
_DICTIONARIES = frozenset({b"customLayerData", b"customData", b"assetInfo"})
_VERSIONS = range(7, 17)
"""Minor versions of major version 0 that were tried; older ones write arrays in another way."""
_TABLE_AT, _HEADER = 16, 88
_MOST_SECTIONS = 64
_LARGEST = 16 * 1024 * 1024
_MOST_WORDS = 500_000
_MOST_VALUES = 50_000
_LONGEST_NAME = 200
"""Bytes of the name of a value that are kept."""
_DEEPEST = 16
_STRING, _TOKEN, _DICTIONARY = 10, 11, 31
_ARRAY, _INLINED = 1 << 63, 1 << 62
_PAYLOAD = (1 << 48) - 1
_WIDTHS = (0, 1, 2, 4)


class _Section(NamedTuple):
    start: int
    size: int


@dataclass(slots=True, kw_only=True)
class _Crate:
    """A crate with its tables."""

    source: ByteSource
    found: Found
    words: list[bytes]
    texts: bytes
    steps: Iterator[int]

    def numbers(self, form: str, offset: int) -> tuple[int, ...]:
        """Return numbers that stand in the file."""
        return struct.unpack(form, read_exactly(self.source, offset, struct.calcsize(form)))

    def step(self) -> None:
        """Count a value; raises DamagedMediaError if there are too many."""
        if next(self.steps) >= _MOST_VALUES:
            raise DamagedMediaError(f"the crate has more than {_MOST_VALUES} texts")

    def word(self, number: int) -> bytes:
        """Return a word of the table."""
        if number >= len(self.words):
            raise DamagedMediaError(f"the crate has no word {number}")
        return self.words[number]

    def text(self, number: int) -> bytes:
        """Return the word that is a text of the table."""
        if number >= len(self.texts) // 4:
            raise DamagedMediaError(f"the crate has no text {number}")
        return self.word(struct.unpack_from("<I", self.texts, 4 * number)[0])


def read_crate(source: ByteSource, found: Found) -> str:
    """Collect what a crate says of itself; return why it is not whole, or nothing.

    Raises DamagedMediaError if it ends before its tables are named.
    """
    head = read_exactly(source, 0, _HEADER)
    major, minor = head[len(MAGIC)], head[len(MAGIC) + 1]
    if major or minor not in _VERSIONS:
        found.report(f"a USD crate of version {major}.{minor} is not read")
        return ""
    try:
        sections = _sections(source, struct.unpack_from("<q", head, _TABLE_AT)[0])
        crate = _Crate(
            source=source,
            found=found,
            words=_words(source, _section(sections, b"TOKENS")),
            texts=_texts(source, _section(sections, b"STRINGS")),
            steps=count(),
        )
        for name, value in _fields(source, _section(sections, b"FIELDS"), crate):
            _read_value(crate, (_PLACE, decode_text(name)), value, depth=0)
    except DamagedMediaError as error:
        return str(error)
    return ""


def _sections(source: ByteSource, offset: int) -> dict[bytes, _Section]:
    number = int.from_bytes(read_exactly(source, max(offset, 0), 8), "little")
    if offset < _HEADER or not 0 < number <= _MOST_SECTIONS:
        raise DamagedMediaError("the crate has no table of its sections")
    rows = struct.iter_unpack("<16sqq", read_exactly(source, offset + 8, 32 * number))
    sections = {name.rstrip(b"\0"): _Section(start, size) for name, start, size in rows}
    for start, size in sections.values():
        if start < _HEADER or size < 0 or start + size > source.size:
            raise DamagedMediaError("a section of the crate lies outside it")
    return sections


def _section(sections: dict[bytes, _Section], name: bytes) -> _Section:
    if name not in sections:
        raise DamagedMediaError(f"the crate has no section {decode_text(name)}")
    if sections[name].size > _LARGEST:
        raise DamagedMediaError(f"a section of {sections[name].size} bytes was not read")
    return sections[name]


def _words(source: ByteSource, section: _Section) -> list[bytes]:
    raw = read_exactly(source, section.start, section.size)
    number, size, packed = _header("<3Q", raw)
    if size > _LARGEST or number > _MOST_WORDS:
        raise DamagedMediaError(f"a table of {number} words and {size} bytes was not read")
    words = unpack(raw[24 : 24 + packed], size)
    if words.count(b"\0") != number:
        raise DamagedMediaError(f"the crate has not the {number} words it claims")
    return words.split(b"\0")


def _texts(source: ByteSource, section: _Section) -> bytes:
    """Return the table of texts: for each four bytes that say which word it is."""
    raw = read_exactly(source, section.start, section.size)
    (number,) = _header("<Q", raw)
    return raw[8 : 8 + 4 * number]


def _fields(source: ByteSource, section: _Section, crate: _Crate) -> Iterator[tuple[bytes, int]]:
    """Yield the name of each field that may hold a text, and its value."""
    raw = read_exactly(source, section.start, section.size)
    number, packed = _header("<2Q", raw)
    if 8 * number > _LARGEST:
        raise DamagedMediaError(f"a table of {number} fields was not read")
    names = _integers(unpack(raw[16 : 16 + packed], 8 + 5 * number), number)
    behind = 16 + packed
    (packed,) = _header("<Q", raw[behind : behind + 8])
    values = unpack(raw[behind + 8 : behind + 8 + packed], 8 * number)
    if len(values) != 8 * number:
        raise DamagedMediaError(f"the crate has not the {number} fields it claims")
    for at, name in enumerate(names):
        word = crate.word(name)
        if word in _TEXTS or word in _DICTIONARIES:
            yield word, struct.unpack_from("<Q", values, 8 * at)[0]


def _integers(raw: bytes, number: int) -> Iterator[int]:
    """Yield numbers written as differences, most of them the same, in 0, 1, 2 or 4 bytes.

    Of each, two bits say in how many; those of all stand in front.
    """
    common = int.from_bytes(raw[:4], "little", signed=True)
    at = 4 + (2 * number + 7) // 8
    value = 0
    for index in range(number):
        if 4 + index // 4 >= len(raw):
            raise DamagedMediaError("the crate ends inside a table")
        width = _WIDTHS[raw[4 + index // 4] >> 2 * (index % 4) & 3]
        step = int.from_bytes(raw[at : at + width], "little", signed=True) if width else common
        at += width
        value += step
        yield value & 0xFFFF_FFFF


def _header(form: str, raw: bytes) -> tuple[int, ...]:
    if len(raw) < struct.calcsize(form):
        raise DamagedMediaError("a section of the crate ends early")
    return struct.unpack_from(form, raw)


def _read_value(crate: _Crate, where: tuple[str, str], value: int, *, depth: int) -> None:
    """Collect the texts of a value: what it is stands in bits 48 to 55, and where below them."""
    crate.step()
    kind, payload = value >> 48 & 0xFF, value & _PAYLOAD
    if kind == _DICTIONARY and not value & _INLINED:
        place, key = where
        _read_dictionary(crate, f"{place}/{key}", payload, depth=depth + 1)
    elif kind in (_STRING, _TOKEN):
        for number in _indexes(crate, value):
            _add(crate, where, crate.text(number) if kind == _STRING else crate.word(number))


def _indexes(crate: _Crate, value: int) -> Iterator[int]:
    payload = value & _PAYLOAD
    if not value & _ARRAY:
        yield payload
    elif payload:
        (number,) = crate.numbers("<Q", payload)
        for index in range(number):
            crate.step()
            yield crate.numbers("<I", payload + 8 + 4 * index)[0]


def _add(crate: _Crate, where: tuple[str, str], said: bytes) -> None:
    # A thousand fields may point to one long word: it is decoded only where there is room.
    if crate.found.budget.take(len(said)):
        crate.found.add(*where, decode_text(said))
    else:
        crate.found.report("the texts of the crate are larger than what is read of them")


def _read_dictionary(crate: _Crate, place: str, offset: int, *, depth: int) -> None:
    """Collect the values of a dictionary; each stands where a distance behind its key says."""
    if depth > _DEEPEST:
        raise DamagedMediaError(f"the crate nests dictionaries more than {_DEEPEST} deep")
    (number,) = crate.numbers("<Q", offset)
    at = offset + 8
    for _ in range(number):
        key, distance = crate.numbers("<Iq", at)
        value_at = at + 4 + distance
        if value_at < _HEADER:
            raise DamagedMediaError("a value of the crate lies outside it")
        (value,) = crate.numbers("<Q", value_at)
        name = decode_text(crate.text(key)[:_LONGEST_NAME])
        _read_value(crate, (place, name), value, depth=depth)
        at = value_at + 8
