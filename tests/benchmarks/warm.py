"""Processor time a file of a warm tree, one process, beside readers of the same files."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median

from provenance.model.finding import Verdict
from tests.benchmarks.bench import Bench, read_all
from tests.benchmarks.corpus import Corpus, build_sequence
from tests.benchmarks.measuring import Reader, Run, run_reader, take_turns
from tests.benchmarks.peers import MissingPeerError, exiftool, floor, mediainfo, ripgrep
from tests.benchmarks.rows import Bar, Row, compared, shown, spread

_OURS = "ours"
_UNIT = "us/file"
_MILLISECONDS = 1000
_BARS: Mapping[str, Bar | None] = {
    "exiftool -r -j": Bar(least=150),
    "c2pa, not validating": Bar(least=10),
    "mutagen": Bar(least=4),
    "mediainfo": None,
    "rg -j1 -uuu -a -l": Bar(least=1.2),
    "Python floor": Bar(least=0.30),
    "C floor": Bar(least=0.20),
}


def rows(bench: Bench) -> Iterator[Row]:
    """Yield our cost beside that of each peer, and what a run missed or stopped wrongly."""
    corpus, rounds = bench.corpus, bench.sizes.rounds
    some = corpus.some(bench.sizes.some, "some")
    runs = take_turns({_OURS: _ours(bench, corpus.tree), **_peers(bench, some)}, rounds)
    ours = runs.pop(_OURS)
    yield recall(corpus, ours[-1])
    for name, timed in runs.items():
        yield _compared(f"warm CPU: {name}", ours, timed, _BARS[name])
    yield _opening(bench)
    yield from _marked_otherwise(bench, ours)
    yield from _sequence(bench)
    bench.notes.append(
        f"warm: exiftool and mediainfo read {bench.sizes.some:,} of the files, chosen by lot;"
        " starting a program and importing its modules is counted for nobody, so for us neither is"
        " what a scan of one signed file takes"
    )


def recall(corpus: Corpus, run: Run) -> Row:
    """Return the row that says whether every marked file was blocked, and no other stopped."""
    blocked = {Path(path) for path, verdict in run.stopped.items() if verdict == Verdict.BLOCK}
    found = corpus.to_block & blocked
    alarms = {Path(path) for path in run.stopped} - corpus.to_block
    is_right = found == corpus.to_block and not alarms
    return Row(
        what=f"recall on the {len(corpus.marks):,} files",
        ours=f"{len(found)}/{len(corpus.to_block)}",
        ratio=f"{len(alarms)} false alarms",
        bar="100 %",
        is_met=is_right,
        is_wrong=not is_right,
    )


def _ours(bench: Bench, tree: Path, corpus: Corpus | None = None) -> Reader:
    home = (corpus or bench.corpus).home
    return lambda: run_reader("read_ours", tree, home, bench.single)


def _peers(bench: Bench, some: Path) -> dict[str, Reader]:
    """Return the readers that can be had; what cannot is noted."""
    tree, files = bench.corpus.tree, bench.sizes.files
    ways: dict[str, Callable[[], Reader]] = {
        "exiftool -r -j": lambda: exiftool(some, bench.sizes.some),
        "c2pa, not validating": lambda: lambda: run_reader("read_c2pa", tree),
        "mutagen": lambda: lambda: run_reader("read_mutagen", tree),
        "mediainfo": lambda: mediainfo(some, bench.sizes.some),
        "rg -j1 -uuu -a -l": lambda: ripgrep(tree, files),
        "Python floor": lambda: lambda: run_reader("read_floor", tree),
        "C floor": lambda: floor(bench.directory, tree, files),
    }
    readers = {}
    for name, way in ways.items():
        try:
            readers[name] = way()
        except MissingPeerError as error:
            bench.notes.append(f"left out: warm CPU: {name} ({error})")
    return readers


def _opening(bench: Bench) -> Row:
    """Return what a scan of one signed file costs, which is not in the rows above."""
    name = "opening"
    single, home = bench.single, bench.corpus.home
    scan = {name: lambda: run_reader("read_ours", single, home)}
    runs = take_turns(scan, bench.sizes.rounds)[name]
    costs = [run.cpu * _MILLISECONDS for run in runs]
    return Row(
        what="warm CPU: opening, and one signed file",
        ours=shown(median(costs), "ms"),
        ratio=spread(costs),
    )


def _marked_otherwise(bench: Bench, ours: list[Run]) -> Iterator[Row]:
    """Yield what is left where no file says anything, and what is added where more do."""
    silent, more = bench.corpus.silent("silent"), bench.marked_more
    readers = {"none": _ours(bench, silent), "5 %": _ours(bench, more.tree, more)}
    for share, runs in take_turns(readers, bench.sizes.rounds).items():
        yield _compared(f"warm CPU: {share} marked (peer: 1 %)", runs, ours, None)


def _sequence(bench: Bench) -> Iterator[Row]:
    folder = bench.corpus.home / "frames"
    build_sequence(folder, bench.sizes.frames)
    read_all(folder)
    try:
        peer = ripgrep(folder, bench.sizes.frames)
    except MissingPeerError as error:
        bench.notes.append(f"left out: the sequence ({error})")
        return
    readers = {_OURS: _ours(bench, folder), "rg": peer}
    runs = take_turns(readers, bench.sizes.rounds)
    yield _compared(f"{bench.sizes.frames:,} PNG frames: rg", runs[_OURS], runs["rg"], None)


def _compared(what: str, ours: list[Run], peers: list[Run], bar: Bar | None) -> Row:
    costs = ([run.cpu_each for run in ours], [run.cpu_each for run in peers])
    return compared(what, *costs, _UNIT, bar)
