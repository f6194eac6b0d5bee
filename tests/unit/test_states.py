"""The states of many entries read at once are those of each, and tell whatever changes."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provenance.sweep_states import StateReader, States, joined

MANY = 600
SECOND = 1_000_000_000
Change = Callable[[Path], object]


@pytest.fixture
def reader() -> StateReader:
    return StateReader()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(MANY):
        (tmp_path / f"take_{number:03}.png").write_bytes(bytes(number % 7))
    return tmp_path


@pytest.fixture
def opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def names_in(folder: Path) -> list[bytes]:
    return sorted(map(os.fsencode, os.listdir(folder)))  # noqa: PTH208  (names, as bytes)


def states_of(reader: StateReader, opened: int, names: list[bytes]) -> States:
    states = reader.read(opened, names)
    assert states is not None
    return states


def test_many_at_once_have_the_states_they_have_alone(
    reader: StateReader, folder: Path, opened: int
) -> None:
    for at, ns in enumerate((0, 1, SECOND - 1, -1, -SECOND, 2**33 * SECOND + 999_999_999)):
        os.utime(folder / f"take_{at:03}.png", ns=(0, ns))
    (folder / "reel").mkdir()
    (folder / "link").symlink_to("nowhere")
    (folder / "way").symlink_to("reel")
    os.mkfifo(folder / "pipe")
    (folder / os.fsdecode(b"caf\xe9")).touch()
    names = names_in(folder)
    alone = joined([states_of(reader, opened, [name]) for name in names])
    together = states_of(reader, opened, names)
    assert together == alone
    assert together.digest == alone.digest
    assert [name for name, one in zip(names, together.folders, strict=True) if one] == [b"reel"]


def test_where_nothing_changes_the_digest_stays(
    reader: StateReader, folder: Path, opened: int
) -> None:
    names = names_in(folder)
    first = states_of(reader, opened, names).digest
    (folder / "take_001.png").read_bytes()
    os.utime(folder, ns=(0, 0))
    assert states_of(reader, opened, names).digest == first
    assert states_of(reader, opened, names[::-1]).digest != first


def changed_now(folder: Path) -> int:
    """Return the time that a change has now."""
    (folder / "clock").write_bytes(b"tick")
    return (folder / "clock").stat().st_ctime_ns


def _touch(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def _write_and_set_back(path: Path) -> None:
    status, data = path.stat(), path.read_bytes()
    path.write_bytes(data[::-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _grow(path: Path) -> None:
    status = path.stat()
    os.truncate(path, status.st_size + (1 << 40))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.rename(path)


@pytest.mark.parametrize("change", [_touch, _write_and_set_back, _grow, _replace, Path.read_bytes])
@pytest.mark.parametrize("name", ["take_000.png", "take_511.png", "take_512.png", "take_599.png"])
def test_a_change_of_any_one_is_told(
    name: str, change: Change, reader: StateReader, folder: Path, opened: int
) -> None:
    names = names_in(folder)
    first = states_of(reader, opened, names).digest
    while changed_now(folder) <= (folder / name).stat().st_ctime_ns:
        continue  # the clock that file systems read is slow
    change(folder / name)
    is_same = states_of(reader, opened, names).digest == first
    assert is_same == (change is Path.read_bytes)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 511, 512, 513, MANY])
def test_of_what_is_not_there_nothing_is_told(
    count: int, reader: StateReader, folder: Path, opened: int
) -> None:
    names = names_in(folder)[:count]
    assert reader.read(opened, names) is not None
    (folder / os.fsdecode(names[-1])).unlink()
    assert reader.read(opened, names) is None


def test_nothing_has_a_state_of_its_own(reader: StateReader, opened: int) -> None:
    nothing = states_of(reader, opened, [])
    assert nothing == joined([])
    assert (nothing.folders, nothing.is_recent(0)) == (b"", False)


@pytest.mark.parametrize("is_changed", [True, False])
def test_what_was_written_or_changed_since_is_recent(
    reader: StateReader, folder: Path, opened: int, *, is_changed: bool
) -> None:
    names = names_in(folder)
    latest = max((folder / os.fsdecode(name)).stat().st_ctime_ns for name in names)
    if not is_changed:  # but written, by its own account, later than it was changed
        latest = time.time_ns() + 10 * SECOND + 7
        os.utime(folder / "take_300.png", ns=(0, latest))
    states = states_of(reader, opened, names)
    assert states.is_recent(latest - 1)
    assert not states.is_recent(latest)


def test_several_may_read_at_the_same_time(reader: StateReader, folder: Path, opened: int) -> None:
    names = names_in(folder)
    expected = states_of(reader, opened, names)
    found: list[bool] = []

    def work() -> None:
        found.extend(reader.read(opened, names) == expected for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 200
