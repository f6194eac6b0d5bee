"""What lies among the deliverables and no watch takes, though a scan does not let it pass."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from provenance.config import Config
from provenance.ignoring import is_ignored
from provenance.model.zone import Role
from provenance.walking import walk


class Oddities:
    """The links, pipes and the like of the deliverable zones, and what still has another name."""

    def __init__(self, config: Config, *, is_in_progress: Callable[[str], bool]) -> None:
        """Know the zones, and of which name a file is that will get another when it is finished."""
        self._zones = tuple(zone.path for zone in config.zones if zone.role is Role.DELIVERABLE)
        self._ignore = config.ignore
        self._is_in_progress = is_in_progress
        self.there: frozenset[Path] = frozenset()
        """No regular files, at the last look."""
        self.arriving: frozenset[Path] = frozenset()
        """Files under a name in progress, at the last look."""

    def look(self) -> Iterator[Path]:
        """Look at every zone and yield, in order, what is no regular file and was not there."""
        before, odd, arriving = self.there, [], []
        for path in self._walked():
            try:
                is_file = stat.S_ISREG(path.lstat().st_mode)
            except OSError:
                continue  # It went meanwhile.
            if not is_file:
                odd.append(path)
            elif self._is_in_progress(path.name) and not is_ignored(path, self._ignore):
                arriving.append(path)
        self.there, self.arriving = frozenset(odd), frozenset(arriving)
        yield from (path for path in odd if path not in before)

    def _walked(self) -> Iterator[Path]:
        zones = [zone for zone in self._zones if os.path.isdir(zone)]  # noqa: PTH112  (it never raises)
        yield from (found.path for found in walk(zones) if not found.problem)
