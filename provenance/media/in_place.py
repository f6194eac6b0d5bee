"""Write an amendment into the file it is for, so that a crash at any point can be undone.

Only where the file cannot be cloned: a new file in its place would have to be written whole. The
caller records the amendment first; what is half written then reads as damaged until it is taken
back. Bytes behind the old end come first and are flushed before any byte in front is written over.
"""

import fcntl
import logging
import os
from contextlib import closing, suppress
from pathlib import Path

from provenance.errors import ChangedMeanwhileError, TaggingError
from provenance.faults import faultpoint
from provenance.media.amendment import Amendment, Patch
from provenance.media.source import FileSource, same_state
from provenance.media.writers import require_no_writer

_logger = logging.getLogger(__name__)
_WRITING = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_STEP = 4096


def write_in_place(original: FileSource, amendment: Amendment) -> None:
    """Write the amendment into the file as it was opened, and flush it; its mtime is kept.

    Raises NotWritableError if somebody has it open for writing, ChangedMeanwhileError if somebody
    wrote it since it was opened: nothing was written then. Raises TaggingError if storage refuses:
    then it has to be taken back.
    """
    require_no_writer(original)
    try:
        faultpoint("inplace.before-open")
        with closing(_Opened(original.path)) as opened:
            if not same_state(original.status, os.fstat(opened.number)):
                raise ChangedMeanwhileError(
                    f"{original.path}: somebody wrote it while it was read; it will be taken again"
                )
            _amend(opened.number, amendment)
            _keep_times(opened.number, original.status.st_atime_ns, original.status.st_mtime_ns)
            faultpoint("inplace.before-sync")
            os.fsync(opened.number)
            _require_written(opened.number, amendment, original.path)
            faultpoint("inplace.after-sync")
    except OSError as error:
        raise TaggingError(
            f"{original.path}: the storage refused: {error.strerror or error}; what was written is"
            " taken back"
        ) from error


def amend_copy(path: Path, amendment: Amendment) -> None:
    """Write the amendment into a copy of ours; raises TaggingError if storage refuses."""
    try:
        with closing(_Opened(path)) as opened:
            _amend(opened.number, amendment)
    except OSError as error:
        raise TaggingError(f"the staging file cannot be written: {error.strerror}") from error


def take_back(path: Path, amendment: Amendment, mtime_ns: int) -> None:
    """Make a file the old one again into which an amendment was written, in part or whole.

    A file that is neither the old nor the new one nor between them is somebody's work and is left.
    Raises OSError if storage fails: then it can be tried again.
    """
    try:
        opened = _Opened(path)
    except FileNotFoundError:
        return
    with closing(opened):
        descriptor = opened.number
        if not _is_between(descriptor, amendment):
            _logger.warning(
                "%r: somebody wrote it after a tagging broke off; it is left as it is", str(path)
            )
            return
        faultpoint("inplace.before-undo")
        for patch in amendment.patches:
            _write(descriptor, patch.offset, patch.old)
        os.ftruncate(descriptor, amendment.size_before)
        _keep_times(descriptor, os.fstat(descriptor).st_atime_ns, mtime_ns)
        os.fsync(descriptor)


def _amend(descriptor: int, amendment: Amendment) -> None:
    """Write the amendment into an open file that is the old one; not flushed at the end."""
    end = amendment.size_before
    for patch in amendment.patches:
        kept = max(0, end - patch.offset)
        _write(descriptor, patch.offset + kept, patch.new[kept:])
    if not amendment.only_appends:
        os.fsync(descriptor)
        faultpoint("inplace.before-patch")
        for patch in amendment.patches:
            _write(descriptor, patch.offset, patch.new[: max(0, end - patch.offset)])
    if amendment.size_after < amendment.size_before:
        os.fsync(descriptor)
        faultpoint("inplace.before-cut")
        os.ftruncate(descriptor, amendment.size_after)


class _Opened:
    """A file open for writing, locked against those who ask."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, _WRITING)
        with suppress(OSError):  # where storage knows no locks nobody asks for one
            fcntl.flock(self.number, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        os.close(self.number)


def _write(descriptor: int, offset: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        faultpoint("inplace.before-write")
        done = os.pwrite(descriptor, view[:_STEP], offset)
        view, offset = view[done:], offset + done


def _keep_times(descriptor: int, atime_ns: int, mtime_ns: int) -> None:
    os.utime(descriptor, ns=(atime_ns, mtime_ns))


def _require_written(descriptor: int, amendment: Amendment, path: Path) -> None:
    is_there = os.fstat(descriptor).st_size == amendment.size_after and all(
        os.pread(descriptor, len(patch.new), patch.offset) == patch.new
        for patch in amendment.patches
    )
    if not is_there:
        raise ChangedMeanwhileError(f"{path}: somebody wrote it while it was tagged")


def _is_between(descriptor: int, amendment: Amendment) -> bool:
    """Return whether every byte that can be told is from the old or from the new file."""
    sizes = (amendment.size_before, amendment.size_after)
    is_as_long = min(sizes) <= os.fstat(descriptor).st_size <= max(sizes)
    return is_as_long and all(_is_of_either(descriptor, patch) for patch in amendment.patches)


def _is_of_either(descriptor: int, patch: Patch) -> bool:
    there = os.pread(descriptor, patch.end - patch.offset, patch.offset)
    if there in (patch.old, patch.new):
        return True
    # What a crash left behind the old end may be a hole.
    old = patch.old.ljust(len(there), b"\0")
    new = patch.new.ljust(len(there), b"\0")
    return all(byte in (old[at], new[at]) for at, byte in enumerate(there))
