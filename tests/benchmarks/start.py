"""How long a command takes that has nothing to do."""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.bench import Bench
from tests.benchmarks.measuring import run_command, take_turns
from tests.benchmarks.peers import require
from tests.benchmarks.rows import Bar, Row, compared

PROVENANCE = Path(sys.executable).with_name("provenance")
"""The command as it is installed."""
_BAR = Bar(most=0.7)
_MILLISECONDS = 1000


def rows(bench: Bench) -> Iterator[Row]:
    """Yield the start of `provenance --version` beside that of `exiftool -ver`, wall clock."""
    require("exiftool")
    commands = {"ours": [PROVENANCE, "--version"], "exiftool": ["exiftool", "-ver"]}
    for command in commands.values():
        run_command(command, 1)
    readers = {
        name: lambda command=command: run_command(command, 1) for name, command in commands.items()
    }
    runs = take_turns(readers, bench.sizes.starts)
    walls = {name: [run.wall * _MILLISECONDS for run in timed] for name, timed in runs.items()}
    name = "provenance --version: exiftool -ver"
    yield compared(name, walls["ours"], walls["exiftool"], "ms", _BAR)
