"""Whether a watch misses, doubles or harms a file: `python -m tests.benchmarks.loss [--files N]`.

A real `provenance watch` over one generated zone, into which small real media arrive in bursts:
flat, in nested folders made and filled at once, under a name in progress and renamed, moved in with
their folder, renamed and deleted again. Meanwhile the daemon is killed (-9) at random and started
anew; where the kernel's queue may be made small, it is, while the daemon starts, so that it
overflows. At the end everything is compared with what was noted before. Exit status 1 if a file
is not tagged, tagged twice or damaged, or if anything was left behind.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from provenance.attestation.trust_file import load_trust
from provenance.cli.main import main as provenance
from provenance.config import load_config
from provenance.logbook import check_log
from provenance.media.staging import is_staging_name
from provenance.registry.backends import open_registry
from provenance.rooting import MARKER
from provenance.stores import CHECKPOINT_FILE, TRUST_FILE
from tests.benchmarks.small_media import content_of, digest_of, small_media

_QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
_TAG = b"ns.provenance.local/tag"
_BURST = 500
_BACKLOG = 3000
_PATIENCE = 300.0
"""Seconds without any progress after which the watch is taken to have missed what is left."""


@dataclass(slots=True)
class Arrivals:
    """What was put into the zone, and what has to be there in the end."""

    zone: Path
    outside: Path
    chance: random.Random
    expected: dict[Path, bytes] = field(default_factory=dict)
    """Path and digest of its picture or sound."""
    is_over: threading.Event = field(default_factory=threading.Event)
    deleted: set[Path] = field(default_factory=set)
    ways: dict[str, int] = field(default_factory=dict)

    def arrive(self, files: int, daemon: "Daemon") -> None:
        """Let so many files arrive, burst by burst, some thousands ahead of the watch."""
        number = 0
        while number < files:
            while number - daemon.tagged > _BACKLOG and not self.is_over.wait(0.2):
                pass
            burst = min(self.chance.randint(1, _BURST), files - number)
            way = self.chance.choice(
                [self._flat, self._nested, self._renamed, self._moved_in, self._renamed_later]
            )
            way(range(number, number + burst))
            name = way.__name__.strip("_")
            self.ways[name] = self.ways.get(name, 0) + burst
            number += burst
            self._delete_some()

    def _flat(self, numbers: range) -> None:
        for number in numbers:
            self._write(self.zone, number)

    def _nested(self, numbers: range) -> None:
        for number in numbers:
            folder = self.zone / f"n{numbers.start}" / f"{number % 7}" / f"{number % 31}"
            folder.mkdir(parents=True, exist_ok=True)
            self._write(folder, number)

    def _renamed(self, numbers: range) -> None:
        for number in numbers:
            suffix, data = small_media(number)
            name = f"{_name_of(number)}{suffix}"
            part = self.zone / f".{name}.part"
            part.write_bytes(data)
            self._note(part.rename(self.zone / name), data)

    def _moved_in(self, numbers: range) -> None:
        folder = self.outside / f"m{numbers.start}"
        inner = folder / "a" / "b"
        inner.mkdir(parents=True)
        made = [self._plain(inner if number % 2 else folder, number) for number in numbers]
        folder.rename(self.zone / folder.name)
        for path, data in made:
            self._note(self.zone / path.relative_to(self.outside), data)

    def _renamed_later(self, numbers: range) -> None:
        for number in numbers:
            path, data = self._plain(self.zone, number)
            self._note(path.rename(path.with_name(f"later-{path.name}")), data)

    def _delete_some(self) -> None:
        """Delete a few, whatever the watch is doing with them."""
        for path in self.chance.sample(list(self.expected), min(5, len(self.expected) // 50)):
            path.unlink()
            del self.expected[path]
            self.deleted.add(path)

    def _write(self, folder: Path, number: int) -> None:
        self._note(*self._plain(folder, number))

    def _plain(self, folder: Path, number: int) -> tuple[Path, bytes]:
        suffix, data = small_media(number)
        path = folder / f"{_name_of(number)}{suffix}"
        path.write_bytes(data)
        return path, data

    def _note(self, path: Path, data: bytes) -> None:
        self.expected[path] = hashlib.sha256(content_of(data)).digest()


def _name_of(number: int) -> str:
    """Return a name without a number: frames of a sequence would be one asset."""
    return "take-" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


class Daemon:
    """A watch in a process of its own, killed and started anew."""

    def __init__(self, home: Path, queue: int) -> None:
        self._home = home
        self._queue = queue
        self._log = home / "watch.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self._counted = 0
        self.tagged = 0

    def start(self) -> None:
        """Start it and wait until it watches."""
        begun = self.said("watching ")
        self._starts += 1
        # Not at every start: a source that overflows is given up for the walk, and that is tried.
        with _small_queue(self._queue if self._starts % 3 == 1 else 0), self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "provenance", "watch"],
                cwd=self._home,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            while self.said("watching ") == begun:
                if self._process.poll() is not None:
                    raise RuntimeError(f"the watch ended by itself: {self.tail()}")
                time.sleep(0.05)
            time.sleep(0.3)  # so that the kernel's queue is made while it is small

    def kill(self) -> None:
        """End it as a crash would."""
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"the watch ended by itself: {self.tail()}")
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to stop and return its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=120)

    def count(self) -> int:
        """Return how often it said that it tagged a file; also kept in `tagged`."""
        with self._log.open("rb") as log:
            log.seek(self._counted)
            lines, _, _ = log.read().rpartition(b"\n")
        self._counted += len(lines) + 1 if lines else 0
        self.tagged += sum(line.startswith(b"tagged ") for line in lines.split(b"\n"))
        return self.tagged

    def said(self, words: str) -> int:
        """Return how often it said something."""
        return self._log.read_text("utf-8", "replace").count(words) if self._log.exists() else 0

    def tail(self) -> str:
        """Return the last it said."""
        return self._log.read_text("utf-8", "replace")[-2000:]


@contextmanager
def _small_queue(events: int) -> Iterator[None]:
    """Let the kernel keep few events for whoever begins to watch now; 0 leaves it alone."""
    if not events or not os.access(_QUEUE, os.W_OK):
        yield
        return
    before = _QUEUE.read_text("ascii")
    try:
        _QUEUE.write_text(str(events), "ascii")
        yield
    finally:
        _QUEUE.write_text(before, "ascii")


def torment(home: Path, *, files: int, kills: int, queue: int, seed: int) -> list[str]:
    """Let files arrive while the watch is killed again and again; return what is wrong then."""
    chance = random.Random(seed)  # noqa: S311  (chance, to be had again)
    arrivals = Arrivals(home / "generated", home / "outside", chance)
    arrivals.outside.mkdir()
    daemon = Daemon(home, queue)
    began = time.monotonic()
    daemon.start()
    arriving = threading.Thread(target=arrivals.arrive, args=(files, daemon))
    arriving.start()
    try:
        _kill_often(daemon, files, sorted(chance.sample(range(files * 9 // 10), kills)), chance)
        missed = _wait_for(arrivals, arriving, daemon)
    finally:
        arrivals.is_over.set()
        arriving.join()
        status = daemon.stop()
    seconds = time.monotonic() - began
    _say(f"arrived: {arrivals.ways}, then deleted {len(arrivals.deleted)}")
    _say(f"{seconds:.0f} s, {files / seconds:.0f} files a second; {kills} kills survived")
    _say(f"overflows: {daemon.said('filesystem events were lost')}")
    _say(f"writes cut short and cleaned up after: {daemon.said('a write that was cut short')}")
    wrong = [] if status == 0 else [f"the watch ended with {status}: {daemon.tail()}"]
    return [*wrong, *(f"missed: {path}" for path in missed), *_find_wrong(home, arrivals)]


def _kill_often(daemon: Daemon, files: int, moments: list[int], chance: random.Random) -> None:
    """Kill the watch whenever it has tagged so many files, give or take an instant."""
    for moment in moments:
        seen, since = -1, time.monotonic()
        while (tagged := daemon.count()) < moment:
            if tagged != seen:
                seen, since = tagged, time.monotonic()
            if time.monotonic() - since > _PATIENCE / 10:  # what is left was tagged, then killed
                break
            time.sleep(0.1)
        time.sleep(chance.random() * 0.3)
        daemon.kill()
        daemon.start()
        _say(f"killed at {moment} of {files}")


def _wait_for(arrivals: Arrivals, arriving: threading.Thread, daemon: Daemon) -> list[Path]:
    """Return the files that are still not tagged when nothing happens any more."""
    while arriving.is_alive():
        daemon.count()
        arriving.join(0.5)
    left, since = list(arrivals.expected), time.monotonic()
    while left and time.monotonic() - since < _PATIENCE:
        time.sleep(1)
        still = [path for path in left if not _is_tagged(path)]
        if len(still) < len(left):
            left, since = still, time.monotonic()
    return left


def _is_tagged(path: Path) -> bool:
    try:
        return _TAG in path.read_bytes()
    except FileNotFoundError:
        return False


def _find_wrong(home: Path, arrivals: Arrivals) -> list[str]:
    """Return what is damaged, came back, was tagged twice, was left behind or does not verify."""
    wrong = [
        f"damaged: {path}"
        for path, digest in arrivals.expected.items()
        if path.is_file() and digest_of(path) != digest
    ]
    wrong += [f"came back: {path}" for path in arrivals.deleted if path.exists()]
    there = {path for path in arrivals.zone.rglob("*") if path.is_file() and path.name != MARKER}
    wrong += [f"left behind: {path}" for path in there - arrivals.expected.keys()]
    wrong += [f"left behind: {path}" for path in home.rglob(".*") if is_staging_name(path.name)]
    return [*wrong, *_find_wrong_records(home, len(arrivals.expected))]


def _find_wrong_records(home: Path, files: int) -> list[str]:
    config = load_config(home / "provenance.toml")
    checkpoint = config.data / CHECKPOINT_FILE
    flaws = check_log(config.registry, checkpoint, load_trust(config.data / TRUST_FILE)).flaws
    wrong = [f"log: {flaw}" for flaw in flaws]
    registry = open_registry(config.registry, checkpoint)
    wrong += [f"still announced: {intent.path}" for intent in registry.open_writes()]
    assets = registry.assets()
    if len({asset.essence_digest for asset in assets}) != len(assets):
        wrong.append("an essence has two assets")
    if len(assets) < files:
        wrong.append(f"{len(assets)} assets of {files} files")
    for asset in assets:
        sightings = registry.sightings_of(asset.asset_id)
        written = {sighting.file_digest for sighting in sightings if sighting.carriers}
        if len(written) > 1:
            wrong.append(f"tagged {len(written)} times: {sightings[0].path}")
    registry.close()
    return wrong


def main(argv: Sequence[str]) -> int:
    """Run it once and print the figures."""
    arguments = _parsed(argv)
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().getrandbits(32)
    _say(f"--files {arguments.files} --kills {arguments.kills} --seed {seed}")
    with tempfile.TemporaryDirectory(dir=arguments.dir, prefix="provenance-loss-") as folder:
        home = Path(folder) / "show"
        if provenance(["init", str(home), "--name", "Loss"]):
            return 1
        make_hasty(home)
        wrong = torment(
            home,
            files=arguments.files,
            kills=arguments.kills,
            queue=arguments.queue,
            seed=seed,
        )
    for line in wrong[:50]:
        _say(line)
    _say(f"{arguments.files} files, {arguments.kills} kills: {len(wrong)} things wrong")
    return 1 if wrong else 0


def make_hasty(home: Path) -> None:
    """Have the production not wait long for anything."""
    settings = home / "provenance.toml"
    text = settings.read_text("utf-8")
    text = text.replace("settle_seconds = 5 ", "settle_seconds = 0.2 ")
    text = text.replace("reconcile_seconds = 300 ", "reconcile_seconds = 10 ")
    settings.write_text(text, "utf-8")


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--queue", type=int, default=64, help="events the kernel keeps; 0: as is")
    parser.add_argument("--dir", help="where to work; else the system's folder for such")
    return parser.parse_args(argv)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  (a program)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
