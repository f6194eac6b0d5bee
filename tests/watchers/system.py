"""What the tests ask of the machine: mounts, another user, few descriptors."""

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_NOBODY = 65534


@contextmanager
def mounted(point: Path, *arguments: str) -> Iterator[None]:
    """Mount something until the block ends, where that is allowed; else skip the test."""
    mount(point, *arguments)
    try:
        yield
    finally:
        unmount(point)


def mount(point: Path, *arguments: str) -> None:
    program = shutil.which("mount") or pytest.skip("there is no mount program")
    done = subprocess.run([program, *arguments, point], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing may be mounted here: {done.stderr.decode().strip()}")


def unmount(point: Path) -> None:
    program = shutil.which("umount") or pytest.skip("there is no umount program")
    subprocess.run([program, "-l", point], check=True)


@contextmanager
def nobody() -> Iterator[None]:
    """Be a user who may not read everything until the block ends."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@contextmanager
def few_descriptors(spare: int) -> Iterator[None]:
    """Let only so many more descriptors be opened than are open now until the block ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = [os.dup(0) for _ in range(spare + 1)]  # not each number above the first is free
    for descriptor in lowest:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest[-1], hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_to_all(folder: Path) -> None:
    """Let every user reach a folder of the test's own."""
    everybodys = Path(tempfile.gettempdir())
    for each in (folder, *folder.parents):
        if everybodys in each.parents:
            each.chmod(0o755)


def chmod_as_owner(path: Path, mode: int) -> None:
    """Change a mode in the midst of `nobody`."""
    user = os.geteuid()
    os.seteuid(os.getuid())
    path.chmod(mode)
    os.seteuid(user)
