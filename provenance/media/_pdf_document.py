"""A PDF whose objects are found by their numbers (ISO 32000-2 §7.3.10, §7.5.7)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from provenance.errors import DamagedMediaError
from provenance.media._pdf_objects import SPACE, PdfValue, Reference, read_value
from provenance.media._pdf_streams import decoded
from provenance.media._pdf_xref import (
    IN_FILE,
    IN_STREAM,
    LONGEST_OBJECT,
    LONGEST_STREAM,
    OBJECT,
    STREAM,
    Place,
    read_sections,
)
from provenance.media.interface import ByteSource, TextBudget
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange

_END = re.compile(SPACE + rb"{0,8}endstream")
_LONGEST_END = 24
_MEMBER = re.compile(SPACE + rb"*+(\d{1,10})" + SPACE + rb"++(\d{1,10})(?:" + SPACE + rb"++|\Z)")
_MEMBER_COST = 64
_MOST_STEPS = 8
"""References that lead to one another, and object streams that need one another."""


@dataclass(frozen=True, slots=True)
class PdfStream:
    """A stream that was not read yet."""

    entries: Mapping[str, PdfValue]
    """Its dictionary."""
    start: int
    """Its first byte in the file."""


PdfObject: TypeAlias = "PdfValue | PdfStream"
"""What a reference leads to."""


@dataclass(frozen=True, slots=True)
class _Members:
    """An object stream: its bytes, and where in them its objects stand, by number."""

    data: BytesSource
    offsets: Mapping[int, int]


class Document:
    """The objects of one file; every one that is read takes from the budget."""

    def __init__(self, source: ByteSource, start: int, budget: TextBudget) -> None:
        """Read the cross-reference sections, of which the newest stands here."""
        self._source = source
        self._budget = budget
        self._sections = read_sections(source, start, budget)
        self._members: dict[int, _Members] = {}
        self._opening: list[int] = []

    def trailer(self, key: str) -> PdfValue:
        """Return what the trailers say under this key; the newest that says anything counts."""
        values = (section.entries.get(key) for section in self._sections)
        return next((value for value in values if value is not None), None)

    def resolve(self, value: PdfObject) -> PdfObject:
        """Return the value, or what it leads to if it is a reference.

        Raises DamagedMediaError if that is not where the file says.
        """
        for _ in range(_MOST_STEPS):
            if not isinstance(value, Reference):
                return value
            value = self._load(value.number)
        raise DamagedMediaError("its references loop")

    def run_of(self, stream: PdfStream) -> ByteRange:
        """Return where the bytes of the stream lie; raises DamagedMediaError if not in the file."""
        length = self.resolve(stream.entries.get("Length"))
        if not isinstance(length, int) or not 0 <= length <= self._source.size - stream.start:
            raise DamagedMediaError("the file ends inside a stream, or nothing says how long it is")
        run = ByteRange(offset=stream.start, length=length)
        if _END.match(self._source.pread(run.end, _LONGEST_END)) is None:
            raise DamagedMediaError("a stream is not as long as it says")
        return run

    def bytes_of(self, stream: PdfStream) -> bytes:
        """Return the bytes of the stream, decoded."""
        return decoded(self._source, self.run_of(stream), stream.entries, self._budget)

    def _load(self, number: int) -> PdfObject:
        place = self._place_of(number)
        if place.kind == IN_FILE:
            return self._load_from_file(number, place.position)
        if place.kind == IN_STREAM:
            return self._load_from_stream(number, place.position)
        return None

    def _place_of(self, number: int) -> Place:
        for section in self._sections:
            if place := section.find(number):
                return place
        raise DamagedMediaError(f"nothing says where its object {number} stands")

    def _load_from_file(self, number: int, offset: int) -> PdfObject:
        head = OBJECT.match(self._source.pread(offset, LONGEST_OBJECT))
        if head is None or int(head[1]) != number:
            raise DamagedMediaError(f"its object {number} is not where it should stand")
        value, end = read_value(self._source, offset + head.end(), self._budget)
        begin = STREAM.match(self._source.pread(end, LONGEST_STREAM))
        if isinstance(value, dict) and begin:
            return PdfStream(entries=value, start=end + begin.end())
        return value

    def _load_from_stream(self, number: int, container: int) -> PdfObject:
        if container not in self._members:
            self._members[container] = self._open(container)
        members = self._members[container]
        if number not in members.offsets:
            raise DamagedMediaError(f"its object {number} is not where it should stand")
        return read_value(members.data, members.offsets[number], self._budget)[0]

    def _open(self, container: int) -> _Members:
        # The length of an object stream may be an object in another one.
        if container in self._opening or len(self._opening) >= _MOST_STEPS:
            raise DamagedMediaError("its object streams loop")
        self._opening.append(container)
        try:
            stream = self._load(container) if self._place_of(container).kind != IN_STREAM else None
            if not isinstance(stream, PdfStream) or stream.entries.get("Type") != "ObjStm":
                raise DamagedMediaError(f"its object {container} is no object stream")
            return self._members_of(self.bytes_of(stream), stream.entries.get("First"))
        finally:
            self._opening.pop()

    def _members_of(self, data: bytes, first: PdfValue) -> _Members:
        if not isinstance(first, int) or not 0 <= first <= len(data):
            raise DamagedMediaError("an object stream does not say where its objects stand")
        offsets: dict[int, int] = {}
        at = 0
        while found := _MEMBER.match(data, at, first):
            if not self._budget.take(_MEMBER_COST):
                raise DamagedMediaError("it holds more objects than are read from one file")
            if int(found[1]) in offsets:
                raise DamagedMediaError(f"its object {int(found[1])} stands twice in a stream")
            offsets[int(found[1])] = first + int(found[2])
            at = found.end()
        return _Members(data=BytesSource(data), offsets=offsets)
