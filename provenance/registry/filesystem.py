"""Which file system a path lies on, and whether a database may lie there."""

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")

_REMOTE = frozenset(
    {
        "9p",
        "acfs",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "panfs",
        "prl_fs",
        "pvfs2",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
        "vmhgfs",
    }
)


def filesystem_type(path: Path, *, mounts: Path = _MOUNTS) -> str:
    """Return the type of the file system a path lies on, as the kernel names it.

    Raises OSError if the kernel does not say.
    """
    real = os.fsencode(os.path.realpath(path))
    best = (b"", "")
    for line in mounts.read_bytes().splitlines():
        mount, fstype = _mount_of(line)
        # Not shorter, rather than longer: of two mounts on one point the later hides the earlier.
        if len(mount) >= len(best[0]) and _is_within(real, mount):
            best = (mount, fstype)
    if not best[1]:
        raise OSError(f"{mounts} names no file system for {path}")
    return best[1]


def is_remote(fstype: str) -> bool:
    """Return whether locks of another host may be invisible on this type of file system."""
    return fstype.startswith("fuse") or fstype.partition(".")[0] in _REMOTE


def _mount_of(line: bytes) -> tuple[bytes, str]:
    # proc(5): id parent major:minor root MOUNT-POINT options [fields] - TYPE source options
    before, _, after = line.partition(b" - ")
    mount = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), before.split(b" ")[4])
    return mount, after.split(b" ")[0].decode("ascii", "replace")


def _is_within(path: bytes, mount: bytes) -> bool:
    return path == mount or path.startswith(mount.rstrip(b"/") + b"/")
