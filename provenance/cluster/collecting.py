"""What workers found, put together as one scan would have found it."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.cluster.records import Found
from provenance.judging import ScanOptions, result_of_no_file
from provenance.model.facts import ProblemKind
from provenance.model.report import AssetResult, ScanReport
from provenance.policy.engine import rule_texts
from provenance.spooling import Alike, ResultSpool

if TYPE_CHECKING:
    from provenance.model.purpose import Purpose


class Collected:
    """What has come in so far."""

    def __init__(self) -> None:
        self._results = ResultSpool()
        self._ignored: list[str] = []
        self._policies: dict[str, None] = {}
        self._purposes: dict[Purpose, None] = {}
        self._lost: set[str] = set()

    def add(self, result: AssetResult) -> None:
        """Add the result of one file.

        That a zone is lost, which every worker says that meets it, is told once.
        """
        if _is_of(result, ProblemKind.LOST_ROOT):
            if result.facts.path in self._lost:
                return
            self._lost.add(result.facts.path)
        self._note(result)
        self._results.append(result)

    def add_each(self, results: Iterable[AssetResult]) -> None:
        """Add some."""
        for result in results:
            self.add(result)

    def take_found(self, found: Found) -> None:
        """Add what a worker found."""
        self._ignored += found.ignored
        for entry in found.entries:
            if isinstance(entry, Alike):
                self._note(entry.template)
                names = entry.names.split("/")
                self._results.append_alike(
                    entry.folder, names, entry.template, codes=entry.codes, formats=entry.formats
                )
            elif not _is_of(entry, ProblemKind.EMPTY_TARGET):  # only all of it may be
                self.add(entry)

    def report(self, paths: tuple[Path, ...], options: ScanOptions, now: datetime) -> ScanReport:
        """Return the report; that nothing was judged is undecided."""
        if not self._results:
            self.add(result_of_no_file(paths, options, count=len(self._ignored)))
        return ScanReport(
            results=self._results,
            policy=_each(self._policies),
            use=_each(purpose.use for purpose in self._purposes),
            ignored=tuple(self._ignored),
            rules=rule_texts(options.pack),
            production=options.production,
            title=_each(purpose.title for purpose in self._purposes),
            judged_at=now,
        )

    def _note(self, result: AssetResult) -> None:
        self._policies[result.policy] = None
        if result.purpose:
            self._purposes[result.purpose] = None


def _is_of(result: AssetResult, kind: ProblemKind) -> bool:
    return any(problem.kind is kind for problem in result.facts.problems)


def _each(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, names)))
