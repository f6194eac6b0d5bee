"""Where other processes help to sweep a tree, everything is said once and in the same order."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fixtures.build import recipes
from provenance import sweeping
from provenance.engines.crew import Crew
from provenance.model.report import ScanReport
from provenance.sweeping import Sweeper, SweepTerms
from tests.usecases.later import hours_later
from tests.usecases.studio import Studio

FOLDERS = 150


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have others help from the first files on."""
    monkeypatch.setattr(sweeping, "_MANY", 3)


@pytest.fixture
def tree(studio: Studio, fixtures_dir: Path) -> Path:
    work = studio.home / "work"
    samples = sorted((fixtures_dir / "media").glob("*/sound/*"))
    for number in range(FOLDERS):
        folder = work / f"{number // 10}" / f"{number}"
        folder.mkdir(parents=True)
        sample = samples[number % len(samples)]
        name = sample.name if number % 5 == 0 else "b.txt"
        (folder / name).write_bytes(sample.read_bytes())
        (folder / "a.png").write_bytes(recipes()["media/png/sound"]["rgb.png"]())
    (work / "7/77/made.png").write_bytes(recipes()["ai"]["parameters.png"]())
    return work


def said(report: ScanReport) -> list[tuple[object, ...]]:
    return [(one.path_bytes, one.verdict, len(one.findings)) for one in report.results]


def children() -> set[int]:
    return {process.pid or 0 for process in multiprocessing.active_children()}


@pytest.mark.parametrize("uses_index", [True, False])
def test_a_scan_with_helpers_says_what_one_without_says(
    tree: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch, *, uses_index: bool
) -> None:
    studio.scan(tree, jobs=1, uses_index=False)
    alone = said(studio.scan(tree, jobs=1, uses_index=False))
    assert len(alone) == 2 * FOLDERS + 1
    hours_later(monkeypatch, 1)
    for _ in range(2):
        assert said(studio.scan(tree, uses_index=uses_index)) == alone
    assert not children()


def test_a_scan_with_helpers_beside_threads_says_the_same(tree: Path, studio: Studio) -> None:
    studio.scan(tree, jobs=1, uses_index=False)
    alone = said(studio.scan(tree, jobs=1, uses_index=False))
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert said(studio.scan(tree)) == alone
    finally:
        release.set()
        thread.join()


@pytest.fixture
def sweeper(studio: Studio) -> Iterator[Sweeper]:
    terms = SweepTerms(make_screen=studio.production.make_screen)
    with closing(Sweeper(terms)) as made:
        yield made


@pytest.mark.parametrize("at", [12, 15, 160])
def test_nothing_is_lost_when_helpers_are_killed(at: int, tree: Path, sweeper: Sweeper) -> None:
    folders = []
    with Crew() as crew:
        for number, swept in enumerate(sweeper.sweep(str(tree), crew)):
            folders.append(swept.folder)
            if number == at:
                assert children()
                for pid in children():
                    os.kill(pid, signal.SIGKILL)
                for thread in set(threading.enumerate()) - {threading.current_thread()}:
                    thread.join(30)  # who watches over them knows it then
    walked = [str(folder) for folder, below, _ in os.walk(tree) if below.sort() is None]
    assert folders == walked


def test_who_stops_in_the_middle_leaves_nobody_behind(tree: Path, sweeper: Sweeper) -> None:
    with Crew() as crew:
        swept = sweeper.sweep(str(tree), crew)
        for _ in range(30):
            next(swept)
        assert children()
        sweeper.close()
    assert not children()
