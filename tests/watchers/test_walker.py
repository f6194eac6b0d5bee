import os
import shutil
from pathlib import Path

import pytest

from watchers.change import Problem
from watchers.filters import Filters
from watchers.walker import FoundFile, look_at, walk


def files(top, **options):
    found = list(walk(top, Filters(), **options))
    assert not [each for each in found if isinstance(each, Problem)]
    return sorted(str(each.path.relative_to(top)) for each in found)


def test_every_regular_file_is_found_with_its_state(tmp_path):
    (tmp_path / "day 1/scene").mkdir(parents=True)
    (tmp_path / "day 1/scene/a.mov").write_bytes(b"12345")
    (tmp_path / "b.png").write_bytes(b"1")
    assert files(tmp_path) == ["b.png", "day 1/scene/a.mov"]
    found = {each.path.name: each for each in walk(tmp_path, Filters())}
    assert found["a.mov"].state.size == 5
    assert found["a.mov"].state.inode == (tmp_path / "day 1/scene/a.mov").stat().st_ino


def test_filtered_names_and_folders_are_passed_over(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/a.mov").touch()
    (tmp_path / "a.mov.part").touch()
    (tmp_path / "a.mov").touch()
    assert files(tmp_path) == ["a.mov"]


def test_links_are_never_followed_and_cannot_loop(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.mov").touch()
    (tmp_path / "in/up").symlink_to(tmp_path)
    (tmp_path / "in/again").symlink_to(tmp_path / "in")
    (tmp_path / "in/link.mov").symlink_to(tmp_path / "in/a.mov")
    assert files(tmp_path) == ["in/a.mov"]


def test_the_top_itself_may_be_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.mov").touch()
    (tmp_path / "share").symlink_to(tmp_path / "real")
    assert files(tmp_path / "share") == ["a.mov"]


def test_only_regular_files_are_found(tmp_path):
    os.mkfifo(tmp_path / "pipe.mov")
    (tmp_path / "a.mov").touch()
    assert files(tmp_path) == ["a.mov"]


def test_names_that_are_not_utf8_survive(tmp_path):
    raw = os.fsencode(tmp_path) + b"/caf\xe9.mov"
    os.close(os.open(raw, os.O_CREAT | os.O_WRONLY))
    (found,) = walk(tmp_path, Filters())
    assert os.fsencode(found.path) == raw
    assert found.path.exists()


def test_a_folder_removed_in_mid_walk_is_a_problem_and_never_empty(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/deep").mkdir()
    (tmp_path / "sub/a.mov").touch()
    walking = walk(tmp_path, Filters())
    assert next(walking).path == tmp_path / "sub/a.mov"
    shutil.rmtree(tmp_path / "sub")
    (problem,) = walking
    assert problem.path == tmp_path / "sub/deep"
    assert "No such file" in problem.message


def test_a_folder_swapped_for_a_link_in_mid_walk_does_not_lead_out(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.mov").touch()
    top = tmp_path / "top"
    (top / "sub").mkdir(parents=True)
    (top / "a.mov").touch()
    walking = walk(top, Filters())
    next(walking)
    (top / "sub").rmdir()
    (top / "sub").symlink_to(tmp_path / "outside")
    (problem,) = walking
    assert problem.path == top / "sub"


def test_a_path_longer_than_the_kernel_takes_is_a_problem(tmp_path, unreadable_folder):
    unreadable_folder(tmp_path)
    (problem,) = walk(tmp_path, Filters())
    assert problem.message == "cannot be read: File name too long"


def test_a_top_that_is_gone_is_a_problem(tmp_path):
    (problem,) = walk(tmp_path / "gone", Filters())
    assert problem.path == tmp_path / "gone"


class FailingEntry:
    """What a failing disk makes of a directory entry."""

    name = "a.mov"

    def __init__(self, error):
        self._error = error

    def is_dir(self, *, follow_symlinks):
        assert not follow_symlinks
        return False

    def stat(self, *, follow_symlinks):
        assert not follow_symlinks
        raise self._error


class FailingListing:
    """A listing that yields some entries and then fails."""

    def __init__(self, *entries, error=None):
        self._entries = entries
        self._error = error

    def __enter__(self):
        return self._yield()

    def __exit__(self, *_details):
        return None

    def _yield(self):
        yield from self._entries
        if self._error:
            raise self._error


def test_a_listing_that_breaks_off_is_a_problem(tmp_path, monkeypatch):
    listing = FailingListing(error=OSError(5, "Input/output error"))
    monkeypatch.setattr(os, "scandir", lambda _descriptor: listing)
    assert list(walk(tmp_path, Filters())) == [
        Problem(path=tmp_path, message="cannot be read: Input/output error")
    ]


def test_a_file_whose_state_cannot_be_read_is_a_problem(tmp_path, monkeypatch):
    listing = FailingListing(FailingEntry(PermissionError(13, "Permission denied")))
    monkeypatch.setattr(os, "scandir", lambda _descriptor: listing)
    assert list(walk(tmp_path, Filters())) == [
        Problem(path=tmp_path / "a.mov", message="cannot be read: Permission denied")
    ]


def test_a_file_that_came_and_went_is_no_problem(tmp_path, monkeypatch):
    listing = FailingListing(FailingEntry(FileNotFoundError(2, "No such file or directory")))
    monkeypatch.setattr(os, "scandir", lambda _descriptor: listing)
    assert list(walk(tmp_path, Filters())) == []


def test_folders_that_belong_elsewhere_are_left_out(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/a.mov").touch()
    assert files(tmp_path, elsewhere=frozenset({tmp_path / "inner"})) == []
    inner = tmp_path / "inner"
    assert files(inner, elsewhere=frozenset({inner})) == ["a.mov"]


def test_the_same_folder_is_entered_once(tmp_path, monkeypatch):
    """Stands for a bind mount that shows a folder within itself."""
    (tmp_path / "again").mkdir()
    (tmp_path / "a.mov").touch()
    real_open = os.open

    def open_the_top_again(path, flags, **options):
        return real_open(tmp_path if Path(path).name == "again" else path, flags, **options)

    monkeypatch.setattr(os, "open", open_the_top_again)
    assert files(tmp_path) == ["a.mov"]


@pytest.mark.parametrize("name", ["a.mov.part", "pipe.mov", "link.mov", "gone.mov", "a.mov/x.mov"])
def test_a_hint_at_what_is_no_arrival_yields_nothing(tmp_path, name):
    (tmp_path / "a.mov.part").touch()
    (tmp_path / "a.mov").touch()
    os.mkfifo(tmp_path / "pipe.mov")
    (tmp_path / "link.mov").symlink_to(tmp_path / "a.mov")
    assert list(look_at(tmp_path / name, tmp_path, Filters())) == []


def test_a_hint_at_a_file_yields_it(tmp_path):
    (tmp_path / "a.mov").touch()
    (found,) = look_at(tmp_path / "a.mov", tmp_path, Filters())
    assert isinstance(found, FoundFile)
    assert found.path == tmp_path / "a.mov"


def test_a_hint_at_a_folder_yields_all_below(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c.mov").touch()
    (found,) = look_at(tmp_path / "a", tmp_path, Filters())
    assert found.path == tmp_path / "a/b/c.mov"


@pytest.mark.parametrize("name", [".git", ".git/objects", ".git/objects/a.mov"])
def test_a_hint_inside_a_folder_never_entered_yields_nothing(tmp_path, name):
    (tmp_path / ".git/objects").mkdir(parents=True)
    (tmp_path / ".git/objects/a.mov").touch()
    assert list(look_at(tmp_path / name, tmp_path, Filters())) == []


def test_a_hint_that_leads_through_a_link_yields_nothing(tmp_path):
    (tmp_path / "outside/sub").mkdir(parents=True)
    (tmp_path / "outside/sub/a.mov").touch()
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link").symlink_to(tmp_path / "outside")
    assert list(look_at(tmp_path / "root/link/sub/a.mov", tmp_path / "root", Filters())) == []


def test_a_root_with_a_dot_name_is_looked_at(tmp_path):
    root = tmp_path / ".dailies"
    root.mkdir()
    (root / "a.mov").touch()
    assert len(list(look_at(root, root, Filters()))) == 1


def test_a_hint_that_cannot_be_looked_at_is_a_problem(tmp_path):
    name = "n" * 300
    (problem,) = look_at(tmp_path / name, tmp_path, Filters())
    assert problem.message == "cannot be read: File name too long"
