"""Whoever saves a file while it is tagged loses nothing, whether names can be exchanged or not."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.faults import arm
from tests.cli.running import Show
from tests.faults.crashing import find_litter, find_log_flaw, tagging
from tests.faults.editing import EVERY_KIND, IN_PLACE, STRETCHED, race
from tests.faults.mounting import faulty

TRIALS = 300


@pytest.fixture(autouse=True)
def _stretched() -> Iterator[None]:
    """Stretch the moments around the exchange: between them are all the edits that can be lost."""
    arm(STRETCHED)
    yield
    arm("")


def lost(ended: Counter[str]) -> dict[str, int]:
    return {how: count for how, count in ended.items() if how.startswith("lost") and count}


@pytest.fixture
def unexchanged(show: Show, tmp_path: Path) -> Iterator[Path]:
    """Return a folder of the production whose file system exchanges no names."""
    with faulty(tmp_path, show.home / "work") as mounted:
        yield mounted.path


def test_no_edit_is_lost_where_names_are_exchanged(show: Show) -> None:
    with tagging(show) as tag:
        chance = random.Random(1)  # noqa: S311  (chance, to be had again)
        ended = race(show.home / "work/ep1", tag, trials=TRIALS, kinds=EVERY_KIND, chance=chance)
    assert lost(ended) == {}
    assert ended["tagged"] > TRIALS // 10
    assert ended["ChangedMeanwhileError"] > TRIALS // 100
    assert (find_litter(show), find_log_flaw(show)) == ("", "")


def test_no_edit_is_lost_where_names_cannot_be_exchanged(show: Show, unexchanged: Path) -> None:
    with tagging(show) as tag:
        chance = random.Random(2)  # noqa: S311  (chance, to be had again)
        ended = race(unexchanged / "ep1", tag, trials=TRIALS // 2, kinds=IN_PLACE, chance=chance)
    assert lost(ended) == {}
    assert ended["tagged"] > TRIALS // 20
    assert (find_litter(show), find_log_flaw(show)) == ("", "")
