"""A file is replaced whole or not at all, and whoever writes it meanwhile wins."""

import ctypes
import errno
import os
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provenance.errors import ChangedMeanwhileError, NotWritableError, TaggingError, UsageError
from provenance.media import replacing
from provenance.media.replacing import rename_new, require_unchanged, sync_folder
from provenance.media.source import FileSource
from provenance.media.staging import (
    Staging,
    find_stagings,
    is_staging_name,
    require_writable,
    write_beside,
)
from provenance.model.metadata import ByteRange

OLD = b"the original " * 1000
NEW = b"TAG" + OLD[4:]
PLAN = [b"TAG", ByteRange(offset=4, length=len(OLD) - 4)]
IN_THE_WAY = "noon.mov"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "work" / "plate.png"
    file.parent.mkdir()
    file.write_bytes(OLD)
    return file


class Kernel:
    """The C library with something happening at each rename."""

    def __init__(self, *happenings: Callable[[], int | None]) -> None:
        self._happenings = list(happenings)
        self._real = ctypes.CDLL(None, use_errno=True)

    def renameat2(self, *arguments: object) -> int:
        code = self._happenings.pop(0)() if self._happenings else None
        if code is None:
            return self._real.renameat2(*arguments)
        ctypes.set_errno(code)
        return -1


def without_flags() -> int:
    return errno.EINVAL


def replace(path: Path, *, meanwhile: Callable[[], object] = lambda: None) -> None:
    with FileSource(path) as source:
        staging = Staging(source)
        try:
            staging.write_plan(PLAN, source)
            meanwhile()
            staging.commit()
        finally:
            staging.discard()


def listing(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def untouched(path: Path) -> bool:
    return path.read_bytes() == OLD and listing(path) == [path.name]


def test_the_plan_takes_the_place_of_the_original(path: Path) -> None:
    replace(path)
    assert path.read_bytes() == NEW
    assert listing(path) == [path.name]


def test_several_steps_end_in_the_last_one(path: Path) -> None:
    with FileSource(path) as source:
        staging = Staging(source)
        staging.copy(source)
        assert staging.path.read_bytes() == OLD
        with FileSource(staging.path) as staged:
            staging.write_plan([*PLAN, b"1"], staged)
        with FileSource(staging.path) as staged:
            copy = staging.copy_next(staged)
        copy.write_bytes(copy.read_bytes() + b"2")
        staging.advance()
        assert set(staging.path.parent.iterdir()) == {path, staging.path}
        staging.commit()
    assert path.read_bytes() == NEW + b"12"
    assert listing(path) == [path.name]


def test_a_step_that_failed_leaves_the_one_before_it(path: Path) -> None:
    with FileSource(path) as source:
        staging = Staging(source)
        staging.write_plan(PLAN, source)
        staging.copy_next(source).write_bytes(b"half")
        with staging.open_next() as descriptor:
            assert os.fstat(descriptor.number).st_size == 0
        staging.commit()
        staging.discard()
    assert path.read_bytes() == NEW
    assert listing(path) == [path.name]


def test_mode_time_owner_and_attributes_are_kept(path: Path) -> None:
    path.chmod(0o2640)
    attributes = {"user.xdg.comment": b"take 2", "user.acl": b"u::rw-\n", "user.empty": b""}
    try:
        for name, value in attributes.items():
            os.setxattr(path, name, value)
    except OSError:
        pytest.skip("the file system has no extended attributes")
    if os.geteuid() == 0:
        os.chown(path, 1234, 2345)
        path.chmod(0o2640)
    os.utime(path, ns=(1_600_000_000_123_456_789, 1_500_000_000_987_654_321))
    before = path.stat()
    replace(path)
    after = path.stat()
    for name in ("st_mode", "st_uid", "st_gid", "st_mtime_ns"):
        assert getattr(after, name) == getattr(before, name), name
    assert {name: os.getxattr(path, name) for name in os.listxattr(path)} == attributes
    assert after.st_ino != before.st_ino


def test_an_acl_is_kept(path: Path) -> None:
    # Version 2, then owner, user 4242, group, mask and others: tag, permissions, id.
    entries = [(1, 6, -1), (2, 4, 4242), (4, 4, -1), (16, 4, -1), (32, 0, -1)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", acl)
    except OSError:
        pytest.skip("the file system has no ACLs")
    replace(path)
    assert os.getxattr(path, "system.posix_acl_access") == acl


def test_an_owner_that_cannot_be_kept_is_a_reason_not_to_write(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a file that is somebody else's")
    os.chown(path, 1234, 2345)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "fchown", refuse)
    with pytest.raises(NotWritableError, match="owner cannot be kept"):
        replace(path)
    assert untouched(path)


# Somebody writes meanwhile


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"edited")


def overwrite(path: Path) -> None:
    before = path.stat()
    path.write_bytes(OLD[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def swap(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(OLD[::-1])
    shutil.copystat(path, other)
    other.rename(path)


@pytest.mark.parametrize("edit", [append, overwrite, swap])
def test_an_editor_who_writes_before_the_exchange_wins(
    path: Path, edit: Callable[[Path], None]
) -> None:
    with pytest.raises(ChangedMeanwhileError, match="somebody wrote it"):
        replace(path, meanwhile=lambda: edit(path))
    left = path.read_bytes()
    assert left in (OLD + b"edited", OLD[::-1])
    assert listing(path) == [path.name]


@pytest.mark.parametrize("edit", [append, swap])
def test_an_editor_who_writes_in_the_last_moment_wins_too(
    path: Path, edit: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "_libc", Kernel(lambda: edit(path)))
    with pytest.raises(ChangedMeanwhileError, match="as they left it"):
        replace(path)
    assert path.read_bytes() in (OLD + b"edited", OLD[::-1])
    assert listing(path) == [path.name]


def test_without_an_exchange_an_editor_wins_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit() -> int:
        append(path)
        return errno.ENOSYS

    monkeypatch.setattr(replacing, "_libc", Kernel(edit))
    with pytest.raises(ChangedMeanwhileError):
        replace(path)
    assert path.read_bytes() == OLD + b"edited"
    assert listing(path) == [path.name]


def test_a_file_that_vanishes_is_not_made_again(path: Path) -> None:
    with pytest.raises(ChangedMeanwhileError, match="vanished"):
        replace(path, meanwhile=path.unlink)
    assert listing(path) == []


def test_a_file_nobody_wrote_is_unchanged(path: Path) -> None:
    with FileSource(path) as source:
        require_unchanged(source)
        path.rename(path.with_name(IN_THE_WAY))
        path.write_bytes(OLD)
        with pytest.raises(ChangedMeanwhileError):
            require_unchanged(source)


# Storage that refuses


def test_a_file_system_without_exchange_is_replaced_plainly(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "_libc", Kernel(without_flags))
    replace(path)
    assert path.read_bytes() == NEW
    assert listing(path) == [path.name]


def test_an_exchange_that_fails_leaves_the_original(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "_libc", Kernel(lambda: errno.EIO))
    with pytest.raises(TaggingError, match="the original is as it was"):
        replace(path)
    assert untouched(path)


def test_a_staging_file_that_vanished_is_reported(path: Path) -> None:
    with FileSource(path) as source:
        staging = Staging(source)
        with pytest.raises(TaggingError):
            staging.advance()
        with pytest.raises(TaggingError):
            staging.commit()
    assert untouched(path)


def test_a_folder_that_is_gone_or_closed_is_reported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileSource(path) as source:
        staging = Staging(source)
        shutil.rmtree(path.parent)
        with pytest.raises(TaggingError, match="No such file"):
            staging.copy(source)
        monkeypatch.setattr(os, "open", _closed)
        with pytest.raises(NotWritableError, match="cannot be written"):
            staging.copy(source)


def _closed(*_: object) -> int:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_a_plan_that_asks_for_more_than_there_is_fails(path: Path) -> None:
    with FileSource(path) as source:
        staging = Staging(source)
        with pytest.raises(TaggingError, match="grew shorter"):
            staging.write_plan([ByteRange(offset=10, length=len(OLD))], source)
        staging.discard()
    assert untouched(path)


def test_a_source_that_fails_while_it_is_copied_is_reported(path: Path) -> None:
    with FileSource(path) as source:
        staging = Staging(source)
        source.close()
        with pytest.raises(TaggingError, match="cannot be written"):
            staging.copy(source)
        staging.discard()
    assert untouched(path)


def test_a_source_on_another_file_system_is_copied_by_reading(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_file_system(*_: object, **__: object) -> int:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "copy_file_range", other_file_system)
    replace(path)
    assert path.read_bytes() == NEW


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("no mount command")
    command = [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:  # ours
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run([umount, "-l", str(folder)], check=True)  # ours


def test_a_full_disk_leaves_the_original_and_no_litter(tiny_disk: Path) -> None:
    path = tiny_disk / "plate.png"
    data = os.urandom(40_000)
    path.write_bytes(data)
    with FileSource(path) as source:
        staging = Staging(source)
        with pytest.raises(TaggingError, match="No space left"):
            staging.copy(source)
        with pytest.raises(TaggingError, match="No space left"):
            staging.write_plan([os.urandom(40_000)], source)
        staging.discard()
    assert path.read_bytes() == data
    assert listing(path) == [path.name]


def test_a_full_disk_leaves_the_sidecar_that_was_there(tiny_disk: Path) -> None:
    path = tiny_disk / "plate.png.xmp"
    write_beside(path, b"<x/>")
    with pytest.raises(TaggingError, match="No space left"):
        write_beside(path, bytes(100_000))
    assert path.read_bytes() == b"<x/>"
    assert listing(path) == [path.name]


# What must not be written


def test_an_ordinary_file_may_be_written(path: Path) -> None:
    with FileSource(path) as source:
        require_writable(source)


def test_a_hard_link_is_never_written(path: Path) -> None:
    os.link(path, path.with_name("also.png"))
    with FileSource(path) as source, pytest.raises(NotWritableError, match="2 hard links"):
        require_writable(source)


def test_a_read_only_file_is_never_written(path: Path) -> None:
    path.chmod(0o444)
    with FileSource(path) as source, pytest.raises(NotWritableError, match="write-protected"):
        require_writable(source)


@pytest.mark.parametrize(
    ("closed", "words"), [("folder", "the folder is not writable"), ("file", "no permission")]
)
def test_what_the_user_may_not_write_is_never_written(
    path: Path, closed: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = path if closed == "file" else path.parent
    monkeypatch.setattr(os, "access", lambda asked, _: asked != denied)
    with FileSource(path) as source, pytest.raises(NotWritableError, match=words):
        require_writable(source)


# Names


@pytest.mark.parametrize(
    "name",
    [
        "x" * 251 + ".png",
        "é" * 125 + ".png",
        "☂" * 83 + ".png",
        os.fsdecode(b"caf\xe9" * 50 + b".png"),
        "two\nlines\x1b[2J.png",
        "-rf .png",
    ],
    ids=ascii,
)
def test_names_of_every_kind_are_replaced_beside_themselves(tmp_path: Path, name: str) -> None:
    path = tmp_path / "odd" / name
    path.parent.mkdir()
    path.write_bytes(OLD)
    with FileSource(path) as source:
        assert all(is_staging_name(staging.name) for staging in Staging(source).paths)
        assert len(set(Staging(source).paths)) == 2
    replace(path)
    assert path.read_bytes() == NEW
    assert os.listdir(path.parent) == [name]  # noqa: PTH208  (compared as text)


@pytest.mark.parametrize(
    "name", ["plate.png", ".plate.png", "plate.provenance-staging", ".provenance-staging.png"]
)
def test_other_names_are_no_staging_names(name: str) -> None:
    assert not is_staging_name(name)


def test_what_a_writer_that_died_left_is_found_beside_its_file_and_no_other(path: Path) -> None:
    neighbour = path.with_name("plate.png.png")
    neighbour.write_bytes(OLD)
    assert find_stagings(path) == ()
    with FileSource(path) as source, FileSource(neighbour) as other:
        staging = Staging(source)
        staging.copy(source)
        Staging(other).copy(other)
        assert find_stagings(path) == (staging.path,)
        staging.discard()
    assert find_stagings(path) == ()
    assert len(find_stagings(neighbour)) == 1
    assert find_stagings(path.parent / "gone" / "plate.png") == ()


# Small writes


def test_a_small_file_is_written_beside_and_over(path: Path) -> None:
    sidecar = path.with_name("plate.png.xmp")
    for data in (b"one", b"another"):
        write_beside(sidecar, data)
        assert sidecar.read_bytes() == data
    assert listing(path) == ["plate.png", "plate.png.xmp"]


def test_a_long_file_is_written_piece_by_piece(path: Path) -> None:
    written = path.with_name("report.csv")
    write_beside(written, (b"%d;" % number for number in range(1000)))
    assert written.read_bytes() == b"".join(b"%d;" % number for number in range(1000))


@pytest.mark.parametrize("error", [ValueError("a defect"), KeyboardInterrupt(), UsageError("no")])
def test_what_fails_half_way_leaves_what_was_there_and_nothing_else(
    path: Path, error: BaseException
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"the first half"
        raise error

    with pytest.raises(type(error)):
        write_beside(path, pieces())
    assert path.read_bytes() == OLD
    assert listing(path) == [path.name]


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(TaggingError, match="No such file"):
        write_beside(tmp_path / "gone" / "a.xmp", b"x")
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "gone")


@pytest.mark.parametrize("happenings", [(), (without_flags,)])
def test_a_rename_never_overwrites(
    path: Path, happenings: tuple[Callable[[], int], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = path.with_name(IN_THE_WAY)
    monkeypatch.setattr(replacing, "_libc", Kernel(*happenings))
    rename_new(path, target)
    assert listing(path) == [IN_THE_WAY]
    path.write_bytes(b"another")
    monkeypatch.setattr(replacing, "_libc", Kernel(*happenings))
    with pytest.raises(FileExistsError):
        rename_new(path, target)
    assert (path.read_bytes(), target.read_bytes()) == (b"another", OLD)
