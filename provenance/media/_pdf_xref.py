"""Cross-reference sections of a PDF (ISO 32000-2 §7.5.4, §7.5.8): where its objects stand.

A table is never read whole: its entries have one width, so that one is found by its number.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from provenance.errors import DamagedMediaError
from provenance.media._pdf_objects import SPACE, PdfValue, read_value
from provenance.media._pdf_streams import decoded
from provenance.media.interface import ByteSource, TextBudget
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange

FREE, IN_FILE, IN_STREAM = 0, 1, 2
OBJECT = re.compile(SPACE + rb"{0,16}(\d{1,10})" + SPACE + rb"{1,4}\d{1,5}" + SPACE + rb"{1,4}obj")
"""What stands before an object; its number."""
LONGEST_OBJECT = 48
"""Bytes that pattern matches at most."""
STREAM = re.compile(SPACE + rb"{0,32}stream {0,4}(?:\r\n|\n|\r)")
"""What stands between the dictionary of a stream and its bytes."""
LONGEST_STREAM = 48
"""Bytes that pattern matches at most."""

_TABLE = re.compile(SPACE + rb"{0,16}xref" + SPACE + rb"{1,4}")
_RUN = re.compile(SPACE + rb"{0,8}(\d{1,10}) {1,4}(\d{1,10}) {0,4}(?:\r\n|\n|\r)")
_TRAILER = re.compile(SPACE + rb"{0,8}trailer")
_ENTRY = re.compile(rb"(\d{10}) \d{5} ([nf])(" + SPACE + rb"{1,2})")
_ENTRY_WIDTH = 20
_HEAD = 64
_WIDEST = 8
_SECTION_COST, _RUN_COST = 4096, 64
"""What a section and a run of numbers take from the budget: very many end a walk."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object stands."""

    kind: int
    """`FREE`: nowhere; `IN_FILE` at an offset; `IN_STREAM` in the object stream of this number."""
    position: int


@dataclass(frozen=True, slots=True)
class _Run:
    start: int
    count: int
    offset: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section: a table of the file, or the rows of a stream."""

    entries: dict[str, PdfValue]
    """Its trailer, or what the dictionary of the stream says in its stead."""
    source: ByteSource
    runs: tuple[_Run, ...]
    widths: tuple[int, ...] = ()
    """Bytes of the three numbers of a row; empty for a table."""

    def find(self, number: int) -> Place | None:
        """Return where the object stands; None if this section does not know it."""
        index = bisect_right(self.runs, number, key=lambda run: run.start) - 1
        run = self.runs[index] if index >= 0 else None
        if run is None or number >= run.start + run.count:
            return None
        offset = run.offset + (number - run.start) * run.width
        return self._row(offset) if self.widths else self._entry(offset)

    def offset_of(self, key: str) -> int | None:
        """Return the offset of another section under this key."""
        value = self.entries.get(key)
        if value is None or isinstance(value, int):
            return value
        raise DamagedMediaError(f"{key} of a cross-reference section is no number")

    def _entry(self, offset: int) -> Place:
        found = _ENTRY.match(self.source.pread(offset, _ENTRY_WIDTH))
        if found is None:
            raise DamagedMediaError(f"no entry of a cross-reference table stands at byte {offset}")
        return Place(IN_FILE if found[2] == b"n" else FREE, int(found[1]))

    def _row(self, offset: int) -> Place:
        numbers = []
        for width in self.widths:
            numbers.append(int.from_bytes(self.source.pread(offset, width), "big"))
            offset += width
        return Place(numbers[0] if self.widths[0] else IN_FILE, numbers[1])


def read_sections(source: ByteSource, start: int, budget: TextBudget) -> list[Section]:
    """Return the sections of a file whose last one stands here, the newest first.

    Raises DamagedMediaError if one of them is none, or if they loop.
    """
    sections: list[Section] = []
    seen: set[int] = set()
    offset: int | None = start
    while offset is not None:
        if offset in seen:
            raise DamagedMediaError("its cross-reference sections loop")
        seen.add(offset)
        section = _read_section(source, offset, budget)
        sections.append(section)
        # §7.5.8.4: what a hybrid file hides from old readers stands before what is older.
        hidden = section.offset_of("XRefStm")
        sections += [] if hidden is None else [_read_section(source, hidden, budget)]
        offset = section.offset_of("Prev")
    return sections


def _read_section(source: ByteSource, offset: int, budget: TextBudget) -> Section:
    if not budget.take(_SECTION_COST):
        raise DamagedMediaError("it has more cross-reference sections than are read")
    head = source.pread(offset, _HEAD)
    if found := _TABLE.match(head):
        return _read_table(source, offset + found.end(), budget)
    if found := OBJECT.match(head):
        return _read_rows(source, offset + found.end(), budget)
    raise DamagedMediaError(f"no cross-reference section stands at byte {offset}")


def _read_table(source: ByteSource, offset: int, budget: TextBudget) -> Section:
    runs: list[_Run] = []
    while found := _RUN.match(head := source.pread(offset, _HEAD)):
        first = offset + found.end()
        entry = _ENTRY.match(source.pread(first, _ENTRY_WIDTH))
        # Some end their lines with one character and say nothing of it.
        width = _ENTRY_WIDTH if entry is None else entry.end()
        run = _Run(int(found[1]), int(found[2]), first, width)
        _append(runs, run, budget)
        offset = first + run.count * width
    trailer = _TRAILER.match(head)
    if trailer is None:
        raise DamagedMediaError(f"a cross-reference table is damaged at byte {offset}")
    entries, _ = read_value(source, offset + trailer.end(), budget)
    return Section(entries=_dictionary(entries), source=source, runs=_in_order(runs))


def _read_rows(source: ByteSource, offset: int, budget: TextBudget) -> Section:
    value, end = read_value(source, offset, budget)
    entries = _dictionary(value)
    begin = STREAM.match(source.pread(end, LONGEST_STREAM))
    length = entries.get("Length")
    if begin is None or entries.get("Type") != "XRef" or not isinstance(length, int):
        raise DamagedMediaError(f"no cross-reference section stands at byte {offset}")
    run = ByteRange(offset=end + begin.end(), length=length)
    if length < 0 or run.end > source.size:
        raise DamagedMediaError("the file ends inside a cross-reference section")
    rows = decoded(source, run, entries, budget)
    widths = tuple(_numbers(entries.get("W")))
    if len(widths) != 3 or max(widths) > _WIDEST or not sum(widths):
        raise DamagedMediaError("a cross-reference section has rows that are not understood")
    runs = _runs_of_rows(entries, sum(widths), budget)
    if runs and runs[-1].offset + runs[-1].count * runs[-1].width > len(rows):
        raise DamagedMediaError("a cross-reference section has fewer rows than it says")
    return Section(entries=entries, source=BytesSource(rows), runs=_in_order(runs), widths=widths)


def _runs_of_rows(entries: dict[str, PdfValue], width: int, budget: TextBudget) -> list[_Run]:
    index = list(_numbers(entries.get("Index", [0, entries.get("Size")])))
    runs: list[_Run] = []
    offset = 0
    for start, count in zip(index[::2], index[1::2], strict=False):
        _append(runs, _Run(start, count, offset, width), budget)
        offset += count * width
    return runs


def _numbers(values: PdfValue) -> Iterator[int]:
    for value in values if isinstance(values, list) else ():
        if not isinstance(value, int) or value < 0:
            raise DamagedMediaError("a cross-reference section has rows that are not understood")
        yield value


def _append(runs: list[_Run], run: _Run, budget: TextBudget) -> None:
    if not budget.take(_RUN_COST):
        raise DamagedMediaError("it has more cross-reference sections than are read")
    runs.append(run)


def _in_order(runs: Iterable[_Run]) -> tuple[_Run, ...]:
    ordered = sorted((run for run in runs if run.count), key=lambda run: run.start)
    if any(one.start + one.count > other.start for one, other in pairwise(ordered)):
        raise DamagedMediaError("a cross-reference section says twice where an object stands")
    return tuple(ordered)


def _dictionary(value: PdfValue) -> dict[str, PdfValue]:
    if not isinstance(value, dict):
        raise DamagedMediaError("a cross-reference section has no dictionary")
    return value
