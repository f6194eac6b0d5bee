"""What travels through the queue: what is asked of a scan, its tasks, and what was found.

JSON of a version, never pickle: it crosses machines. Values of the model go by their own types.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar, cast

import msgspec

from provenance.errors import RegistryError
from provenance.model.purpose import Purpose
from provenance.model.report import AssetResult
from provenance.spooling import Alike, Entry

_VERSION = 1
_LEVEL = 1
_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a scan is to be done, as far as a worker has to be told."""

    terms: Mapping[str, str]
    """What results depend on and a worker has to have too: what it is, and a digest of it."""
    folder: str
    """The working folder, where paths are relative to it; else empty."""
    purpose: Purpose
    """What approvals have to cover, as asked by flags."""
    policy: str = ""
    """Name or path of a policy pack, as asked by flags."""
    strict: bool = False
    """See `ScanOptions.strict`."""
    pixels: bool = False
    """Whether pictures are decoded."""
    pictures: bool = False
    """Whether the report shows thumbnails."""
    uses_index: bool = True
    """See `ScanOptions.uses_index`."""
    jobs: int | None = None
    """See `ScanOptions.jobs`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file that was named, or a folder without those in it."""

    path: str
    """As it was come by."""
    files: int
    """How many files are there."""
    names: str = ""
    """Digest of their names; empty where nobody could list them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Part of a scan: one task."""

    places: tuple[Place, ...]
    """Consecutive places."""
    beyond: tuple[str, ...] = ()
    """Folders in these places that belong to other tasks."""

    @property
    def files(self) -> int:
        """How many files are in it."""
        return sum(place.files for place in self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a worker found."""

    worker: str
    """Which worker, for people."""
    refusal: str = ""
    """Why it did not look; then the rest is empty."""
    seen: tuple[str, ...] = ()
    """For each place the digest of the names of the files there, as this host sees them."""
    ignored: tuple[str, ...] = ()
    """Files left out because the settings say so."""
    entries: tuple[Entry, ...] = ()
    """What is said of the files, in path order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Files that arrived together in a zone: one task."""

    paths: tuple[str, ...]
    """Where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmade:
    """A file with which it failed."""

    path: str
    """Where."""
    why: str
    """Why, in words."""
    is_passing: bool
    """Whether it will do by itself, later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a worker did with them."""

    worker: str
    """Which worker, for people."""
    arrivals: tuple[Mapping[str, Any], ...] = ()
    """What was done: the fields of each `Arrival`, its path as text."""
    failed: tuple[Unmade, ...] = ()
    """With which it failed."""
    refusal: str = ""
    """Why it did nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """By what a watch tags."""

    terms: Mapping[str, str]
    """See `Asked.terms`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _EntryRecord:
    """One of both; JSON has to say which."""

    result: AssetResult | None = None
    alike: Alike | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _FoundRecord:
    """How `Found` is written."""

    worker: str
    refusal: str = ""
    seen: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    entries: tuple[_EntryRecord, ...] = field(default=())


Record = Asked | Part | Found | Arrived | Made | Here
"""What the queue holds."""


def packed(record: Record) -> bytes:
    """Return a record as bytes."""
    written: object = record
    if isinstance(record, Found):
        entries = (
            _EntryRecord(alike=one) if isinstance(one, Alike) else _EntryRecord(result=one)
            for one in record.entries
        )
        written = _FoundRecord(
            worker=record.worker,
            refusal=record.refusal,
            seen=record.seen,
            ignored=record.ignored,
            entries=tuple(entries),
        )
    told = {"version": _VERSION, "record": msgspec.to_builtins(written, enc_hook=_plain)}
    # By the standard library: names that are no UTF-8 hold halves of surrogate pairs.
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode("ascii"), _LEVEL)


def unpacked(data: bytes, of: type[_Record]) -> _Record:
    """Return the record; raises RegistryError if it is none of this version."""
    try:
        told = json.loads(zlib.decompress(data))
        if told["version"] != _VERSION:
            raise RegistryError(
                "the queue holds a record of another version of provenance; all hosts need the same"
            )
        if of is not Found:
            return msgspec.convert(told["record"], of)
        record = msgspec.convert(told["record"], _FoundRecord)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise RegistryError(f"the queue holds a record that is none: {error}") from error
    return cast("_Record", _found(record))


def _found(record: _FoundRecord) -> Found:
    entries = (one for entry in record.entries for one in (entry.alike, entry.result))
    return Found(
        worker=record.worker,
        refusal=record.refusal,
        seen=record.seen,
        ignored=record.ignored,
        entries=tuple(one for one in entries if one is not None),
    )


def _plain(value: Any) -> object:  # noqa: ANN401  (whatever a record holds)
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot travel through the queue")
