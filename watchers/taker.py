"""Hand files over once they are finished, and remember how the handler left them."""

import logging
import stat
import threading
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path

from watchers.change import Problem, ProblemKind, pack, unpack
from watchers.interface import BatchHandler, Clock, CompletenessTest, NotYetError
from watchers.journal import Journal
from watchers.options import WatchOptions
from watchers.pending import FileKey
from watchers.root import WatchedRoot
from watchers.settle import Moment
from watchers.writers import has_open_writer

_logger = logging.getLogger(__name__)


class FileTaker:
    """Visits pending files and takes those that are finished."""

    def __init__(
        self,
        handler: BatchHandler,
        *,
        is_complete: CompletenessTest,
        options: WatchOptions,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._handler = handler
        self._is_complete = is_complete
        self._options = options
        self._clock = clock
        self._journal = journal

    def now(self) -> Moment:
        """Return this instant on both clocks."""
        return Moment(elapsed=self._clock.monotonic(), wall=self._clock.time())

    def take_due(self, root: WatchedRoot, stop: threading.Event, *, waits: bool = True) -> None:
        """Look at the files that are due and hand over those that are finished.

        A finished file waits for others of its group that still arrive, unless told not to.
        """
        alone: list[FileKey] = []
        groups: dict[Hashable, None] = {}
        for key in root.pending.find_due(self.now()):
            if stop.is_set() or root.is_lost:
                return
            if self._is_finished(root, key):
                group = root.pending[key].group
                if len(root.pending.members(group)) == 1:
                    alone.append(key)
                else:
                    groups[group] = None  # first see which others of it are finished too
                if len(alone) >= self._options.batch_size:
                    self._take_batches(root, alone, stop)
                    alone = []
        self._take_batches(root, alone, stop)
        for group in groups:
            self._take_group(root, group, stop, waits=waits)

    def _is_finished(self, root: WatchedRoot, key: FileKey) -> bool:
        try:
            return self._look(root, key)
        except Exception as error:
            _logger.exception("%r was not handled", str(root.path_of(key)))
            self._fail(root, key, error)
            return False

    def _look(self, root: WatchedRoot, key: FileKey) -> bool:
        """Return whether a pending file is finished, and put off the next look if not."""
        path = root.path_of(key)
        packed = _state_at(path)
        if packed is None:
            self._drop_vanished(root, key)
            return False
        root.notice(key, packed, self.now())
        if key not in root.pending or not root.find_still(key, self.now()):
            return False
        is_known = root.pending[key].is_finished
        if not is_known and (has_open_writer(path) or not self._is_complete(path)):
            root.doubt(key, self.now())
            return False
        root.finish(key, self.now())
        return True

    def _take_group(
        self, root: WatchedRoot, group: Hashable, stop: threading.Event, *, waits: bool
    ) -> None:
        """Hand over the finished files of a group, unless others of it are worth waiting for."""
        now = self._clock.monotonic()
        members = root.pending.members(group)
        finished = {key: file for key, file in members.items() if file.is_finished}
        oldest = min((file.ready_since or now for file in finished.values()), default=now)
        is_late = now - oldest >= self._options.group_seconds
        if waits and not is_late and any(file.is_arriving for file in members.values()):
            return
        self._take_batches(root, sorted(finished), stop)

    def _take_batches(
        self, root: WatchedRoot, keys: Sequence[FileKey], stop: threading.Event
    ) -> None:
        """Hand finished files over, batch by batch."""
        for batch in self._batches(root, keys):
            # Looked at only now: those of an earlier batch took their time.
            ready = [key for key in batch if self._is_ready(root, key)]
            if stop.is_set() or root.is_lost:
                return
            if ready:
                self._hand_over(root, ready)

    def _batches(self, root: WatchedRoot, keys: Sequence[FileKey]) -> Iterator[Sequence[FileKey]]:
        """Yield batches that are neither too many files nor, but for one file, too many bytes."""
        batch: list[FileKey] = []
        size = 0
        for key in keys:
            more = root.pending[key].sighting.state.size if key in root.pending else 0
            is_full = len(batch) >= self._options.batch_size
            if batch and (is_full or size + more > self._options.batch_bytes):
                yield batch
                batch, size = [], 0
            batch.append(key)
            size += more
        if batch:
            yield batch

    def _is_ready(self, root: WatchedRoot, key: FileKey) -> bool:
        """Return whether a file is as it was when it was found finished."""
        try:
            packed = _state_at(root.path_of(key))
        except OSError:
            return False  # its own next look tells why
        if packed is None:
            self._drop_vanished(root, key)
        elif key not in root.pending:
            return False  # dealt with, while it waited for its turn
        elif unpack(packed) == root.pending[key].sighting.state:
            return True
        else:
            root.notice(key, packed, self.now())
        return False

    def _hand_over(self, root: WatchedRoot, keys: Sequence[FileKey]) -> None:
        paths = {key: root.path_of(key) for key in keys}
        failures = self._handle(tuple(paths.values()))
        for key, path in paths.items():
            if isinstance(failures.get(path), NotYetError):
                root.doubt(key, self.now())
            elif path in failures:
                self._fail(root, key, failures[path])
            else:
                self._settle_up(root, key, path)

    def _handle(self, paths: tuple[Path, ...]) -> Mapping[Path, Exception]:
        try:
            failures = self._handler(paths)
        except NotYetError as error:
            return dict.fromkeys(paths, error)
        except Exception as error:
            if len(paths) > 1:  # one of them may be to blame, and is not to spoil the others
                return {path: each for one in paths for path, each in self._handle((one,)).items()}
            _logger.exception("%r was not handled", str(paths[0]))
            return {paths[0]: error}
        for path, failure in failures.items():
            if isinstance(failure, NotYetError):
                continue
            _logger.error("%r was not handled", str(path), exc_info=failure)
        return failures

    def _settle_up(self, root: WatchedRoot, key: FileKey, path: Path) -> None:
        try:
            root.remember(key, _state_at(path))
        except OSError as error:
            self._fail(root, key, error)
            return
        self._journal.note_handled(path)

    def _fail(self, root: WatchedRoot, key: FileKey, error: Exception) -> None:
        """Put off a file that could not be taken, and report it when it is given up."""
        path = root.path_of(key)
        failure = f"{type(error).__name__}: {error}"
        try:
            packed = _state_at(path)
        except OSError:
            packed = None
        state = unpack(packed) if packed else None
        if root.fail(key, failure, self.now(), state=state):
            message = f"given up: {failure}"
            self._journal.report(Problem(path=path, message=message, kind=ProblemKind.UNHANDLED))

    def _drop_vanished(self, root: WatchedRoot, key: FileKey) -> None:
        """Drop a file that is gone, unless the whole root is."""
        if root.is_itself():
            root.remember(key, None)
        else:
            root.lose("went away")
            problem = Problem(path=root.path, message=root.trouble, kind=ProblemKind.ROOT)
            self._journal.report(problem)


def _state_at(path: Path) -> bytes | None:
    """Return the packed state of the regular file at a path; None if there is none."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return pack(status) if stat.S_ISREG(status.st_mode) else None
