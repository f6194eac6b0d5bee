"""Keep the results of a scan in their order, however many they are, in little memory.

What is kept waits in memory while it is little, then in a file without a name, which is gone with
the process. Files of one folder of which the same is to be said are kept as their names alone.
"""

import os
import pickle
import tempfile
import weakref
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copyreg import dispatch_table
from dataclasses import dataclass, fields, replace
from functools import partial
from io import BytesIO
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeVar, cast

from provenance.errors import SpoolError
from provenance.model.facts import AssetFacts
from provenance.model.report import AssetResult, Tally, TallyKeeper
from provenance.sweep_names import Names

_IN_MEMORY = 1 << 18
"""Bytes that are kept in memory before there is a file."""
_NAMES_TOGETHER = 4096
"""Names that are read back at once."""
_CHUNK_ENTRIES = 64
_CHUNK_NAMES = 4 * _NAMES_TOGETHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Files of one folder of which the same is to be said."""

    folder: str
    """The folder with a slash at its end; empty for none."""
    names: str
    """The names, parted by slashes."""
    template: AssetResult
    """What is to be said of each."""
    codes: bytes = b""
    """For each name which of the formats it has, where that is not the template's."""

    @property
    def is_notable(self) -> bool:
        """Whether there is something to say of them."""
        return self.template.is_notable

    def results(self, formats: Sequence[str]) -> Iterator[AssetResult]:
        """Yield the result of each; of the names of formats code 1 is the first."""
        result = _with(self.template, "facts", "path_bytes", "findings")
        facts = _with(self.template.facts, "path", "format_name")
        own = (self.template.facts.format_name, *formats)
        folder, names = os.fsencode(self.folder), os.fsencode(self.names)
        shown = _shown(folder)
        # What is no UTF-8 is escaped byte by byte, so names can be decoded all at once.
        raws, texts = names.split(b"/"), _shown(names).split("/")
        for raw, name, code in zip(raws, texts, self.codes or bytes(len(raws)), strict=True):
            path = shown + name
            findings = tuple(replace(finding, path=path) for finding in self.template.findings)
            told = facts(path=path, format_name=own[code])
            yield result(facts=told, path_bytes=folder + raw, findings=findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """Where in the file some entries lie."""

    offset: int
    """Where it begins."""
    length: int
    """How many bytes it has."""
    is_notable: bool
    """Whether there is something to say of a file in it."""


Entry = AssetResult | Alike
"""What is kept as one."""
_T = TypeVar("_T", AssetResult, AssetFacts)


class ResultSpool:
    """Results in the order they were added; see `model.report.TalliedResults`.

    It is to be used by one thread at a time, but may be gone through several times at once, and
    while it still grows. Adding or going through it raises SpoolError if storage refuses.
    """

    def __init__(
        self,
        results: Iterable[AssetResult] = (),
        *,
        formats: Callable[[], Sequence[str]] = tuple,
        in_memory: int = _IN_MEMORY,
    ) -> None:
        """Take these results; what names the formats of files alike is asked when they are read."""
        self._formats = formats
        self._file = tempfile.SpooledTemporaryFile(in_memory)  # noqa: SIM115  (closed with the spool)
        self._closing = weakref.finalize(self, self._file.close)
        self._chunks: list[_Chunk] = []
        self._waiting: list[Entry] = []
        self._names_waiting = 0
        self._files = 0
        self._keeper = TallyKeeper()
        for result in results:
            self.append(result)

    def __len__(self) -> int:
        """Return how many files were added."""
        return self._files

    def __iter__(self) -> Iterator[AssetResult]:
        """Go through the results from the first."""
        return self._results(notable=False)

    @property
    def tally(self) -> Tally:
        """What the results come to."""
        return self._keeper.tally

    def notable(self) -> Iterator[AssetResult]:
        """Go through those of which there is something to say; others are not even read."""
        return self._results(notable=True)

    def entries(self) -> Iterator[Entry]:
        """Go through what was added as it was added: files alike stay together."""
        return self._entries(notable=False)

    def append(self, result: AssetResult) -> None:
        """Add the result of one file."""
        self._keeper.add(result)
        self._keep(result, files=1)

    def append_alike(
        self,
        folder: str,
        names: Sequence[str],
        template: AssetResult,
        *,
        codes: bytes = b"",
    ) -> None:
        """Add files of one folder of which there is the same to say: all but path and format.

        Folder and names are as `os.fsdecode` gives them. `codes` say for each name which of the
        formats it has, 1 for the first; without them all have the template's. It costs next to
        nothing for a file.
        """
        slashed = os.path.join(folder, "")  # noqa: PTH118  (text in, text out)
        for at in range(0, len(names), _NAMES_TOGETHER):
            some = names[at : at + _NAMES_TOGETHER]
            joined = some.joined if isinstance(some, Names) else "/".join(some)
            self._keeper.add_alike(os.fsencode(slashed), os.fsencode(joined), template)
            alike = Alike(
                folder=slashed,
                names=joined,
                template=template,
                codes=codes[at : at + _NAMES_TOGETHER],
            )
            self._keep(alike, files=len(some))

    def close(self) -> None:
        """Drop what was kept; a spool that is forgotten closes itself."""
        self._closing()

    def _keep(self, entry: Entry, *, files: int) -> None:
        self._files += files
        self._waiting.append(entry)
        self._names_waiting += files
        if len(self._waiting) >= _CHUNK_ENTRIES or self._names_waiting >= _CHUNK_NAMES:
            self._write()

    def _write(self) -> None:
        data = _pickled(self._waiting)
        with _refusing():
            offset = self._file.seek(0, os.SEEK_END)
            self._file.write(data)
        is_notable = any(entry.is_notable for entry in self._waiting)
        self._chunks.append(_Chunk(offset=offset, length=len(data), is_notable=is_notable))
        self._waiting, self._names_waiting = [], 0

    def _results(self, *, notable: bool) -> Iterator[AssetResult]:
        for entry in self._entries(notable=notable):
            if notable and not entry.is_notable:
                continue
            if isinstance(entry, AssetResult):
                yield entry
            else:
                yield from entry.results(self._formats())

    def _entries(self, *, notable: bool) -> Iterator[Entry]:
        for chunk in self._chunks:  # which may grow meanwhile
            if chunk.is_notable or not notable:
                yield from self._read(chunk)
        yield from tuple(self._waiting)

    def _read(self, chunk: _Chunk) -> list[Entry]:
        with _refusing():
            self._file.seek(chunk.offset)
            data = self._file.read(chunk.length)
        # Only this process can write the file, which has no name.
        return cast("list[Entry]", pickle.loads(data))  # noqa: S301  (see above)


def _with(template: _T, *names: str) -> "partial[_T]":
    """Return how to make another of the same with other values in the fields of these names."""
    kept = {one.name: getattr(template, one.name) for one in fields(template)}
    return partial(type(template), **{name: kept[name] for name in kept.keys() - set(names)})


def _pickled(entries: list[Entry]) -> bytes:
    out = BytesIO()
    pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(entries)
    return out.getvalue()


def _made(of: type, *values: object) -> object:
    return of(**dict(zip(_NAMES[of], values, strict=True)))


def _reducer(of: type) -> Callable[[Any], tuple[object, ...]]:
    values: Callable[[object], tuple[object, ...]] = attrgetter(*_NAMES[of])
    return lambda one: (_made, (of, *values(one)))


def _reduced(mapping: "MappingProxyType[Any, Any]") -> tuple[object, ...]:
    return _unchangeable, (dict(mapping),)


def _unchangeable(mapping: dict[Any, Any]) -> "MappingProxyType[Any, Any]":
    return MappingProxyType(mapping)


_NAMES: dict[type, tuple[str, ...]] = {
    of: tuple(one.name for one in fields(of)) for of in (AssetResult, AssetFacts)
}
_REDUCERS = ChainMap[type, Callable[[Any], Any]](
    {
        MappingProxyType: _reduced,  # which pickle refuses
        **{of: _reducer(of) for of in _NAMES},  # in half the time that dataclasses take
    },
    dispatch_table,
)


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = tempfile.tempdir or "the folder for scratch files"
        raise SpoolError(
            f"{where}: results cannot be kept there: {error.strerror or error}; make room, or"
            " name another folder by TMPDIR"
        ) from error
