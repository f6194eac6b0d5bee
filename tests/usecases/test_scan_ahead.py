"""Files of many folders are judged at the same time, and nothing said of them depends on it."""

import os
import threading
from pathlib import Path

import pytest

from fixtures.build import recipes
from fixtures.png import with_text
from provenance.model.facts import AssetFacts
from provenance.model.finding import Verdict
from provenance.model.purpose import Purpose
from provenance.model.report import ScanReport
from provenance.registry.records import AssetRecord
from provenance.seen import Seen
from tests.usecases.studio import Studio

JOBS = pytest.mark.parametrize("jobs", [2, 16, 128, None])


@pytest.fixture
def tree(studio: Studio) -> Path:
    """A tree three folders deep, in which every seventh file says something, each another thing."""
    for number in range(210):
        folder = f"{number % 3}/{number % 5}" + ("/below" if number % 2 else "")
        texts = {"parameters": f"a harbour, Steps: {number}, Seed: 1"} if number % 7 == 0 else {}
        studio.put(with_text(**texts), f"{folder}/{number:03}.png")
        studio.put(b"words", f"{folder}/{number:03}.txt")
    return studio.home / "work"


def said(report: ScanReport) -> list[tuple[object, ...]]:
    return [(one.path_bytes, one.verdict, len(one.findings)) for one in report.results]


@JOBS
def test_order_and_verdicts_do_not_depend_on_how_many_judge(
    jobs: int | None, studio: Studio, tree: Path
) -> None:
    studio.scan(tree, jobs=1, uses_index=False)
    alone = said(studio.scan(tree, jobs=1, uses_index=False))
    assert len(alone) == 420
    assert [path for path, *_ in alone] == [
        os.fsencode(Path(folder, name))
        for folder, below, names in os.walk(tree)
        if below.sort() is None
        for name in sorted(names)
    ]
    assert said(studio.scan(tree, jobs=jobs, uses_index=False)) == alone


@JOBS
def test_all_files_are_told_of_as_they_are_judged(
    jobs: int | None, studio: Studio, tree: Path
) -> None:
    told: list[int] = []
    options = studio.options(jobs=jobs, uses_index=False)
    studio.production.scanner.scan((tree,), options, told.append)
    assert sum(told) == 420


def test_a_copy_that_was_judged_before_its_original_was_known_is_judged_anew(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.put(recipes()["ai"]["parameters.png"](), "a/made.png")
    copy = studio.put(with_text(), "b/.copy.png")  # for its name it is read in full
    is_judged = threading.Event()
    gatherer, rememberer = studio.production.gatherer, studio.production.rememberer
    facts_of, remember = gatherer.facts_of, rememberer.remember_declared

    def gathered(path: Path, purpose: Purpose, **more: object) -> AssetFacts:
        facts = facts_of(path, purpose, **more)  # type: ignore[arg-type]  # handed on
        if path == copy:
            is_judged.set()
        return facts

    def remembered(examined: Seen) -> AssetRecord:
        assert is_judged.wait(60)
        return remember(examined)

    monkeypatch.setattr(gatherer, "facts_of", gathered)
    monkeypatch.setattr(rememberer, "remember_declared", remembered)
    report = studio.scan(studio.home / "work", jobs=4)
    assert [one.verdict for one in report.results] == [Verdict.BLOCK, Verdict.BLOCK]
