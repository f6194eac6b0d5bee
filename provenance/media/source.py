"""Open a foreign file safely, once, and read runs of it."""

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from provenance.errors import UnreadableError
from provenance.path_text import shown

HEAD_SIZE = 8192
"""Bytes of the first read; most small structures lie within."""
_SMALL, _NEAR, _MANY = 512, 4096, 16
"""A read is small; the next begins near it; so many in a row are a crowd of tiny structures."""
_WINDOW = 1 << 16
"""Bytes that are read at once of a crowd, where each would take a system call."""
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class FileSource:
    """A regular file, opened once; its first bytes are kept."""

    def __init__(self, path: Path, *, flags: int = _FLAGS) -> None:
        """Open the file; raises UnreadableError if the path is no readable regular file."""
        self.path = path
        try:
            self.descriptor = os.open(path, flags)
        except OSError as error:
            raise UnreadableError(_explain(path, error)) from error
        self.status = os.fstat(self.descriptor)
        if not stat.S_ISREG(self.status.st_mode):
            os.close(self.descriptor)
            raise UnreadableError(
                f"{shown(path)}: {_kind(self.status.st_mode)}, not a regular file"
            )
        self._size = self.status.st_size
        self._head: bytes | None = None
        self._window, self._window_at = b"", 0
        self._last, self._crowd = 0, 0

    @property
    def size(self) -> int:
        """See `ByteSource.size`."""
        return self._size

    @property
    def head(self) -> bytes:
        """The first bytes of the file, read once."""
        if self._head is None:
            self._head = self._read(0, HEAD_SIZE)
        return self._head

    def pread(self, offset: int, length: int) -> bytes:
        """See `ByteSource.pread`; raises UnreadableError if the storage fails."""
        if offset < 0 or length <= 0:
            return b""
        head = self.head
        if offset + length <= len(head):
            return head[offset : offset + length]
        begin = offset - self._window_at
        if begin >= 0 and begin + length <= len(self._window):
            return self._window[begin : begin + length]
        left = max(0, self._size - offset)
        if length > _SMALL or not self._is_crowded(offset):
            return self._read(offset, min(length, left))
        self._window, self._window_at = self._read(offset, min(_WINDOW, left)), offset
        self._last = max(offset, offset + len(self._window) - _SMALL)
        return self._window[:length]

    def _is_crowded(self, offset: int) -> bool:
        is_near = 0 <= offset - self._last <= _NEAR
        self._crowd = self._crowd + 1 if is_near else 0
        self._last = offset
        return self._crowd >= _MANY

    def _read(self, offset: int, length: int) -> bytes:
        parts = []
        try:
            while length > 0:
                data = os.pread(self.descriptor, length, offset)
                if not data:
                    break
                parts.append(data)
                offset += len(data)
                length -= len(data)
        except (OSError, OverflowError) as error:
            raise UnreadableError(f"{shown(self.path)}: cannot be read: {error}") from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def is_unchanged(self) -> bool:
        """Return whether the open file still has the size and times it had when opened."""
        return same_state(self.status, os.fstat(self.descriptor))

    def close(self) -> None:
        """Close the file; twice is no error."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class BytesSource:
    """Bytes in memory, read like a file."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """See `ByteSource.size`."""
        return len(self._data)

    def pread(self, offset: int, length: int) -> bytes:
        """See `ByteSource.pread`."""
        if offset < 0 or length <= 0:
            return b""
        return self._data[offset : offset + length]


def same_state(before: os.stat_result, after: os.stat_result) -> bool:
    """Return whether both are the same file in the same state (inode, size, mtime, ctime)."""
    return _state(before) == _state(after)


def _state(status: os.stat_result) -> tuple[int, int, int, int, int]:
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def _explain(path: Path, error: OSError) -> str:
    if os.path.islink(path):  # noqa: PTH114  (Path.is_symlink raises for too long a name)
        return f"{shown(path)}: a symbolic link; name the file it points to instead"
    return f"{shown(path)}: cannot be opened: {error.strerror or error}"


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for test, name in kinds if test(mode)), "something else")
