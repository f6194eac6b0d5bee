"""What workers found, put together as one scan would have found it."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from provenance.cluster.records import Found
from provenance.collecting import Collector
from provenance.judging import ScanOptions
from provenance.model.facts import ProblemKind
from provenance.model.report import AssetResult, ScanReport
from provenance.spooling import Alike


class Collected:
    """What has come in so far."""

    def __init__(self) -> None:
        self._collector = Collector()
        self._lost: set[str] = set()

    def add(self, result: AssetResult) -> None:
        """Add the result of one file.

        That a zone is lost, which every worker says that meets it, is told once.
        """
        if _is_of(result, ProblemKind.LOST_ROOT):
            if result.facts.path in self._lost:
                return
            self._lost.add(result.facts.path)
        self._collector.add(result)

    def add_each(self, results: Iterable[AssetResult]) -> None:
        """Add some."""
        for result in results:
            self.add(result)

    def take_found(self, found: Found) -> None:
        """Add what a worker found."""
        self._collector.ignore(found.ignored)
        for entry in found.entries:
            if isinstance(entry, Alike):
                names = entry.names.split("/")
                self._collector.add_alike(entry.folder, names, entry.template, codes=entry.codes)
            elif not _is_of(entry, ProblemKind.EMPTY_TARGET):  # only all of it may be
                self.add(entry)

    def report(self, paths: tuple[Path, ...], options: ScanOptions, now: datetime) -> ScanReport:
        """See `Collector.report`."""
        return self._collector.report(paths, options, now)


def _is_of(result: AssetResult, kind: ProblemKind) -> bool:
    return any(problem.kind is kind for problem in result.facts.problems)
