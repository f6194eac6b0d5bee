"""What the files of the corpus say of themselves, through the readers there are."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.carriers.c2pa import PRELOAD
from provenance.examining import Examined, Examiner
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.model.signal import Level, strongest

FOLDERS = {"ai": "expected_verdict", "ai-synthetic": "expected_verdict", "c2pa": "expected_ai"}
MADE, NOT_MADE = frozenset({"ai", "yes", "partial"}), frozenset({"not-ai", "no"})
CONCLUSIVE = frozenset({Level.DECLARES, Level.FINGERPRINT})


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with UnsafeInProcessRunner(preload=PRELOAD[:1]) as runner:
        yield Examiner(runner, ())


def expectations(corpus: Path) -> Iterator[tuple[Path, str]]:
    for folder, column in FOLDERS.items():
        with (corpus / folder / "index.tsv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                yield corpus / folder / row["file"], row[column]


def described(examined: Examined) -> str:
    first = examined.signals[:1]
    return " ".join(f"{found.rule} {found.place} {found.value}" for found in first) or "-"


def test_every_file_that_declares_ai_is_found_and_no_other(
    corpus: Path, examiner: Examiner
) -> None:
    missed, alarms, rows = set(), set(), []
    for path, expected in expectations(corpus):
        with examiner.examine(path) as examined:
            level = strongest(examined.signals)
            rows.append(f"{path.name:<40} {expected:<9} {level or '-':<11} {described(examined)}")
        if expected in MADE and level not in CONCLUSIVE:
            missed.add(path.name)
        if expected in NOT_MADE and level in CONCLUSIVE:
            alarms.add(path.name)
    table = "\n".join(rows)
    sys.stdout.write(table + "\n")
    assert alarms == set(), table
    assert missed == set(), table
