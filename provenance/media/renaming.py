"""Rename with the flags of renameat2(2), where the file system has them."""

import ctypes
import errno
import os
from pathlib import Path

NO_REPLACE = 1
"""Flag: the second name must not exist."""
EXCHANGE = 2
"""Flag: both names exist, and each gets the other's file."""
_NO_FLAGS = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM})
_libc = ctypes.CDLL(None, use_errno=True)


def rename(first: Path, second: Path, flag: int) -> bool:
    """Call renameat2 with a flag; return False where the file system cannot."""
    here = -100  # AT_FDCWD: both paths are as the caller gave them.
    done = _libc.renameat2(here, os.fsencode(first), here, os.fsencode(second), flag)
    if done == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_FLAGS:
        return False
    raise OSError(number, os.strerror(number), str(second))
