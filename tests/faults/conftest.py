"""Productions whose commands are made to fail."""

import shutil
from pathlib import Path

import pytest

from tests.cli.running import Show
from tests.faults.crashing import found


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a production as `init` leaves it; tests copy it and never write it."""
    return found(tmp_path_factory.mktemp("founded") / "show")


@pytest.fixture
def show(founded: Path, place: Path) -> Show:
    """Return an empty production."""
    return Show(Path(shutil.copytree(founded, place / "show")))
