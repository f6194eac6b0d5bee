"""Productions whose commands are made to fail."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cli.running import Show
from tests.faults.crashing import found


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a production as `init` leaves it; tests copy it and never write it."""
    return found(tmp_path_factory.mktemp("founded") / "show")


@pytest.fixture
def show(founded: Path, tmp_path: Path) -> Iterator[Show]:
    """Return an empty production, in memory where there is some: a registry flushes much."""
    memory = Path("/dev/shm")  # noqa: S108  (beneath it a folder of ours alone is made)
    parent = memory if os.access(memory, os.W_OK) else tmp_path
    with TemporaryDirectory(dir=parent, prefix="provenance-faults-") as folder:
        yield Show(Path(shutil.copytree(founded, Path(folder) / "show")))
