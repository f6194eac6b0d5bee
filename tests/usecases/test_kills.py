"""Tagging is killed at every line that writes; the file is the old one or the whole new one."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
KILL_SECONDS = 280
STEPS = {"png/rgb.png": 1, "mp4/moov_last.mp4": 5, "mp3/bare.mp3": 5, "rf64/pcm16.rf64": 5}
"""A sample, and at every which line the tagging of it is killed."""


@pytest.mark.timeout(KILL_SECONDS + 10)
@pytest.mark.parametrize("name", STEPS)
def test_a_kill_at_any_line_leaves_the_old_file_or_the_whole_tagged_one(
    name: str,
    place: Path,
    template: Path,
    sample: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = [sys.executable, "-m", "tests.usecases.kill_driver"]
    done = subprocess.run(
        [*program, str(sample(name)), str(template), str(place / "scratch"), str(STEPS[name])],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=KILL_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["killed"] >= 1000 // STEPS[name]
    # Some before the exchange, some after it, and at many points.
    assert 0 < found["tagged"] < found["killed"]
    assert found["states"] >= 12
    with capsys.disabled():
        print(  # noqa: T201  (the count is asked for)
            f"\n{name}: survived {found['killed']} kills, {found['tagged']} of them after the"
            f" exchange; recovered from {found['states']} different states"
        )
