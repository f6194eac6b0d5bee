"""What tagging a big master costs, beside the library's own signing: rows of `masters`."""

from collections.abc import Iterator
from pathlib import Path

from provenance.cli.init import found
from tests.benchmarks import masters
from tests.benchmarks.bench import Bench
from tests.benchmarks.measuring import progress
from tests.benchmarks.rows import Bar, Row, compared, spread

_SIGNING, _READ, _WRITTEN, _GROWTH, _FIELD = (
    Bar(most=0.4),
    Bar(most=1.05),
    Bar(most=0.01),
    Bar(most=1.1),
    Bar(most=5),
)
_LONGER = 4
_FIELD_RUNS = 21
_MILLISECONDS = 1000
_MEGABYTE = 1e6

Costs = list[dict[str, float]]


def rows(bench: Bench) -> Iterator[Row]:
    """Yield time, reads, writes and memory of a C2PA tag, and the time of a field tag."""
    folder = bench.folder("masters")
    yield from _signed(folder, bench)
    yield from _fields(folder, bench.sizes.master)


def _signed(folder: Path, bench: Bench) -> Iterator[Row]:
    size, path = bench.sizes.master, folder / "master.mov"
    masters.movie(path, size)
    ours: Costs = []
    wholes: Costs = []
    peers: Costs = []
    for number in range(bench.sizes.rounds):
        progress(f"master {number + 1} of {bench.sizes.rounds}")
        home = _home(folder, number)
        ours.append(masters.put_back_run("manifest", home, path))
        wholes.append(masters.put_back_run("tag", home, path))
        peers.append(masters.run("library", home, path))
    path.unlink()
    shown = f"C2PA tag on {size / _MEGABYTE:,.0f} MB"
    walls, all_of_it, its = ([cost["wall"] for cost in costs] for costs in (ours, wholes, peers))
    yield compared(f"{shown}: Builder.sign", walls, its, "s", _SIGNING)
    yield compared("  with digests, XMP and registry", all_of_it, its, "s", _SIGNING)
    yield _share("  read, of its size", wholes, peers, ("read", size), _READ)
    yield _share("  written, scratch too, of its size", wholes, peers, ("written", size), _WRITTEN)
    longer = folder / "longer.mov"
    masters.movie(longer, size * _LONGER, has_holes=True)
    more = masters.run("tag", _home(folder, bench.sizes.rounds), longer)
    longer.unlink()
    memory = [cost["rss"] for cost in wholes]
    name = f"  memory on {_LONGER} times as much"
    yield compared(name, [more["rss"]] * len(memory), memory, "MB", _GROWTH)


def _share(what: str, ours: Costs, peers: Costs, of: tuple[str, int], bar: Bar) -> Row:
    """Return the row of how often the size of the master was moved."""
    key, size = of
    own, its = ([cost[key] / size for cost in costs] for costs in (ours, peers))
    worst = max(own)
    return Row(
        what=what,
        ours=f"{worst:.4f}",
        peer=f"{max(its):.2f}",
        ratio=spread(own),
        bar=str(bar),
        is_met=bar.is_met(worst),
    )


def _fields(folder: Path, size: int) -> Iterator[Row]:
    for suffix, make in ((".mov", masters.movie), (".wav", masters.wave)):
        path = folder / f"field{suffix}"
        make(path, size)
        times = [masters.field(path) * _MILLISECONDS for _ in range(_FIELD_RUNS)]
        path.unlink()
        middle = sorted(times)[_FIELD_RUNS // 2]
        yield Row(
            what=f"field tag, {size / _MEGABYTE:,.0f} MB {suffix[1:].upper()}, flushed (ms)",
            ours=f"{middle:.2f} ms",
            ratio=spread(times),
            bar=str(_FIELD),
            is_met=_FIELD.is_met(middle),
        )


def _home(folder: Path, number: int) -> Path:
    home = folder / f"show_{number}"
    home.mkdir()
    found(home, home.name)
    return home
