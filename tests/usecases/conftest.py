"""Productions to work in, made once and copied, with workers that all tests share."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from provenance.isolation.interface import TaskRunner
from provenance.isolation.worker_process import WorkerProcess
from provenance.media.technical import PRELOAD as TECHNICAL_TASKS
from provenance.tools import tasks
from tests.cli.running import another_picture
from tests.usecases.audit_desk import Desk
from tests.usecases.studio import Studio, make_home


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a production's folder that tests copy and never write."""
    return make_home(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def runner() -> Iterator[TaskRunner]:
    with WorkerProcess(preload=tasks()) as worker:
        yield worker


@pytest.fixture(scope="session")
def technical() -> Iterator[TaskRunner]:
    with WorkerProcess(preload=TECHNICAL_TASKS) as worker:
        yield worker


@pytest.fixture
def studio(
    template: Path, place: Path, runner: TaskRunner, technical: TaskRunner
) -> Iterator[Studio]:
    """Return a production with an empty registry."""
    home = Path(shutil.copytree(template, place / "show"))
    opened = Studio(home, runner, technical)
    yield opened
    opened.close()


@pytest.fixture
def another_studio(
    place: Path, runner: TaskRunner, technical: TaskRunner
) -> Iterator[Callable[[str], Studio]]:
    """Return a function that makes a further production, with keys of its own."""
    with ExitStack() as opened:

        def make(name: str) -> Studio:
            made = Studio(make_home(place / name, holder=name), runner, technical)
            opened.callback(made.close)
            return made

        yield make


@pytest.fixture
def sample(fixtures_dir: Path) -> Callable[[str], Path]:
    """Return a function that finds a sound sample: `png/rgb.png`."""

    def find(name: str) -> Path:
        folder, _, file = name.partition("/")
        return fixtures_dir / "media" / folder / "sound" / file

    return find


@pytest.fixture
def desk(studio: Studio, sample: Callable[[str], Path]) -> Desk:
    """Return a production with a temporary file, and another of other content."""
    shutil.copyfile(sample("wav/pcm16.wav"), studio.home / "voice.wav")
    file = studio.put(sample("png/rgb.png"), "sky.png")
    other = studio.put(another_picture(), "other.png")
    studio.tag(file)
    studio.tag(other)
    return Desk(studio, file, other)
