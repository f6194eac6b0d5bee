"""Tag many files, several at the same time, and the frames of an image sequence as one asset.

Files go by the handful: all of a handful are opened, frames that are new are recorded in one
transaction, and then each is tagged by itself, exactly as a single file is. One that fails does
not stop the others.
"""

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from provenance.errors import OutOfReachError, ProvenanceError
from provenance.examining import Examined
from provenance.media.frames import frame_of
from provenance.model.outcome import TagOutcome
from provenance.model.sequence import SMALLEST, in_sequences
from provenance.model.tag import DeclaredBy
from provenance.model.tag_request import TagRequest
from provenance.registry.frames import is_made_like
from provenance.registry.interface import Registry
from provenance.registry.records import AssetRecord
from provenance.remembering import Rememberer
from provenance.tagging import Tagger
from provenance.writing import absolute

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
HANDFUL = 64
"""Frames that are open at the same time, and recorded in one transaction."""
JOBS = max(2, min(8, os.cpu_count() or 2))
"""Frames that are worked on at the same time; they wait for the disk more than they compute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A file that could not be tagged; it is as it was."""

    path: Path
    """The file."""
    error: Exception
    """Why."""


class SequenceTagger:
    """Tags many files, those of an image sequence as one asset."""

    def __init__(
        self,
        *,
        tagger: Tagger,
        registry: Registry,
        clock: Callable[[], datetime],
        jobs: int = JOBS,
    ) -> None:
        self._tagger = tagger
        self._registry = registry
        self._rememberer = Rememberer(registry, clock)
        self._jobs = jobs

    def tag_all(
        self, paths: Iterable[Path], request: TagRequest, *, dry_run: bool = False
    ) -> Iterator[TagOutcome | Failure]:
        """Tag files and yield what became of each, frames together. See `Tagger.tag`.

        Frames of one sequence bear the id of one asset, each with its own essence; a frame whose
        essence is known already keeps the asset it has. Once the registry does not answer, the rest
        fails without being tried.
        """
        away: OutOfReachError | None = None
        with ThreadPoolExecutor(self._jobs) as pool:
            for place, handful in _handfuls(paths):
                if away is not None:
                    yield from _failures(handful, [away] * len(handful))
                    continue
                done = self._tag_handful(handful, place, request, pool, dry_run=dry_run)
                for one in done:
                    yield one
                    if isinstance(one, Failure) and isinstance(one.error, OutOfReachError):
                        away = one.error

    def _tag_handful(
        self,
        paths: Sequence[Path],
        place: str,
        request: TagRequest,
        pool: Executor,
        *,
        dry_run: bool,
    ) -> Iterator[TagOutcome | Failure]:
        with ExitStack() as opened:
            found = _attempted(pool, self._tagger.examine, paths)
            frames = [opened.enter_context(one) for one in found if isinstance(one, Examined)]
            yield from _failures(paths, found)
            try:
                if place and not dry_run:
                    self._record(frames, place, request, pool)
            except ProvenanceError as error:
                yield from (Failure(path=frame.path, error=error) for frame in frames)
                return

            def tag(frame: Examined) -> TagOutcome:
                return self._tagger.tag_examined(frame, request, dry_run=dry_run)

            outcomes = _attempted(pool, tag, frames)
            yield from (one for one in outcomes if isinstance(one, TagOutcome))
            yield from _failures([frame.path for frame in frames], outcomes)

    def _record(
        self, frames: Sequence[Examined], place: str, request: TagRequest, pool: Executor
    ) -> None:
        """Record those that are new as frames of one asset, in one transaction.

        What cannot be drafted cannot be tagged either: that says why.
        """
        drafts = _attempted(pool, lambda frame: self._draft(frame, request), frames)
        new = [draft for draft in drafts if isinstance(draft, AssetRecord)]
        if new:
            self._registry.record_frames(place, _of_one_id(new))

    def _draft(self, frame: Examined, request: TagRequest) -> AssetRecord | None:
        """Return what is to be recorded of a frame, or None if it is known or not tagged."""
        if request.declared_by is DeclaredBy.SIGNAL and not frame.declares_ai:
            return None
        if frame.source.size == 0 or (frame.fmt is not None and not frame.is_whole):
            return None
        if self._registry.find_by_essence(frame.identity.essence_digest) is not None:
            return None
        tag = frame.tag
        if tag is None or not self._rememberer.is_its_own(frame, tag):
            tag = self._tagger.declaration(frame, request)
        return self._rememberer.record_of(frame, tag)


def _handfuls(paths: Iterable[Path]) -> Iterator[tuple[str, Sequence[Path]]]:
    """Yield what to tag at the same time: frames with the place of their sequence, others without.

    Of fewer frames than make a sequence each name has to speak for itself.
    """
    others: list[Path] = []
    for group in in_sequences(paths, frame_of):
        if len(group) < SMALLEST:
            others += group
            continue
        for at in range(0, len(group), HANDFUL):
            yield _place(group[0]), group[at : at + HANDFUL]
    for at in range(0, len(others), HANDFUL):
        yield "", others[at : at + HANDFUL]


def _attempted(
    pool: Executor, function: Callable[[_Item], _Result], items: Iterable[_Item]
) -> list[_Result | Exception]:
    """Do it to each at the same time; return in order what came of it, or what it raised."""
    futures = [pool.submit(function, item) for item in items]
    errors = (future.exception() for future in futures)
    return [
        error if isinstance(error, Exception) else future.result()
        for future, error in zip(futures, errors, strict=True)
    ]


def _failures(paths: Sequence[Path], results: Sequence[object]) -> Iterator[Failure]:
    for path, result in zip(paths, results, strict=True):
        if isinstance(result, Exception):
            yield Failure(path=path, error=result)


def _of_one_id(drafts: Iterable[AssetRecord]) -> list[AssetRecord]:
    """Return drafts whose ids stand for one making each: no asset can be of two."""
    makings: dict[str, AssetRecord] = {}
    records = []
    for draft in drafts:
        is_one = is_made_like(draft, makings.setdefault(draft.asset_id, draft))
        other_id = f"urn:uuid:{uuid.uuid4()}"
        records.append(draft if is_one else replace(draft, asset_id=other_id))
    return records


def _place(path: Path) -> str:
    frame = frame_of(Path(absolute(path)))
    return frame.place if frame is not None else ""
