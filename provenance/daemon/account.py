"""The account of a watch: what was done and what failed, bounded however long it runs."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from provenance.daemon.failing import FOLDER, ZONE, ErrorKind
from provenance.daemon.state import Failure

_KEPT = 20
"""Failures that are remembered."""
_KEPT_FOR = timedelta(days=1)
"""How long a failure is remembered that did not come up again; its file may be gone."""
_TOLD = 1000
"""Paths of which is remembered that people were told."""
_LONGEST = 500
"""Characters of a message that are remembered."""


class Account:
    """Counts by zone and action, by kind of error, and the last failures; for any thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._actions: dict[str, Counter[str]] = {}
        self._errors: Counter[str] = Counter()
        self._failures: OrderedDict[str, Failure] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()

    def note(self, zone: str, action: str, files: int = 1) -> None:
        """Note that something was done with files."""
        with self._lock:
            self._actions.setdefault(zone, Counter())[action] += files

    def fail(self, path: str, kind: ErrorKind, message: str) -> None:
        """Note that a file or zone could not be dealt with."""
        failure = Failure(
            path=path,
            kind=kind.name,
            message=message[:_LONGEST],
            remedy=kind.remedy,
            failed_at=self._clock(),
        )
        with self._lock:
            self._errors[kind.name] += 1
            self._failures.pop(path, None)
            self._failures[path] = failure
            if len(self._failures) > _KEPT:
                self._failures.popitem(last=False)

    def is_worth_telling(self, path: str) -> bool:
        """Return True once for each path, until something is done with it."""
        with self._lock:
            is_new = path not in self._told
            self._told[path] = None
            if len(self._told) > _TOLD:
                self._told.popitem(last=False)
        return is_new

    def settle(self, path: str) -> None:
        """Note that a path is well, whatever had failed there before."""
        with self._lock:
            self._failures.pop(path, None)
            self._told.pop(path, None)

    def settle_folders(self, zone: str) -> None:
        """Forget the troubles with a zone and the folders in it: all of it was read."""
        with self._lock:
            for path, failure in tuple(self._failures.items()):
                is_inside = path == zone or path.startswith(f"{zone}/")
                if is_inside and failure.kind in (ZONE.name, FOLDER.name):
                    del self._failures[path]
                    self._told.pop(path, None)

    def actions_in(self, zone: str) -> Mapping[str, int]:
        """Return how often each action was taken in a zone."""
        with self._lock:
            return dict(sorted(self._actions.get(zone, Counter()).items()))

    @property
    def actions(self) -> Counter[str]:
        """How often each action was taken anywhere."""
        with self._lock:
            return sum(self._actions.values(), Counter())

    @property
    def errors(self) -> Mapping[str, int]:
        """How often each kind of error came up."""
        with self._lock:
            return dict(sorted(self._errors.items()))

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The last failures that were not made good, newest last."""
        with self._lock:
            oldest = self._clock() - _KEPT_FOR
            return tuple(one for one in self._failures.values() if one.failed_at > oldest)
