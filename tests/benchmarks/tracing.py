"""What a program asks of the storage below a folder, counted by strace."""

import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.measuring import DONE, ROOT
from tests.benchmarks.peers import require

_READS = "read,pread64,readv,preadv,preadv2"
_OPENS = "open,openat,openat2"
_OURS = ".provenance"
_RESULT = re.compile(r"= (\d+)(?:<([^>]*)>)?")


@dataclass(frozen=True, slots=True)
class Traced:
    """What was asked of the files below one folder."""

    reads: int
    """Reads, those that returned nothing included."""
    size: int
    """Bytes they returned."""
    opened: int
    """Files that were opened, folders and those of our own not counted."""
    by_suffix: Counter[str] = field(default_factory=Counter)
    """Reads by the suffix of the file."""


def traced(command: Sequence[Path | str], folder: Path, cwd: Path = ROOT) -> Traced:
    """Run a program and count what it and its children ask of what lies below the folder."""
    require("strace")
    with tempfile.TemporaryDirectory() as place:
        # One file a thread: no call is split by another's.
        options = ["-ff", "-y", "-qq", "-s", "0", "-o", f"{place}/calls"]
        words = ["strace", *options, "-e", f"trace={_READS},{_OPENS}", *map(str, command)]
        done = subprocess.run(words, cwd=cwd, stdout=subprocess.DEVNULL, check=False)
        if done.returncode not in DONE:
            raise subprocess.CalledProcessError(done.returncode, words)
        return _counted(_lines(Path(place)), str(folder.resolve()))


def _lines(place: Path) -> Iterator[str]:
    for path in place.iterdir():
        with path.open(encoding="utf-8", errors="replace") as lines:
            yield from lines


def _counted(lines: Iterator[str], folder: str) -> Traced:
    reads = size = opened = 0
    by_suffix: Counter[str] = Counter()
    for line in lines:
        call, result = line.split("(", 1)[0], _RESULT.search(line[line.rfind(") = ") :])
        if result is None or f"<{folder}/" not in line:
            continue
        if call.startswith("open"):
            opened += "O_DIRECTORY" not in line and _is_foreign(result[2] or "", folder)
            continue
        path = line.split("<", 1)[1].split(">", 1)[0]
        if path.startswith(f"{folder}/"):
            reads, size = reads + 1, size + int(result[1])
            by_suffix[Path(path).suffix] += 1
    return Traced(reads, size, opened, by_suffix)


def _is_foreign(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") and not Path(path).name.startswith(_OURS)
