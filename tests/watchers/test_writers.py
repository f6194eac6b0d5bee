import ctypes
import os

import pytest

from watchers.writers import has_open_writer


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mov"
    path.write_bytes(b"media")
    with path.open("ab"):
        if not has_open_writer(path):
            pytest.skip("the file system of the test folder grants no leases")
    return path


def test_an_open_writer_shows(clip):
    with clip.open("r+b"):
        assert has_open_writer(clip)
    assert not has_open_writer(clip)


def test_a_reader_is_no_writer(clip):
    with clip.open("rb"):
        assert not has_open_writer(clip)


def test_asking_leaves_no_lease_behind(clip):
    assert not has_open_writer(clip)
    # A lease that stood would make this fail with EWOULDBLOCK.
    os.close(os.open(clip, os.O_WRONLY | os.O_NONBLOCK))


def test_a_file_that_is_gone_has_no_writer(tmp_path):
    assert not has_open_writer(tmp_path / "gone.mov")


def test_a_link_is_not_followed(clip):
    link = clip.with_name("link.mov")
    link.symlink_to(clip)
    with clip.open("ab"):
        assert not has_open_writer(link)


def test_a_file_system_that_is_not_local_is_not_asked(tmp_path):
    # /proc grants no leases and is on no list of local file systems.
    assert not has_open_writer(tmp_path.__class__("/proc/self/status"))


def test_a_kernel_that_does_not_answer_shows_no_writer(clip, monkeypatch):
    class Deaf:
        @staticmethod
        def fstatfs(_descriptor, _buffer):
            return -1

    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Deaf)
    with clip.open("ab"):
        assert not has_open_writer(clip)
