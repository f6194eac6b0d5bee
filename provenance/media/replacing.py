"""Put one file in the place of another so that whoever writes there meanwhile loses nothing.

Where the file system can exchange two names, that shows whether the original was written; if so it
is undone. Where it cannot (NFS, SMB, most of FUSE) the original keeps a second name until the new
file stands in its place, and comes back from there. Where neither is possible nothing is written:
a plain rename over a file that an editor saves loses one of seven such saves.
"""

import ctypes
import errno
import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from provenance.errors import ChangedMeanwhileError, NotWritableError
from provenance.faults import faultpoint
from provenance.media.source import FileSource
from provenance.media.writers import has_true_leases, require_no_writer

_logger = logging.getLogger(__name__)
_NO_REPLACE = 1
_EXCHANGE = 2
_NO_FLAGS = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM})
_NO_LINKS = _NO_FLAGS | {errno.EMLINK}
_GRACE_SECONDS = 0.02
"""Where nobody tells of open writers: how long a write under way has to show itself."""
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalState:
    """What tells the original and its content wherever it lies; renames move only its ctime."""

    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Return what a status says."""
        return cls(inode=status.st_ino, size=status.st_size, mtime_ns=status.st_mtime_ns)


def require_unchanged(original: FileSource) -> None:
    """Raise ChangedMeanwhileError unless the path still names the file that was opened, as it was.

    Compared are device, inode, size, mtime and ctime; an editor that keeps size and mtime still
    moves ctime.
    """
    try:
        now = os.lstat(original.path)
    except OSError as error:
        raise ChangedMeanwhileError(f"{original.path}: it vanished while it was read") from error
    before = original.status
    same = (now.st_dev, now.st_ino) == (before.st_dev, before.st_ino)
    if not same or not original.is_unchanged():
        raise ChangedMeanwhileError(
            f"{original.path}: somebody wrote it while it was read; it will be taken again"
        )


def replace(staged: Path, original: FileSource, aside: Path) -> None:
    """Put the staged file in the original's place; it must bear the original's mtime.

    Raises ChangedMeanwhileError if somebody wrote the original, NotWritableError if somebody has
    it open for writing or the file system gives no way to see that, OSError if storage fails. The
    original is then in its place as they left it.
    """
    _name_twice(staged, aside)
    faultpoint("staging.before-exchange")
    if _rename(staged, original.path, _EXCHANGE):
        came_out = staged
    else:
        _replace_linked(staged, original, aside)
        came_out = aside
    try:
        _require_unwritten(came_out, original)
        faultpoint("staging.before-folder-sync")
        sync_folder(original.path.parent)
    except (ChangedMeanwhileError, NotWritableError, OSError):
        _give_back(came_out, original.path, OriginalState.of(original.status))
        raise
    with suppress(OSError):  # who discards the staging tries again, and says so
        faultpoint("staging.before-drop")
        came_out.unlink()
        aside.unlink(missing_ok=True)


def put_right(staged: Path, aside: Path, path: Path, before: OriginalState) -> None:
    """Remove what a replacement that broke off left under its two staging names.

    After an exchange the first is what came out of its place: the original, into which an editor
    may have saved, or what an editor put there. Then it is brought back. Which of the two files is
    ours the second name tells. Raises OSError if storage fails; nothing is lost by it.
    """
    now, second, there = _state_of(staged), _state_of(aside), _state_of(path)
    if now is not None:
        is_out = now.inode == before.inode or _is_published(second, now, there, before)
        is_idle = _is_content(now, before) and there is not None
        if is_out and not is_idle:
            _give_back(staged, path, before)
        else:
            staged.unlink()
    if second is not None:
        _drop_aside(aside, path, before)


def _is_published(
    second: OriginalState | None,
    now: OriginalState,
    there: OriginalState | None,
    before: OriginalState,
) -> bool:
    """Return whether the second name is that of our file, and our file took the original's place.

    It lies there, or bears the original's mtime, which it is given last of all.
    """
    if second is None or second.inode in (now.inode, before.inode) or _is_content(second, before):
        return False
    if there is not None and (there.inode == before.inode or _is_content(there, before)):
        return False
    return second.mtime_ns == before.mtime_ns or _is_same(second, there)


def _drop_aside(aside: Path, path: Path, before: OriginalState) -> None:
    """Remove the second name: of our file, or of the original where nothing could be exchanged."""
    now, there = _state_of(aside), _state_of(path)
    if now is None:
        return
    is_written = not _is_content(now, before)
    is_replaced = _is_ours(path, before) and not (there and _is_content(there, before))
    if now.inode == before.inode and is_written and not _is_same(now, there):
        _give_back(aside, path, before)
    elif is_written and now.mtime_ns != before.mtime_ns and is_replaced:
        _keep(aside, path)  # the original: inode numbers change where a share is mounted anew
    else:
        aside.unlink()


def _is_same(state: OriginalState, there: OriginalState | None) -> bool:
    return there is not None and there.inode == state.inode


def _is_content(state: OriginalState, before: OriginalState) -> bool:
    """Return whether a file is the original as it was, under whatever inode number."""
    return (state.size, state.mtime_ns) == (before.size, before.mtime_ns)


def rename_new(source: Path, target: Path) -> None:
    """Rename to a name that must not exist yet; raises FileExistsError if it does."""
    if _rename(source, target, _NO_REPLACE):
        return
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    source.rename(target)


def sync_folder(folder: Path) -> None:
    """Flush a folder, so that a rename in it outlives a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name_twice(staged: Path, aside: Path) -> None:
    """Give our file its second name, by which it is known whatever a crash leaves where."""
    try:
        os.link(staged, aside, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise


def _replace_linked(staged: Path, original: FileSource, aside: Path) -> None:
    """Replace by a plain rename while the original keeps a second name."""
    require_unchanged(original)
    faultpoint("staging.before-link")
    aside.unlink(missing_ok=True)
    try:
        os.link(original.path, aside, follow_symlinks=False)
    except OSError as error:
        if error.errno in _NO_LINKS:
            raise NotWritableError(
                f"{original.path}: its file system can neither exchange nor link files, so what"
                " an editor saves meanwhile could be lost"
            ) from error
        raise
    faultpoint("staging.before-plain-replace")
    before = OriginalState.of(original.status)
    if not OriginalState.of(os.lstat(aside)) == OriginalState.of(os.lstat(original.path)) == before:
        aside.unlink()
        staged.unlink()
        raise _changed(original)
    staged.replace(original.path)


def _require_unwritten(came_out: Path, original: FileSource) -> None:
    """Raise unless what was replaced is the original as it was, and nobody is about to write it."""
    faultpoint("staging.before-look")
    require_no_writer(original)
    if not has_true_leases(original):
        time.sleep(_GRACE_SECONDS)
    # The rename itself moves ctime, so size and mtime have to speak for the content here.
    if OriginalState.of(os.lstat(came_out)) != OriginalState.of(original.status):
        raise _changed(original)


def _give_back(old: Path, path: Path, before: OriginalState) -> None:
    """Put what came out of its place back there and drop what was put there instead.

    Who has written that one too loses nothing: one of the two then lies beside the other.
    """
    faultpoint("staging.before-undo")
    if not os.path.lexists(path):
        old.replace(path)
    elif not _is_ours(path, before):
        _keep(old, path)
    elif not _rename(old, path, _EXCHANGE):
        old.replace(path)
    elif _is_ours(old, before):
        faultpoint("staging.after-undo")
        old.unlink()
    else:
        _keep(old, path)


def _changed(original: FileSource) -> ChangedMeanwhileError:
    return ChangedMeanwhileError(
        f"{original.path}: somebody wrote it while it was tagged; it is as they left it"
    )


def _keep(path: Path, beside: Path) -> None:
    """Give a file a name of its own beside another, where people find it."""
    number = 1
    while os.path.lexists(kept := beside.with_name(f"{beside.stem}.kept-{number}{beside.suffix}")):
        number += 1
    rename_new(path, kept)
    _logger.warning("%r was written twice at once; one of both is %r now", str(beside), kept.name)


def _is_ours(path: Path, before: OriginalState) -> bool:
    """Return whether this is the file that took the original's place, and nobody wrote it since.

    It bears the original's mtime, and whoever writes it moves that.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    return status.st_ino != before.inode and status.st_mtime_ns == before.mtime_ns


def _state_of(path: Path) -> OriginalState | None:
    try:
        return OriginalState.of(os.lstat(path))
    except FileNotFoundError:
        return None


def _rename(first: Path, second: Path, flag: int) -> bool:
    """Call renameat2 with a flag; return False where the file system cannot."""
    here = -100  # AT_FDCWD: both paths are as the caller gave them.
    done = _libc.renameat2(here, os.fsencode(first), here, os.fsencode(second), flag)
    if done == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_FLAGS:
        return False
    raise OSError(number, os.strerror(number), str(second))
