"""Which verdicts to look at again: approvals arrive, are taken back, and run out.

It remembers of every deliverable that was judged how its content stood with the records, and of
what lies in quarantine too. Nothing is read again whose content stands as it did. What passed as
said to be no AI rests on no record, but its content may become known: such files are looked at
again a few at a time when new content was registered.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from provenance.model.digest import Digest
from provenance.model.finding import Verdict
from provenance.model.log import EventKind
from provenance.model.report import AssetResult
from provenance.quarantining import Quarantined
from provenance.registry.interface import Registry
from provenance.registry.journal import SIGNED
from provenance.standing import Standing, Surveyor

_LONGEST_REST = timedelta(hours=1)
"""After this everything is surveyed again: keys run out too."""
_MOST_ENTRIES = 1000
"""Entries of the log that are read to see what was done; of more, everything is taken as given."""
_REGISTERING = frozenset({"record-asset", "record-frames"})
"""Entries of the log by which content becomes known."""
_BESIDE_IT = _REGISTERING | {"begin-write", "end-write", "record-sighting", SIGNED, *EventKind}
"""Entries by which nothing stands otherwise that was judged; a busy watch writes many of them."""
SLICE = 2000
"""Files that are looked at again at once because content was registered."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A deliverable whose verdict rests on records, or that does not pass."""

    state: int
    passed: bool
    essence: Digest | None
    standing: Standing | None

    @property
    def may_become_known(self) -> bool:
        """Whether it passes, and the registry does not hold its content."""
        return self.passed and self.standing is not None and self.standing.asset is None


class Reviewer:
    """Remembers what verdicts rest on."""

    def __init__(self, surveyor: Surveyor, registry: Registry, *, slice_size: int = SLICE) -> None:
        self._surveyor = surveyor
        self._registry = registry
        self._slice_size = slice_size
        self._judged: dict[Path, _Judged] = {}
        self._plain: dict[str, int] = {}
        self._kept: dict[Path, Standing] = {}
        self._waiting: list[str] = []
        self._is_content_new = False
        self._edition: object = None
        self._sequence: int | None = None
        self._again_at: datetime | None = None

    def note(self, path: Path, result: AssetResult) -> None:
        """Remember a deliverable that stays in its zone after it was judged."""
        self.forget(path)
        state = _state_of(path)
        if state is None:
            return
        essence, passed = result.facts.essence_digest, result.verdict is Verdict.PASS
        standing = self._surveyor.survey(essence) if essence else None
        if passed and not (standing and standing.is_known):
            self._plain[os.fspath(path)] = state  # nearly all: of each as little as possible
            return
        self._judged[path] = _Judged(state, passed, essence, standing)
        if standing:
            self._expect(standing)

    def forget(self, path: Path) -> None:
        """Drop a deliverable that is not in its zone any more."""
        self._judged.pop(path, None)
        self._plain.pop(os.fspath(path), None)

    def begin(self, now: datetime) -> bool:
        """Begin a review and return True, if anything may stand otherwise than at the last one."""
        edition, sequence = self._surveyor.edition, self._registry.sequence
        written = self._written_until(sequence)
        if self._sequence is not None and (written is None or written & _REGISTERING):
            self._is_content_new = True
        self._sequence = sequence
        is_over = self._again_at is None or now > self._again_at
        is_touched = written is None or not written <= _BESIDE_IT
        if not is_over and not is_touched and edition == self._edition:
            return False
        self._edition, self._again_at = edition, now + _LONGEST_REST
        return True

    def shaken(self) -> Iterator[tuple[Path, bool]]:
        """Yield deliverables whose content stands otherwise than when judged; whether they passed.

        They are yielded again until they are noted anew.
        """
        for path in tuple(self._judged):
            one = self._judged.get(path)  # the one before may have been judged with others
            if one is not None and one.essence is not None:
                standing = self._surveyor.survey(one.essence)
                self._expect(standing)
                if standing != one.standing:
                    yield path, one.passed

    def doubtful(self) -> Iterator[Path]:
        """Yield the next few deliverables whose content may have become known since."""
        if not self._waiting and self._is_content_new:
            self._is_content_new = False
            # What rests on a record alone, its content unknown, may become known too.
            self._waiting = [
                *self._plain,
                *(os.fspath(path) for path, one in self._judged.items() if one.may_become_known),
            ]
        for _ in range(min(self._slice_size, len(self._waiting))):
            yield Path(self._waiting.pop())

    def is_as_judged(self, path: Path) -> bool:
        """Return whether a deliverable was not touched since it was judged, and forget it if gone.

        One that was written since is left to the watch, which takes it as an arrival.
        """
        known = self._judged.get(path)
        judged = known.state if known else self._plain.get(os.fspath(path))
        state = _state_of(path)
        if state is None:
            self.forget(path)
        return state is not None and state == judged

    def returnable(self, entries: Iterable[Quarantined]) -> Iterator[Quarantined]:
        """Yield what of a whole quarantine stands otherwise than at the last look and may pass."""
        there = set()
        for entry in entries:
            if not entry.content or not entry.is_there:
                continue
            there.add(entry.path)
            standing = self._surveyor.survey(entry.content)
            self._expect(standing)
            if self._kept.get(entry.path) != standing:
                self._kept[entry.path] = standing
                if standing.rests_on_records:
                    yield entry
        self._kept = {path: self._kept[path] for path in there if path in self._kept}

    def retry(self, entry: Quarantined) -> None:
        """Have the next review yield an entry again that could not be brought back."""
        self._kept.pop(entry.path, None)

    def _expect(self, standing: Standing) -> None:
        """Look again when a date passes that changes how something stands."""
        if standing.changes_at is not None and self._again_at is not None:
            self._again_at = min(self._again_at, standing.changes_at)

    def _written_until(self, sequence: int) -> frozenset[str] | None:
        """Return what was done since the last look; None if nobody can say."""
        if self._sequence is None or not 0 <= sequence - self._sequence <= _MOST_ENTRIES:
            return None
        count = sequence - self._sequence
        newest = self._registry.log(newest=count) if count else ()
        return frozenset(entry.action for entry in newest)


def _state_of(path: Path) -> int | None:
    """Return a number that changes whenever somebody writes a file; None if it is not there."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return hash((status.st_ino, status.st_size, status.st_mtime_ns))
