"""Read a list in XML: its root element and what each record in it says, bounded, without DTDs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from provenance.media.source import FileSource

_LARGEST = 64 * 1024 * 1024
_MOST_RECORDS = 400_000
_MOST_TEXT = 4096
_DEPTH = 64
_PIECE = 1 << 16
_LONGEST_TAG = 1 << 18
"""Bytes of one tag: the parser holds all of it, each attribute many times as big as it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list says."""

    root: tuple[str, str]
    """Namespace and name of its root element."""
    records: tuple[tuple[tuple[str, str], ...], ...]
    """Of each record the elements and attributes that were asked for, the last of each name."""
    is_whole: bool
    """Whether it was read to its end."""

    def each(self, name: str) -> list[dict[str, str]]:
        """Return the records that have something of this name, as mappings."""
        return [found for found in map(dict, self.records) if name in found]


def read_listing(
    path: Path,
    record: str,
    fields: frozenset[str],
    is_root: Callable[[str, str], bool] = lambda *_: True,
) -> Listing | None:
    """Return what a list says in these fields of its records, named without namespace.

    None if it is no list: no XML, or not with such a root element. Raises UnreadableError if it is
    there and cannot be read.
    """
    reader = _Reader(record, fields, is_root)
    with FileSource(path) as source:
        is_whole = _feed(reader, source) and source.size <= _LARGEST
    if reader.root is None:
        return None
    return Listing(root=reader.root, records=tuple(reader.records), is_whole=is_whole)


def _feed(reader: "_Reader", source: FileSource) -> bool:
    """Parse to the end and return True; False if it ends early, or is more than is read."""
    parser = DefusedXMLParser(target=reader, forbid_dtd=True)
    silent = 0
    try:
        for offset in range(0, min(source.size, _LARGEST), _PIECE):
            seen = reader.events
            parser.feed(source.pread(offset, _PIECE))
            silent = 0 if reader.events > seen else silent + _PIECE
            if silent > _LONGEST_TAG:
                return False
        parser.close()
    except (ParseError, DefusedXmlException, _EndError, ValueError, LookupError):
        return False
    return True


class _EndError(Exception):
    """Ends the parser: it is none of ours, or more than an honest one holds."""


class _Reader:
    """An expat target that keeps the records."""

    def __init__(
        self, record: str, fields: frozenset[str], is_root: Callable[[str, str], bool]
    ) -> None:
        self.root: tuple[str, str] | None = None
        self.events = 0
        self.records: list[tuple[tuple[str, str], ...]] = []
        self._record = record
        self._fields = fields
        self._is_root = is_root
        self._depth = 0
        self._within = 0
        self._pairs: dict[str, str] = {}
        self._text = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        namespace, _, name = tag.rpartition("}")
        self.events += 1
        self._depth += 1
        if self._depth == 1:
            if not self._is_root(namespace.removeprefix("{"), name):
                raise _EndError
            self.root = (namespace.removeprefix("{"), name)
        if self._depth > _DEPTH:
            raise _EndError
        if not self._within and name == self._record:
            self._within = self._depth
            self._pairs = {}
        elif self._within:
            self._pairs |= {key: attributes[key] for key in self._fields & attributes.keys()}
        self._text = ""

    def data(self, text: str) -> None:
        """Take text of an element."""
        self.events += 1
        if self._within and len(self._text) <= _MOST_TEXT:
            self._text += text

    def end(self, tag: str) -> None:
        """End an element."""
        if self._within == self._depth:
            self._within = 0
            self.records.append(tuple(self._pairs.items()))
            if len(self.records) > _MOST_RECORDS:
                raise _EndError
        elif self._within and (name := tag.rpartition("}")[2]) in self._fields:
            self._pairs[name] = self._text.strip()
        self._text = ""
        self._depth -= 1

    def close(self) -> None:
        """End the document."""
