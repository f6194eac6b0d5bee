"""A walk sees every entry once, in a stable order, and never takes silence for emptiness."""

import os
from pathlib import Path

import pytest

from provenance.walking import Found, walk


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b/two.png", "b/one.png", "a.png", "b/deep/three.png", "c/.hidden"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    return tmp_path


def names(root: Path, found: list[Found]) -> list[str]:
    assert not any(one.problem for one in found)
    return [str(one.path.relative_to(root)) for one in found]


def test_files_come_in_name_order_before_the_folders_beside_them(tree: Path) -> None:
    expected = ["a.png", "b/one.png", "b/two.png", "b/deep/three.png", "c/.hidden"]
    assert names(tree, list(walk([tree]))) == expected


def test_each_file_of_a_folder_knows_the_endings_beside_it(tree: Path) -> None:
    (tree / "a.XMP").write_bytes(b"x")
    first, *_ = walk([tree])
    assert first.endings == {"png", "xmp", "b", "c", "empty"}
    (named,) = walk([tree / "a.png"])
    assert named.endings is None


def test_named_files_come_as_they_are_named_even_if_they_do_not_exist(tree: Path) -> None:
    named = [tree / "b/two.png", tree / "gone.png", tree / "a.png"]
    assert [found.path for found in walk(named)] == named


def test_an_excluded_folder_is_left_out_and_its_namesake_is_not(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree)
    excluded = frozenset({tree / "b/deep", tree / "deep"})
    found = [str(one.path) for one in walk([Path()], excluded=excluded)]
    assert found == ["a.png", "b/one.png", "b/two.png", "c/.hidden"]


def test_links_and_pipes_are_shown_and_not_followed(tree: Path) -> None:
    (tree / "empty/loop").symlink_to(tree)
    (tree / "empty/dangling").symlink_to(tree / "nowhere")
    os.mkfifo(tree / "empty/pipe")
    listed = names(tree, list(walk([tree / "empty"])))
    assert listed == ["empty/dangling", "empty/loop", "empty/pipe"]
    assert names(tree, list(walk([tree / "empty/loop"]))) == ["empty/loop"]


def test_a_folder_that_vanishes_is_a_problem_and_no_silence(tree: Path) -> None:
    found = walk([tree])
    assert next(found).path == tree / "a.png"
    for name in ("b/one.png", "b/two.png", "b/deep/three.png"):
        (tree / name).unlink()
    (tree / "b/deep").rmdir()
    (tree / "b").rmdir()
    problem, *rest = found
    assert problem.path == tree / "b"
    assert "cannot be listed" in problem.problem
    assert names(tree, rest) == ["c/.hidden"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_not_be_listed_is_a_problem(tree: Path) -> None:
    (tree / "b").chmod(0)
    try:
        found = list(walk([tree / "b", tree / "b/deep"]))
    finally:
        (tree / "b").chmod(0o755)
    assert found[0].problem
    assert found[1] == Found(path=tree / "b/deep")


def test_a_name_too_long_to_exist_is_a_file_to_be_judged(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    assert list(walk([path])) == [Found(path=path)]


def test_names_that_are_no_utf_8_are_walked(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    (tmp_path / name).write_bytes(b"x")
    assert [found.path.name for found in walk([tmp_path])] == [name]
