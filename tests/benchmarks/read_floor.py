"""The least Python can do, open and read 4 KB: `python -m tests.benchmarks.read_floor TREE`."""

import os
import sys

from tests.benchmarks.measuring import report

_HEAD = 4096


def read(tree: str) -> tuple[int, dict[str, str]]:
    """Read the first bytes of every file."""
    files = 0
    pending = [tree]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                    continue
                descriptor = os.open(entry.path, os.O_RDONLY)
                os.pread(descriptor, _HEAD, 0)
                os.close(descriptor)
                files += 1
    return files, {}


if __name__ == "__main__":
    report(lambda: read(sys.argv[1]))
