"""Ask whether another program has a file open for writing."""

import ctypes
import errno
import fcntl
import signal
import sys

from provenance.errors import NotWritableError
from provenance.media.source import FileSource

_F_SETSIG = 10  # fcntl(2); Python does not name it.
_TRUE_LEASES = frozenset({0xEF53, 0x58465342, 0x9123683E, 0x01021994, 0xF2F52010})
"""ext2/3/4, XFS, btrfs, tmpfs, F2FS (statfs(2))."""
_libc = ctypes.CDLL(None, use_errno=True)


def require_no_writer(original: FileSource) -> None:
    """Raise NotWritableError if somebody has the file open for writing or locked.

    A read lease is refused while a writer has the file open. Only local file systems answer
    truly; elsewhere, and without the right to a lease, the file counts as free.
    """
    descriptor = original.descriptor
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        if has_true_leases(original):
            # Should the lease be broken meanwhile, the default signal would end the process.
            fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGURG)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            raise NotWritableError(
                f"{original.path}: another program has it open for writing; close it there first"
            ) from error


def has_true_leases(original: FileSource) -> bool:
    """Return whether the file's storage tells truly that nobody has it open for writing."""
    return _file_system(original.descriptor) in _TRUE_LEASES


def _file_system(descriptor: int) -> int:
    """Return the magic number of the file system a file lies on; 0 if it will not say."""
    buffer = ctypes.create_string_buffer(256)
    if _libc.fstatfs(descriptor, buffer) != 0:
        return 0
    return int.from_bytes(buffer.raw[: ctypes.sizeof(ctypes.c_long)], sys.byteorder)
