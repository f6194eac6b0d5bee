"""Ask the kernel whether somebody still has a file open for writing.

A read lease is refused with EAGAIN while a writer is open. Only local file systems are asked:
NFS and SMB clients answer EAGAIN for want of a delegation too, and no file there would ever be
finished. No answer counts as no writer; the other tests of `watchers.settle` stand anyway.
"""

import ctypes
import errno
import fcntl
import os
import signal
from pathlib import Path

_LOCAL_FILE_SYSTEMS = frozenset(
    {
        0x0000EF53,  # ext2, ext3, ext4
        0x01021994,  # tmpfs
        0x58465342,  # XFS
        0x9123683E,  # btrfs
        0xF2F52010,  # F2FS
    }
)
_STATFS_BYTES = 512  # struct statfs is 120 bytes on 64-bit Linux; its first long is f_type
_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def has_open_writer(path: Path) -> bool:
    """Return whether the kernel shows a writer; False where it cannot be asked."""
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError:
        return False
    try:
        return _is_local(descriptor) and _refuses_lease(descriptor)
    finally:
        os.close(descriptor)


def _is_local(descriptor: int) -> bool:
    buffer = ctypes.create_string_buffer(_STATFS_BYTES)
    if ctypes.CDLL(None).fstatfs(descriptor, buffer) != 0:
        return False
    kind = ctypes.c_ulong.from_buffer(buffer).value & 0xFFFFFFFF
    return kind in _LOCAL_FILE_SYSTEMS


def _refuses_lease(descriptor: int) -> bool:
    try:
        # A writer that comes while the lease stands makes the kernel signal us. The default,
        # SIGIO, would end the process; SIGURG is ignored unless somebody asked for it.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
