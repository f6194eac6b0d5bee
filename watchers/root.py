"""One watched root: whether it is still itself, and what is known of the files below."""

import math
import os
from collections.abc import Callable, Hashable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

from watchers.change import FileState, content_of, unpack
from watchers.listing import Listing, WalkOptions
from watchers.memory import FolderMemory
from watchers.options import WatchOptions
from watchers.pending import FileKey, PendingFile, PendingFiles
from watchers.settle import Moment, is_still, sight
from watchers.trail import Identity, identity_of

RACY_SECONDS = 2.0
"""How coarse the times of a file system may be."""
_NS_PER_SECOND = 1_000_000_000


class WatchedRoot:
    """A folder to watch, and the memory of the files below it."""

    def __init__(
        self,
        path: Path,
        options: WatchOptions,
        *,
        group_of: Callable[[Path], Hashable],
        elsewhere: frozenset[Path] = frozenset(),
    ) -> None:
        self.path = path
        self.trouble = ""
        self.is_lost = False
        self.memory = FolderMemory()
        self.pending = PendingFiles()
        self.racy_seconds = RACY_SECONDS
        inner = {str(other.relative_to(path)) for other in elsewhere if path in other.parents}
        self.walk_options = WalkOptions(filters=options.filters, elsewhere=frozenset(inner))
        self._options = options
        self._group_of = group_of
        self._identity: Identity | None = None
        self._successor: Identity | None = None

    def is_itself(self) -> bool:
        """Return whether the folder that was recognised last still stands there."""
        try:
            return identity_of(self.path.stat()) == self._identity
        except OSError:
            return False

    def recognise(self) -> str:
        """Return why the root cannot be trusted, or nothing if it can.

        Another folder in its place may be the empty mount point of a share that went away, so it
        is refused. A share that comes back may have a new device number, so the same newcomer is
        accepted at the second meeting, provided that something stands in it.
        """
        try:
            identity = identity_of(self.path.stat())
            with os.scandir(self.path) as entries:
                is_empty = all(entry.name == self._options.probe_name for entry in entries)
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

    def place_of(self, path: Path) -> tuple[str, str]:
        """Return the folder of a path below the root, relative to it, and the name."""
        folder = str(path.parent.relative_to(self.path))
        return ("" if folder == "." else folder), path.name

    def path_of(self, key: FileKey) -> Path:
        """Return where a file stands."""
        return self.path / key[0] / key[1]

    def find_within(self, paths: Iterable[Path]) -> frozenset[str]:
        """Return which of these folders lie in the root, relative to it; "" for all of it."""
        within = set()
        for path in paths:
            if self.path.is_relative_to(path):
                within.add("")
            elif path.is_relative_to(self.path):
                within.add(str(path.relative_to(self.path)))
        return frozenset(within)

    def absorb(
        self, listing: Listing, moment: Moment, *, placed: AbstractSet[Path] = frozenset()
    ) -> str:
        """Take note of what stands in a folder; return why that cannot be, or nothing."""
        known = self.memory.folders.get(listing.folder)
        if known and known.has_lost_its_device(listing):
            return "is empty: the share that was mounted here went away; mount it again"
        transfers = known.transfers if known else frozenset()
        for name, packed in self.memory.find_new(listing):
            key = (listing.folder, name)
            is_placed = content_of(packed) in transfers or (
                bool(placed) and self.path_of(key) in placed
            )
            self.notice(key, packed, moment, is_placed=is_placed)
        self._drop_reverted(listing)
        racy_after_ns = (moment.wall - self.racy_seconds) * _NS_PER_SECOND
        self.memory.note(listing, racy_after_ns=racy_after_ns)
        return ""

    def notice(
        self, key: FileKey, packed: bytes, moment: Moment, *, is_placed: bool = False
    ) -> None:
        """Take note of one look at a file."""
        if self.memory.state_of(key) == packed:
            self.pending.drop(key)
            return
        state = unpack(packed)
        known = self.pending.get(key)
        settle_seconds = self._options.settle_for(state.size)
        sighting = sight(
            known.sighting if known else None,
            state,
            moment,
            settle_seconds=settle_seconds,
            is_placed=is_placed,
        )
        if known and known.sighting.state == state:
            due = moment.elapsed if is_placed and not known.failures else known.due
            self.pending.put(key, replace(known, sighting=sighting, due=due))
            return
        path = known.path if known else self.path_of(key)
        group = known.group if known else self._group_of(path)
        changes = known.changes + 1 if known else 0
        due = moment.elapsed + (0.0 if sighting.is_aged else self._patience(state, changes))
        file = PendingFile(path=path, group=group, sighting=sighting, due=due, changes=changes)
        self.pending.put(key, file)

    def hasten(self, key: FileKey, moment: Moment) -> None:
        """Look at a pending file as soon as it may be still; a failed one keeps its delay.

        A failing handler touches the file or its neighbours, and would be called for ever.
        """
        known = self.pending.get(key)
        if known and known.failures == 0 and not known.is_finished:
            settled_at = known.sighting.since + self._settle_seconds(known)
            due = min(known.due, max(settled_at, moment.elapsed))
            self.pending.put(key, replace(known, due=due))

    def hasten_all(self, moment: Moment) -> None:
        """Look at every pending file at once, but for those given up."""
        for key, known in self.pending.snapshot():
            if not known.is_given_up:
                self.pending.put(key, replace(known, due=moment.elapsed))

    def find_wait(self, moment: Moment) -> float | None:
        """Return after how many seconds a second look may find more finished; None if never."""
        waits = [
            self._settle_seconds(known) - (moment.elapsed - known.sighting.since)
            if known.failures == 0
            else self._options.settle_seconds
            for _, known in self.pending.snapshot()
            if not known.is_given_up
            and known.sighting.state.size > 0
            and (known.failures > 0 or not known.sighting.is_aged)
        ]
        return max(0.0, *waits) if waits else None

    def revive(self, moment: Moment) -> None:
        """Give the files that were given up another chance."""
        for key, known in self.pending.snapshot():
            if known.is_given_up:
                self.pending.put(key, replace(known, due=moment.elapsed, failures=0))

    def find_still(self, key: FileKey, moment: Moment) -> bool:
        """Return whether a pending file has stopped changing, and put off the next look if not."""
        known = self.pending[key]
        settle_seconds = self._settle_seconds(known)
        empty_seconds = self._options.empty_seconds
        if is_still(
            known.sighting, moment, settle_seconds=settle_seconds, empty_seconds=empty_seconds
        ):
            return True
        if known.sighting.state.size == 0:
            self.doubt(key, moment)
        else:
            due = max(known.due, known.sighting.since + settle_seconds)
            self.pending.put(key, replace(known, due=due))
        return False

    def finish(self, key: FileKey, moment: Moment) -> None:
        """Note that a file is finished; look again when it has waited long enough for others."""
        known = self.pending[key]
        # It may have been ready before: whoever looks is kept by other files.
        since = min(known.due, moment.elapsed) if known.ready_since is None else known.ready_since
        due = max(since + self._options.group_seconds, moment.elapsed)
        self.pending.put(key, replace(known, is_finished=True, ready_since=since, due=due))

    def doubt(self, key: FileKey, moment: Moment) -> None:
        """Put off a file that is not complete, longer each time."""
        known = self.pending[key]
        delay = self._delay(self._options.settle_seconds, known.doubts)
        due, doubts = moment.elapsed + delay, known.doubts + 1
        doubted = replace(known, due=due, doubts=doubts, is_finished=False)
        self.pending.put(key, doubted)

    def fail(self, key: FileKey, failure: str, moment: Moment, *, state: FileState | None) -> bool:
        """Put off a file whose handler failed and return whether it is given up.

        The state the failed handler left is no new arrival: its failures go on counting. But it
        has to settle, for the handler may have failed because somebody else was writing.
        """
        known = self.pending[key]
        failures = known.failures + 1
        is_given_up = failures >= self._options.max_attempts
        delay = self._delay(self._options.retry_seconds, known.failures)
        is_changed = state not in (None, known.sighting.state)
        sighting = known.sighting
        if state is not None and is_changed:
            sighting = replace(sighting, state=state, since=moment.elapsed, is_aged=False, looks=1)
        failed = replace(
            known,
            sighting=sighting,
            due=math.inf if is_given_up else moment.elapsed + delay,
            is_finished=False,
            ready_since=None if is_changed else known.ready_since,
            failures=failures,
            failure=failure,
        )
        self.pending.put(key, failed)
        return is_given_up

    def list_failures(self) -> list[tuple[Path, str]]:
        """Return the files whose handler failed and that are to be tried again, with why."""
        return [
            (known.path, known.failure)
            for _, known in self.pending.snapshot()
            if known.failures and not known.is_given_up
        ]

    def remember(self, key: FileKey, packed: bytes | None) -> None:
        """Remember the state in which the handler left a file; None if it took it away."""
        self.pending.drop(key)
        self.memory.remember(key, packed)

    def _drop_reverted(self, listing: Listing) -> None:
        """Drop pending files that are again as they were left."""
        for name in listing.files if self.pending else ():
            key = (listing.folder, name)
            if key in self.pending and self.memory.state_of(key) == listing.files[name]:
                self.pending.drop(key)

    def _settle_seconds(self, known: PendingFile) -> float:
        return self._options.settle_for(known.sighting.state.size)

    def _patience(self, state: FileState, changes: int) -> float:
        """Return when to look again at a file that may grow for hours: ever more seldom."""
        first = self._options.settle_for(state.size)
        longest = max(self._options.longest_settle_seconds, first)
        return min(first * 2.0 ** min(max(changes - 1, 0), 32), longest)

    def _delay(self, first: float, times: int) -> float:
        return min(first * 2.0 ** min(times, 32), self._options.reconcile_seconds)
