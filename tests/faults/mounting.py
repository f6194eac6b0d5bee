"""Mount real file systems for a test; skip, and say why, where that cannot be."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.running import wait_until

_ROOT = Path(__file__).resolve().parents[2]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name}")
    return found


def mount(*words: str | Path) -> None:
    """Mount; skip where that is not permitted."""
    done = subprocess.run([_program("mount"), *words], capture_output=True, check=False, text=True)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")


def unmount(place: Path) -> None:
    """Unmount, even if something is still open."""
    subprocess.run([_program("umount"), "-l", place], check=True)


@contextmanager
def memory(place: Path, size: str, *, is_bare: bool = False) -> Iterator[Path]:
    """Have a file system in memory, of so many bytes, with what was in the folder unless bare."""
    place.mkdir(exist_ok=True)
    there = {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()}
    mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
    try:
        for name, data in () if is_bare else there.items():
            (place / name).write_bytes(data)
        yield place
    finally:
        unmount(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """A mounted file system that fails where it is told to."""

    path: Path
    """Where it is mounted."""
    backing: Path
    """Where the same files lie without faults."""
    rules: Path

    def fail(self, *rules: str) -> None:
        """Have these operations fail from now on, and no others."""
        staged = self.rules.with_suffix(".new")
        staged.write_text("\n".join(rules), "utf-8")
        staged.replace(self.rules)


@contextmanager
def faulty(folder: Path, path: Path) -> Iterator[Faulty]:
    """Mount a faulty file system; skip where there is no FUSE."""
    pytest.importorskip("mfusepy", reason="there is no libfuse", exc_type=OSError)
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("/dev/fuse cannot be opened")
    backing, rules = folder / "backing", folder / "rules"
    backing.mkdir()
    path.mkdir(exist_ok=True)
    for there in path.iterdir():
        shutil.move(there, backing)
    rules.touch()
    command = [sys.executable, "-m", "tests.faults.faulty_fs", backing, path, rules]
    with subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: path.is_mount() or process.poll() is not None, "the mount")
            if process.poll() is not None:
                pytest.skip(f"FUSE does not work here: {process.communicate()[1][-200:]}")
            yield Faulty(path=path, backing=backing, rules=rules)
        finally:
            if path.is_mount():
                unmount(path)
            process.terminate()
