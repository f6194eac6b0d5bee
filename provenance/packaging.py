"""Judge sealed packages at the gate as what they are: one thing, that goes or stays as a whole."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from provenance.judging import ScanOptions
from provenance.model.facts import AssetFacts
from provenance.model.report import AssetResult, ScanReport
from provenance.path_text import shown
from provenance.references.interface import Package
from provenance.references.seals import PackageFinder
from provenance.scanning import Scanner
from provenance.walking import walk

_MOST_NAMED = 3
_MOST_FINDINGS = 50
_MOST_SETTLED = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """What was judged in a package, whose verdict was carried out or is about to be."""

    inode: int
    """Of its folder: one that is renamed over it is another package."""
    is_whole: bool
    """Whether all its files were there and judged together."""
    files: frozenset[int]
    """Stamps of what was judged, of each file one number: a package can have very many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageCase:
    """A package in a zone, and what the gate says of it."""

    package: Package
    """The package."""
    place: Path
    """Its folder, or the zone where that lies within the package."""
    report: ScanReport
    """The verdict over its files; while some are missing, over those that arrived."""
    lacking: str
    """The first of its files that is not there yet, empty if all are."""
    is_movable: bool
    """Whether it is a whole folder in the zone, so that it can be moved away as one."""
    seen: _Settled
    """What lay there just before it was judged."""

    @property
    def why(self) -> str:
        """What keeps it out, in words."""
        named = [
            f"{Path(result.facts.path).name}: {_reasons(result)}"
            for result in islice(self._against(), _MOST_NAMED)
        ]
        against = self.report.count(self.report.verdict)
        more = f"; and {against - _MOST_NAMED} more" if against > _MOST_NAMED else ""
        count = f"{against} of {len(self.report.results)} files"
        lack = f", of which {self.lacking} is not there yet," if self.lacking else ""
        return f"in the {self.package.kind}{lack} {count}: {'; '.join(named)}{more}"

    @property
    def result(self) -> AssetResult:
        """The package as if it were one file."""
        findings = (
            finding for result in self._against() for finding in result.findings if finding.counts
        )
        return AssetResult(
            facts=AssetFacts(path=shown(self.place)),
            findings=tuple(islice(findings, _MOST_FINDINGS)),
        )

    def _against(self) -> Iterator[AssetResult]:
        verdict = self.report.verdict
        return (result for result in self.report.notable() if result.verdict is verdict)


class PackageJudge:
    """Judges each package once for every state it is in."""

    def __init__(self, finder: PackageFinder, scanner: Scanner) -> None:
        self._finder = finder
        self._scanner = scanner
        self._settled: dict[Path, _Settled] = {}
        self._reviewed: set[Path] = set()

    def begin_review(self) -> None:
        """Have each package judged anew once more at most, whichever of its files ask for it."""
        self._reviewed.clear()

    def find(self, path: Path) -> Package | None:
        """Return the package a file belongs to, or None; what no list names for sure is in none."""
        return self._finder.find(path, in_doubt=False)

    def judge(
        self,
        paths: Sequence[Path],
        package: Package,
        zone: Path,
        options: ScanOptions,
        *,
        anew: bool = False,
    ) -> PackageCase | None:
        """Judge the package of files that arrived in a zone, all of it as soon as all is there.

        Returns None if there is nothing to say: each of them was judged as it is and that is
        settled, or is gone, or is left unread as configured; or the package was judged anew in
        this review. A case has to be settled or forgotten once its verdict is carried out.
        """
        if anew and package.folder in self._reviewed:
            return None
        settled = self._settled_in(package.folder)
        known = frozenset() if anew or settled is None else settled.files
        stamps = {path: _stamp(path) for path in paths}
        fresh = tuple(
            path for path, stamp in stamps.items() if stamp is not None and stamp not in known
        )
        if not fresh and settled and settled.is_whole:
            return None
        lacking = self._finder.lacks(package)
        if lacking and not fresh:
            return None
        scope = fresh if lacking else _scope(package, zone)
        seen = _look(package.folder, (*fresh, *scope), options, is_whole=not lacking)
        report = self._scanner.scan(scope, replace(options, names_packages=False))
        if report.ignored and all(result.path_bytes is None for result in report.results):
            return None
        if anew and not lacking:
            self._reviewed.add(package.folder)
        inside = package.folder.is_relative_to(zone)
        is_folder = package.seals_folder and package.is_list_whole
        return PackageCase(
            package=package,
            place=package.folder if inside else zone,
            report=report,
            lacking=lacking,
            is_movable=inside and is_folder and package.folder != zone and not lacking,
            seen=seen,
        )

    def settle(self, case: PackageCase) -> None:
        """Remember that a verdict was carried out and the package stays where it is."""
        folder = case.package.folder
        before = self._settled_in(folder)
        files = case.seen.files | before.files if case.lacking and before else case.seen.files
        if len(self._settled) >= _MOST_SETTLED:
            self._settled.clear()
        self._settled[folder] = replace(case.seen, files=files)

    def forget(self, case: PackageCase) -> None:
        """Judge a package again when one of its files is met, whatever it looks like then."""
        self._settled.pop(case.package.folder, None)

    def _settled_in(self, folder: Path) -> _Settled | None:
        """Return what is settled of a folder, unless another one took its place."""
        settled = self._settled.get(folder)
        return settled if settled and settled.inode == _inode(folder) else None


def _look(folder: Path, scope: Sequence[Path], options: ScanOptions, *, is_whole: bool) -> _Settled:
    """Note what there is before it is judged, so that what is written meanwhile is unlike it."""
    stamps = (_stamp(found.path) for found in walk(scope, excluded=options.excluded))
    return _Settled(inode=_inode(folder), is_whole=is_whole, files=frozenset(filter(None, stamps)))


def _scope(package: Package, zone: Path) -> tuple[Path, ...]:
    """Return what of a package lies in a zone."""
    if package.seals_folder:
        return (package.folder if package.folder.is_relative_to(zone) else zone,)
    files = (package.folder / name for name in (*package.members, *package.own))
    return tuple(file for file in files if file.is_relative_to(zone))


def _stamp(path: Path) -> int | None:
    """Return a number for a file in its state: 0 if nobody can tell, None if it is gone."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    except OSError:
        return 0
    return hash((status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))


def _inode(folder: Path) -> int:
    with suppress(OSError):
        return os.lstat(folder).st_ino
    return 0


def _reasons(result: AssetResult) -> str:
    return "; ".join(finding.message for finding in result.findings if finding.counts)
