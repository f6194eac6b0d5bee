"""How fast the gate is: `python -m tests.benchmarks [SECTION...] [--quick]`.

Builds its corpus, lets ours and the peers run in turns, and prints one table: medians, the spread
of the pairs, the bar each row has to reach and whether it does. The machine decides the figures, so
a bar that is not met is no failure: the exit status is 1 only where a marked file was missed,
another was stopped, or what a section started failed.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.benchmarks import (
    big_masters,
    cluster,
    million,
    reads,
    recall,
    slow_storage,
    start,
    warm,
)
from tests.benchmarks.bench import QUICK, Bench, Sections, Sizes
from tests.benchmarks.machine import described
from tests.benchmarks.measuring import progress
from tests.benchmarks.peers import MissingPeerError
from tests.benchmarks.rows import Row, table

SECTIONS: Sections = {
    "recall": recall.rows,
    "warm": warm.rows,
    "reads": reads.rows,
    "latency": slow_storage.rows,
    "million": million.rows,
    "start": start.rows,
    "masters": big_masters.rows,
    "cluster": cluster.rows,
}
"""Every section, in the order in which they run."""


def main(argv: Sequence[str]) -> int:
    """Measure and print the table."""
    arguments = _parsed(argv)
    sizes = QUICK if arguments.quick else Sizes()
    chosen = {name: getattr(arguments, name) for name in ("rounds", "files", "entries")}
    given = {name: value for name, value in chosen.items() if value}
    sizes = replace(sizes, is_empty=arguments.empty, **given)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=arguments.dir) as directory:
        bench = Bench(directory=Path(directory), sizes=sizes)
        for name in arguments.sections or SECTIONS:
            rows += _measured(name, bench)
    _say(table(rows))
    _say("\n".join([*bench.notes, described()]))
    return 1 if any(row.is_wrong for row in rows) else 0


def _measured(name: str, bench: Bench) -> list[Row]:
    progress(f"section {name}")
    rows = []
    try:
        for row in SECTIONS[name](bench):
            progress(str(row))
            rows.append(row)
    except MissingPeerError as error:
        bench.notes.append(f"left out: {name} ({error})")
    except subprocess.SubprocessError as error:
        bench.notes.append(f"failed: {name} ({error})")
        rows.append(Row(what=f"{name} failed", ours="", is_wrong=True))
    return rows


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; all if none")
    parser.add_argument("--quick", action="store_true", help="small sizes, rough figures")
    parser.add_argument("--rounds", type=int, help="interleaved runs of each reader")
    parser.add_argument("--files", type=int, help="files of the mixed corpus")
    parser.add_argument("--entries", type=int, help="entries of the tree that does not change")
    parser.add_argument("--empty", action="store_true", help="make those entries empty files")
    parser.add_argument("--dir", type=Path, help="where all is built and removed again")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.sections if name not in SECTIONS]
    if unknown:
        there = ", ".join(SECTIONS)
        parser.error(f"no section is called {', '.join(unknown)}; there are {there}")
    return arguments


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
