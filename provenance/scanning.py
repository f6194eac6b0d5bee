"""The gate: judge every file below some paths and say what may not be delivered."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.collecting import Collector
from provenance.engines.crew import Crew
from provenance.gathering import Gatherer
from provenance.judging import (
    Judge,
    Judged,
    ScanOptions,
    result_of_lost,
)
from provenance.model.known_essences import KnownEssences
from provenance.model.report import AssetResult, ScanReport
from provenance.path_text import shown
from provenance.references.interface import Package
from provenance.remembering import Rememberer
from provenance.rooting import MARKER, is_marker
from provenance.sweep_findings import Findings
from provenance.sweep_folder import Swept
from provenance.sweep_index import Index
from provenance.sweeping import Sweeper, SweepTerms
from provenance.together import FolderCase
from provenance.walking import Found

if TYPE_CHECKING:
    from provenance.glances.screen import Screen


class Scanner:
    """Judges files."""

    def __init__(
        self,
        gatherer: Gatherer,
        rememberer: Rememberer,
        clock: Callable[[], datetime],
        *,
        make_screen: "Callable[[], Screen] | None" = None,
        make_index: Callable[[], Index] | None = None,
        package_of: Callable[[Path], Package | None] = lambda _: None,
        may_be_sealed: Callable[[Path, Iterable[str]], bool] = lambda *_: False,
    ) -> None:
        """Make a gate; without a screen all is read in full, without an index each time."""
        self._gatherer = gatherer
        self._judge = Judge(gatherer, rememberer, package_of, may_be_sealed)
        self._clock = clock
        self._make_screen = make_screen
        self._make_index = make_index

    def scan(
        self,
        paths: Iterable[Path],
        options: ScanOptions,
        on_files: Callable[[int], None] = lambda _: None,
    ) -> ScanReport:
        """Judge every file below the paths; results keep path order whatever `jobs` is.

        A copy of what declares itself is blocked if it comes later, or in the same folder; one that
        comes before it may be in this scan already where many are at work, and is in the next.
        A target without any file is undecided, never a pass. `on_files` is told how many more were
        judged. Raises RegistryError if the registry cannot be asked.
        """
        self._gatherer.refresh()
        named = tuple(paths)
        found = Collector()
        for root in options.lost_at(*named):
            found.add(result_of_lost(root, options))
        with Crew(options.jobs) as crew, closing(self._sweeper(options)) as sweeper:
            for path in named:
                self._gatherer.refresh_in_time()
                if os.path.islink(path) or not os.path.isdir(path):  # noqa: PTH112, PTH114  (walk)
                    _take(self._judge.judge_unless_left(Found(path=path), options), found)
                    on_files(1)
                else:
                    self._scan_folder(
                        path, options, crew, sweeper=sweeper, into=found, told=on_files
                    )
        return found.report(named, options, self._clock())

    def judge_file(self, path: Path, options: ScanOptions) -> AssetResult:
        """Judge one file, by what the registry knows now."""
        self._gatherer.refresh()
        return self._judge.judge(Found(path=path), options)

    def _sweeper(self, options: ScanOptions) -> Sweeper:
        is_digested = options.digests_all
        is_indexed = options.uses_index and not is_digested and self._make_screen is not None
        return Sweeper(
            SweepTerms(
                make_screen=None if is_digested else self._make_screen,
                ignored=options.ignored,
                excluded=frozenset(map(str, options.excluded)),
                wanted=frozenset().union(*(known.lengths for known in self._gatherer.known)),
                make_index=self._make_index if is_indexed else None,
            )
        )

    def _scan_folder(
        self,
        top: Path,
        options: ScanOptions,
        crew: Crew,
        *,
        sweeper: Sweeper,
        into: Collector,
        told: Callable[[int], None],
    ) -> None:
        waiting: deque[_Begun] = deque()

        def finish() -> None:
            begun = waiting.popleft()
            swept = begun.folder.swept
            found = self._judge_begun(begun, options, crew, sweeper, into=into)
            if sweeper.index is not None and found is not None and found != swept.kept:
                sweeper.index.keep(swept.folder, swept.to_keep(found))
            told(len(swept.names))

        if sweeper.knows_nothing:
            self._prepare(sweeper, crew)
        with closing(sweeper.sweep("" if top == Path() else str(top), crew)) as folders:
            for swept in folders:
                waiting.append(self._begin(swept, options, crew, sweeper))
                while _is_due(waiting, crew):
                    finish()
        while waiting:
            finish()

    def _prepare(self, sweeper: Sweeper, crew: Crew) -> None:
        """Make what looks at files and what reads them, before hands need it at the same time."""
        sweeper.looker.prepare(crew)
        if self._gatherer.prepare():
            crew.begin_anew()

    def _begin(self, swept: Swept, options: ScanOptions, crew: Crew, sweeper: Sweeper) -> "_Begun":
        """Begin to judge what lies in a folder, as far as many hands do that at the same time."""
        here = os.path.join(swept.folder, ".here")  # noqa: PTH118  (text: a scan meets many folders)
        folder = FolderCase(swept, options.at(here), self._judge)
        known = self._gatherer.known
        for one in known:
            folder.doubt(sweeper.looker, one, crew)
        left = folder.single()
        if any(swept.names[at] != MARKER for at in left):
            self._prepare(sweeper, crew)
        looks = crew.begin(partial(self._judge_at, folder, options), left)
        return _Begun(folder=folder, left=left, looks=looks, known=known)

    def _judge_begun(
        self,
        begun: "_Begun",
        options: ScanOptions,
        crew: Crew,
        sweeper: Sweeper,
        *,
        into: Collector,
    ) -> Findings | None:
        """Judge what lies in a folder; return what was found of it if that is to be kept.

        What was cleared is judged all together, and so is all of which the same was observed; the
        rest file by file.
        """
        folder, swept = begun.folder, begun.folder.swept
        if swept.problem:
            unread = Found(path=Path(swept.folder or "."), problem=swept.problem)
            into.add(self._judge.judge(unread, options))
        judged = dict(zip(begun.left, begun.looks, strict=True))
        asked = set(begun.known)
        while learnt := [known for known in self._gatherer.known if known not in asked]:
            # Asked again as long as something is learnt: a copy may lie beside what declares it.
            asked.update(learnt)
            for known in learnt:
                folder.doubt(sweeper.looker, known, crew)
                judged = {at: told for at, told in judged.items() if not _may_be(told, known)}
            left = [at for at in folder.single() if at not in judged]
            if left:
                self._prepare(sweeper, crew)
            judged |= zip(
                left, crew.map(partial(self._judge_at, folder, options), left), strict=True
            )
        for told in folder.results(judged):
            _take(told, into, swept)
        return folder.findings(judged)

    def _judge_at(self, folder: FolderCase, options: ScanOptions, at: int) -> Judged:
        self._gatherer.refresh_in_time()
        found = folder.file(at)
        if is_marker(found.path):
            return None, None
        return self._judge.judge_unless_left(found, options, folder.observed(at))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A folder under judgement."""

    folder: FolderCase
    """What was swept of it."""
    left: Sequence[int]
    """Places of the files that are judged alone."""
    looks: Iterator[Judged]
    """What becomes of each of them."""
    known: tuple[KnownEssences, ...]
    """What was known when they were begun."""


def _is_due(waiting: Sequence[_Begun], crew: Crew) -> bool:
    """Return whether the first of these folders is to be finished, before others are begun."""
    if not waiting:
        return False
    files = sum(len(one.left) for one in waiting)
    return crew.hands == 1 or not waiting[0].left or max(files, len(waiting)) > crew.at_hand


def _may_be(judged: Judged, known: KnownEssences) -> bool:
    """Return whether a file has to be judged anew since this became known."""
    told, seen = judged
    if told is None or (isinstance(told, AssetResult) and told.facts.remembered is not None):
        return False
    return seen is None or seen.may_be_one_of(known)


def _take(
    told: tuple[int, int, AssetResult] | Judged, into: Collector, swept: Swept | None = None
) -> None:
    """Add what became of one file, which may be nothing, or of a run of files of a folder."""
    match told:
        case (int(begin), int(end), AssetResult() as same) if swept is not None:
            names, codes = swept.names[begin:end], swept.codes[begin:end]
            into.add_alike(swept.folder, names, same, codes=codes)
        case (AssetResult() as result, _):
            into.add(result)
        case (Found() as found, _):
            into.ignore((shown(found.path),))
