"""The state of many entries of an open folder: by it one tells that nothing changed.

`os.stat` makes an object for each entry, most of which is thrown away at once. So the system is
asked by `statx` and writes the states of many side by side; what tells of a change is taken out of
them column by column, and nothing is made for a single entry. Where there is no `statx`, or it says
no, `os.stat` says the same more slowly.
"""

import ctypes
import hashlib
import os
import stat
import sys
import threading
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Literal

_TOGETHER = 512
"""Entries whose states are read one after the other, before what tells is taken out of them."""
_FEW = 16
"""Entries for which it does not pay to have room for so many."""
_Kind = Literal["Q", "q", "I"]
_LENGTH = 256
"""How long a state is, as `statx` writes it."""
_COLUMNS: tuple[tuple[_Kind, int], ...] = (
    ("Q", 32),
    ("Q", 40),
    ("q", 96),
    ("I", 104),
    ("q", 112),
    ("I", 120),
)
"""What of it tells: inode, bytes, and seconds and nanoseconds of ctime and of mtime."""
_KIND = 29 if sys.byteorder == "little" else 28
"""Which byte of it tells what an entry is, in its upper half."""
_FLAGS = 0x100 | 0x800
"""No link is followed, and nothing is mounted for it."""
_ASKED = 0x3C3
"""Kind, inode, size, times of modification and change."""
_SECOND, _UNSIGNED = 1_000_000_000, (1 << 64) - 1
_IS_FOLDER = bytes(stat.S_ISDIR(kind << 8) for kind in range(256))
_DIGEST = 16

_Statx = Callable[..., int]


@dataclass(frozen=True, slots=True)
class States:
    """The states of some entries, in the order in which they were asked for."""

    columns: tuple[bytes, ...]
    """Of all entries the inode, the size, and so on. See `_COLUMNS`."""
    kinds: bytes
    """A byte for each entry, in its upper half what it is."""

    @property
    def digest(self) -> bytes:
        """A digest over all of them."""
        told = b"".join((self.kinds, *self.columns))
        return hashlib.sha256(told).digest()[:_DIGEST]

    @property
    def folders(self) -> bytes:
        """A byte for each entry: 1 for a folder, else 0."""
        return self.kinds.translate(_IS_FOLDER)

    def is_recent(self, since: int) -> bool:
        """Return whether one was written or changed after this time, in nanoseconds."""
        numbers = [
            array(kind, column) for (kind, _), column in zip(_COLUMNS, self.columns, strict=True)
        ]
        return any(
            seconds * _SECOND + more > since
            for times in (numbers[2:4], numbers[4:])
            for seconds, more in zip(*times, strict=True)
        )


class StateReader:
    """Reads states; safe to share between threads."""

    def __init__(self) -> None:
        self._statx, self._statx_alone = _statx(ctypes.CDLL), _statx(ctypes.PyDLL)
        self._spare: list[_Room] = []

    def read(self, folder: int, names: Sequence[bytes]) -> States | None:
        """Return the states of these entries of an open folder; None if one is not there."""
        # Who is alone in a process need not let others go on at every entry.
        is_alone = threading.active_count() == 1
        statx = self._statx_alone if is_alone else self._statx
        if statx is None or len(names) < _FEW:
            return _by_stat(folder, names)
        room = self._room()
        try:
            parts = []
            for at in range(0, len(names), _TOGETHER):
                part = names[at : at + _TOGETHER]
                states = room.read(statx, folder, part) or _by_stat(folder, part)
                if states is None:
                    return None
                parts.append(states)
        finally:
            self._spare.append(room)
        return joined(parts)

    def _room(self) -> "_Room":
        try:
            return self._spare.pop()
        except IndexError:
            return _Room()


class _Room:
    """Room for the states of some entries."""

    def __init__(self) -> None:
        buffer = ctypes.create_string_buffer(_LENGTH * _TOGETHER)
        self._places = [ctypes.byref(buffer, _LENGTH * at) for at in range(_TOGETHER)]
        self._bytes = memoryview(buffer).cast("B")
        self._columns = [_column(self._bytes, kind, at) for kind, at in _COLUMNS]

    def read(self, statx: _Statx, folder: int, names: Sequence[bytes]) -> States | None:
        """Return the states of no more entries than there is room for; None if one says no."""
        # Nothing here is done entry by entry but in C.
        asked = map(statx, repeat(folder), names, repeat(_FLAGS), repeat(_ASKED), self._places)
        if any([*asked]):
            return None
        end = len(names)
        return States(
            tuple([column[:end].tobytes() for column in self._columns]),
            self._bytes[_KIND : end * _LENGTH : _LENGTH].tobytes(),
        )


def _column(data: "memoryview[int]", kind: _Kind, at: int) -> "memoryview[int]":
    """Return all numbers that lie there in their states, as one."""
    numbers = data.cast(kind)
    return numbers[at // numbers.itemsize :: _LENGTH // numbers.itemsize]


def joined(parts: Sequence[States]) -> States:
    """Return the states of consecutive entries as one."""
    if len(parts) == 1:
        return parts[0]
    columns = zip(*(part.columns for part in parts), strict=True)
    whole = tuple(map(b"".join, columns)) or (b"",) * len(_COLUMNS)
    return States(whole, b"".join([part.kinds for part in parts]))


def _statx(library: type[ctypes.CDLL]) -> _Statx | None:
    try:
        # What it is given is turned into C as it is: declaring it would cost a third of the time.
        return library(None).statx
    except (OSError, AttributeError):
        return None


def _by_stat(folder: int, names: Sequence[bytes]) -> States | None:
    try:
        found = [os.stat(name, dir_fd=folder, follow_symlinks=False) for name in names]
    except OSError:
        return None
    changed = [divmod(one.st_ctime_ns, _SECOND) for one in found]
    modified = [divmod(one.st_mtime_ns, _SECOND) for one in found]
    told = (
        [one.st_ino & _UNSIGNED for one in found],
        [one.st_size & _UNSIGNED for one in found],
        *([time[part] for time in times] for times in (changed, modified) for part in (0, 1)),
    )
    columns = (array(kind, some) for (kind, _), some in zip(_COLUMNS, told, strict=True))
    kinds = bytes([one.st_mode >> 8 for one in found])
    return States(tuple(column.tobytes() for column in columns), kinds)
