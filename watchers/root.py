"""One watched root: whether it is still itself, and what is remembered of the files below."""

import errno
import math
import os
import stat
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from watchers.change import FileState
from watchers.options import WatchOptions
from watchers.settle import Moment, Sighting, is_still, sight
from watchers.status import RootStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFile:
    """A file that is not finished, or whose handler failed."""

    sighting: Sighting
    """What it looked like and since when."""
    due: float
    """Monotonic time of the next look; infinite once given up."""
    doubts: int = 0
    """How often it was still but empty, incomplete or open for writing."""
    failures: int = 0
    """How often its handler failed on this state."""
    failure: str = ""
    """What the handler said last."""


class WatchedRoot:
    """A folder to watch, and the memory of the files below it."""

    def __init__(self, path: Path, options: WatchOptions) -> None:
        self.path = path
        self.trouble = ""
        self.is_lost = False
        self.handled: dict[Path, FileState] = {}
        self.pending: dict[Path, PendingFile] = {}
        self._options = options
        self._identity: tuple[int, int] | None = None
        self._successor: tuple[int, int] | None = None

    def status(self, elapsed: float) -> RootStatus:
        """Return what can be said of it at this monotonic time; may be asked from any thread."""
        pending = tuple(self.pending.values())
        since = min((known.sighting.since for known in pending), default=elapsed)
        return RootStatus(
            path=self.path,
            trouble=self.trouble,
            is_lost=self.is_lost,
            pending_count=len(pending),
            lag_seconds=max(0.0, elapsed - since),
        )

    def is_itself(self) -> bool:
        """Return whether the folder that was recognised last still stands there."""
        try:
            return _identity_of(self.path) == self._identity
        except OSError:
            return False

    def recognise(self) -> str:
        """Return why the root cannot be trusted, or nothing if it can.

        Another folder in its place may be the empty mount point of a share that went away, so it
        is refused. A share that comes back may have a new device number, so the same newcomer is
        accepted at the second meeting, provided that something stands in it.
        """
        try:
            identity = _identity_of(self.path)
            with os.scandir(self.path) as entries:
                is_empty = next(entries, None) is None
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        is_awaited = identity == self._successor and not is_empty
        if self._identity not in (None, identity) and not is_awaited:
            self._successor = identity
            return "another folder or device has taken its place"
        self._identity, self._successor = identity, None
        return ""

    def lose(self, trouble: str) -> None:
        """Stop looking at the root until it is recognised again; forget nothing."""
        self.trouble = trouble
        self.is_lost = True

    def notice(self, path: Path, state: FileState, moment: Moment) -> None:
        """Take note of one look at a file."""
        if self.handled.get(path) == state:
            self.pending.pop(path, None)
            return
        known = self.pending.get(path)
        settle_seconds = self._options.settle_seconds
        sighting = sight(
            known.sighting if known else None, state, moment, settle_seconds=settle_seconds
        )
        if known and known.sighting.state == state:
            self.pending[path] = replace(known, sighting=sighting)
        else:
            due = moment.elapsed + (0.0 if sighting.is_aged else settle_seconds)
            self.pending[path] = PendingFile(sighting=sighting, due=due)

    def hasten(self, path: Path, moment: Moment) -> None:
        """Look at a pending file as soon as it may be still; a failed one keeps its delay.

        A failing handler touches the file or its neighbours, and would be called for ever.
        """
        known = self.pending.get(path)
        if known and known.failures == 0:
            settled_at = known.sighting.since + self._options.settle_seconds
            self.pending[path] = replace(known, due=min(known.due, max(settled_at, moment.elapsed)))

    def hasten_all(self, moment: Moment) -> None:
        """Look at every pending file at once, but for those given up."""
        for path, known in self.pending.items():
            if known.due != math.inf:
                self.pending[path] = replace(known, due=moment.elapsed)

    @property
    def is_expecting(self) -> bool:
        """Whether a second look a little later may find more files finished."""
        return any(
            known.due != math.inf
            and known.sighting.state.size > 0
            and (known.failures > 0 or not known.sighting.is_aged)
            for known in self.pending.values()
        )

    def revive(self, moment: Moment) -> None:
        """Give the files that were given up another chance."""
        for path, known in self.pending.items():
            if known.due == math.inf:
                self.pending[path] = replace(known, due=moment.elapsed, failures=0)

    def find_due(self, moment: Moment) -> list[Path]:
        """Return the pending files whose next look has come, oldest first."""
        due = [path for path, known in self.pending.items() if known.due <= moment.elapsed]
        return sorted(due, key=lambda path: self.pending[path].sighting.since)

    def find_still(self, path: Path, moment: Moment) -> bool:
        """Return whether a pending file has stopped changing, and put off the next look if not."""
        known = self.pending[path]
        settle_seconds = self._options.settle_seconds
        empty_seconds = self._options.empty_seconds
        if is_still(
            known.sighting, moment, settle_seconds=settle_seconds, empty_seconds=empty_seconds
        ):
            return True
        if known.sighting.state.size == 0:
            self.doubt(path, moment)
        else:
            self.pending[path] = replace(known, due=known.sighting.since + settle_seconds)
        return False

    def doubt(self, path: Path, moment: Moment) -> None:
        """Put off a file that is not complete, longer each time."""
        known = self.pending[path]
        delay = self._delay(self._options.settle_seconds, known.doubts)
        self.pending[path] = replace(known, due=moment.elapsed + delay, doubts=known.doubts + 1)

    def fail(self, path: Path, failure: str, moment: Moment, *, state: FileState | None) -> bool:
        """Put off a file whose handler failed and return whether it is given up.

        The state the failed handler left is no new arrival: its failures go on counting. But it
        has to settle, for the handler may have failed because somebody else was writing.
        """
        known = self.pending[path]
        failures = known.failures + 1
        is_given_up = failures >= self._options.max_attempts
        delay = self._delay(self._options.retry_seconds, known.failures)
        sighting = known.sighting
        if state not in (None, sighting.state):
            sighting = Sighting(state=state, since=moment.elapsed)
        self.pending[path] = replace(
            known,
            sighting=sighting,
            due=math.inf if is_given_up else moment.elapsed + delay,
            failures=failures,
            failure=failure,
        )
        return is_given_up

    def list_failures(self) -> list[tuple[Path, str]]:
        """Return the files whose handler failed and that are to be tried again, with why."""
        return [
            (path, known.failure)
            for path, known in self.pending.items()
            if known.failures and known.due != math.inf
        ]

    def remember(self, path: Path, state: FileState | None) -> None:
        """Remember the state in which the handler left a file; None if it took it away."""
        self.pending.pop(path, None)
        if state is None:
            self.handled.pop(path, None)
        else:
            self.handled[path] = state

    def forget_unseen(self, seen: AbstractSet[Path]) -> None:
        """Drop what a complete walk of a healthy root did not come by."""
        self.handled = {path: state for path, state in self.handled.items() if path in seen}
        self.pending = {path: known for path, known in self.pending.items() if path in seen}

    def _delay(self, first: float, times: int) -> float:
        return min(first * 2.0 ** min(times, 32), self._options.reconcile_seconds)


def _identity_of(path: Path) -> tuple[int, int]:
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return status.st_dev, status.st_ino
