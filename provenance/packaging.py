"""Judge sealed packages at the gate as what they are: one thing, that goes or stays as a whole."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from provenance.examining import shown
from provenance.model.facts import AssetFacts
from provenance.model.finding import Verdict
from provenance.model.report import AssetResult, ScanReport
from provenance.references.interface import Package
from provenance.references.seals import PackageFinder
from provenance.scanning import Scanner, ScanOptions

_MOST_NAMED = 3
_MOST_FINDINGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageCase:
    """A package in a zone, and what the gate says of it."""

    package: Package
    """The package."""
    place: Path
    """Its folder, or the zone where that lies within the package."""
    report: ScanReport
    """The verdict over its files; while some are missing, over one."""
    lacking: str
    """The first of its files that is not there yet, empty if all are."""
    is_movable: bool
    """Whether it is a whole folder in the zone, so that it can be moved away as one."""

    @property
    def why(self) -> str:
        """What keeps it out, in words."""
        against = self._against
        named = [
            f"{Path(result.facts.path).name}: {_reasons(result)}"
            for result in against[:_MOST_NAMED]
        ]
        more = f"; and {len(against) - _MOST_NAMED} more" if len(against) > _MOST_NAMED else ""
        count = f"{len(against)} of {len(self.report.results)} files"
        lack = f", of which {self.lacking} is not there yet," if self.lacking else ""
        return f"in the {self.package.kind}{lack} {count}: {'; '.join(named)}{more}"

    @property
    def result(self) -> AssetResult:
        """The package as if it were one file."""
        findings = [
            finding for result in self._against for finding in result.findings if finding.counts
        ]
        return AssetResult(
            facts=AssetFacts(path=shown(self.place)), findings=tuple(findings[:_MOST_FINDINGS])
        )

    @property
    def _against(self) -> list[AssetResult]:
        verdict = self.report.verdict
        return [result for result in self.report.results if result.verdict is verdict]


class PackageJudge:
    """Judges each package once for every state it is in."""

    def __init__(self, finder: PackageFinder, scanner: Scanner) -> None:
        self._finder = finder
        self._scanner = scanner
        self._judged: dict[Path, int] = {}
        self._told: set[tuple[Path, Verdict]] = set()

    def find(self, path: Path) -> Package | None:
        """Return the package a file belongs to, or None."""
        return self._finder.find(path)

    def judge(
        self, path: Path, package: Package, zone: Path, options: ScanOptions, *, anew: bool = False
    ) -> PackageCase | None:
        """Judge the package of a file that arrived in a zone, all of it as soon as all is there.

        Returns None if there is nothing to say: the file was judged with the others already, or is
        left unread as configured, or the same was said of the package that waits for other files.
        """
        folder = package.folder
        lacking = self._finder.lacks(package)
        if not lacking and not anew and _changed_at(path) <= self._judged.get(folder, -1):
            return None
        scope = (path,) if lacking else _scope(package, zone)
        report = self._scanner.scan(scope, replace(options, names_packages=False))
        if report.ignored and all(result.path_bytes is None for result in report.results):
            return None
        if lacking and report.verdict is not Verdict.PASS:
            if (folder, report.verdict) in self._told:
                return None
            self._told.add((folder, report.verdict))
        if not lacking:
            self._judged[folder] = max(map(_changed_at, (path, *files_of(report))))
        inside = folder.is_relative_to(zone)
        is_folder = package.seals_folder and package.is_list_whole
        return PackageCase(
            package=package,
            place=folder if inside else zone,
            report=report,
            lacking=lacking,
            is_movable=inside and is_folder and folder != zone and not lacking,
        )


def files_of(report: ScanReport) -> Iterator[Path]:
    """Yield the files a report speaks of, those that were left out too."""
    for result in report.results:
        if result.path_bytes is not None:
            yield Path(os.fsdecode(result.path_bytes))
    yield from map(Path, report.ignored)


def _scope(package: Package, zone: Path) -> tuple[Path, ...]:
    """Return what of a package lies in a zone."""
    if package.seals_folder or not package.is_list_whole:
        return (package.folder if package.folder.is_relative_to(zone) else zone,)
    files = (package.folder / name for name in (*package.members, *package.own))
    return tuple(file for file in files if file.is_relative_to(zone))


def _changed_at(path: Path) -> int:
    with suppress(OSError):
        return os.lstat(path).st_ctime_ns
    return 0


def _reasons(result: AssetResult) -> str:
    return "; ".join(finding.message for finding in result.findings if finding.counts)
