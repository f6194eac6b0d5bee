"""Write a file anew beside the original and put it in its place, whole or not at all.

Nothing is ever written into a foreign file. A staging file lies on the same file system; it is
flushed, given the original's owner, mode, times, extended attributes and ACL, then put in its
place as `replacing` does.
"""

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Self

from provenance.errors import ChangedMeanwhileError, NotWritableError, TaggingError
from provenance.faults import faultpoint
from provenance.media.interface import Plan
from provenance.media.replacing import (
    OriginalState,
    put_right,
    rename_new,
    replace,
    require_unchanged,
    sync_folder,
)
from provenance.media.source import FileSource
from provenance.media.writers import require_no_writer
from provenance.model.metadata import ByteRange

WRITING = os.O_RDWR | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
"""Flags to open a staging file of ours for reading and writing."""
STAGING_SUFFIX = ".provenance-staging"
_RANDOM_BYTES = 8
_TAIL_LENGTH = 1 + 2 * _RANDOM_BYTES + len(STAGING_SUFFIX)
_LONGEST_NAME = 255
_CHUNK = 1 << 20
_CLONE = 0x40049409  # FICLONE, ioctl_ficlone(2); Python does not name it before 3.12.


class Staging:
    """The successor of one file, in the making beside it."""

    def __init__(self, original: FileSource) -> None:
        self._original = original
        self._folder = original.path.parent
        self.path = self._folder / _staging_name(original.path.name)
        self._next = self._folder / _staging_name(original.path.name)
        self._is_replacing = False

    @property
    def paths(self) -> tuple[Path, Path]:
        """Both names this staging may use; whatever lies there after a crash is litter."""
        return self.path, self._next

    def write_plan(self, plan: Plan, source: FileSource) -> None:
        """Make the plan's file, read from `source`, the current one.

        Raises TaggingError if the storage refuses, for example because the disk is full.
        """
        with self.open_next() as descriptor:
            _write(plan, source.descriptor, descriptor.number)
        self.advance()

    def copy(self, source: FileSource) -> None:
        """Make a copy of `source` the current file."""
        self.copy_next(source)
        self.advance()

    def clone(self, source: FileSource) -> bool:
        """Make a copy that shares the source's storage the current file; False if none can."""
        with self.open_next() as descriptor:
            try:
                fcntl.ioctl(descriptor.number, _CLONE, source.descriptor)
            except OSError:
                return False
        self.advance()
        return True

    def open_next(self) -> "OpenStaging":
        """Open an empty file that `advance` makes the current one.

        What a step that failed left under this name is dropped.
        """
        try:
            faultpoint("staging.before-open")
            self._next.unlink(missing_ok=True)
            return OpenStaging(
                os.open(self._next, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            )
        except OSError as error:
            raise _refused(self._folder, error) from error

    def copy_next(self, source: FileSource) -> Path:
        """Copy `source` to the file that `advance` makes the current one; return its path."""
        with self.open_next() as descriptor:
            _write((ByteRange(offset=0, length=source.size),), source.descriptor, descriptor.number)
        return self._next

    def advance(self) -> None:
        """Make the file written last the current one, dropping the one before."""
        try:
            faultpoint("staging.before-advance")
            self._next.replace(self.path)
        except OSError as error:
            raise _refused(self._folder, error) from error

    def discard(self) -> None:
        """Remove what lies beside the original; nothing there is no error.

        Raises OSError if storage fails; what is left can be found by its name.
        """
        faultpoint("staging.before-discard")
        if self._is_replacing:
            before = OriginalState.of(self._original.status)
            put_right(self.path, self._next, self._original.path, before)
        for path in self.paths:
            _remove(path)

    def commit(self, guard: AbstractContextManager[object] | None = None) -> None:
        """Put the current staging file in the original's place.

        Only the exchange, the last and shortest step, is done inside the guard, which may refuse it
        by raising. Raises ChangedMeanwhileError if somebody wrote the original since it was opened,
        NotWritableError if owner or mode cannot be kept. The original is then as it was.
        """
        original, folder = self._original, self._folder
        require_unchanged(original)
        require_no_writer(original)
        try:
            _remove(self._next)
            with OpenStaging(os.open(self.path, os.O_RDWR | os.O_CLOEXEC)) as staged:
                faultpoint("staging.before-attributes")
                _copy_attributes(original, self.path, staged.number)
                faultpoint("staging.before-sync")
                os.fsync(staged.number)
            with guard or nullcontext():
                self._is_replacing = True
                replace(self.path, original, self._next)
                self._is_replacing = False
        except OSError as error:
            raise _refused(folder, error) from error


class OpenStaging:
    """A descriptor that closes itself."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.number)


def require_writable(original: FileSource) -> None:
    """Raise NotWritableError for a file whose replacement would do harm."""
    status = original.status
    if status.st_nlink > 1:
        raise NotWritableError(
            f"{original.path}: it has {status.st_nlink} hard links; a new file would leave the"
            " others untagged"
        )
    if not status.st_mode & 0o222:
        raise NotWritableError(f"{original.path}: it is write-protected")
    if not os.access(original.path.parent, os.W_OK | os.X_OK):
        raise NotWritableError(f"{original.path.parent}: the folder is not writable; ask its owner")
    if not os.access(original.path, os.W_OK):
        raise NotWritableError(f"{original.path}: no permission to write it")


def write_beside(
    path: Path,
    data: bytes | Iterable[bytes],
    *,
    over: FileSource | None = None,
    is_new: bool = False,
) -> None:
    """Write a file of ours whole or not at all; raises TaggingError if storage refuses.

    What is long may come in pieces; if one cannot be made, nothing is written and its error raised.
    What was read before goes `over` what it was read from; what `is_new` replaces nothing. Raises
    ChangedMeanwhileError if somebody else wrote it in between, seen up to the last moment.
    """
    staging = path.parent / _staging_name(path.name)
    try:
        faultpoint("beside.before-open")
        with OpenStaging(
            os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        ) as opened:
            for piece in (data,) if isinstance(data, bytes) else data:
                _write_all(opened.number, piece)
            os.fsync(opened.number)
        if path.exists():
            shutil.copystat(path, staging)
            os.utime(staging)
        faultpoint("beside.before-replace")
        if over is not None:
            require_unchanged(over)
        if is_new:
            rename_new(staging, path)
        else:
            staging.replace(path)
        faultpoint("beside.after-replace")
        sync_folder(path.parent)
    except FileExistsError as error:
        _remove(staging)
        raise ChangedMeanwhileError(f"{path}: somebody else made it meanwhile") from error
    except OSError as error:
        _remove(staging)
        raise _refused(path.parent, error) from error
    except BaseException:
        _remove(staging)
        raise


def is_staging_name(name: str) -> bool:
    """Return whether a file name is one this module makes."""
    return name.startswith(".") and name.endswith(STAGING_SUFFIX)


def find_stagings(path: Path) -> tuple[Path, ...]:
    """Return the staging files that writers of this file have, or left, beside it."""
    stem = _staging_name(path.name)[:-_TAIL_LENGTH]
    others = path.parent.iterdir() if path.parent.is_dir() else ()
    named = (other for other in others if is_staging_name(other.name))
    return tuple(other for other in named if other.name[:-_TAIL_LENGTH] == stem)


def _remove(path: Path) -> None:
    """Remove a staging file if there is one; read-only storage refuses even what is not there."""
    if os.path.lexists(path):
        path.unlink(missing_ok=True)


def _staging_name(name: str) -> str:
    tail = f".{secrets.token_hex(_RANDOM_BYTES)}{STAGING_SUFFIX}"
    room = _LONGEST_NAME - len(tail) - 1
    return "." + os.fsdecode(os.fsencode(name)[:room]) + tail


def _write(plan: Iterable[ByteRange | bytes], source: int, target: int) -> None:
    try:
        for piece in plan:
            if isinstance(piece, bytes):
                _write_all(target, piece)
            else:
                _copy(source, target, piece)
        faultpoint("staging.after-write")
    except OSError as error:
        raise TaggingError(f"the staging file cannot be written: {error.strerror}") from error


def _write_all(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def _copy(source: int, target: int, piece: ByteRange) -> None:
    offset, left = piece.offset, piece.length
    while left:
        try:
            done = os.copy_file_range(source, target, min(left, 1 << 30), offset_src=offset)
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
            data = os.pread(source, min(left, _CHUNK), offset)
            _write_all(target, data)
            done = len(data)
        if not done:
            raise TaggingError("the original grew shorter while it was copied")
        offset += done
        left -= done


def _copy_attributes(original: FileSource, path: Path, staged: int) -> None:
    before = original.status
    mine = os.fstat(staged)
    if (mine.st_uid, mine.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(staged, before.st_uid, before.st_gid)
        except PermissionError as error:
            raise NotWritableError(
                f"{original.path}: its owner cannot be kept without privilege"
            ) from error
    # Mode, times, extended attributes and with them POSIX ACLs.
    shutil.copystat(original.path, path, follow_symlinks=False)
    # An editor may have moved them just now, and what came to lie there is told by them.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _refused(folder: Path, error: OSError) -> TaggingError:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return NotWritableError(f"{folder}: cannot be written: {error.strerror}")
    return TaggingError(f"{folder}: {error.strerror or error}; the original is as it was")
