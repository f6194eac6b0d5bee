"""Replacing a small file so that a reader, a crash or a power cut sees the old or the new."""

import os
from pathlib import Path

from provenance.faults import faultpoint

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


def replace_durably(path: Path, data: bytes, *, staging: Path) -> None:
    """Make these the bytes of the file, mode 0600; on any failure it is as it was.

    The staging file lies in the same directory and belongs to this caller alone.
    """
    try:
        with open(os.open(staging, _CREATE, 0o600), "wb") as file:  # noqa: PTH123  (a descriptor)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        faultpoint("durable.before-replace")
        os.replace(staging, path)  # noqa: PTH105  (beside os.fsync, the system call is the point)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise
    faultpoint("durable.after-replace")
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make names created or replaced in this directory survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
