"""Which verdicts to look at again: approvals arrive, are taken back, and run out.

It remembers of every deliverable that was judged how its content stood with the records, and of
what lies in quarantine too. Nothing is read again whose content stands as it did. What passed as
said to be no AI rests on no record, but its content may become known: such files are looked at
again a few at a time when new content was registered.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
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
    passed: bool | None
    essence: Digest | None
    standing: Standing | None
    is_open: bool = False
    """Whether it could not be dealt with by its verdict."""

    @property
    def may_become_known(self) -> bool:
        """Whether it passes, and the registry does not hold its content."""
        return bool(self.passed) and self.standing is not None and self.standing.asset is None


class Reviewer:
    """Remembers what verdicts rest on."""

    def __init__(self, surveyor: Surveyor, registry: Registry, *, slice_size: int = SLICE) -> None:
        self._surveyor = surveyor
        self._registry = registry
        self._slice_size = slice_size
        self._judged: dict[Path, _Judged] = {}
        self._plain: dict[str, int] = {}
        self._kept: dict[Path, Standing] = {}
        self._waiting: deque[str] = deque()
        self._is_unfinished = False
        self._is_content_new = False
        self._edition: object = None
        self._sequence: int | None = None
        self._again_at: datetime | None = None

    def note(self, path: Path, result: AssetResult) -> None:
        """Remember a deliverable that stays in its zone after it was judged.

        Raises RegistryError or OSError, and remembers what it did, if nobody can say how it stands.
        """
        essence, passed = result.facts.essence_digest, result.verdict is Verdict.PASS
        standing = self._surveyor.survey(essence) if essence else None
        state = _state_of(path)
        self.forget(path)
        if state is None:
            return
        if passed and not (standing and standing.is_known):
            self._plain[os.fspath(path)] = state  # nearly all: of each as little as possible
            return
        if standing:
            self._expect(standing)
        is_by_it = standing is None or _is_judged_by(result, standing)
        self._judged[path] = _Judged(state, passed, essence, standing if is_by_it else None)

    def forget(self, path: Path) -> None:
        """Drop a deliverable that is not in its zone any more."""
        self._judged.pop(path, None)
        self._plain.pop(os.fspath(path), None)

    def forget_gone(self, folders: Iterable[Path]) -> None:
        """Drop what was deleted or moved away below folders that are there."""
        within = tuple(f"{folder}{os.sep}" for folder in folders)
        for text in (*self._plain, *map(os.fspath, self._judged)):
            if text.startswith(within) and _is_gone(text):
                self.forget(Path(text))

    def begin(self, now: datetime, folders: frozenset[Path] = frozenset()) -> bool:
        """Begin a review and return True, if anything may stand otherwise than at the last one.

        It may wherever folders can be looked at that could not be at the last one.
        """
        edition, sequence = (self._surveyor.edition, folders), self._registry.sequence
        written = self._written_until(sequence)
        if self._sequence is not None and (written is None or written & _REGISTERING):
            self._is_content_new = True
        self._sequence = sequence
        is_over = self._again_at is None or now > self._again_at
        is_touched = written is None or not written <= _BESIDE_IT
        is_due = is_over or is_touched or self._is_unfinished
        if not is_due and edition == self._edition:
            return False
        self._edition, self._again_at = edition, now + _LONGEST_REST
        self._is_unfinished = False
        return True

    def abort(self) -> None:
        """Have the next review begin in any case, and look at everything: this one broke off."""
        self._is_unfinished = True
        self._kept.clear()

    def shaken(self) -> Iterator[tuple[Path, bool | None]]:
        """Yield deliverables whose content stands otherwise than when judged; whether they passed.

        They are yielded again until they are noted anew, those of `postpone` too.
        """
        for path in tuple(self._judged):
            one = self._judged.get(path)  # the one before may have been judged with others
            if one is not None and (one.is_open or self._stands_otherwise(one)):
                yield path, one.passed

    def doubtful(self) -> Iterator[Path]:
        """Yield the next few deliverables whose content may have become known since."""
        if not self._waiting and self._is_content_new:
            self._is_content_new = False
            # What rests on a record alone, its content unknown, may become known too.
            self._waiting.extend(self._plain)
            self._waiting.extend(
                os.fspath(path) for path, one in self._judged.items() if one.may_become_known
            )
        for _ in range(min(self._slice_size, len(self._waiting))):
            yield Path(self._waiting[0])
            self._waiting.popleft()  # only now: what breaks off while it is judged comes again

    def put_back(self, path: Path) -> None:
        """Have a later review yield a doubtful deliverable again that cannot be looked at now."""
        self._waiting.append(os.fspath(path))

    def postpone(self, path: Path, *, passed: bool | None) -> None:
        """Have the next review yield a deliverable again that could not be dealt with.

        `passed` is what it was before, None if nobody relied on it.
        """
        self._is_unfinished = True
        known = self._judged.get(path)
        if known is None:
            self.put_back(path)
        else:
            self._judged[path] = replace(known, passed=passed, is_open=True)

    def is_as_judged(self, path: Path) -> bool:
        """Return whether a deliverable was not touched since it was judged, and forget it if gone.

        One that was written since is left to the watch, which takes it as an arrival. Raises
        OSError if nobody can say.
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

    def retry(self, entry: Quarantined, *, is_soon: bool) -> None:
        """Have a review yield an entry again that did not come back; if soon, the very next one."""
        self._kept.pop(entry.path, None)
        self._is_unfinished = self._is_unfinished or is_soon

    def _stands_otherwise(self, one: _Judged) -> bool:
        if one.essence is None:
            return False
        standing = self._surveyor.survey(one.essence)
        self._expect(standing)
        return standing != one.standing

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


def _is_judged_by(result: AssetResult, standing: Standing) -> bool:
    """Return whether a result rests on how its content stands; that may have changed meanwhile.

    What no record was looked up for passed without, or was not read: no record changes that.
    """
    facts = result.facts
    records = {
        *((one.checked.approval.approval_id, one.checked.status) for one in facts.approvals),
        *((one.checked.override.override_id, one.checked.status) for one in facts.overrides),
    }
    is_asked = bool(records) or result.verdict is Verdict.BLOCK
    return not is_asked or records == standing.records


def _is_gone(text: str) -> bool:
    try:
        return _state_of(text) is None
    except OSError:
        return False


def _state_of(path: Path | str) -> int | None:
    """Return a number that changes whenever somebody writes a file; None if it is not there.

    Raises OSError if nobody can say.
    """
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return hash((status.st_ino, status.st_size, status.st_mtime_ns))
