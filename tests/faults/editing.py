"""An editor that saves while a file is tagged, in a process of its own, and whether it loses by it.

Run as a program: for each line `DELAY HOLD KIND PATH NUMBER` on standard input it waits, saves the
picture or sound of that number at the path, and answers with a line.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.small_media import content_of, small_media

_ROOT = Path(__file__).resolve().parents[2]
IN_PLACE = ("overwrite", "hold")
"""Ways to save: anew over the same file; into a file opened a little before."""
EVERY_KIND = (*IN_PLACE, "replace")
STRETCHED = "staging.before-exchange:sleep=0.004,staging.before-look:sleep=0.001"
"""Faults that make the moments longer in which an edit could be lost."""
_LONGEST_HOLD = 0.01


class Editor:
    """The editor, started once and asked to save again and again."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def begin(self, path: Path, number: int, *, kind: str, delay: float, hold: float) -> None:
        """Have it save this picture or sound after so many seconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{delay} {hold} {kind} {number} {path}\n")
        self._process.stdin.flush()

    def finish(self) -> None:
        """Wait until it has saved."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "saved\n"


@contextmanager
def editor() -> Iterator[Editor]:
    """Start an editor."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.editing"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        yield Editor(process)
        process.stdin.close()


def race(
    folder: Path,
    tag: Callable[[Path], str],
    *,
    trials: int,
    kinds: Sequence[str],
    chance: random.Random,
) -> Counter[str]:
    """Tag and edit files at the same time; return how the trials ended, `lost` among them.

    `tag` returns how it ended. An edit is lost if no file of the name bears its content. When to
    save is learned: later after a tagging that noticed, earlier after one that did not.
    """
    folder.mkdir(exist_ok=True)
    ended: Counter[str] = Counter()
    delays = dict.fromkeys(kinds, _usual(folder, tag))
    with editor() as other:
        for trial in range(trials):
            suffix, data = small_media(3 * trial + 1)
            path = folder / f"take{suffix}"
            path.write_bytes(data)
            edit = 3 * (trial + trials) + 1
            kind = chance.choice(list(kinds))
            delay = delays[kind] * chance.uniform(0.9, 1.1)
            hold = chance.uniform(0, _LONGEST_HOLD)
            other.begin(path, edit, kind=kind, delay=delay, hold=hold)
            end = tag(path)
            other.finish()
            ended[end] += 1
            delays[kind] *= 0.96 if end == "tagged" else 1.04
            ended[f"lost by {kind}"] += not _holds(folder, small_media(edit)[1])
            _clear(folder)
    return ended


def _usual(folder: Path, tag: Callable[[Path], str]) -> float:
    """Return about how long a tagging takes."""
    path = folder / "usual.png"
    for number in (7, 10, 13):
        path.write_bytes(small_media(number)[1])
        began = time.monotonic()
        tag(path)
        seconds = time.monotonic() - began
        _clear(folder)
    return seconds


def _holds(folder: Path, edit: bytes) -> bool:
    """Return whether what was saved is there, tagged or not, under its name or beside it."""
    wanted = content_of(edit)
    return any(content_of(path.read_bytes()) == wanted for path in folder.glob("take*.png"))


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink(missing_ok=True)  # FUSE takes what is open away by itself


def _save(kind: str, path: Path, data: bytes, hold: float) -> None:
    if kind == "replace":
        anew = path.with_name("anew")
        anew.write_bytes(data)
        anew.replace(path)
    elif kind == "overwrite":
        path.write_bytes(data)
    else:
        with path.open("r+b", buffering=0) as file:
            time.sleep(hold)
            file.truncate(0)
            file.write(data)


def main() -> None:
    """Serve until the input ends."""
    for line in sys.stdin:
        delay, hold, kind, number, path = line.rstrip("\n").split(" ", 4)
        data = small_media(int(number))[1]
        time.sleep(float(delay))
        _save(kind, Path(path), data, float(hold))
        print("saved", flush=True)  # noqa: T201  (the answer)


if __name__ == "__main__":
    main()
