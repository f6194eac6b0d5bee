"""A small file meets the runner that has little memory, a large one the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.errors import IsolationError
from provenance.isolation.by_size import SMALL_FILE, RunnerBySize
from provenance.isolation.interface import Limits
from provenance.isolation.worker_process import WorkerProcess

DIAGNOSTICS = "provenance.isolation.diagnostics"
ALLOCATE = f"{DIAGNOSTICS}:allocate"
A_LOT = 400 << 20


@pytest.fixture
def runner() -> Iterator[RunnerBySize]:
    narrow = Limits(memory_bytes=200 << 20)
    with (
        WorkerProcess(preload=(DIAGNOSTICS,), limits=narrow) as small,
        WorkerProcess(preload=(DIAGNOSTICS,)) as large,
        RunnerBySize(small=small, large=large) as both,
    ):
        yield both


def test_only_a_large_file_may_take_much_memory(runner: RunnerBySize, tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(SMALL_FILE)
        with pytest.raises(IsolationError, match="memory"):
            runner.run(ALLOCATE, {"size": A_LOT}, (file.fileno(),))
        file.truncate(SMALL_FILE + 1)
        assert runner.run(ALLOCATE, {"size": A_LOT}, (file.fileno(),)) == A_LOT


def test_its_protections_are_those_of_the_runner_in_use(runner: RunnerBySize) -> None:
    assert runner.protections == ()
    runner.run(ALLOCATE, {"size": 1})
    assert "memory" in runner.protections
