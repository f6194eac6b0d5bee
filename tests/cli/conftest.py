"""The command line at work: a production to stand in, and a way to run commands in it."""

import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from provenance.cli.main import main
from tests.cli.running import Result, Show, sample


@dataclass(frozen=True, slots=True)
class Terminal:
    """Runs commands in this process, as a console script would."""

    captured: pytest.CaptureFixture[str]

    def __call__(self, *words: str | Path) -> Result:
        self.captured.readouterr()
        code = main([str(word) for word in words])
        out, err = self.captured.readouterr()
        return Result(code=code, out=out, err=err)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a function that runs a command and returns what came of it."""
    for name in ("PROVENANCE_CONFIG", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(capsys)


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a production as `init` leaves it; tests copy it and never write it."""
    home = tmp_path_factory.mktemp("founded") / "show"
    assert main(["init", str(home), "--name", "My Show"]) == 0
    settings = home / "provenance.toml"
    patient = settings.read_text("utf-8")
    hasty = patient.replace("settle_seconds = 5 ", "settle_seconds = 0.2 ")
    assert hasty != patient
    settings.write_text(hasty.replace("[watch]", '[watch]\nlisten = "127.0.0.1:0"'), "utf-8")
    return home


@pytest.fixture(scope="session")
def furnished(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a production with one tagged file, `generated/concept.png`."""
    home = Path(shutil.copytree(founded, tmp_path_factory.mktemp("furnished") / "show"))
    (home / "generated/concept.png").write_bytes(sample("png"))
    config = str(home / "provenance.toml")
    assert main(["--config", config, "tag", str(home / "generated")]) == 0
    return home


@pytest.fixture
def enter(place: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Show]:
    def entered(template: Path) -> Show:
        home = Path(shutil.copytree(template, place / "show"))
        monkeypatch.chdir(home)
        return Show(home)

    return entered


@pytest.fixture
def show(founded: Path, enter: Callable[[Path], Show]) -> Show:
    """Stand in an empty production."""
    return enter(founded)


@pytest.fixture
def tagged_show(furnished: Path, enter: Callable[[Path], Show]) -> Show:
    """Stand in a production whose `generated/concept.png` is tagged."""
    return enter(furnished)
