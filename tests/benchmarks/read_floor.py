"""The least Python can do, open and read 4 KB: `python -m tests.benchmarks.read_floor TREE`."""

import os
import sys
from collections.abc import Iterator

from tests.benchmarks.measuring import report

_HEAD = 4096


def files_below(tree: str) -> Iterator[str]:
    """Yield every file below a folder, by the shortest way."""
    pending = [tree]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    yield entry.path


def read(tree: str) -> tuple[int, dict[str, str]]:
    """Read the first bytes of every file."""
    files = 0
    for files, path in enumerate(files_below(tree), 1):  # noqa: B007  # counted
        descriptor = os.open(path, os.O_RDONLY)
        os.pread(descriptor, _HEAD, 0)
        os.close(descriptor)
    return files, {}


if __name__ == "__main__":
    report(lambda: read(sys.argv[1]))
