"""Nothing that says AI passes, wherever and however it says so; nothing harmless is stopped."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from provenance.cli.init import found
from provenance.config import CONFIG_NAME, load_config
from provenance.media.formats import FORMATS
from provenance.wiring import Production
from tests.exhaustive import exhaustive
from tests.recall.beside import AI_FOLDER, CLEAN_FOLDER
from tests.recall.matrix import MATRIX, Recall, recalls, write

pytestmark = [exhaustive, pytest.mark.timeout(900)]
MEMORY = Path("/dev/shm")  # noqa: S108  (beneath it a folder of ours alone is made)
BESIDE = 90
"""Files of each folder, at the least, that are no cells: tagged, signed, stripped, spoken of."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def scans(folder: Path) -> Callable[[], tuple[Recall, ...]]:
    """Return a function that scans when first asked: what a fixture runs is always counted."""
    return cache(partial(scan, folder))


def scan(folder: Path) -> tuple[Recall, ...]:
    for name in ("show", "another_show"):
        (folder / name).mkdir()
        found(folder / name, name)
    with (
        Production(load_config(folder / "show" / CONFIG_NAME)) as ours,
        Production(load_config(folder / "another_show" / CONFIG_NAME)) as stranger,
    ):
        write(folder, ours, stranger)
        return tuple(recalls(folder, ours))


def test_everything_that_says_ai_is_blocked(scans: Callable[[], tuple[Recall, ...]]) -> None:
    assert all(recall.files >= len(MATRIX) + BESIDE for recall in scans())
    assert {recall.way: recall.missed for recall in scans() if recall.missed} == {}


def test_no_harmless_twin_is_stopped(scans: Callable[[], tuple[Recall, ...]], folder: Path) -> None:
    alarms = {recall.way: recall.alarms for recall in scans() if recall.alarms}
    blocked, passed = (set(names(folder / name)) for name in (AI_FOLDER, CLEAN_FOLDER))
    assert {cell.name for cell in MATRIX} <= blocked & passed
    assert alarms == {}


def test_every_format_has_cells_and_every_cell_a_name_of_its_own() -> None:
    assert {cell.fmt for cell in MATRIX} == {fmt.name for fmt in FORMATS}
    assert len({cell.name for cell in MATRIX}) == len(MATRIX)


def names(place: Path) -> list[str]:
    return [path.name for path in place.iterdir()]
