"""What tests of the command line share: results, a production's folder, sample bytes."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fixtures.build import recipes
from fixtures.png import encode
from fixtures.raster import picture
from provenance.rooting import MARKER

_DEADLINE = 30.0
_PAUSE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """The output without its line breaks and indents."""
        return " ".join(self.out.split())

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Show:
    """The folder of a production."""

    home: Path

    def put(self, place: str, data: bytes) -> Path:
        path = self.home / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def set(self, old: str, new: str) -> None:
        """Change a setting."""
        settings = self.home / "provenance.toml"
        text = settings.read_text("utf-8")
        assert old in text
        settings.write_text(text.replace(old, new), "utf-8")

    def listing(self, *folders: str) -> dict[str, bytes]:
        """Return every file below these folders with its bytes; not the markers of zones."""
        return {
            str(path.relative_to(self.home)): path.read_bytes()
            for folder in folders
            for path in sorted((self.home / folder).rglob("*"))
            if path.is_file() and path.name != MARKER
        }


@cache
def sample(fmt: str) -> bytes:
    """Return the plainest sound file of a format."""
    return next(iter(recipes()[f"media/{fmt}/sound"].values()))()


@cache
def declared(name: str = "parameters.png") -> bytes:
    """Return a file that declares itself AI-made."""
    return recipes()["ai"][name]()


@cache
def plain(name: str = "caption.png") -> bytes:
    """Return a file that declares nothing."""
    return recipes()["plain"][name]()


@cache
def another_picture() -> bytes:
    """Return a PNG with other pixels than every other sample here."""
    return encode(picture(1))


def spawn(*words: str | Path, cwd: Path, **variables: str) -> Result:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "provenance", *words],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        timeout=_DEADLINE,
        check=False,
    )
    out, err = (text.decode("utf-8", "backslashreplace") for text in (done.stdout, done.stderr))
    return Result(code=done.returncode, out=out, err=err)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return as soon as the condition holds; fail at a deadline."""
    pause = threading.Event()
    deadline = time.monotonic() + _DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        pause.wait(_PAUSE)
