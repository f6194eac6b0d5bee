"""Whether a watch stays small: `python -m tests.benchmarks.soak [--rounds 50] [--files 1000]`.

A real `provenance watch` over a work zone in which files arrive and are deleted again, round after
round, as they do for weeks: the zone never holds more than one round. After each round the watch
says over HTTP what memory and descriptors it has. Prints both along the way and the slope over the
second half; nothing is asserted, the reader judges.
"""

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from provenance.cli.main import main as provenance
from tests.benchmarks.small_media import small_media

_PATIENCE = 600.0
_SETTINGS = '[watch]\nlisten = "127.0.0.1:{port}"'
_MIB = 1 << 20


class Metrics:
    """What the watch says of itself."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}/metrics"

    def read(self) -> dict[str, float]:
        """Return each metric, added up over its labels; empty while nobody answers."""
        try:
            with urlopen(self._address, timeout=10) as answer:  # noqa: S310  (loopback)
                lines = answer.read().decode().splitlines()
        except (URLError, OSError):
            return {}
        found: dict[str, float] = {}
        for line in lines:
            if not line.startswith("#"):
                name, value = re.sub(r"\{.*\}", "", line).rsplit(" ", 1)
                found[name] = found.get(name, 0.0) + float(value)
        return found

    def wait(self, condition: Callable[[dict[str, float]], bool]) -> dict[str, float]:
        """Return the metrics as soon as they meet the condition; raises TimeoutError."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            found = self.read()
            if found and condition(found):
                return found
            time.sleep(0.2)
        raise TimeoutError("the watch does not get on")


def main(argv: Sequence[str]) -> None:
    """Let files come and go, and print what the watch takes."""
    arguments = _parsed(argv)
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        show = Path(folder, "show")
        provenance(["init", str(show)])
        settings = show / "provenance.toml"
        text = settings.read_text("utf-8").replace("settle_seconds = 5 ", "settle_seconds = 0.1 ")
        text = text.replace("reconcile_seconds = 300", "reconcile_seconds = 5")
        settings.write_text(text.replace("[watch]", _SETTINGS.format(port=port)), "utf-8")
        command = [sys.executable, "-m", "provenance", "watch"]
        with subprocess.Popen(command, cwd=show, stdout=subprocess.DEVNULL) as watch:
            try:
                _soak(show / "work", Metrics(port), arguments)
            finally:
                watch.terminate()


def _soak(zone: Path, metrics: Metrics, arguments: argparse.Namespace) -> None:
    taken = "provenance_watch_files_total"
    metrics.wait(lambda _: True)
    rows: list[tuple[int, float, float]] = []
    for number in range(arguments.rounds):
        before = metrics.read().get(taken, 0.0)
        batch = zone / f"day{number}"
        batch.mkdir()
        for index in range(arguments.files):
            suffix, data = small_media(number * arguments.files + index)
            (batch / f"take {index} of the day{suffix}").write_bytes(data)
        now = metrics.wait(lambda found, goal=before + arguments.files: found.get(taken, 0) >= goal)
        shutil.rmtree(batch)
        memory = now["process_resident_memory_bytes"] / _MIB
        rows.append((int(now[taken]), memory, now["process_open_fds"]))
        _say(f"{rows[-1][0]:>9} files  {memory:7.1f} MiB  {rows[-1][2]:.0f} descriptors")
    half = rows[len(rows) // 2 :]
    files = half[-1][0] - half[0][0]
    slope = (half[-1][1] - half[0][1]) * 1024 / max(1, files) * 1000
    _say(f"second half: {slope:+.1f} KiB for every 1,000 files")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--files", type=int, default=1000)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main(sys.argv[1:])
