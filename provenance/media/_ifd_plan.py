"""Rewriting one entry of a TIFF: a new directory is appended and one pointer patched.

Strips, and whatever else is found by its absolute offset, never move. What we append is a record
(magic, the length the file had, the pointer it had), the value and the new directory. As long as
that is the tail of the file it can be taken back, so that writing twice equals writing once and
removing a packet we added gives back the very bytes from before.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media._ifd import (
    MAX_ENTRIES,
    Directories,
    Directory,
    Entry,
    Layout,
    read_directory,
)
from provenance.media.interface import ByteSource, Plan
from provenance.model.metadata import ByteRange

_RECORD_MAGIC = b"PROVIFD\0"
_RECORD = "8sQQ"
_RECORD_SIZE = 24
_ALIGNMENT = 8
_BYTE = 1
_CLASSIC_LIMIT = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Appended:
    """What an earlier plan of ours put at the end of the file."""

    before: int
    """Length the file had."""
    pointer: int
    """Offset of the first directory it had."""


def plan_entry(
    source: ByteSource,
    directories: Directories,
    tag: int,
    value: bytes | None,
    *,
    essence: Sequence[ByteRange],
) -> Plan:
    """Plan the file with this value for a tag of its first directory; None removes the entry.

    Raises CarrierError where the file has no room for it.
    """
    first = directories.found[0]
    if value is None and first.get(tag) is None:
        return [ByteRange(offset=0, length=source.size)]
    layout = directories.layout
    _require_apart(layout, first.pointer_at, essence)
    kept = tuple(entry for entry in first.entries if entry.tag != tag)
    ours = _appended(source, directories, tag, essence)
    if ours is None:
        ours = _Appended(source.size, first.extent.offset)
    elif value is None and _is_restored_by(
        source, layout, ours, following=first.following, kept=kept
    ):
        return _patched(layout, first.pointer_at, ours.pointer, ours.before)
    record_at = _aligned(ours.before)
    record = struct.pack(layout.order + _RECORD, _RECORD_MAGIC, ours.before, ours.pointer)
    entries = [entry.raw for entry in kept]
    stored = b""
    if value is not None:
        raw, stored = _entry(layout, tag, value, record_at + _RECORD_SIZE)
        entries.insert(sum(entry.tag < tag for entry in kept), raw)
    return _with_directory(layout, first, entries, before=ours.before, lead=record + stored)


def plan_without_entry(
    source: ByteSource, directories: Directories, tag: int, *, essence: Sequence[ByteRange]
) -> Plan:
    """Plan the file without a tag, in whichever page it is.

    A directory left empty is taken out of the chain. What is no longer pointed at is cut off
    where it lies at the end of the file. Raises CarrierError if several directories have the tag.
    """
    holders = [directory for directory in directories.found if directory.get(tag) is not None]
    if not holders:
        return [ByteRange(offset=0, length=source.size)]
    holder = holders[0]
    if len(holders) > 1 or not holder.is_page:
        raise CarrierError(f"tag {tag} stands in several directories or in a sub-directory")
    entries = [entry.raw for entry in holder.entries if entry.tag != tag]
    if not entries and len(directories.found) == 1:
        raise CarrierError(f"the TIFF holds nothing but tag {tag}")
    _require_apart(directories.layout, holder.pointer_at, essence)
    removed = [holder.extent, *(entry.value for entry in holder.entries if entry.tag == tag)]
    before = _cut(source.size, removed, _live_end(directories, holder, tag, essence))
    if not entries:
        return _patched(directories.layout, holder.pointer_at, holder.following, before)
    return _with_directory(directories.layout, holder, entries, before=before, lead=b"")


def _appended(
    source: ByteSource, directories: Directories, tag: int, essence: Sequence[ByteRange]
) -> _Appended | None:
    """Return what an earlier plan appended, if it is the tail and nothing else points into it."""
    first = directories.found[0]
    entry = first.get(tag)
    value_at = first.extent.offset if entry is None or entry.is_inline else entry.offset
    record = source.pread(value_at - _RECORD_SIZE, _RECORD_SIZE)
    # Whoever appended a directory after ours and took it back may have left its padding.
    padding = source.size - first.extent.end
    is_tail = padding < _ALIGNMENT and not any(source.pread(first.extent.end, padding))
    if len(record) < _RECORD_SIZE or not is_tail:
        return None
    magic, before, pointer = struct.unpack(directories.layout.order + _RECORD, record)
    is_ours = magic == _RECORD_MAGIC and _aligned(before) + _RECORD_SIZE == value_at
    if not is_ours or _live_end(directories, first, tag, essence) > before or pointer >= before:
        return None
    return _Appended(before, pointer)


def _live_end(
    directories: Directories, but: Directory, tag: int, essence: Sequence[ByteRange]
) -> int:
    """Return the end of all that stays in use when a directory and its entry of a tag do not."""
    layout = directories.layout
    end = layout.first_pointer + layout.pointer_size
    for directory in directories.found:
        if directory is not but:
            end = max(end, directory.extent.end)
        for entry in directory.entries:
            if not entry.is_inline and not (directory is but and entry.tag == tag):
                end = max(end, entry.end)
    return max((end, *(part.end for part in essence)))


def _is_restored_by(
    source: ByteSource,
    layout: Layout,
    ours: _Appended,
    *,
    following: int,
    kept: Sequence[Entry],
) -> bool:
    """Return whether the directory from before says just what is to be said now."""
    old = read_directory(source, layout, place="IFD0", pointer_at=0, offset=ours.pointer)
    if old is None or old.extent.end > ours.before or old.following != following:
        return False
    return [entry.raw for entry in old.entries] == [entry.raw for entry in kept]


def _cut(size: int, removed: Iterable[ByteRange], live_end: int) -> int:
    """Return where the file may end when these runs, if they are its tail, go."""
    for part in sorted(removed, key=lambda part: part.end, reverse=True):
        if part.offset >= live_end and _aligned(part.end) >= size:
            size = min(size, part.offset)
    return size


def _entry(layout: Layout, tag: int, value: bytes, at: int) -> tuple[bytes, bytes]:
    """Return the entry for this value and what of it stands outside, at this offset."""
    if len(value) <= layout.pointer_size:
        return struct.pack(layout.entry_code, tag, _BYTE, len(value), value), b""
    _require_addressable(layout, at + len(value))
    pointer = struct.pack(layout.pointer_code, at)
    return struct.pack(layout.entry_code, tag, _BYTE, len(value), pointer), value


def _with_directory(
    layout: Layout, old: Directory, entries: Sequence[bytes], *, before: int, lead: bytes
) -> Plan:
    """Plan a directory in place of an old one, after a lead of bytes it may point to."""
    if len(entries) > MAX_ENTRIES:
        raise CarrierError(f"{old.place} has no room for another entry")
    lead = bytes(_aligned(before) - before) + lead
    directory_at = _aligned(before + len(lead))
    lead += bytes(directory_at - before - len(lead))
    directory = b"".join(
        (
            struct.pack(layout.count_code, len(entries)),
            *entries,
            struct.pack(layout.pointer_code, old.following),
        )
    )
    _require_addressable(layout, directory_at + len(directory))
    return [*_patched(layout, old.pointer_at, directory_at, before), lead + directory]


def _patched(layout: Layout, at: int, pointer: int, end: int) -> list[ByteRange | bytes]:
    after = at + layout.pointer_size
    return [
        ByteRange(offset=0, length=at),
        struct.pack(layout.pointer_code, pointer),
        ByteRange(offset=after, length=end - after),
    ]


def _require_apart(layout: Layout, pointer_at: int, essence: Sequence[ByteRange]) -> None:
    """Raise DamagedMediaError if pixels would change with the pointer."""
    pointer_end = pointer_at + layout.pointer_size
    if any(part.offset < pointer_end and pointer_at < part.end for part in essence):
        raise DamagedMediaError("the strips of the TIFF overlap its directories")


def _require_addressable(layout: Layout, end: int) -> None:
    if not layout.big and end > _CLASSIC_LIMIT:
        raise CarrierError("a classic TIFF cannot point beyond 4 GiB")


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNMENT) * _ALIGNMENT
