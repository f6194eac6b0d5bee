"""How much memory a scan takes does not hang on how many files there are, but for one folder's."""

import os
import tracemalloc
from pathlib import Path

import pytest

from fixtures.build import recipes
from provenance.model.finding import Verdict
from tests.exhaustive import exhaustive
from tests.usecases.later import hours_later
from tests.usecases.studio import Studio

pytestmark = exhaustive

FOLDERS, FILES = 60, 1000
_LITTLE = 9 << 19


@pytest.fixture
def tree(studio: Studio) -> Path:
    """Return a tree of very many names of one file."""
    work = studio.home / "work"
    work.mkdir()
    first = studio.home / "first.png"
    first.write_bytes(recipes()["media/png/sound"]["rgb.png"]())
    for folder in range(FOLDERS):
        (work / f"{folder}").mkdir()
        for number in range(FILES):
            os.link(first, work / f"{folder}/{number:06}.png")
    return work


def test_sixty_thousand_files_are_scanned_in_little_memory(
    tree: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours_later(monkeypatch, 1)
    studio.scan(tree / "0", jobs=1)  # what is made once is made
    for _ in range(2):
        tracemalloc.start()
        try:
            report = studio.scan(tree, jobs=1)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert (len(report.results), report.verdict) == (FOLDERS * FILES, Verdict.PASS)
        assert most < _LITTLE
