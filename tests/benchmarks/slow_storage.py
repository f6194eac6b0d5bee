"""What is left of the speed where every operation takes a millisecond, as over a network."""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.bench import Bench
from tests.benchmarks.measuring import Reader, Run, run_reader, take_turns
from tests.benchmarks.peers import MissingPeerError, compiled, exiftool, output, require
from tests.benchmarks.read_ours import AUTO
from tests.benchmarks.rows import Bar, Row, compared

_MICROSECONDS = 1000
_SLOW_READERS = 4
"""Slow readers get this part of the files: what counts is the time a file."""
_PATIENCE = 10.0
_OURS = "ours"
_BARS: Mapping[str, Bar] = {
    "exiftool -r -j": Bar(least=25),
    "c2pa Reader, no validation": Bar(least=10),
    "our own, one thread": Bar(least=8),
}


def rows(bench: Bench) -> Iterator[Row]:
    """Yield our time a file beside that of the others, each on a mount that nobody read before."""
    program = _built(bench)
    files = bench.sizes.waiting
    fewer = files // _SLOW_READERS
    many, few = bench.corpus.some(files, "waiting"), bench.corpus.some(fewer, "waiting_few")
    mount = bench.folder("mount")
    home = bench.corpus.home
    readers: dict[str, Reader] = {
        _OURS: lambda: run_reader("read_ours", mount, home, AUTO),
        "exiftool -r -j": exiftool(mount, fewer),
        "c2pa Reader, no validation": lambda: run_reader("read_c2pa", mount),
        "our own, one thread": lambda: run_reader("read_ours", mount, home, "1"),
    }
    trees = {_OURS: many, "our own, one thread": many}
    mounted = {
        name: _on(program, trees.get(name, few), mount, reader) for name, reader in readers.items()
    }
    runs = take_turns(mounted, bench.sizes.rounds)
    ours = [run.wall_each for run in runs.pop(_OURS)]
    for name, timed in runs.items():
        theirs = [run.wall_each for run in timed]
        yield compared(f"1 ms a call: {name}", ours, theirs, "us/file", _BARS[name])
    bench.notes.append(
        f"1 ms a call: ours reads {files:,} files with as many at once as it finds right,"
        f" the slow ones {fewer:,} of them; wall clock"
    )


def _built(bench: Bench) -> Path:
    require("pkg-config", "umount")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise MissingPeerError("this system lets nobody mount by FUSE")
    options = output("pkg-config", "--cflags", "--libs", "fuse3")
    return compiled(bench.directory, "slow_fs.c", *shlex.split(options))


def _on(program: Path, tree: Path, mount: Path, reader: Reader) -> Reader:
    def read() -> Run:
        with _mounted(program, tree, mount):
            return reader()

    return read


@contextmanager
def _mounted(program: Path, tree: Path, mount: Path) -> Iterator[None]:
    """Show the tree at the mount point, slowly; raises MissingPeerError if it does not appear."""
    umount = shutil.which("umount") or "umount"
    command = [str(program), str(tree), str(_MICROSECONDS), str(mount)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            _wait(server, mount)
            yield
        finally:
            subprocess.run([umount, str(mount)], check=False, capture_output=True)
            server.terminate()


def _wait(server: subprocess.Popen[str], mount: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while not os.path.ismount(mount):
        if server.poll() is not None or time.monotonic() > end:
            said = server.stderr.read() if server.stderr and server.poll() is not None else ""
            raise MissingPeerError(f"no mount appears: {said.strip() or 'it takes too long'}")
        time.sleep(0.01)
