"""Storage that answers slowly: a mount by FUSE, else system calls that are held up."""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.benchmarks.peers import MissingPeerError, compiled, output, require

_PATIENCE = 10.0

Slowness = Callable[[Path], AbstractContextManager[Path]]
"""Shows a tree as slow storage has it, for a while; yields where."""


def slow_mount(folder: Path, microseconds: int) -> Slowness:
    """Return what mounts trees below a folder; raises MissingPeerError where that cannot be."""
    require("pkg-config", "umount")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise MissingPeerError("this system lets nobody mount by FUSE")
    options = shlex.split(output("pkg-config", "--cflags", "--libs", "fuse3"))
    program, mount = compiled(folder, "slow_fs.c", *options), folder / "mount"
    mount.mkdir()

    @contextmanager
    def show(tree: Path) -> Iterator[Path]:
        # A new mount each time: nothing of it is in any cache.
        with _served([str(program), str(tree), str(microseconds), str(mount)], mount):
            yield mount

    with show(folder):
        pass
    return show


def slow_calls(folder: Path, microseconds: int) -> Slowness:
    """Return what holds up the calls of programs started meanwhile."""
    library = compiled(folder, "slow_calls.c", "-shared", "-fPIC", "-ldl")

    @contextmanager
    def show(tree: Path) -> Iterator[Path]:
        place = str(tree.resolve())
        given = {"SLOW_TREE": place, "SLOW_MICROSECONDS": str(microseconds)}
        before = os.environ.copy()
        os.environ.update(given, LD_PRELOAD=str(library))
        try:
            yield Path(place)
        finally:
            os.environ.clear()
            os.environ.update(before)

    return show


@contextmanager
def _served(command: list[str], mount: Path) -> Iterator[None]:
    umount = shutil.which("umount") or "umount"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            _wait(server, mount)
            yield
        finally:
            subprocess.run([umount, str(mount)], check=False, capture_output=True)
            server.terminate()


def _wait(server: subprocess.Popen[str], mount: Path) -> None:
    """Return when it is mounted; raises MissingPeerError if that does not happen."""
    end = time.monotonic() + _PATIENCE
    while not os.path.ismount(mount):
        if server.poll() is not None or time.monotonic() > end:
            said = server.stderr.read() if server.stderr and server.poll() is not None else ""
            raise MissingPeerError(f"no mount appears: {said.strip() or 'it takes too long'}")
        time.sleep(0.01)
