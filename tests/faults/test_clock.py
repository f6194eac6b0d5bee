"""A clock that is set back brings nothing back to life and unsettles no log."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.small_media import small_media
from tests.cli.running import Show
from tests.faults.crashing import find_log_flaw

BEFORE, VALID, EXPIRED = "2030-01-02 10:00", "2030-03-02 10:00", "2030-11-02 10:00"
UNTIL = "2030-06-01"


@pytest.fixture
def at(show: Show) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Return a function that runs a command at another time."""
    program = shutil.which("faketime")
    if program is None:
        pytest.skip("there is no faketime")

    def run_at(moment: str, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program, moment, sys.executable, "-m", "provenance", *words],
            cwd=show.home,
            env={**os.environ, "TZ": "UTC"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run_at


def test_an_approval_that_expired_stays_expired_when_the_clock_is_set_back(
    show: Show, at: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    file = show.put("deliverables/a.png", small_media(1)[1])
    mail = show.put("mail.eml", b"You may use it.")
    assert at(BEFORE, "tag", file).returncode == 0
    terms = ("--approver", "Jo", "--evidence", mail, "--until", UNTIL)
    assert at(BEFORE, "approve", file, *terms).returncode == 0
    assert at(VALID, "scan", "deliverables").returncode == 0
    assert at(EXPIRED, "scan", "deliverables").returncode == 1
    back = at(VALID, "scan", "deliverables")
    assert back.returncode == 1
    assert "the clock" in " ".join(back.stderr.split())
    assert at(VALID, "approvals", "list").stdout.count("expired") == 1
    assert find_log_flaw(show) == ""


def test_a_clock_that_is_set_back_does_not_stop_the_tagging(
    show: Show, at: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    first = show.put("generated/a.png", small_media(1)[1])
    second = show.put("generated/b.png", small_media(4)[1])
    assert at(EXPIRED, "tag", first).returncode == 0
    assert at(BEFORE, "tag", second).returncode == 0
    assert at(BEFORE, "scan", second).returncode == 1
    assert find_log_flaw(show) == ""
