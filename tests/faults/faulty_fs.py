"""A file system that passes everything through and fails where it is told to.

Run as a program of its own: BACKING MOUNT RULES. The file RULES holds lines `OPERATION PREFIX
NUMBER`, such as `write /shots/ ENOSPC`; `*` is every operation, no line is a sound file system. It
is asked at every operation, so a test may change its mind. Like NFS and SMB it exchanges no names.
"""

import errno
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mfusepy

_TIMES = ("st_atime", "st_mtime", "st_ctime")
_PLAIN = ("st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size")


class FaultyOperations(mfusepy.Operations):
    """See the module."""

    use_ns = True

    def __init__(self, backing: Path, rules: Path) -> None:
        self._backing = str(backing)
        self._rules = rules

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        self._may_fail("getattr", path)
        status = os.fstat(fh) if fh is not None else os.lstat(self._real(path))
        plain = {name: getattr(status, name) for name in _PLAIN}
        return plain | {name: getattr(status, f"{name}_ns") for name in _TIMES}

    def access(self, path: str, amode: int) -> int:
        self._may_fail("access", path)
        if not os.access(self._real(path), amode):
            raise mfusepy.FuseOSError(errno.EACCES)
        return 0

    def readdir(self, path: str, fh: int) -> Iterable[tuple[str, dict[str, int], int]]:
        del fh
        self._may_fail("readdir", path)
        folder = self._real(path)
        for name in (".", "..", *(entry.name for entry in folder.iterdir())):
            status = os.lstat(folder / name)
            yield name, {"st_ino": status.st_ino, "st_mode": status.st_mode}, 0

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        del fi
        self._may_fail("create", path)
        return os.open(self._real(path), os.O_RDWR | os.O_CREAT, mode)

    def open(self, path: str, flags: int) -> int:
        self._may_fail("open", path)
        return os.open(self._real(path), flags & ~os.O_CREAT)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        self._may_fail("read", path)
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        self._may_fail("write", path)
        return os.pwrite(fh, data, offset)

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        del datasync
        self._may_fail("fsync", path)
        os.fsync(fh)
        return 0

    def flush(self, path: str, fh: int) -> int:
        del fh
        self._may_fail("flush", path)
        return 0

    def release(self, path: str, fh: int) -> int:
        del path
        os.close(fh)
        return 0

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        del fh
        self._may_fail("truncate", path)
        os.truncate(self._real(path), length)
        return 0

    def link(self, target: str, source: str) -> int:
        self._may_fail("link", target)
        os.link(self._real(source), self._real(target))
        return 0

    def rename(self, old: str, new: str) -> int:
        self._may_fail("rename", new)
        self._real(old).rename(self._real(new))
        return 0

    def unlink(self, path: str) -> int:
        self._may_fail("unlink", path)
        self._real(path).unlink()
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        self._may_fail("mkdir", path)
        self._real(path).mkdir(mode)
        return 0

    def rmdir(self, path: str) -> int:
        self._real(path).rmdir()
        return 0

    def chmod(self, path: str, mode: int) -> int:
        self._may_fail("chmod", path)
        self._real(path).chmod(mode)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        self._may_fail("chown", path)
        os.chown(self._real(path), uid, gid)
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        self._may_fail("utimens", path)
        os.utime(self._real(path), ns=times)
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        self._may_fail("statfs", path)
        status = os.statvfs(self._real(path))
        names = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_ffree", "f_files", "f_frsize")
        return {name: getattr(status, name) for name in names}

    def _real(self, path: str) -> Path:
        return Path(self._backing + path)

    def _may_fail(self, operation: str, path: str) -> None:
        for line in self._rules.read_text("utf-8").splitlines():
            wanted, prefix, number = line.split()
            if wanted in ("*", operation) and path.startswith(prefix):
                raise mfusepy.FuseOSError(getattr(errno, number))


class _NoFlags(mfusepy.FUSE):
    """Refuses renames with flags; the library would do them without."""

    def rename_fuse_3(self, old: bytes, new: bytes, flags: int) -> int:
        return -errno.EINVAL if flags else self.rename_fuse_2(old, new)


def main() -> None:
    """Mount, and serve until it is unmounted."""
    _NoFlags(
        FaultyOperations(Path(sys.argv[1]), Path(sys.argv[3])),
        sys.argv[2],
        foreground=True,
        errors="surrogateescape",
        attr_timeout=0,
        entry_timeout=0,
        use_ino=True,
    )


if __name__ == "__main__":
    main()
