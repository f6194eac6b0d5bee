"""Two workers at a queue beside two plain scans of half the tree each; cold where that is allowed.

`python -m tests.benchmarks.cluster [FILES_A_FOLDER] [FOLDERS] [ROUNDS]`. A PostgreSQL server of
its own holds registry and queue; the workers are running before the clock starts, as they do.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from statistics import median

from provenance.cli.init import found
from provenance.registry.backends import migrate
from provenance.stores import CHECKPOINT_FILE
from tests.benchmarks.bench import Bench
from tests.benchmarks.payloads import BASES, RECIPES, SHARES
from tests.benchmarks.rows import Bar, Row, compared
from tests.benchmarks.varying import vary
from tests.postgres import running

_ROOT = Path(__file__).resolve().parents[2]
_FOLDERS, _FILES, _ROUNDS = 20, 1000, 5
_LONGEST = 1800
_SUFFIXES = tuple(SHARES)
_CACHES = Path("/proc/sys/vm/drop_caches")
_ARRIVED = b"worker of"


def rows(bench: Bench) -> Iterator[Row]:
    """Yield two workers beside two plain processes, over tasks of a thousand files."""
    quick = bench.sizes.files < _FILES * _FOLDERS
    files, folders = (_FILES // 10, 4) if quick else (_FILES, _FOLDERS)
    took, is_cold = _measured(files, folders, bench.sizes.rounds)
    how = "cold" if is_cold else "warm"
    yield compared(f"{folders} tasks of {files:,} files, {how}", *took, "s", Bar(most=1.1))
    bench.notes.append("tasks: two workers on the queue beside two plain scans of half each")


def main(arguments: Sequence[str]) -> None:
    """Build the tree, take turns, print medians and ratios."""
    files, folders, rounds = (*map(int, arguments), *(_FILES, _FOLDERS, _ROUNDS)[len(arguments) :])
    (workers, plain), is_cold = _measured(files, folders, rounds)
    ratios = sorted(ours / theirs for ours, theirs in zip(workers, plain, strict=True))
    count = files * (folders // 2) * 2
    lines = [f"{count} files, {rounds} rounds in turn, {'cold' if is_cold else 'warm'}"]
    for name, some in (("two plain processes", plain), ("two workers", workers)):
        lines.append(f"{name}: {median(some):.2f} s ({_spread(some)})")
    lines.append(f"two workers / two plain processes: {median(ratios):.3f} ({_spread(ratios)})")
    sys.stdout.write("\n".join(lines) + "\n")


def _measured(files: int, folders: int, rounds: int) -> tuple[tuple[list[float], ...], bool]:
    """Return the seconds of the workers and of plain scans, and whether the disk was cold."""
    with running() as server, tempfile.TemporaryDirectory(dir=_place()) as place:
        home = Path(place) / "show"
        home.mkdir()
        found(home, "show")
        _move(home, server.url(server.create_database()))
        for half in ("a", "b"):
            for number in range(folders // 2):
                _fill(home / "deliverables" / half / f"shot{number:03}", files, number)
        workers = [_worker(home), _worker(home)]
        try:
            return _taken_turns(home, rounds)
        finally:
            for worker in workers:
                worker.terminate()
                worker.wait()


def _taken_turns(home: Path, rounds: int) -> tuple[tuple[list[float], ...], bool]:
    ways: tuple[Callable[[], None], ...] = (
        lambda: _scan(home, ["--cluster", "deliverables"]),
        lambda: _scan(home, ["deliverables/a"], ["deliverables/b"]),
    )
    took: tuple[list[float], ...] = ([], [])
    is_cold = True
    for _ in range(rounds):
        for scan, seconds in zip(ways, took, strict=True):
            is_cold = _forget() and is_cold
            begun = time.perf_counter()
            scan()
            seconds.append(time.perf_counter() - begun)
    return took, is_cold


def _scan(home: Path, *each: list[str]) -> None:
    """Scan in a process each, at the same time."""
    command = [sys.executable, "-m", "provenance", "scan", "--no-cache"]
    running_now = [
        subprocess.Popen([*command, *words], cwd=home, env=_environment(), stdout=subprocess.PIPE)
        for words in each
    ]
    for one in running_now:
        out, _ = one.communicate(timeout=_LONGEST)
        if one.returncode != 0:
            raise SystemExit(out.decode())


def _worker(home: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "provenance", "worker"]
    worker = subprocess.Popen(command, cwd=home, env=_environment(), stderr=subprocess.PIPE)
    if worker.stderr is None or _ARRIVED not in worker.stderr.readline():
        raise SystemExit("a worker did not come")
    return worker


def _fill(folder: Path, files: int, seed: int) -> None:
    folder.mkdir(parents=True)
    for number in range(files):
        suffix = _SUFFIXES[number % len(_SUFFIXES)]
        data = vary(_base(suffix, number % BASES), suffix, seed * files + number)
        (folder / f"harbour_{number:06}{suffix}").write_bytes(data)


@cache
def _base(suffix: str, number: int) -> bytes:
    return RECIPES[suffix](number)


def _move(home: Path, url: str) -> None:
    """Have the registry in this empty database."""
    checkpoint, settings = home / ".provenance" / CHECKPOINT_FILE, home / "provenance.toml"
    checkpoint.unlink(missing_ok=True)
    text = settings.read_text("utf-8").replace("sqlite:///.provenance/registry.db", url)
    settings.write_text(text, "utf-8")
    migrate(url, checkpoint)


def _forget() -> bool:
    """Have the system forget what it read; return whether it does."""
    os.sync()
    with suppress(OSError):
        _CACHES.write_text("3")
        return True
    return False


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_ROOT)}


def _place() -> str | None:
    """Return a folder on a disk: what lies in memory is never cold."""
    return next((name for name in ("/var/tmp",) if Path(name).is_dir()), None)  # noqa: S108  (made safely)


def _spread(some: Sequence[float]) -> str:
    return f"{min(some):.2f}-{max(some):.2f}"


if __name__ == "__main__":
    main(sys.argv[1:])
