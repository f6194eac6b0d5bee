"""What hostile files cost: `python -m tests.benchmarks.bombs [--rounds 3] [--only WORD]`.

Every bomb, and every file of the hostile corpus if it lies beside the checkout, is given to
`provenance inspect --json` in a process of its own. Seconds are the median by the clock, start of
the interpreter included; memory is the largest resident set of any one process of the tree (the
command or one of its workers), not their sum; no figure can be smaller than what this script had
resident itself, which is printed below. Nothing is asserted about either: the machine decides, and
the seconds of processor of the whole tree stand beside. What is asserted is that each bomb ends in
a finding, else the exit status is 1; of what is heavy but sound, that it ends with a status.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_ROOT = Path(__file__).resolve().parents[2]
_CORPUS = _ROOT.parent / "shared" / "corpus" / "hostile"
_INSPECT = (sys.executable, "-m", "provenance", "inspect", "--json")
_MOST_SECONDS, _MOST_MEMORY = 2.0, 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one inspection of one file ended, and what it cost."""

    seconds: float
    """By the clock."""
    cpu: float
    """Of processor, for the command and its workers together."""
    memory: int
    """Bytes the largest of its processes had resident."""
    status: str
    """What the file is said to be; empty if the command did not say it."""
    finding: str
    """The first problem or signal; empty if there is none."""


def main(argv: Sequence[str]) -> int:
    """Build the bombs, set each off a few times and print the table."""
    arguments = _parsed(argv)
    with tempfile.TemporaryDirectory(dir=arguments.dir) as directory:
        files = [*_built(Path(directory)), *_foreign()]
        chosen = [path for path in files if arguments.only in str(path)]
        _say(f"{'bomb':<42}{'s':>7}{'CPU s':>7}{'MiB':>6}  ended with")
        ended = {path: inspect_often(path, arguments.rounds) for path in chosen}
    return _summed_up(ended)


def inspect_often(path: Path, rounds: int) -> Ended:
    """Inspect a file a few times; return the median of the time and the most of the memory."""
    runs = [inspect_once(path) for _ in range(rounds)]
    ended = Ended(
        seconds=median(run.seconds for run in runs),
        cpu=median(run.cpu for run in runs),
        memory=max(run.memory for run in runs),
        status=runs[-1].status,
        finding=runs[-1].finding,
    )
    shown = f"{path.parent.name}/{path.name}"
    said = f"{ended.status}: {ended.finding}" if ended.finding else ended.status
    _say(f"{shown:<42}{ended.seconds:>7.2f}{ended.cpu:>7.2f}{ended.memory >> 20:>6}  {said[:90]}")
    return ended


def inspect_once(path: Path) -> Ended:
    """Inspect a file in a process of its own."""
    command = [*_INSPECT, *(["--pixels"] if "pixels" in path.parts else []), str(path)]
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=_ROOT, stdout=output, stderr=subprocess.DEVNULL)
        # Of this process and those it waited for, the most that one of them had resident.
        _, code, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(code)
        output.seek(0)
        status, finding = _outcome(output.read())
    return Ended(
        seconds=seconds,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss << 10,
        status=status,
        finding=finding,
    )


def lacks_finding(path: Path, ended: Ended) -> bool:
    """Return whether it ended without saying what it must say."""
    may_be_sound = "honest" in path.parts
    return not (ended.finding or (may_be_sound and ended.status))


def _outcome(output: bytes) -> tuple[str, str]:
    try:
        (record,) = json.loads(output)
    except ValueError:
        return "", ""
    said = [problem["detail"] for problem in record["problems"]]
    said += [signal["signal"] for signal in record["signals"]]
    unknown = record["technical"].get("unknown", "")
    return record["status"], next(iter([*said, *([unknown] if unknown else [])]), "")


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bombs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="part of the path of the bombs to set off")
    parser.add_argument("--dir", type=Path, help="where the bombs are built and removed again")
    return parser.parse_args(argv)


def _built(directory: Path) -> list[Path]:
    command = [sys.executable, "-m", "tests.benchmarks.bomb_files", str(directory)]
    subprocess.run(command, cwd=_ROOT, check=True)
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _foreign() -> list[Path]:
    return sorted(path for path in _CORPUS.glob("*") if path.is_file())


def _summed_up(ended: dict[Path, Ended]) -> int:
    slow = sum(one.seconds > _MOST_SECONDS for one in ended.values())
    large = sum(one.memory > _MOST_MEMORY for one in ended.values())
    lacking = [path.name for path, one in ended.items() if lacks_finding(path, one)]
    _say(
        f"{len(ended)} bombs: {slow} took more than {_MOST_SECONDS:g} s,"
        f" {large} more than {_MOST_MEMORY >> 20} MiB, {len(lacking)} ended without a finding"
    )
    for name in lacking:
        _say(f"  without a finding: {name}")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    _say(f"largest process of each tree, not the sum; this script itself had {own} MiB resident")
    return 1 if lacking else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
