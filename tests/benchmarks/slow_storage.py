"""What is left of the speed where every operation takes a millisecond, as over a network."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.benchmarks.bench import Bench
from tests.benchmarks.measuring import Reader, Run, run_reader, take_turns
from tests.benchmarks.peers import MissingPeerError, exiftool, require
from tests.benchmarks.read_ours import AUTO
from tests.benchmarks.rows import Bar, Row, compared
from tests.benchmarks.slowness import Slowness, slow_calls, slow_mount

_MICROSECONDS = 1000
_SLOW_READERS = 4
"""Slow readers get this part of the files: what counts is the time a file."""
_OURS, _OURS_ALONE, _EXIFTOOL = "ours", "our own, one thread", "exiftool -r -j"
_C2PA = "c2pa, not validating"
_BARS: Mapping[str, Bar] = {
    _EXIFTOOL: Bar(least=25),
    _C2PA: Bar(least=10),
    _OURS_ALONE: Bar(least=8),
}


def rows(bench: Bench) -> Iterator[Row]:
    """Yield our time a file beside that of the others, each on a mount that nobody read before."""
    runs = take_turns(_readers(bench, _slowness(bench)), bench.sizes.rounds)
    ours = [run.wall_each for run in runs.pop(_OURS)]
    for name, timed in runs.items():
        theirs = [run.wall_each for run in timed]
        yield compared(f"1 ms a call: {name}", ours, theirs, "us/file", _BARS[name])


def _slowness(bench: Bench) -> Slowness:
    folder = bench.folder("slow")
    try:
        return slow_mount(folder, _MICROSECONDS)
    except MissingPeerError as error:
        bench.notes.append(f"1 ms a call: system calls are held up instead ({error})")
        return slow_calls(folder, _MICROSECONDS)


def _readers(bench: Bench, slow: Slowness) -> dict[str, Reader]:
    files, home, single = bench.sizes.waiting, bench.corpus.home, bench.single
    fewer = files // _SLOW_READERS
    many, few = bench.corpus.some(files, "waiting"), bench.corpus.some(fewer, "waiting_few")
    readers = {
        _OURS: _on(slow, many, lambda place: run_reader("read_ours", place, home, single, AUTO)),
        _C2PA: _on(slow, few, lambda place: run_reader("read_c2pa", place)),
        _OURS_ALONE: _on(slow, many, lambda place: run_reader("read_ours", place, home, single)),
    }
    try:
        require("exiftool")
        readers[_EXIFTOOL] = _on(slow, few, lambda place: exiftool(place, fewer)())
    except MissingPeerError as error:
        bench.notes.append(f"left out: 1 ms a call: exiftool ({error})")
    bench.notes.append(
        f"1 ms a call: ours reads {files:,} files with as many at once as it finds right,"
        f" exiftool and c2pa {fewer:,} of them; wall clock"
    )
    return readers


def _on(slow: Slowness, tree: Path, read: Callable[[Path], Run]) -> Reader:
    def reader() -> Run:
        with slow(tree) as place:
            return read(place)

    return reader
