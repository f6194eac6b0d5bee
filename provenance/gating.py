"""The gate at a deliverable zone: judge what arrives, keep out what is blocked, look again."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from provenance.errors import OutOfReachError, ProvenanceError
from provenance.judging import ScanOptions
from provenance.leasing import LeaseKeeper
from provenance.logbook import Logbook
from provenance.model.arrival import KEPT_OUT, Arrival
from provenance.model.finding import Verdict
from provenance.model.log import EventKind
from provenance.model.report import AssetResult
from provenance.model.zone import OnBlock, Zone, zone_of
from provenance.packaging import PackageCase, PackageJudge
from provenance.path_text import shown
from provenance.quarantining import Quarantined, list_quarantine, quarantine, restore
from provenance.references.interface import Package
from provenance.reviewing import Reviewer
from provenance.scanning import Scanner
from provenance.sequencing import Failure

_WENT = ("quarantined", "left")
_PASSED = "no AI declaration, or approved"


class Gate:
    """Judges what lies in deliverable zones."""

    def __init__(
        self,
        *,
        scanner: Scanner,
        options: ScanOptions,
        logbook: Logbook,
        leases: LeaseKeeper,
        reviewer: Reviewer,
        packages: PackageJudge,
        clock: Callable[[], datetime],
        dry_run: bool = False,
    ) -> None:
        self._scanner = scanner
        self._options = replace(options, lost_at=lambda *_: ())
        self._logbook = logbook
        self._leases = leases
        self._reviewer = reviewer
        self._packages = packages
        self._clock = clock
        self._dry_run = dry_run
        self._stuck: set[Path] = set()

    def take(
        self, paths: Sequence[Path], zone: Zone, *, anew: bool = False
    ) -> Iterator[Arrival | Failure]:
        """Judge files that arrived in a zone, those of a sealed package with their package.

        What cannot be judged or moved stays and is a failure. With `anew` a package is judged,
        once, though it is as it was.
        """
        loose = []
        sealed: dict[Path, tuple[Package, list[Path]]] = {}
        for path in paths:
            package = self._packages.find(path)
            if package is None:
                loose.append(path)
            else:
                sealed.setdefault(package.folder, (package, []))[1].append(path)
        for package, members in sealed.values():
            done = self._take_sealed(members, package, zone, anew=anew)
            yield from _all_told(members, done)
        if loose:
            yield from _all_told(loose, self._take_loose(loose, zone))

    def review(self, zones: Sequence[Zone]) -> Iterator[Arrival]:
        """Look again at deliverables and the quarantine, where what was decided on has changed.

        What is approved by now comes back, what is approved no longer goes. Raises RegistryError
        if the registry cannot be asked; what was yielded before is done.
        """
        self._packages.begin_review()
        folders = frozenset(zone.path for zone in zones)
        if self._reviewer.begin(self._clock(), folders):
            try:
                yield from self._review_all(zones)
            except BaseException:
                self._reviewer.abort()
                raise
        for path in self._reviewer.doubtful():
            if zone_of(path, zones) is None:
                self._reviewer.put_back(path)
            yield from self._judge_again(path, zones)

    def _review_all(self, zones: Sequence[Zone]) -> Iterator[Arrival]:
        self._reviewer.forget_gone(zone.path for zone in zones)
        for path, passed in self._reviewer.shaken():
            yield from self._judge_again(path, zones, passed=passed)
        kept = (entry for zone in zones for entry in list_quarantine(zone.path))
        for entry in self._reviewer.returnable(kept):
            yield from self._bring_back(entry)

    def _take_loose(self, paths: Sequence[Path], zone: Zone) -> Iterator[Arrival | Failure]:
        report = self._scanner.scan(paths, self._options)
        results = {result.path_bytes: result for result in report.results if result.path_bytes}
        # That all of it was left unread, which a scan calls undecided, is nothing to record.
        is_undecided = any(one.verdict is Verdict.UNDECIDED for one in results.values())
        if is_undecided and not self._dry_run:
            self._logbook.record_scan(report)
        for path in paths:
            result = results.get(os.fsencode(path))
            if result is None:
                yield Arrival(path=path, action="left", detail="left unread, as configured")
                continue
            self._reviewer.note(path, result)
            yield from _tried(path, lambda: self._deal(result, path, zone))  # noqa: B023  (at once)

    def _take_sealed(
        self, paths: Sequence[Path], package: Package, zone: Zone, *, anew: bool
    ) -> Iterator[Arrival | Failure]:
        """Judge the package of some files as a whole; nothing is taken out of it.

        If it cannot be moved, all of them are to be tried again.
        """
        case = self._packages.judge(paths, package, zone.path, self._options, anew=anew)
        told = 0
        if case is not None:
            (done,) = _tried(paths[0], lambda: self._deal_with_package(case, paths[0], zone))
            if isinstance(done, Failure):
                self._packages.forget(case)
                yield from (replace(done, path=path) for path in paths)
                return
            self._keep_in_mind(case, done)
            yield done
            told = 1
        for path in paths[told:]:
            yield Arrival(path=path, action="left", detail=f"belongs to the {package.name}")

    def _keep_in_mind(self, case: PackageCase, done: Arrival) -> None:
        """Remember a package that stays as judged; one that went is judged if it comes back."""
        if done.action in _WENT:
            self._packages.forget(case)
            return
        self._packages.settle(case)
        for result in case.report.results:
            if result.path_bytes is not None:
                self._reviewer.note(Path(os.fsdecode(result.path_bytes)), result)

    def _deal(self, result: AssetResult, path: Path, zone: Zone) -> Arrival:
        why = "; ".join(finding.message for finding in result.findings if finding.counts)
        if result.verdict is Verdict.PASS:
            return Arrival(path=path, action="passed", detail=_PASSED)
        if result.verdict is Verdict.UNDECIDED:
            detail = f"left where it is: {why}"
            return Arrival(path=path, action="undecided", detail=detail, rules=_rules(result))
        return self._keep_out(result, path, zone, why)

    def _deal_with_package(self, case: PackageCase, path: Path, zone: Zone) -> Arrival:
        if case.report.verdict is Verdict.PASS:
            return Arrival(path=path, action="passed", detail=_PASSED)
        if case.report.verdict is Verdict.UNDECIDED:
            if not self._dry_run:
                self._logbook.record_scan(case.report)
            detail, rules = f"left whole where it is: {case.why}", _rules(case.result)
            return Arrival(path=case.place, action="undecided", detail=detail, rules=rules)
        if not case.is_movable:
            zone = replace(zone, on_block=OnBlock.REPORT)
        return self._keep_out(case.result, case.place, zone, case.why)

    def _keep_out(self, result: AssetResult, path: Path, zone: Zone, why: str) -> Arrival:
        rules = _rules(result)
        if zone.on_block is OnBlock.REPORT:
            if not self._dry_run:
                self._logbook.record_file(EventKind.BLOCKED, path, result)
            detail = f"left where it is: {why}"
            return Arrival(path=path, action="blocked", detail=detail, rules=rules)
        if self._dry_run:
            return Arrival(path=path, action="would-quarantine", detail=why, rules=rules)
        with self._leases.hold(path) as held, held.publishing():
            if not os.path.lexists(path):
                return Arrival(path=path, action="left", detail="it went, by another host perhaps")
            moved = quarantine(result, path, zone.path, self._clock())
            self._reviewer.forget(path)
            self._logbook.record_file(EventKind.QUARANTINE, path, result)
        place = shown(moved.path.parent.relative_to(zone.path.parent))
        detail = f"now in {place}: {why}"
        return Arrival(path=path, action="quarantined", detail=detail, rules=rules)

    def _judge_again(
        self, path: Path, zones: Sequence[Zone], *, passed: bool | None = None
    ) -> Iterator[Arrival]:
        """Judge a deliverable anew; for what passed or not by its records say what changed."""
        zone = zone_of(path, zones)
        if zone is None or not self._is_as_judged(path, passed=passed):
            return
        for arrival in self.take((path,), zone, anew=True):
            if isinstance(arrival, Failure):
                yield from self._postpone(arrival, passed=passed)
                continue
            self._stuck.discard(path)
            if passed and arrival.action in KEPT_OUT:
                detail = f"passes no longer, {arrival.detail}"
                yield replace(arrival, action="revoked", detail=detail)
            elif passed is False and arrival.action == "passed":
                yield replace(arrival, action="passes-now")
            elif arrival.action not in ("passed", "left"):
                yield arrival

    def _is_as_judged(self, path: Path, *, passed: bool | None) -> bool:
        try:
            return self._reviewer.is_as_judged(path)
        except OSError:
            self._reviewer.postpone(path, passed=passed)
            return False

    def _postpone(self, failure: Failure, *, passed: bool | None) -> Iterator[Arrival]:
        """Leave a deliverable to the next review; that is told once."""
        path = failure.path
        self._reviewer.postpone(path, passed=passed)
        if isinstance(failure.error, OutOfReachError):
            raise failure.error
        if path not in self._stuck:
            self._stuck.add(path)
            yield Arrival(path=path, action="undecided", detail=str(failure.error))

    def _bring_back(self, entry: Quarantined) -> Iterator[Arrival]:
        """Move a file back that passes by now, by the terms of its zone; never onto another."""
        path = entry.original
        result = self._scanner.judge_file(entry.path, self._options.at(path))
        if result.verdict is Verdict.UNDECIDED or result.facts.problems:
            self._reviewer.retry(entry, is_soon=False)
        if result.verdict is not Verdict.PASS:
            return
        if self._dry_run:
            yield Arrival(path=path, action="would-return", detail="it passes by now")
            return
        try:
            with self._leases.hold(path) as held, held.publishing():
                restore(entry.path)
                self._logbook.record_file(EventKind.RESTORE, path, result)
        except OutOfReachError:
            raise
        except ProvenanceError as error:
            self._reviewer.retry(entry, is_soon=True)
            if entry.path not in self._stuck:
                self._stuck.add(entry.path)
                detail = f"it passes by now and stays in quarantine: {error}"
                yield Arrival(path=path, action="stuck", detail=detail)
            return
        self._stuck.discard(entry.path)
        yield Arrival(path=path, action="returned", detail="back from quarantine: it passes by now")
        self._reviewer.note(path, result)


def _tried(path: Path, deal: Callable[[], Arrival]) -> Iterator[Arrival | Failure]:
    try:
        yield deal()
    except ProvenanceError as error:
        yield Failure(path=path, error=error)


def _all_told(
    paths: Sequence[Path], done: Iterator[Arrival | Failure]
) -> Iterator[Arrival | Failure]:
    """Yield what was done; once that breaks off, the paths nothing was said of have failed."""
    untold = dict.fromkeys(paths)
    try:
        for one in done:
            untold.pop(one.path, None)
            yield one
    except (ProvenanceError, OSError) as error:
        yield from (Failure(path=path, error=error) for path in untold)


def _rules(result: AssetResult) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.rule for finding in result.findings if finding.counts))
