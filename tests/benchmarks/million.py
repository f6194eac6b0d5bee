"""What it costs to see that nothing changed in a tree of a million entries."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from provenance.cli.init import found
from tests.benchmarks.bench import Bench
from tests.benchmarks.measuring import Run, progress, run_command, take_turns
from tests.benchmarks.peers import MissingPeerError, require
from tests.benchmarks.rows import Bar, Row, compared, figure
from tests.benchmarks.small_media import small_media
from tests.benchmarks.start import PROVENANCE
from tests.benchmarks.tracing import traced

_IN_A_FOLDER = 500
_ONE, _TWO, _MEMORY, _OPENED = Bar(most=2.0), Bar(most=1.1), Bar(most=64), Bar(most=0)
_AGO = 3600
"""Seconds by which the entries were written before the index."""
_FIND = "find -newer"


def rows(bench: Bench) -> Iterator[Row]:
    """Yield one process and two beside `find -newer`, the memory, and what was opened."""
    require("find")
    home = bench.folder("quiet_show")
    found(home, home.name)
    tree = home / "deliverables"
    _build(tree, bench.sizes.entries, is_empty=bench.sizes.is_empty)
    first = _ours(tree, home, 1, bench)
    bench.notes.append(f"{_counted(bench)}: seen the first time in {first.wall:.0f} s")
    _ours(tree, home, 1, bench)  # what was written just before the first is looked at once more
    runs = take_turns(
        {
            "1 process": lambda: _ours(tree, home, 1, bench),
            "2 processes": lambda: _ours(tree, home, 2, bench),
            _FIND: lambda: _find(tree, home, bench),
        },
        bench.sizes.rounds,
    )
    yield _compared(f"{_counted(bench)}: {_FIND}", runs["1 process"], runs[_FIND], _ONE)
    yield _compared("  with a process a processor", runs["2 processes"], runs[_FIND], _TWO)
    peak = max(run.peak for name in ("1 process", "2 processes") for run in runs[name])
    yield figure("  memory of the largest process", peak / (1 << 20), "MB", _MEMORY)
    yield from _opened(tree, home, bench)


def _counted(bench: Bench) -> str:
    kind = "empty" if bench.sizes.is_empty else "unchanged"
    return f"{bench.sizes.entries:,} {kind}"


def _build(tree: Path, entries: int, *, is_empty: bool) -> None:
    """Fill the tree with small sound files, or empty ones, that are older than any index."""
    progress(f"building {entries:,} entries")
    then = time.time() - _AGO
    for number in range(entries):
        folder = f"{tree}/shot_{number // _IN_A_FOLDER:05d}"
        if number % _IN_A_FOLDER == 0:
            os.mkdir(folder)  # noqa: PTH102  (a million times a Path would be felt)
        suffix, data = small_media(number)
        path = f"{folder}/take_{number:07d}{suffix}"
        with open(path, "wb") as stream:  # noqa: PTH123  (likewise)
            stream.write(b"" if is_empty else data)
        os.utime(path, (then, then))
    os.sync()


def _command(tree: Path, processes: int) -> Sequence[Path | str]:
    """Return the command; left to itself, a scan of a big tree has a process a processor."""
    alone = ["--jobs", "1"] if processes == 1 else []
    return [PROVENANCE, "scan", *alone, tree]


def _ours(tree: Path, home: Path, processes: int, bench: Bench) -> Run:
    return run_command(_command(tree, processes), bench.sizes.entries, cwd=home)


def _find(tree: Path, home: Path, bench: Bench) -> Run:
    newer = home / "provenance.toml"
    newer.touch()
    return run_command(["find", tree, "-newer", newer], bench.sizes.entries)


def _opened(tree: Path, home: Path, bench: Bench) -> Iterator[Row]:
    try:
        require("strace")
    except MissingPeerError as error:
        bench.notes.append(f"left out: files opened in a quiet tree ({error})")
        return
    counted = traced(_command(tree, 1), tree, home)
    yield figure("  files opened", counted.opened, "", _OPENED)


def _compared(what: str, ours: list[Run], peers: list[Run], bar: Bar) -> Row:
    return compared(what, [run.wall for run in ours], [run.wall for run in peers], "s", bar)
