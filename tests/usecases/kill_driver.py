"""Kill a tagging process at one line after the other, and say what each kill left.

Run as a program of its own, so that it forks from one thread: SAMPLE, TEMPLATE, SCRATCH, STEP. At
each line wanted the process that tags forks; the one that came so far ends itself with SIGKILL, its
twin stands still while we look at what the dead one left, and goes on to the next line. We look at
a copy under the same name: the file must be the old one or the whole tagged one, and recovery and
a second tag are tried on each different state.
"""

import ctypes
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import provenance
from provenance.carriers.c2pa import PRELOAD
from provenance.config import DATA_FOLDER
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.model.outcome import Action
from provenance.stores import EVIDENCE_FOLDER
from provenance.wiring import Production
from provenance.writing import recover_writes
from tests.conftest import _decoded
from tests.usecases.studio import BY_PERSON, Clock, open_production

_PACKAGE = Path(provenance.__file__).parent
_WATCHED = frozenset(
    str(path)
    for pattern in (
        *("tagging.py", "composing.py", "writing.py", "leasing.py", "media/staging.py"),
        *("carriers/*.py", "registry/*.py"),
    )
    for path in _PACKAGE.glob(pattern)
    if not (path.stem.endswith("_tasks") or path.stem.startswith("_c2pa"))
)
"""The files in which anything is written; tasks run in a process of their own, the worker."""
_FINISHED = 7
_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER


class Killing:
    """One tagging of one sample, killed at many lines."""

    def __init__(self, sample: Path, template: Path, scratch: Path) -> None:
        self._live = scratch / "live"
        self._place = scratch / "place"
        self._home = self._place / "home"
        self._work = self._place / "work"
        self._file = self._work / sample.name
        self._original = sample.read_bytes()
        self._decoded = _decoded(sample)
        self._is_signed_beside = sample.suffix == ".rf64"
        self._runner = UnsafeInProcessRunner(preload=PRELOAD)
        self._left: set[bytes] = set()
        self._seen: set[str] = set()
        self.killed = self.tagged = 0
        scratch.mkdir()
        shutil.copytree(template, self._home)
        self._work.mkdir()
        shutil.copyfile(sample, self._file)

    @property
    def states(self) -> int:
        """How many different states the kills left."""
        return len(self._seen)

    def run(self, step: int) -> None:
        """Kill at every `step`-th line; raises RuntimeError on anything but old or whole."""
        waiting, go = os.pipe()
        if not os.fork():
            os.close(go)
            self._tag(waiting, step)
        os.close(waiting)
        while self._is_killed():
            self.killed += 1
            self.tagged += self._file.read_bytes() != self._original
            if self._is_new():
                with self._copied():
                    self._look(f"kill {self.killed}")
            os.write(go, b"!")
        self._look("the end")

    def _is_killed(self) -> bool:
        """Wait for the next process to end; return False once one came through."""
        _, status = os.waitpid(-1, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return True
        _require(os.WIFEXITED(status) and os.WEXITSTATUS(status) == _FINISHED, f"status {status}")
        return False

    def _tag(self, waiting: int, step: int) -> NoReturn:
        status = 1
        try:
            with self._production() as production:
                _ = production.tagger, production.registry
                sys.settrace(_killing(waiting, step))
                production.tagger.tag(self._file, BY_PERSON)
                sys.settrace(None)
            status = _FINISHED
        finally:
            os._exit(status)

    def _is_new(self) -> bool:
        """Return whether other bytes lie there than any kill before left."""
        state = hashlib.sha256()
        for path in sorted(self._place.rglob("*")):
            state.update(os.fsencode(path) + b"\0" + (path.read_bytes() if path.is_file() else b""))
        before = len(self._left)
        self._left.add(state.digest())
        return len(self._left) > before

    @contextmanager
    def _copied(self) -> Iterator[None]:
        """Have a copy lie where the twin works, whose files are out of the way meanwhile."""
        self._place.rename(self._live)
        shutil.copytree(self._live, self._place)
        yield
        shutil.rmtree(self._place)
        self._live.rename(self._place)

    def _production(self) -> Production:
        return open_production(self._home, self._runner, self._runner, Clock())

    def _look(self, when: str) -> None:
        data = self._file.read_bytes()
        is_tagged = data != self._original
        state = self._state(data)
        if state in self._seen:
            return
        self._seen.add(state)
        with self._production() as production:
            if is_tagged:
                self._require_tagged(production, when)
            self._require_recovery(production, when)

    def _state(self, data: bytes) -> str:
        """Return what lies there and what the registry was told."""
        evidence = self._home / DATA_FOLDER / EVIDENCE_FOLDER
        sizes = [
            (path.name, path.stat().st_size)
            for folder in (self._work, evidence)
            for path in sorted(folder.rglob("*"))
        ]
        with closing(sqlite3.connect(self._home / DATA_FOLDER / "registry.db")) as database:
            actions = database.execute("SELECT action FROM journal ORDER BY sequence").fetchall()
        return repr((hashlib.sha256(data).digest(), sizes, actions))

    def _require_recovery(self, production: Production, when: str) -> None:
        recover_writes(production.leases)
        outcome = production.tagger.tag(self._file, BY_PERSON)
        _require(outcome.action in (Action.TAGGED, Action.ALREADY), f"{when}: {outcome}")
        self._require_tagged(production, when, is_recovered=True)
        _require(not production.registry.open_writes(), f"{when}: a write is still open")
        names = sorted(path.name for path in self._work.iterdir())
        beside = [f"{self._file.name}.c2pa"] if self._is_signed_beside else []
        _require(names == [self._file.name, *beside], f"{when}: litter: {names}")

    def _require_tagged(
        self, production: Production, when: str, *, is_recovered: bool = False
    ) -> None:
        with production.examiner.examine(self._file, validate=True) as examined:
            _require(examined.is_whole, f"{when}: damaged: {examined.problems}")
            tag = examined.tag
            _require(tag is not None, f"{when}: neither original nor tagged")
            same = examined.identity.essence_digest == tag.essence_digest
            _require(same, f"{when}: another essence")
            credentials = examined.reading.credentials
            is_signed = credentials is not None and credentials.is_ours
            # What is signed beside the file is signed after the exchange.
            is_early = self._is_signed_beside and not is_recovered
            _require(is_signed or is_early, f"{when}: not signed")
        _require(_decoded(self._file) == self._decoded, f"{when}: decodes differently")


def _killing(waiting: int, step: int) -> Callable[[FrameType, str, Any], object]:
    """Return a trace function under which the process dies at every `step`-th line."""
    left = step

    def at_line(_frame: FrameType, event: str, _argument: object) -> object:
        nonlocal left
        left -= event == "line"
        if event == "line" and not left:
            left = step
            if os.fork():
                os.kill(os.getpid(), signal.SIGKILL)
            if not os.read(waiting, 1):
                os._exit(1)  # Nobody looks any more.
        return at_line

    def at_call(frame: FrameType, _event: str, _argument: object) -> object:
        code = frame.f_code
        is_watched = code.co_filename in _WATCHED
        return at_line if is_watched else None

    return at_call


def _require(holds: bool, complaint: str) -> None:  # noqa: FBT001  (reads like an assertion)
    if not holds:
        raise RuntimeError(complaint)


def main() -> None:
    sample, template, scratch = map(Path, sys.argv[1:4])
    ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1)
    killing = Killing(sample, template, scratch)
    killing.run(int(sys.argv[4]))
    counts = {"killed": killing.killed, "tagged": killing.tagged, "states": killing.states}
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
