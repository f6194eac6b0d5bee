"""Sweeps that meet what cannot be read, and sweeps that end early: nothing is lost or left open."""

import os
import threading
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from provenance.engines.crew import Crew
from provenance.errors import RegistryError
from provenance.model.finding import Verdict
from provenance.sweep_index import Index
from provenance.sweeping import Sweeper, SweepTerms
from tests.usecases.later import hours_later
from tests.usecases.studio import Studio

JOBS = pytest.mark.parametrize("jobs", [1, 4, None])
LONG = "d" * 250


@pytest.fixture
def tree(studio: Studio, fixtures_dir: Path) -> Path:
    png = (fixtures_dir / "media/png/sound/rgb.png").read_bytes()
    for number in range(30):
        studio.put(png, f"{number:02}/a.png")
        studio.put(b"words", f"{number:02}/b.txt")
    return studio.home / "work"


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208  (no paths but names)


def deepen(folder: Path, depth: int) -> None:
    """Make a folder so deep that no path leads to it, with a file in it."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(LONG, dir_fd=at)
        below = os.open(LONG, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open("hidden.png", os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)


@pytest.mark.parametrize(
    ("top", "cwd"), [("/", "/usr"), ("", "/"), ("..", "/usr"), ("/usr/..", "/")]
)
def test_folders_below_the_root_can_be_left_out(
    top: str, cwd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cwd)
    excluded = frozenset(f"/{name}" for name in os.listdir("/"))  # noqa: PTH208  (no paths but names)
    with closing(Sweeper(SweepTerms(excluded=excluded))) as sweeper:
        swept = sweeper.sweep(top, Crew(1))
        assert next(swept).folders
        assert next(swept, None) is None


@JOBS
def test_a_folder_that_cannot_be_listed_is_undecided_each_time(
    jobs: int | None, studio: Studio, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepen(tree, 20)
    hours_later(monkeypatch, 1)
    for _ in range(2):
        report = studio.scan(tree, jobs=jobs)
        (result,) = (one for one in report.results if one.facts.path.endswith(LONG))
        assert result.verdict is Verdict.UNDECIDED
        assert "the folder cannot be listed: File name too long" in result.findings[0].message
        assert len(report.results) == 61


@JOBS
def test_a_scan_leaves_nothing_open(jobs: int | None, studio: Studio, tree: Path) -> None:
    studio.scan(tree)
    before, threads = open_files(), threading.active_count()
    report = studio.scan(tree, jobs=jobs)
    assert len(report.results) == 60
    del report
    assert (open_files(), threading.active_count()) == (before, threads)


@JOBS
def test_a_scan_that_fails_leaves_nothing_open(
    jobs: int | None, studio: Studio, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.scan(tree)
    studio.reopen()
    assert studio.production.registry.sequence >= 0
    before, threads = open_files(), threading.active_count()

    def unplugged(*_: object) -> None:
        raise RegistryError("the registry cannot be reached")

    monkeypatch.setattr(studio.production.registry, "attestations", unplugged)
    with pytest.raises(RegistryError, match="cannot be reached"):
        studio.scan(tree, jobs=jobs)
    monkeypatch.undo()
    assert threading.active_count() == threads
    assert len(open_files() - before) <= 1  # an index may be open until it is forgotten


@pytest.mark.parametrize("hands", [1, 4])
def test_a_sweep_that_is_left_in_the_middle_leaves_nothing_open(
    hands: int, studio: Studio, tree: Path
) -> None:
    terms = SweepTerms(
        make_screen=studio.production.make_screen,
        make_index=partial(Index, studio.home / "index.sqlite", "stamp"),
    )
    before = open_files()
    with Crew(hands) as crew, closing(Sweeper(terms)) as sweeper:
        swept = sweeper.sweep(str(tree), crew)
        assert [next(swept).folder for _ in range(3)][1:] == [f"{tree}/00", f"{tree}/01"]
        swept.close()
    assert open_files() == before


def test_folders_that_go_while_others_are_swept_are_said_to_be_gone(
    studio: Studio, tree: Path
) -> None:
    terms = SweepTerms(make_screen=studio.production.make_screen)
    with Crew(1) as crew, closing(Sweeper(terms)) as sweeper:
        swept = sweeper.sweep(str(tree), crew)
        next(swept)
        (tree / "07").rename(tree.parent / "07")
        (tree / "08").rename(tree.parent / "08")
        (tree / "08").symlink_to(tree.parent / "08")
        problems = {Path(one.folder).name: one.problem for one in swept if one.problem}
    assert problems.keys() == {"07", "08"}
    assert all(text.startswith("the folder cannot be listed: ") for text in problems.values())
