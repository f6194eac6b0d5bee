"""mutagen on every file: `python -m tests.benchmarks.read_mutagen TREE`."""

import sys

import mutagen

from tests.benchmarks.measuring import report
from tests.benchmarks.read_floor import files_below


def read(tree: str) -> tuple[int, dict[str, str]]:
    """Read the text fields of whatever mutagen knows."""
    files = 0
    for files, path in enumerate(files_below(tree), 1):  # noqa: B007  # counted
        try:
            mutagen.File(path)
        except mutagen.MutagenError:
            continue
    return files, {}


if __name__ == "__main__":
    report(lambda: read(sys.argv[1]))
