"""Run a reader in a process of its own and learn what it cost; let several take turns."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout, from which readers are started."""
_LONGEST = 3600
_STARTER = Path(__file__).with_name("launch.py")
DONE = frozenset({0, 1, 3})
"""Exit statuses of readers: done, found or did not find something, could not decide."""
_MICROSECONDS, _NANOSECONDS = 1e6, 1e9
_TASKS = Path("/proc/self/task")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one reader over the whole tree."""

    files: int
    """Files it saw."""
    wall: float
    """Seconds by the clock."""
    cpu: float
    """Seconds of processor, those of its children included."""
    peak: int = 0
    """Bytes the largest of its processes had resident."""
    stopped: dict[str, str] = field(default_factory=dict)
    """What a gate did not let pass, with the verdict."""

    @property
    def cpu_each(self) -> float:
        """Microseconds of processor for a file."""
        return self.cpu / self.files * _MICROSECONDS

    @property
    def wall_each(self) -> float:
        """Microseconds by the clock for a file."""
        return self.wall / self.files * _MICROSECONDS

    def without(self, start: "Run") -> "Run":
        """Return the run without what starting the program takes: importing is not counted."""
        wall, cpu = max(self.wall - start.wall, 0), max(self.cpu - start.cpu, 0)
        return replace(self, wall=wall, cpu=cpu)


Work = Callable[[], tuple[int, dict[str, str]]]
"""Reads the tree; returns how many files it saw, and what it would not let pass."""
Reader = Callable[[], Run]
"""Runs a reader once."""


def report(work: Work) -> None:
    """Do the work and print its cost as JSON; for the reader's own process."""
    cpu, wall = _cpu(), time.perf_counter()
    files, stopped = work()
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    run = {"files": files, "wall": wall, "cpu": cpu, "stopped": stopped}
    sys.stdout.write(json.dumps(run))


def run_reader(module: str, *arguments: Path | str) -> Run:
    """Run a reader once."""
    return Run(**json.loads(output_of(module, *arguments)))


def output_of(module: str, *arguments: Path | str) -> str:
    """Return what a module of this folder prints when it is run."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True, timeout=_LONGEST
    )
    return done.stdout


def run_command(
    command: Sequence[Path | str],
    files: int,
    *,
    start: Sequence[Path | str] = (),
    cwd: Path = ROOT,
) -> Run:
    """Run a program once, its output thrown away; what the command `start` costs is not counted.

    Raises CalledProcessError if it ends as no reader ends that did its work.
    """
    run = _timed(command, files, cwd)
    return run.without(_timed(start, files, cwd)) if start else run


def _timed(command: Sequence[Path | str], files: int, cwd: Path) -> Run:
    words = list(map(str, command))
    starter = [sys.executable, "-SE", str(_STARTER), *words]
    told = subprocess.run(starter, cwd=cwd, stdout=subprocess.PIPE, check=True, timeout=_LONGEST)
    cost = json.loads(told.stdout)
    code = cost.pop("code")
    if code not in DONE:
        raise subprocess.CalledProcessError(code, words)
    return Run(files=files, **cost)


def take_turns(readers: Mapping[str, Reader], rounds: int) -> dict[str, list[Run]]:
    """Let each reader run once a round, so that whatever else the machine does meets them all."""
    runs: dict[str, list[Run]] = {name: [] for name in readers}
    for number in range(rounds):
        for name, read in readers.items():
            progress(f"round {number + 1} of {rounds}: {name}")
            runs[name].append(read())
    return runs


def progress(text: str) -> None:
    """Say on standard error what is done just now."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages) + _cpu_of_the_living()


def _cpu_of_the_living() -> float:
    """Return the seconds of processor that children took which have not ended yet."""
    children = [one for told in _TASKS.glob("*/children") for one in told.read_text().split()]
    threads = [told for one in children for told in Path("/proc", one, "task").glob("*/schedstat")]
    return sum(int(told.read_text().split()[0]) for told in threads) / _NANOSECONDS
