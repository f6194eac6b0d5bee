"""Which file systems the roots lie on, and whether the kernel tells of all changes there.

Changes made by another host never become events here, so only file systems that one host alone
writes to are trusted with events; what is not on the list is polled. The registry asks another
question (may a database lie there?) and keeps its own list: what it need not refuse may still
send no events.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from watchers.options import SourceKind

_MOUNT_TABLE = Path("/proc/self/mountinfo")

_SENDS_ALL_EVENTS = frozenset(
    {
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "jfs", "reiserfs"),
        *("tmpfs", "ramfs", "overlay", "aufs"),
        *("vfat", "msdos", "exfat", "ntfs3", "hfsplus", "udf", "iso9660", "squashfs"),
    }
)
_NETWORK_CACHE_SECONDS = 60.0
"""How long an NFS client may show a folder as it was (acdirmax), unless the mount says."""
_CACHE_OPTIONS = ("acdirmax", "actimeo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A file system mounted somewhere."""

    point: Path
    """Where."""
    fstype: str
    """Its type as the kernel names it."""
    cache_seconds: float = 0.0
    """How long it may show a folder as it was."""

    @property
    def sends_all_events(self) -> bool:
        """Whether every change there becomes an event here."""
        return self.fstype in _SENDS_ALL_EVENTS


def read_table(table: Path = _MOUNT_TABLE) -> bytes:
    """Return the mount table as it is now; nothing if the kernel does not say."""
    try:
        return table.read_bytes()
    except OSError:
        return b""


def parse_table(table: bytes) -> tuple[Mount, ...]:
    """Return what is mounted, in the order it was."""
    return tuple(_parse(line) for line in table.splitlines())


def mount_of(path: Path, mounts: tuple[Mount, ...]) -> Mount | None:
    """Return the mount a folder lies on; None if the kernel does not say."""
    real = Path(os.path.realpath(path))
    above = [mount for mount in mounts if real.is_relative_to(mount.point)]
    # The last among equals: of two mounts on one point the later hides the earlier.
    return max(reversed(above), key=lambda mount: len(mount.point.parts), default=None)


def mounts_below(path: Path, mounts: tuple[Mount, ...]) -> dict[Path, Mount]:
    """Return what is mounted below a folder, under the names it has from there."""
    real = Path(os.path.realpath(path))
    return {
        path / mount.point.relative_to(real): mount
        for mount in mounts
        if real in mount.point.parents
    }


def find_polled(path: Path, kind: SourceKind, mounts: tuple[Mount, ...]) -> dict[Path, str]:
    """Return what has to be polled of a root, itself or what is mounted below it, with why."""
    if kind is SourceKind.POLLING:
        return {path: "as configured"}
    if kind is SourceKind.NATIVE:
        return {}
    mount = mount_of(path, mounts)
    if mount is None or not mount.sends_all_events:
        return {path: _why(mount.fstype if mount else "an unknown file system")}
    return {
        point: _why(below.fstype)
        for point, below in mounts_below(path, mounts).items()
        if not below.sends_all_events
    }


def find_cache_seconds(path: Path, mounts: tuple[Mount, ...]) -> float:
    """Return how long a folder below a root may be shown as it was."""
    mount = mount_of(path, mounts)
    below = mounts_below(path, mounts).values()
    return max([each.cache_seconds for each in below] + ([mount.cache_seconds] if mount else [0.0]))


def _why(fstype: str) -> str:
    return f"{fstype} does not tell of changes made by other hosts"


def _parse(line: bytes) -> Mount:
    # proc(5): id parent major:minor root MOUNT-POINT options [fields] - TYPE source options
    before, _, after = line.partition(b" - ")
    fields = before.split(b" ")
    point = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), fields[4])
    fstype, _, rest = after.decode("ascii", "replace").partition(" ")
    return Mount(
        point=Path(os.fsdecode(point)),
        fstype=fstype,
        cache_seconds=_cache_seconds(fstype, rest.rpartition(" ")[2].split(",")),
    )


def _cache_seconds(fstype: str, options: list[str]) -> float:
    if not fstype.startswith(("nfs", "cifs", "smb")) or "noac" in options:
        return 0.0
    named = dict(option.split("=", 1) for option in options if "=" in option)
    said = [named[key] for key in _CACHE_OPTIONS if named.get(key, "").isdecimal()]
    return float(said[0]) if said else _NETWORK_CACHE_SECONDS
