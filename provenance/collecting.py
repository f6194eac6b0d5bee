"""What a scan has found so far, put together for its report."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.judging import ScanOptions, result_of_no_file
from provenance.model.report import AssetResult, ScanReport
from provenance.policy.engine import rule_texts
from provenance.spooling import ResultSpool
from provenance.sweep_looker import cleared_formats

if TYPE_CHECKING:
    from provenance.model.purpose import Purpose


class Collector:
    """Takes in results in the order of the report."""

    def __init__(self) -> None:
        self._results = ResultSpool(formats=cleared_formats)
        self._ignored: list[str] = []
        self._policies: dict[str, None] = {}
        self._purposes: dict[Purpose, None] = {}

    def add(self, result: AssetResult) -> None:
        """Add the result of one file."""
        self._note(result)
        self._results.append(result)

    def add_alike(
        self,
        folder: str,
        names: Sequence[str],
        template: AssetResult,
        *,
        codes: bytes,
    ) -> None:
        """Add files of one folder of which there is the same to say. See `ResultSpool`."""
        if names:
            self._note(template)
            self._results.append_alike(folder, names, template, codes=codes)

    def ignore(self, paths: Iterable[str]) -> None:
        """Add files that were left out because the settings say so."""
        self._ignored += paths

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


def _each(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, names)))
