import os
import shutil

import pytest

from tests.watchers.system import few_descriptors, mounted, nobody, open_to_all
from watchers.change import Problem, ProblemKind, inode_of, unpack
from watchers.filters import Filters
from watchers.listing import WalkOptions
from watchers.walker import DEEPEST, look_into, walk

OPTIONS = WalkOptions(filters=Filters())


def listings(top, **options):
    """Return what a walk lists, by folder; there must be no problem."""
    found = list(walk(top, WalkOptions(filters=Filters(), **options)))
    problems = [each for each in found if isinstance(each, Problem) or each.problems]
    assert problems == []
    return {each.folder: each for each in found}


def paths(found):
    return sorted(f"{each.folder}/{name}".lstrip("/") for each in found for name in each.files)


def files(top, **options):
    return paths(listings(top, **options).values())


def test_every_regular_file_is_found_with_its_state(tmp_path):
    (tmp_path / "day 1/scene").mkdir(parents=True)
    (tmp_path / "day 1/scene/a.mov").write_bytes(b"12345")
    (tmp_path / "b.png").write_bytes(b"1")
    assert files(tmp_path) == ["b.png", "day 1/scene/a.mov"]
    status = (tmp_path / "day 1/scene/a.mov").stat()
    packed = listings(tmp_path)["day 1/scene"].files["a.mov"]
    state = unpack(packed)
    assert (state.size, state.inode, inode_of(packed)) == (5, status.st_ino, status.st_ino)
    assert (state.mtime_ns, state.ctime_ns) == (status.st_mtime_ns, status.st_ctime_ns)


def test_folders_are_listed_before_what_lies_in_them(tmp_path):
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/d").mkdir()
    (tmp_path / "e").mkdir()
    found = [each.folder for each in walk(tmp_path, OPTIONS)]
    assert sorted(found) == ["", "a", "a/b", "a/b/c", "a/d", "e"]
    above = {name: name.rpartition("/")[0] for name in found if name}
    assert all(found.index(parent) < found.index(name) for name, parent in above.items())


def test_filtered_names_and_folders_are_passed_over(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/a.mov").touch()
    (tmp_path / "a.mov.part").touch()
    (tmp_path / "a.mov").touch()
    assert files(tmp_path) == ["a.mov"]


def test_files_that_may_be_renamed_into_place_are_known_by_their_content(tmp_path):
    for name in (".a.mov.x7Yz", "b.mov.part", "._c.mov"):
        (tmp_path / name).write_bytes(b"media")
    transfers = listings(tmp_path)[""].transfers
    assert len(transfers) == 2
    (tmp_path / "b.mov.part").rename(tmp_path / "b.mov")
    (packed,) = listings(tmp_path)[""].files.values()
    assert packed[:24] in transfers


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
    (name,) = listings(tmp_path)[""].files
    assert os.fsencode(tmp_path / name) == raw


def test_a_folder_removed_in_mid_walk_is_left_out_and_never_listed_as_empty(tmp_path):
    (tmp_path / "sub/deep").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    walking = walk(tmp_path, OPTIONS)
    assert next(walking).folder == ""
    shutil.rmtree(tmp_path / "sub")
    assert [each.folder for each in walking] == ["other"]


def test_a_walk_goes_on_in_a_folder_that_is_moved_meanwhile(tmp_path):
    (tmp_path / "top/a/b/c").mkdir(parents=True)
    (tmp_path / "top/a/b/c/d.mov").touch()
    (tmp_path / "top/a/z").mkdir()
    walking = walk(tmp_path / "top", OPTIONS)
    folders = [next(walking).folder for _ in range(3)]
    (tmp_path / "top").rename(tmp_path / "elsewhere")
    folders += [each.folder for each in walking]
    assert sorted(folders) == ["", "a", "a/b", "a/b/c", "a/z"]


def test_the_way_up_from_a_folder_that_was_moved_out_is_gone_anew(tmp_path):
    (tmp_path / "top/a/b/c").mkdir(parents=True)
    (tmp_path / "top/z").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.mov").touch()
    walking = walk(tmp_path / "top", OPTIONS)
    found = [next(walking).folder for _ in range(1)]
    while found[-1] != "a/b/c":
        found.append(next(walking).folder)
    (tmp_path / "top/a/b").rename(tmp_path / "outside/b")
    rest = list(walking)
    assert not [each for each in rest if isinstance(each, Problem)]
    assert sorted(found + [each.folder for each in rest]) == ["", "a", "a/b", "a/b/c", "z"]
    assert paths(rest) == []


def test_where_the_way_back_is_gone_the_rest_is_a_problem(tmp_path):
    (tmp_path / "top/a/b/c").mkdir(parents=True)
    (tmp_path / "top/a/z").mkdir()
    (tmp_path / "outside").mkdir()
    walking = walk(tmp_path / "top", OPTIONS)
    while next(walking).folder != "a/b/c":
        pass
    (tmp_path / "top/a/b").rename(tmp_path / "outside/b")
    (tmp_path / "top/a").rename(tmp_path / "outside/a")
    (tmp_path / "top/a/z").mkdir(parents=True)
    rest = list(walking)
    assert rest[-1].path == tmp_path / "top/a"
    assert "was moved" in rest[-1].message


def test_a_folder_swapped_for_a_link_in_mid_walk_does_not_lead_out(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.mov").touch()
    top = tmp_path / "top"
    (top / "sub").mkdir(parents=True)
    (top / "a.mov").touch()
    walking = walk(top, OPTIONS)
    next(walking)
    (top / "sub").rmdir()
    (top / "sub").symlink_to(tmp_path / "outside")
    (problem,) = walking
    assert problem.path == top / "sub"


def test_what_lies_below_the_longest_path_is_walked_with_two_descriptors(tmp_path):
    """40 folders of 200 bytes each: twice as long as a path may be."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(40):
        os.mkdir("n" * 200, dir_fd=here)
        deeper = os.open("n" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(os.open("a.mov", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.mkdir("last", dir_fd=here)
    os.close(here)
    with few_descriptors(3):
        found = list(walk(tmp_path, OPTIONS))
    assert len(found) == 42
    assert found[-1].folder.endswith("/last")
    (problem,) = [problem for each in found for problem in each.problems]
    assert problem.kind is ProblemKind.TOO_DEEP
    assert "longer than 4095 bytes" in problem.message


def test_a_folder_too_deep_is_a_problem_and_all_above_is_walked(tmp_path, unreadable_folder):
    unreadable_folder(tmp_path)
    *found, problem = walk(tmp_path, OPTIONS)
    assert len(found) == DEEPEST + 1
    assert problem.kind is ProblemKind.TOO_DEEP
    assert "512 folders deep" in problem.message


def test_a_top_that_is_gone_is_a_problem(tmp_path):
    (problem,) = walk(tmp_path / "gone", OPTIONS)
    assert problem.path == tmp_path / "gone"


def test_a_folder_one_may_not_read_is_a_problem_and_its_neighbours_are_walked(tmp_path):
    open_to_all(tmp_path)
    (tmp_path / "closed").mkdir(mode=0o000)
    (tmp_path / "open").mkdir()
    (tmp_path / "open/a.mov").touch()
    with nobody():
        found = list(walk(tmp_path, OPTIONS))
    (problem,) = [each for each in found if isinstance(each, Problem)]
    assert (problem.path, problem.kind) == (tmp_path / "closed", ProblemKind.UNREADABLE)
    assert "Permission denied" in problem.message
    assert "open/a.mov" in paths(each for each in found if not isinstance(each, Problem))


def test_another_file_system_below_is_walked(tmp_path):
    (tmp_path / "a/share").mkdir(parents=True)
    (tmp_path / "z").mkdir()
    with mounted(tmp_path / "a/share", "-t", "tmpfs", "tmpfs"):
        (tmp_path / "a/share/day/one").mkdir(parents=True)
        (tmp_path / "a/share/day/one/b.mov").touch()
        found = listings(tmp_path)
    assert sorted(found) == ["", "a", "a/share", "a/share/day", "a/share/day/one", "z"]
    assert found["a/share"].stamp.identity[0] != found["a"].stamp.identity[0]


def test_a_bind_mount_of_a_folder_within_itself_is_entered_once(tmp_path):
    (tmp_path / "in/again").mkdir(parents=True)
    (tmp_path / "in/a.mov").touch()
    with mounted(tmp_path / "in/again", "--bind", str(tmp_path)):
        assert files(tmp_path) == ["in/a.mov"]


class FailingEntry:
    """What a failing disk makes of a directory entry."""

    name = "a.mov"

    def __init__(self, error):
        self._error = error

    def is_dir(self, *, follow_symlinks):
        assert not follow_symlinks
        return False

    def is_file(self, *, follow_symlinks):
        assert not follow_symlinks
        return True

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


def problems_of(top):
    (listing,) = walk(top, OPTIONS)
    return listing.problems


def test_a_listing_that_breaks_off_is_a_problem(tmp_path, monkeypatch):
    listing = FailingListing(error=OSError(5, "Input/output error"))
    monkeypatch.setattr(os, "scandir", lambda _descriptor: listing)
    assert problems_of(tmp_path) == (
        Problem(path=tmp_path, message="cannot be read: Input/output error"),
    )


def test_a_file_whose_state_cannot_be_read_is_a_problem(tmp_path, monkeypatch):
    listing = FailingListing(FailingEntry(PermissionError(13, "Permission denied")))
    monkeypatch.setattr(os, "scandir", lambda _descriptor: listing)
    assert problems_of(tmp_path) == (
        Problem(path=tmp_path / "a.mov", message="cannot be read: Permission denied"),
    )


def test_a_file_that_came_and_went_is_no_problem(tmp_path, monkeypatch):
    listing = FailingListing(FailingEntry(FileNotFoundError(2, "No such file or directory")))
    monkeypatch.setattr(os, "scandir", lambda _descriptor: listing)
    assert problems_of(tmp_path) == ()


def test_folders_that_belong_elsewhere_are_left_out(tmp_path):
    (tmp_path / "day/inner").mkdir(parents=True)
    (tmp_path / "day/inner/a.mov").touch()
    assert files(tmp_path, elsewhere=frozenset({"day/inner"})) == []


def quick(top, known, start=""):
    return list(walk(top, OPTIONS, start=start, known=known.get))


def test_a_quick_walk_enters_only_what_is_not_known(tmp_path):
    (tmp_path / "known").mkdir()
    (tmp_path / "new/deep").mkdir(parents=True)
    found = quick(tmp_path, {"": {}, "known": {}})
    assert sorted(each.folder for each in found) == ["", "new", "new/deep"]


def test_in_a_big_known_folder_only_new_inodes_are_looked_at(tmp_path):
    for number in range(1200):
        (tmp_path / f"{number}.mov").touch()
    (before,) = walk(tmp_path, OPTIONS)
    (tmp_path / "0.mov").write_bytes(b"rewritten in place")
    (tmp_path / "staging.tmp").write_bytes(b"replaced")
    (tmp_path / "staging.tmp").rename(tmp_path / "1.mov")
    (tmp_path / "2.mov").unlink()
    (tmp_path / "new.mov").touch()
    (after,) = quick(tmp_path, {"": before.files})
    changed = {name for name, packed in after.files.items() if before.files.get(name) != packed}
    assert changed == {"1.mov", "new.mov"}
    assert "2.mov" not in after.files
    (whole,) = walk(tmp_path, OPTIONS)
    assert whole.files["0.mov"] != before.files["0.mov"]


def test_in_a_small_known_folder_a_rewrite_shows_too(tmp_path):
    (tmp_path / "a.mov").touch()
    (before,) = walk(tmp_path, OPTIONS)
    (tmp_path / "a.mov").write_bytes(b"rewritten in place")
    (after,) = quick(tmp_path, {"": before.files})
    assert after.files != before.files


@pytest.mark.parametrize("name", ["a.mov.part", "pipe.mov", "link.mov", "gone.mov"])
def test_a_hint_at_what_is_no_arrival_shows_nothing(tmp_path, name):
    (tmp_path / "a.mov.part").touch()
    (tmp_path / "a.mov").touch()
    os.mkfifo(tmp_path / "pipe.mov")
    (tmp_path / "link.mov").symlink_to(tmp_path / "a.mov")
    assert paths(look_into(tmp_path, "", [name], OPTIONS)) == []


def test_a_hint_below_a_file_shows_nothing(tmp_path):
    (tmp_path / "a.mov").touch()
    assert list(look_into(tmp_path, "a.mov", ["x.mov"], OPTIONS)) == []


def test_hints_at_files_show_them(tmp_path):
    (tmp_path / "day").mkdir()
    for name in ("a.mov", "b.mov", "c.mov"):
        (tmp_path / "day" / name).touch()
    (found,) = look_into(tmp_path, "day", ["a.mov", "b.mov"], OPTIONS)
    assert found.folder == "day"
    assert sorted(found.files) == ["a.mov", "b.mov"]
    assert found.stamp is None


def test_a_hint_at_a_folder_shows_all_below(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c.mov").touch()
    assert paths(look_into(tmp_path, "", ["a"], OPTIONS)) == ["a/b/c.mov"]


@pytest.mark.parametrize(("folder", "name"), [("", ".git"), (".git", "a.mov"), (".git", "objects")])
def test_a_hint_inside_a_folder_never_entered_shows_nothing(tmp_path, folder, name):
    (tmp_path / ".git/objects").mkdir(parents=True)
    (tmp_path / ".git/a.mov").touch()
    (tmp_path / ".git/objects/a.mov").touch()
    assert paths(look_into(tmp_path, folder, [name], OPTIONS)) == []


def test_a_hint_that_leads_through_a_link_shows_nothing(tmp_path):
    (tmp_path / "outside/sub").mkdir(parents=True)
    (tmp_path / "outside/sub/a.mov").touch()
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link").symlink_to(tmp_path / "outside")
    assert list(look_into(tmp_path / "root", "link/sub", ["a.mov"], OPTIONS)) == []


def test_a_hint_that_cannot_be_looked_at_is_a_problem(tmp_path):
    (found,) = look_into(tmp_path, "", ["n" * 300], OPTIONS)
    assert [each.message for each in found.problems] == ["cannot be read: File name too long"]


def test_a_hint_in_a_folder_one_may_not_enter_is_a_problem(tmp_path):
    open_to_all(tmp_path)
    (tmp_path / "closed").mkdir(mode=0o000)
    with nobody():
        (problem,) = look_into(tmp_path, "closed", ["a.mov"], OPTIONS)
    assert problem == Problem(path=tmp_path / "closed", message="cannot be read: Permission denied")


def test_a_quick_walk_of_a_folder_that_is_gone_is_a_problem(tmp_path):
    (problem,) = quick(tmp_path, {}, start="gone/deep")
    assert problem.path == tmp_path / "gone/deep"
    assert "No such file" in problem.message
