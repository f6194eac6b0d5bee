"""The gate: judge every file below some paths and say what may not be delivered."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.engines.crew import Crew
from provenance.examining import shown
from provenance.gathering import Gatherer
from provenance.glances.screen import Screen
from provenance.judging import (
    Judge,
    ScanOptions,
    result_of_lost,
    result_of_no_file,
    result_of_nothing,
)
from provenance.model.report import AssetResult, ScanReport
from provenance.policy.engine import rule_texts
from provenance.references.interface import Package
from provenance.remembering import Rememberer
from provenance.rooting import is_marker
from provenance.spooling import ResultSpool
from provenance.sweep_index import Index
from provenance.sweeping import CLEARED, DOUBTFUL, Sweeper, Swept, may_be_known
from provenance.walking import Found

if TYPE_CHECKING:
    from provenance.model.purpose import Purpose
    from provenance.registry.records import KnownEssences


class Scanner:
    """Judges files."""

    def __init__(
        self,
        gatherer: Gatherer,
        rememberer: Rememberer,
        clock: Callable[[], datetime],
        *,
        screen: Screen | None = None,
        index: Callable[[], Index] | None = None,
        package_of: Callable[[Path], Package | None] = lambda _: None,
    ) -> None:
        """Make a gate; without a `screen` all is read in full, without an `index` each time."""
        self._gatherer = gatherer
        self._judge = Judge(gatherer, rememberer, package_of)
        self._clock = clock
        self._screen = screen
        self._index = index

    def scan(
        self,
        paths: Iterable[Path],
        options: ScanOptions,
        on_files: Callable[[int], None] = lambda _: None,
    ) -> ScanReport:
        """Judge every file below the paths; results keep path order whatever `jobs` is.

        A target without any file is undecided, never a pass. `on_files` is told how many more were
        judged. Raises RegistryError if the registry cannot be asked.
        """
        self._gatherer.refresh()
        named = tuple(paths)
        findings = _Findings()
        for root in options.lost_at(*named):
            findings.add(result_of_lost(root, options))
        with Crew(options.jobs) as crew, self._indexing(options) as index:
            for path in named:
                if os.path.islink(path) or not os.path.isdir(path):  # noqa: PTH112, PTH114  (walk)
                    judged = self._judge.judge_unless_left(Found(path=path), options)
                    findings.take(judged)
                    on_files(1)
                else:
                    self._scan_folder(
                        path, options, crew, index=index, into=findings, told=on_files
                    )
        if not findings.results:
            findings.add(result_of_no_file(named, options, count=len(findings.ignored)))
        return ScanReport(
            results=findings.results,
            policy=_each(findings.policies),
            use=_each(purpose.use for purpose in findings.purposes),
            ignored=tuple(findings.ignored),
            rules=rule_texts(options.pack),
            production=options.production,
            title=_each(purpose.title for purpose in findings.purposes),
            judged_at=self._clock(),
        )

    def judge_file(self, path: Path, options: ScanOptions) -> AssetResult:
        """Judge one file, by what the registry knows now."""
        self._gatherer.refresh()
        return self._judge.judge(Found(path=path), options)

    @contextmanager
    def _indexing(self, options: ScanOptions) -> Iterator[Index | None]:
        is_used = options.uses_index and not options.digests_all and self._screen is not None
        if self._index is None or not is_used:
            yield None
            return
        with closing(self._index()) as index:
            yield index

    def _scan_folder(
        self,
        top: Path,
        options: ScanOptions,
        crew: Crew,
        *,
        index: Index | None,
        into: "_Findings",
        told: Callable[[int], None],
    ) -> None:
        sweeper = Sweeper(
            screen=self._screen,
            ignored=options.ignored,
            excluded=frozenset(map(str, options.excluded)),
            index=index,
        )
        for swept in sweeper.sweep("" if top == Path() else str(top), crew):
            if swept.problem:
                found = Found(path=Path(swept.folder or "."), problem=swept.problem)
                into.add(self._judge.judge(found, options))
            self._judge_swept(swept, options, crew, into)
            told(len(swept.names))

    def _judge_swept(
        self, swept: Swept, options: ScanOptions, crew: Crew, into: "_Findings"
    ) -> None:
        """Judge what lies in a folder: what was cleared all together, the rest file by file."""
        terms = options.at(Path(swept.folder, ".here")) if swept.names else options
        plain = result_of_nothing(terms, CLEARED[0])
        is_plain = not plain.findings and not options.digests_all
        codes = swept.codes if is_plain else bytes(len(swept.names))
        judged = self._judge_some(swept, codes, options, crew)
        begin = 0
        for at in sorted(judged):
            into.add_plain(swept, begin, at, plain)
            into.take(judged[at])
            begin = at + 1
        into.add_plain(swept, begin, len(swept.names), plain)

    def _judge_some(
        self, swept: Swept, codes: bytes, options: ScanOptions, crew: Crew
    ) -> "dict[int, AssetResult | Found | None]":
        """Judge those that were not cleared, and those whose content the registry may know.

        The latter is asked again as long as it learns of something: a copy may lie beside the file
        that declares itself.
        """
        doubtful = [at for at, code in enumerate(codes) if code == DOUBTFUL]
        judged: dict[int, AssetResult | Found | None] = {}
        asked: set[KnownEssences] = set()
        while True:
            for known in self._gatherer.known:
                if known not in asked and swept.findings is not None:
                    asked.add(known)
                    perhaps = swept.findings.perhaps_known(known)
                    doubtful += [at for at in perhaps if self._may_be(known, swept, at)]
            left = [at for at in dict.fromkeys(doubtful) if at not in judged]
            if not left:
                return judged
            judged |= zip(
                left, crew.map(partial(self._judge_at, swept, options), left), strict=True
            )
            doubtful = []

    def _may_be(self, known: "KnownEssences", swept: Swept, at: int) -> bool:
        if self._screen is None:
            return True
        path = os.path.join(swept.folder, swept.names[at])  # noqa: PTH118  (text in, text out)
        return may_be_known(path, self._screen, (known,))

    def _judge_at(self, swept: Swept, options: ScanOptions, at: int) -> AssetResult | Found | None:
        path = Path(swept.folder, swept.names[at])
        if is_marker(path):
            return None
        return self._judge.judge_unless_left(Found(path=path, endings=swept.endings), options)


class _Findings:
    """What a scan has found so far."""

    def __init__(self) -> None:
        self.results = ResultSpool()
        self.ignored: list[str] = []
        self.policies: dict[str, None] = {}
        self.purposes: dict[Purpose, None] = {}

    def take(self, judged: AssetResult | Found | None) -> None:
        """Add what became of one file, which may be nothing."""
        if isinstance(judged, AssetResult):
            self.add(judged)
        elif judged is not None:
            self.ignored.append(shown(judged.path))

    def add(self, result: AssetResult) -> None:
        """Add the result of one file."""
        self._note(result)
        self.results.append(result)

    def add_plain(self, swept: Swept, begin: int, end: int, plain: AssetResult) -> None:
        """Add files of a folder that were cleared: of them there is the same to say."""
        if begin < end:
            self._note(plain)
            names, codes = swept.names[begin:end], swept.codes[begin:end]
            self.results.append_alike(swept.folder, names, plain, codes=codes, formats=CLEARED)

    def _note(self, result: AssetResult) -> None:
        self.policies[result.policy] = None
        if result.purpose:
            self.purposes[result.purpose] = None


def _each(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, names)))
