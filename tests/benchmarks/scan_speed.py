"""How fast the gate is: `python -m tests.benchmarks.scan_speed [--files 5000] [--rounds 5]`.

Every reader runs over the same warm tree in a process of its own, in turns; the median counts.
Nothing is asserted: the machine decides the numbers. What a run missed or stopped wrongly is
printed beside them, because speed without recall is worth nothing.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

from provenance.model.finding import Verdict
from tests.benchmarks.corpus import Corpus, build
from tests.benchmarks.measuring import Run, run_reader

_OURS = "our scan, with all signals"
_NO_SIGNALS = "our scan, without signals"
_FIRST_SIGHT = "our scan, all seen the first time"
_FLOOR = "floor: list, open, read 4 KB, close"
_DISTRIBUTIONS = ("provenance", "c2pa-python", "mutagen", "pillow")


def main(argv: Sequence[str]) -> None:
    """Build the corpus, let the readers take turns and print the table."""
    arguments = _parsed(argv)
    with tempfile.TemporaryDirectory(dir=arguments.dir) as directory:
        begun = time.perf_counter()
        corpus = build(Path(directory), arguments.files)
        _say(
            f"{len(corpus.marks)} files of {corpus.mean_size / 1024:.0f} KB on average,"
            f" {len(corpus.to_block)} to block (built in {time.perf_counter() - begun:.0f} s)"
        )
        _read_all(corpus.tree)
        run_reader("read_ours", corpus.tree, corpus.home)  # what declares itself is known from here
        runs = _take_turns(corpus, arguments.rounds)
        _say(_table(runs))
        _say(_signals_cost(runs))
        _say(_recall(corpus, runs[_OURS][-1]))
    _say(_machine())


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scan_speed", description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dir", type=Path, help="where the corpus is built and removed again")
    return parser.parse_args(argv)


def _readers(corpus: Corpus) -> dict[str, Callable[[], Run]]:
    tree = corpus.tree
    return {
        _OURS: lambda: run_reader("read_ours", tree, corpus.home),
        _NO_SIGNALS: lambda: run_reader("read_ours", tree, corpus.home, "tags-only"),
        _FIRST_SIGHT: lambda: run_reader("read_ours", tree, corpus.blank()),
        "c2pa Reader, no validation": lambda: run_reader("read_c2pa", tree),
        "Pillow Exif and XMP, mutagen": lambda: run_reader("read_fields", tree),
        _FLOOR: lambda: run_reader("read_floor", tree),
    }


def _take_turns(corpus: Corpus, rounds: int) -> dict[str, list[Run]]:
    readers = _readers(corpus)
    runs: dict[str, list[Run]] = {name: [] for name in readers}
    for number in range(rounds):
        for name, read in readers.items():
            _progress(f"round {number + 1} of {rounds}: {name}")
            runs[name].append(read())
    return runs


def _read_all(tree: Path) -> None:
    """Read every byte once, so that storage plays no part."""
    for path in tree.rglob("*"):
        if path.is_file():
            path.read_bytes()


def _table(runs: dict[str, list[Run]]) -> str:
    """Return the medians; the spread is half the range, in percent of the median."""
    floor = _rates(runs[_FLOOR], lambda run: run.cpu)[0]
    lines = [f"{'reader':<36}{'files/s':>9}{'+-%':>5}{'files/CPU-s':>13}{'+-%':>5}{'floor x':>10}"]
    for name, timed in runs.items():
        wall, wall_spread = _rates(timed, lambda run: run.wall)
        cpu, cpu_spread = _rates(timed, lambda run: run.cpu)
        figures = f"{wall:>9,.0f}{wall_spread:>5.0f}{cpu:>13,.0f}{cpu_spread:>5.0f}"
        lines.append(f"{name:<36}{figures}{cpu / floor:>10.4f}")
    return "\n".join(lines)


def _rates(runs: Sequence[Run], cost: Callable[[Run], float]) -> tuple[float, float]:
    rates = [run.files / cost(run) for run in runs]
    middle = median(rates)
    return middle, (max(rates) - min(rates)) / 2 / middle * 100


def _signals_cost(runs: dict[str, list[Run]]) -> str:
    pairs = zip(runs[_OURS], runs[_NO_SIGNALS], strict=True)
    ratios = [with_all.cpu / without.cpu for with_all, without in pairs]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    return f"all signals cost {median(ratios):.2f} times the CPU of the scan without ({spread})"


def _recall(corpus: Corpus, run: Run) -> str:
    blocked = {Path(path) for path, verdict in run.stopped.items() if verdict == Verdict.BLOCK}
    wrong = {Path(path) for path in run.stopped} - corpus.to_block
    missed = corpus.to_block - blocked
    found = f"{len(corpus.to_block & blocked)} of {len(corpus.to_block)} marked files blocked"
    alarms = f"{len(wrong)} of {len(corpus.marks) - len(corpus.to_block)}"
    lines = [f"recall: {found}; false alarms: {alarms}"]
    lines += [f"  missed {path.name} ({corpus.marks[path]})" for path in sorted(missed)]
    lines += [f"  stopped wrongly {path.name}" for path in sorted(wrong)]
    return "\n".join(lines)


def _machine() -> str:
    model = platform.processor() or platform.machine()
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.is_file():
        lines = cpu_info.read_text().splitlines()
        model = next((line.partition(": ")[2] for line in lines if "model name" in line), model)
    versions = ", ".join(f"{name} {version(name)}" for name in _DISTRIBUTIONS)
    busy = f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"
    return f"{model}, {busy}; Python {platform.python_version()}, {versions}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _progress(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
