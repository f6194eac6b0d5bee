"""Files that are seen and not taken yet, by when they are to be looked at and by group."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchers.settle import Moment, Sighting

FileKey = tuple[str, str]
"""The folder relative to its root, and the name: what a memory of many is keyed by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFile:
    """A file that is not finished, or whose handler failed."""

    path: Path
    """Where it stands."""
    group: Hashable
    """What it belongs to."""
    sighting: Sighting
    """What it looked like and since when."""
    due: float
    """Monotonic time of the next look; infinite once given up."""
    is_finished: bool = False
    """Whether the last look found it finished, so that it may go with its group."""
    ready_since: float | None = None
    """Monotonic time of the first look that found it finished in this state."""
    changes: int = 0
    """How often it was seen to have changed."""
    doubts: int = 0
    """How often it was still but empty, incomplete or open for writing."""
    failures: int = 0
    """How often its handler failed on this state."""
    failure: str = ""
    """What the handler said last."""

    @property
    def is_given_up(self) -> bool:
        """Whether its handler failed too often."""
        return self.due == math.inf

    @property
    def is_arriving(self) -> bool:
        """Whether others of its group should wait for it."""
        return not self.is_finished and not self.failures


class PendingFiles:
    """The files of one root that are pending."""

    def __init__(self) -> None:
        self._files: dict[FileKey, PendingFile] = {}
        self._groups: dict[Hashable, set[FileKey]] = {}
        self._next_due = math.inf

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, key: FileKey) -> bool:
        return key in self._files

    def __getitem__(self, key: FileKey) -> PendingFile:
        return self._files[key]

    def get(self, key: FileKey) -> PendingFile | None:
        """Return a file, or None if it is not pending."""
        return self._files.get(key)

    def snapshot(self) -> list[tuple[FileKey, PendingFile]]:
        """Return all files as they are now; may be asked from any thread."""
        return list(self._files.items())  # one step of the interpreter, so nothing comes between

    def put(self, key: FileKey, file: PendingFile) -> None:
        """Add a file or say something new of it."""
        self._files[key] = file
        self._groups.setdefault(file.group, set()).add(key)
        self._next_due = min(self._next_due, file.due)

    def drop(self, key: FileKey) -> None:
        """Forget a file; harmless if it is not pending."""
        file = self._files.pop(key, None)
        if file is not None:
            members = self._groups[file.group]
            members.discard(key)
            if not members:
                del self._groups[file.group]

    def find_due(self, moment: Moment) -> list[FileKey]:
        """Return the files whose next look has come, oldest first."""
        if self._next_due > moment.elapsed:
            return []
        self._next_due = min((file.due for file in self._files.values()), default=math.inf)
        due = [key for key, file in self._files.items() if file.due <= moment.elapsed]
        return sorted(due, key=lambda key: self._files[key].sighting.since)

    def members(self, group: Hashable) -> Mapping[FileKey, PendingFile]:
        """Return the files of one group."""
        return {key: self._files[key] for key in self._groups.get(group, ())}
