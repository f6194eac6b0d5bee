"""Tag big masters, beside the library's own signing: `python -m tests.benchmarks.masters [FOLDER]`.

A movie of 2 GB (every byte written) is tagged in place, and signed by `Builder.sign` into a copy,
in turn; one of 8 GB (most of it holes) is tagged to see that memory stays flat. Then the field tag
alone, an XMP box or chunk with its flush, is timed on small and large files.
"""

import argparse
import hashlib
import json
import os
import resource
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import c2pa

from fixtures.build import recipes
from provenance.carriers.signing_chain import load_chain
from provenance.carriers.xmp_packet import packet_with
from provenance.cli.init import found
from provenance.config import DATA_FOLDER, KEYS_FOLDER, load_config
from provenance.media.amendment import Amended
from provenance.media.formats import identify
from provenance.media.in_place import take_back, write_in_place
from provenance.media.source import FileSource
from provenance.policy.samples import TAG
from provenance.wiring import Production
from tests.usecases.studio import BY_PERSON

_ROOT = Path(__file__).resolve().parents[2]
_MB, _GB = 10**6, 10**9
_PART = 10**9
_BLOCK = 1 << 22
_FIELD_RUNS = 21
_SCRATCH = "scratch"


def movie(path: Path, size: int, *, has_holes: bool = False) -> None:
    """Make a movie that plays, followed by media data up to this size."""
    with path.open("wb") as file:
        file.write(recipes()["media/mov/sound"]["moov_last.mov"]())
        while (left := size - file.tell()) > 16:
            length = min(left, _PART)
            file.write(struct.pack(">I4s", length, b"mdat"))
            _fill(file.fileno(), file.tell(), length - 8, has_holes=has_holes)
            file.seek(length - 8, os.SEEK_CUR)
        file.truncate()
        os.fsync(file.fileno())


def wave(path: Path, size: int) -> None:
    """Make a sound file of this size, 24 bit and 8 channels."""
    data = size - 44
    form = struct.pack("<HHIIHH", 1, 8, 48000, 48000 * 24, 24, 24)
    with path.open("wb") as file:
        file.write(struct.pack("<4sI4s4sI", b"RIFF", size - 8, b"WAVE", b"fmt ", 16) + form)
        file.write(struct.pack("<4sI", b"data", data))
        file.flush()
        _fill(file.fileno(), 44, data, has_holes=False)
        os.fsync(file.fileno())


def _fill(descriptor: int, offset: int, length: int, *, has_holes: bool) -> None:
    if has_holes:
        os.ftruncate(descriptor, offset + length)
        return
    block = os.urandom(_BLOCK)
    for at in range(0, length, _BLOCK):
        os.pwrite(descriptor, block[: length - at], offset + at)


def tag(home: Path, path: Path) -> None:
    """Tag a movie in a production."""
    with Production(load_config(home / "provenance.toml")) as production:
        outcome = production.tagger.tag(path, BY_PERSON)
    if outcome.detail != "tagged in xmp, c2pa":
        raise SystemExit(outcome.detail)


def sign(home: Path, path: Path) -> None:
    """Sign a movie as the library does by itself."""
    chain = load_chain(home / DATA_FOLDER / KEYS_FOLDER)
    info = c2pa.C2paSignerInfo(b"es256", chain.chain_pem.encode(), chain.key_pem.encode(), None)
    context = c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}})
    action = {"action": "c2pa.created", "digitalSourceType": TAG.source_type.uri}
    claim = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}]}
    signed = path.with_name("signed.mov")
    with (
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(json.dumps(claim), context) as builder,
        path.open("rb") as source,
        signed.open("w+b") as target,
    ):
        builder.sign(signer, "video/quicktime", source, target)
        os.fsync(target.fileno())
    signed.unlink()


def digest(home: Path, path: Path) -> None:
    """Digest a movie once, the least there is to do."""
    del home
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")


WAYS: dict[str, Callable[[Path, Path], None]] = {"ours": tag, "library": sign, "sha256": digest}


def one(way: str, home: Path, path: Path) -> dict[str, float]:
    """Do it once in this process; return what it cost, its workers included."""
    began, cpu, before = time.perf_counter(), sum(map(_seconds, _usages())), _moved()
    WAYS[way](home, path)
    wall, after, usages = time.perf_counter() - began, _moved(), _usages()
    return {
        "wall": wall,
        "cpu": sum(map(_seconds, usages)) - cpu,
        "rss": sum(usage.ru_maxrss for usage in usages) / 1024,
        "read": after[0] - before[0],
        "written": after[1] - before[1],
    }


def _usages() -> list[resource.struct_rusage]:
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


def _seconds(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def _moved() -> tuple[int, int]:
    """Return the bytes this process and those it waited for have read and written."""
    lines = Path("/proc/self/io").read_text("ascii").splitlines()
    counts = {name: int(value) for name, value in (line.split(": ") for line in lines)}
    return counts["rchar"], counts["wchar"]


def run(way: str, home: Path, path: Path) -> dict[str, float]:
    """Do it once in a process of its own, with a scratch folder of its own."""
    scratch = home.parent / _SCRATCH
    scratch.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.benchmarks.masters", "--one", way, home, path]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    done = subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    cost: dict[str, float] = json.loads(done.stdout)
    return cost


def tagged_run(home: Path, path: Path) -> dict[str, float]:
    """Tag once and put everything back; add by how much the movie grew."""
    size = path.stat().st_size
    cost = run("ours", home, path)
    cost["grown"] = path.stat().st_size - size
    with path.open("r+b") as file:
        file.truncate(size)
    return cost


def compare(folder: Path, pairs: int) -> None:
    """Print what tagging and signing 2 GB cost, in turn."""
    path = folder / "master.mov"
    movie(path, 2 * _GB)
    size = path.stat().st_size
    costs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for number in range(pairs):
        costs["ours"].append(tagged_run(_home(folder, f"show{number}"), path))
        for way in ("library", "sha256"):
            costs[way].append(run(way, folder / f"show{number}", path))
    _say(f"{'2 GB movie':12} {'wall s':>18} {'cpu s':>7} {'read':>7} {'written':>12} {'RSS MB':>7}")
    for way, found_costs in costs.items():
        middle = {
            key: statistics.median(cost[key] for cost in found_costs) for key in found_costs[0]
        }
        walls = sorted(cost["wall"] for cost in found_costs)
        _say(
            f"{way:12} {middle['wall']:6.2f} ({walls[0]:.2f}-{walls[-1]:.2f})"
            f" {middle['cpu']:7.2f} {middle['read'] / size:6.2f}x {middle['written']:12,.0f}"
            f" {middle['rss']:7.0f}"
        )
    for peer in ("library", "sha256"):
        ratios = [a["wall"] / b["wall"] for a, b in zip(costs["ours"], costs[peer], strict=True)]
        spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
        _say(f"ours / {peer}: {statistics.median(ratios):.2f} ({spread}, {pairs} pairs)")
    _say(f"written into the movie: {costs['ours'][0]['grown']:,.0f} bytes; the rest is registry")
    path.unlink()


def grow(folder: Path) -> None:
    """Print what 8 GB cost."""
    path = folder / "long.mov"
    movie(path, 8 * _GB, has_holes=True)
    cost = tagged_run(_home(folder, "long"), path)
    _say(
        f"8 GB movie   {cost['wall']:.2f} s, {cost['cpu']:.2f} cpu s,"
        f" read {cost['read'] / (8 * _GB):.2f}x, RSS {cost['rss']:.0f} MB (of holes)"
    )
    path.unlink()


def fields(folder: Path) -> None:
    """Print what the field tag alone costs, with its flush."""
    for suffix, make in ((".mov", movie), (".wav", wave)):
        middles = []
        for size in (2 * _MB, 2 * _GB):
            path = folder / f"field{suffix}"
            make(path, size)
            times = sorted(field(path) for _ in range(_FIELD_RUNS))
            middles.append(statistics.median(times))
            _say(
                f"field tag {suffix} {size / _MB:6.0f} MB: {middles[-1] * 1000:.2f} ms"
                f" ({times[0] * 1000:.2f}-{times[-1] * 1000:.2f})"
            )
            path.unlink()
        _say(f"field tag {suffix} 2 GB / 2 MB: {middles[1] / middles[0]:.2f}")


def field(path: Path) -> float:
    """Return the seconds it takes to write an XMP packet into a file; it is taken back then."""
    with FileSource(path) as source:
        fmt = identify(source.head, path.suffix)
        began = time.perf_counter()
        amended = Amended(source).rewritten(fmt.plan_xmp(source, packet_with(TAG, None)))
        write_in_place(source, amended.amendment)
        seconds = time.perf_counter() - began
        take_back(path, amended.amendment, source.status.st_mtime_ns)
    return seconds


def _home(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir()
    found(home, "Show")
    return home


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run everything, or one step for a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where 20 GB are free")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        way, home, path = asked.one
        sys.stdout.write(json.dumps(one(way, Path(home), Path(path))))
        return
    with TemporaryDirectory(dir=asked.folder) as name:
        fields(Path(name))
        compare(Path(name), asked.pairs)
        grow(Path(name))


if __name__ == "__main__":
    main()
