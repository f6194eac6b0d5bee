"""Run a reader in a process of its own and learn what it cost."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_LONGEST = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one reader over the whole tree."""

    files: int
    """Files it saw."""
    wall: float
    """Seconds by the clock."""
    cpu: float
    """Seconds of processor, those of its children included."""
    stopped: dict[str, str]
    """What a gate did not let pass, with the verdict."""


Work = Callable[[], tuple[int, dict[str, str]]]
"""Reads the tree; returns how many files it saw, and what it would not let pass."""


def report(work: Work) -> None:
    """Do the work and print its cost as JSON; for the reader's own process."""
    cpu, wall = _cpu(), time.perf_counter()
    files, stopped = work()
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    run = {"files": files, "wall": wall, "cpu": cpu, "stopped": stopped}
    sys.stdout.write(json.dumps(run))


def run_reader(module: str, *arguments: Path | str) -> Run:
    """Run a reader once."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=True, timeout=_LONGEST)
    return Run(**json.loads(done.stdout))


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
