"""Print what polling a big quiet tree costs: ours beside watchdog's PollingObserver.

Both run on the same tree, in processes of their own, one after the other, looking every so many
seconds. Ours also walks everything every reconcile interval; that walk is measured by itself and
added at its share, so that the last column is what a watch costs by the hour.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEventHandler
from watchdog.observers.polling import PollingObserver

from watchers.loop import WatchLoop
from watchers.options import SourceKind, WatchOptions

_ROOT = Path(__file__).resolve().parents[2]
_FILES_PER_FOLDER = 100
_RECONCILE_SECONDS = WatchOptions().reconcile_seconds
_LONGEST = 3600
_HOUR = 3600.0


def build(top: Path, count: int) -> None:
    """Make a tree of small files, a hundred in a folder."""
    for number in range(0, count, _FILES_PER_FOLDER):
        folder = top / f"scene_{number // 10_000:03}" / f"shot_{number // _FILES_PER_FOLDER:05}"
        folder.mkdir(parents=True)
        for frame in range(number, min(number + _FILES_PER_FOLDER, count)):
            (folder / f"shot_comp_v001.{frame:07}.exr").write_bytes(b"frame")


def watch_ours(top: Path, count: int, interval: float, seconds: float) -> dict[str, float]:
    """Run our loop and return its cost."""
    options = WatchOptions(
        settle_seconds=0.0,
        poll_seconds=interval,
        reconcile_seconds=100_000.0,
        source=SourceKind.POLLING,
    )
    loop = WatchLoop((top,), lambda _paths: {}, is_complete=lambda _path: True, options=options)
    stop = threading.Event()
    watching = threading.Thread(target=loop.run, args=(stop,))
    watching.start()
    while loop.status.handled_count < count or loop.status.reconciled_at is None:
        time.sleep(0.2)
    cost = _measure(lambda: time.sleep(seconds))
    stop.set()
    watching.join()
    walk = _measure(lambda: loop.run_once(threading.Event()))
    return cost | {"walk": walk["cpu"]}


def watch_theirs(top: Path, _count: int, interval: float, seconds: float) -> dict[str, float]:
    """Run watchdog's polling and return its cost."""
    observer = PollingObserver(timeout=interval)
    observer.schedule(FileSystemEventHandler(), str(top), recursive=True)
    observer.start()  # takes the first snapshot
    cost = _measure(lambda: time.sleep(seconds))
    observer.stop()
    observer.join()
    return cost | {"walk": 0.0}


_WATCHES = {"ours": watch_ours, "watchdog PollingObserver": watch_theirs}


def main() -> None:
    """Build the tree, run both and print a table."""
    options = _arguments().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        build(top, options.files)
        _say(f"{options.files} files, a look every {options.interval:g} s, {options.seconds:g} s")
        _say(f"{'':26} {'CPU s':>8} {'RSS MB':>8} {'peak MB':>8} {'walk s':>8} {'CPU s/h':>8}")
        hourly = {name: _print_row(name, top, options) for name in _WATCHES}
    share = hourly["ours"] / max(hourly["watchdog PollingObserver"], 1e-9)
    _say(f"ours takes {share:.1%} of the processor time of watchdog's")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _print_row(name: str, top: Path, options: argparse.Namespace) -> float:
    arguments = [name, str(top), *map(str, (options.files, options.interval, options.seconds))]
    command = [sys.executable, "-m", "tests.benchmarks.idle_watch", "--child", *arguments]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=True, timeout=_LONGEST)
    cost = json.loads(done.stdout)
    walks = cost["walk"] * _HOUR / _RECONCILE_SECONDS
    hourly: float = cost["cpu"] / options.seconds * _HOUR + walks
    figures = (cost["cpu"], cost["rss"], cost["peak"], cost["walk"], hourly)
    _say(f"{name:26} " + " ".join(f"{figure:8.2f}" for figure in figures))
    return hourly


def _measure(work: Callable[[], object]) -> dict[str, float]:
    before = _cpu()
    work()
    text = Path("/proc/self/status").read_text("ascii")
    fields = dict(line.split(":", 1) for line in text.splitlines())
    rss, peak = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return {"cpu": _cpu() - before, "rss": rss, "peak": peak}


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--interval", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    return parser


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        name_, top_, count_, interval_, seconds_ = sys.argv[2:]
        cost_ = _WATCHES[name_](Path(top_), int(count_), float(interval_), float(seconds_))
        sys.stdout.write(json.dumps(cost_))
    else:
        main()
