"""Print how long after it is closed a file is handed over, for change events and for polling.

With the defaults of a watch, so the settle time is in every figure. Files are written into a
tree in three ways: at once, in a new folder of their own, and under a name in progress that is
then renamed.
"""

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from watchers.loop import WatchLoop
from watchers.options import SourceKind, WatchOptions

_WAYS = ("written", "in a new folder", "renamed into place")


def write(top: Path, way: str, number: int) -> Path:
    """Write one file in one way and return where it stands."""
    folder = top / f"folder_{number % 20}"
    if way == "in a new folder":
        folder = folder / f"new_{number}" / "deep"
        folder.mkdir(parents=True)
    path = folder / f"{number}.mov"
    if way == "renamed into place":
        staging = folder / f".{number}.mov.part"
        staging.write_bytes(b"media" * 1000)
        staging.rename(path)
    else:
        path.write_bytes(b"media" * 1000)
    return path


def measure(kind: SourceKind, count: int, seconds: float) -> dict[str, list[float]]:
    """Write so many files of each way over so many seconds; return their waits."""
    closed: dict[Path, float] = {}
    taken: dict[Path, float] = {}

    def take(paths: tuple[Path, ...]) -> Mapping[Path, Exception]:
        taken.update(dict.fromkeys(paths, time.monotonic()))
        return {}

    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        for number in range(20):
            (top / f"folder_{number}").mkdir()
        options = WatchOptions(source=kind, probe_name=".watch-probe")
        loop = WatchLoop((top,), take, is_complete=lambda _path: True, options=options)
        stop = threading.Event()
        watching = threading.Thread(target=loop.run, args=(stop,))
        watching.start()
        ways: dict[str, list[Path]] = {way: [] for way in _WAYS}
        for number in range(count * len(_WAYS)):
            way = _WAYS[number % len(_WAYS)]
            time.sleep(random.uniform(0, 2 * seconds / count / len(_WAYS)))  # noqa: S311  (no secret)
            path = write(top, way, number)
            closed[path] = time.monotonic()
            ways[way].append(path)
        while len(taken) < len(closed):
            time.sleep(0.1)
        stop.set()
        watching.join()
    return {way: [taken[path] - closed[path] for path in paths] for way, paths in ways.items()}


def main() -> None:
    """Measure both sources and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200, help="of each way")
    parser.add_argument("--seconds", type=float, default=60.0, help="over which they come")
    arguments = parser.parse_args()
    sys.stdout.write(f"{'':8} {'':20} {'median s':>9} {'99 % s':>9} {'longest':>9}\n")
    for kind in (SourceKind.NATIVE, SourceKind.POLLING):
        for way, waits in measure(kind, arguments.files, arguments.seconds).items():
            last = statistics.quantiles(waits, n=100)[98]
            figures = (statistics.median(waits), last, max(waits))
            row = " ".join(f"{figure:9.2f}" for figure in figures)
            sys.stdout.write(f"{kind:8} {way:20} {row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
