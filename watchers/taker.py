"""Hand a file over once it is finished, and remember how the handler left it."""

import stat
from pathlib import Path

from watchers.change import FileState, Problem, state_of
from watchers.interface import Clock, CompletenessTest, FileHandler
from watchers.journal import Journal
from watchers.root import WatchedRoot
from watchers.settle import Moment
from watchers.writers import has_open_writer


class FileTaker:
    """Visits pending files and takes those that are finished."""

    def __init__(
        self,
        handler: FileHandler,
        *,
        is_complete: CompletenessTest,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._handler = handler
        self._is_complete = is_complete
        self._clock = clock
        self._journal = journal

    def now(self) -> Moment:
        """Return this instant on both clocks."""
        return Moment(elapsed=self._clock.monotonic(), wall=self._clock.time())

    def take(self, root: WatchedRoot, path: Path) -> None:
        """Look at a pending file and hand it over if it is finished.

        Raises whatever the handler raises; `fail` is the answer to it.
        """
        state = _state_at(path)
        if state is None:
            self._drop_vanished(root, path)
            return
        root.notice(path, state, self.now())
        if path not in root.pending or not root.find_still(path, self.now()):
            return
        if has_open_writer(path) or not self._is_complete(path):
            root.doubt(path, self.now())
            return
        self._handler(path)
        root.remember(path, _state_at(path))
        self._journal.note_handled(path)

    def fail(self, root: WatchedRoot, path: Path, error: Exception) -> None:
        """Put off a file that could not be taken, and report it when it is given up."""
        failure = f"{type(error).__name__}: {error}"
        try:
            state = _state_at(path)
        except OSError:
            state = None
        if root.fail(path, failure, self.now(), state=state):
            self._journal.report(Problem(path=path, message=f"given up: {failure}"))

    def _drop_vanished(self, root: WatchedRoot, path: Path) -> None:
        """Drop a file that is gone, unless the whole root is."""
        if root.is_itself():
            root.remember(path, None)
        else:
            root.lose("went away")
            self._journal.report(Problem(path=root.path, message=root.trouble))


def _state_at(path: Path) -> FileState | None:
    """Return the state of the regular file at a path; None if there is none."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return state_of(status) if stat.S_ISREG(status.st_mode) else None
