"""How often and how much a file is read, and whether that grows with the size of a master."""

import json
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fixtures import bmff, waveform
from fixtures.packets import labelled
from tests.benchmarks.bench import Bench
from tests.benchmarks.measuring import output_of
from tests.benchmarks.peers import MissingPeerError, require
from tests.benchmarks.rows import Bar, Row, compared
from tests.benchmarks.tracing import Traced, traced

_READS, _KILOBYTES, _GROWTH = Bar(most=3.5), Bar(most=16), Bar(most=1.2)
_SMALL, _LARGE = 2 << 30, 300 << 30
_NAMES = 500
_XMP_IN_MOVIE = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def rows(bench: Bench) -> Iterator[Row]:
    """Yield reads and bytes a file beside exiftool's, and what a master costs beside a larger."""
    yield from _reads(bench)
    yield from _masters(bench)


def _reads(bench: Bench) -> Iterator[Row]:
    files = bench.sizes.some
    tree = bench.corpus.some(files, "traced")
    command = [sys.executable, "-m", "tests.benchmarks.read_ours", tree, bench.corpus.home]
    ours = traced(command, tree)
    peer = _exiftool(bench, tree)
    yield _row("reads a file", ours.reads / files, peer and peer.reads / files, _READS)
    size, its = ours.size / files / 1024, peer and peer.size / files / 1024
    yield _row("KB read of a file", size, its, _KILOBYTES)
    bench.notes.append(f"reads a file, by suffix: {_by_suffix(ours, tree)} (by strace, once)")


def _exiftool(bench: Bench, tree: Path) -> Traced | None:
    try:
        require("exiftool")
    except MissingPeerError as error:
        bench.notes.append(f"left out: reads of exiftool ({error})")
        return None
    return traced(["exiftool", "-r", "-j", tree], tree)


def _row(what: str, ours: float, peer: float | None, bar: Bar) -> Row:
    return Row(
        what=f"{what}: exiftool" if peer else what,
        ours=f"{ours:.2f}",
        peer=f"{peer:.2f}" if peer else "",
        bar=str(bar),
        is_met=bar.is_met(ours),
    )


def _by_suffix(ours: Traced, tree: Path) -> str:
    files = Counter(path.suffix for path in tree.rglob("*") if path.is_file())
    each = {suffix: count / files[suffix] for suffix, count in ours.by_suffix.items()}
    most = sorted(each.items(), key=lambda one: -one[1])
    return ", ".join(f"{suffix} {reads:.1f}" for suffix, reads in most)


def _masters(bench: Bench) -> Iterator[Row]:
    """Yield what a large file costs beside a small one, in one process.

    Each lies in its folder under many names, so that what a scan costs by itself is of no account.
    """
    for suffix, write in ((".mov", _write_movie), (".wav", _write_wave)):
        folder = bench.folder(f"sparse{suffix}")
        small, large = folder / "small", folder / "large"
        try:
            for place, size in ((small, _SMALL), (large, _LARGE)):
                place.mkdir()
                write(place / f"master_0{suffix}", size)
                for number in range(1, _NAMES):
                    (place / f"master_{number}{suffix}").hardlink_to(place / f"master_0{suffix}")
        except OSError as error:
            bench.notes.append(f"left out: sparse {suffix} ({error})")
            continue
        home, rounds = bench.corpus.home, str(bench.sizes.rounds)
        pairs = json.loads(output_of("read_masters", home, small, large, rounds))
        name = f"sparse 300 GB {suffix[1:].upper()}: one of 2 GB"
        ours, peers = [two for _, two in pairs], [one for one, _ in pairs]
        yield compared(name, ours, peers, "us/file", _GROWTH)


def _write_movie(path: Path, size: int) -> None:
    """Write a movie whose media is a hole of so many bytes, its tables and a packet behind it."""
    data = bmff.MOV.sound["moov_last.mov"]()
    at = data.index(b"mdat") - 4
    length = int.from_bytes(data[at : at + 4])
    room = at - 8 if data[at - 4 : at] == b"wide" else at
    media = data[at + 8 : at + length]
    packet = bmff.box(b"uuid", _XMP_IN_MOVIE + labelled())
    _write(path, data[:room] + struct.pack(">I4sQ", 1, b"mdat", 16 + size), media, size)
    with path.open("ab") as stream:
        stream.write(data[at + length :] + packet)


def _write_wave(path: Path, size: int) -> None:
    """Write a sound whose samples are a hole of so many bytes, a packet behind them."""
    form, _ = waveform.pcm(b"")
    packet = waveform.chunk(b"_PMX", labelled())
    whole = 4 + 36 + len(form) + 8 + size + len(packet)
    sizes = waveform.chunk(b"ds64", struct.pack("<QQQI", whole, size, size // 2, 0))
    head = struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE") + sizes + form
    _write(path, head + struct.pack("<4sI", b"data", 0xFFFFFFFF), b"", size)
    with path.open("ab") as stream:
        stream.write(packet)


def _write(path: Path, head: bytes, media: bytes, size: int) -> None:
    with path.open("wb") as stream:
        stream.write(head + media)
        stream.truncate(len(head) + size)
