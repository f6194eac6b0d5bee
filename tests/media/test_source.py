"""Files are opened once, safely, and read in runs that never leave them."""

import os
import random
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import UnreadableError
from provenance.media.source import HEAD_SIZE, BytesSource, FileSource, same_state

DATA = bytes(range(256)) * 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "plate.png"
    file.write_bytes(DATA)
    return file


def test_runs_are_those_of_the_file(path: Path) -> None:
    with FileSource(path) as source:
        assert source.size == len(DATA)
        assert source.head == DATA[:HEAD_SIZE]
        for offset, length in ((0, 9), (HEAD_SIZE - 2, 4), (len(DATA) - 3, 99), (0, len(DATA) + 1)):
            assert source.pread(offset, length) == DATA[offset : offset + length]


@given(offset=st.integers(-5, 40), length=st.integers(-5, 40), data=st.binary(max_size=30))
def test_bytes_in_memory_read_like_a_file(offset: int, length: int, data: bytes) -> None:
    expected = data[offset : offset + length] if offset >= 0 and length > 0 else b""
    source = BytesSource(data)
    assert source.pread(offset, length) == expected
    assert source.size == len(data)


@pytest.mark.parametrize("run", [(-1, 5), (0, 0), (3, -2), (len(DATA), 1), (1 << 62, 9)])
def test_a_run_outside_the_file_is_empty(path: Path, run: tuple[int, int]) -> None:
    with FileSource(path) as source:
        assert source.pread(*run) == b""


def test_a_file_that_grows_shorter_gives_what_is_left(path: Path) -> None:
    with FileSource(path) as source:
        os.truncate(path, HEAD_SIZE + 4)
        assert source.pread(HEAD_SIZE - 4, 99) == DATA[HEAD_SIZE - 4 : HEAD_SIZE + 4]
        assert not source.is_unchanged()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the lengths that are asked of the operating system."""
    lengths: list[int] = []
    pread = os.pread

    def counted(descriptor: int, length: int, offset: int) -> bytes:
        lengths.append(length)
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", counted)
    return lengths


def test_a_crowd_of_tiny_structures_takes_few_reads(tmp_path: Path, asked: list[int]) -> None:
    data = random.Random(5).randbytes(700_000)  # noqa: S311  # repeatable, not secret
    (tmp_path / "crowd").write_bytes(data)
    with FileSource(tmp_path / "crowd") as source:
        for offset in range(0, len(data), 12):
            assert source.pread(offset, 8) == data[offset : offset + 8]
            assert source.pread(offset + 4, 20) == data[offset + 4 : offset + 24]
    assert len(asked) < 60
    assert sum(asked) < 2 * len(data)


def test_what_lies_far_apart_is_read_and_no_more(tmp_path: Path, asked: list[int]) -> None:
    data = bytes(700_000)
    (tmp_path / "sparse").write_bytes(data)
    with FileSource(tmp_path / "sparse") as source:
        for offset in range(0, len(data), 5000):
            source.pread(offset, 8)
    assert sum(asked) <= HEAD_SIZE + 8 * len(data) // 5000


@settings(deadline=None, max_examples=50)
@given(
    reads=st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 700)), max_size=60),
    step=st.integers(1, 5000),
)
def test_a_run_is_the_same_whatever_was_read_before(
    tmp_path_factory: pytest.TempPathFactory, reads: list[tuple[int, int]], step: int
) -> None:
    path = tmp_path_factory.mktemp("source") / "file"
    data = DATA * 12
    path.write_bytes(data)
    with FileSource(path) as source:
        for offset in range(0, min(len(data), 500 * step), step):
            assert source.pread(offset, 9) == data[offset : offset + 9]
        for number, (jump, length) in enumerate(reads):
            at = jump + number * step
            assert source.pread(at, length) == data[at : at + length]


def test_storage_that_fails_makes_a_file_unreadable(path: Path) -> None:
    source = FileSource(path)
    os.close(source.descriptor)
    source.descriptor = os.open(path, os.O_WRONLY)
    with source, pytest.raises(UnreadableError, match="cannot be read"):
        source.pread(HEAD_SIZE, 1)


def test_closing_twice_is_no_error(path: Path) -> None:
    source = FileSource(path)
    source.close()
    source.close()
    assert source.descriptor == -1


def test_a_file_is_unchanged_until_somebody_writes_it(path: Path) -> None:
    with FileSource(path) as source:
        assert source.is_unchanged()
        os.utime(path, ns=(1, 1))
        assert not source.is_unchanged()


def test_a_change_that_keeps_size_and_times_still_shows(path: Path) -> None:
    before = path.stat()
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert not same_state(before, path.stat())
    assert same_state(before, before)


def test_what_is_no_regular_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "dangling").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        kinds = {
            "pipe": "a named pipe, not a regular file",
            "link": "a symbolic link; name the file it points to instead",
            "dangling": "a symbolic link",
            "socket": "cannot be opened",
            "": "a folder, not a regular file",
            "gone": "cannot be opened: No such file or directory",
            "x" * 300: "cannot be opened: File name too long",
            "/dev/null": "a device, not a regular file",
        }
        for name, words in kinds.items():
            with pytest.raises(UnreadableError, match=words):
                FileSource(tmp_path / name)


def test_nothing_stays_open_of_what_is_refused(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  (the folder changes while listed)
    for _ in range(20):
        with pytest.raises(UnreadableError):
            FileSource(tmp_path)
    assert len(os.listdir("/proc/self/fd")) <= before + 1  # noqa: PTH208  (as above)


def test_a_name_that_is_no_utf_8_is_opened_and_shown_escaped(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    with pytest.raises(UnreadableError, match=r"caf\\xe9\.png"):
        FileSource(tmp_path / name / "below")
    (tmp_path / name).mkdir()
    with pytest.raises(UnreadableError, match=r"caf\\xe9\.png: a folder"):
        FileSource(tmp_path / name)
