"""Scan a folder and write down what was seen: a receipt of exactly the bytes that were judged."""

import os
import platform
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from importlib import metadata
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from securesystemslib.signer import Signer

from provenance import __version__
from provenance.attestation.envelope import MAX_RECEIPT_SIZE, sign_statement
from provenance.attestation.receipt_statement import path_order, receipt_statement
from provenance.attestation.trust_file import SignedTrust
from provenance.carriers.sidecar import is_sidecar
from provenance.errors import MediaError, UsageError
from provenance.judging import ScanOptions
from provenance.media.essence import identify_bytes
from provenance.media.source import FileSource, same_state
from provenance.model.digest import Digest, sha256_digest
from provenance.model.facts import AssetFacts, Problem, ProblemKind
from provenance.model.finding import Verdict
from provenance.model.purpose import Purpose
from provenance.model.receipt import EntryKind, NamedDigest, Receipt, ReceiptEntry
from provenance.model.report import AssetResult, ScanReport
from provenance.path_text import shown
from provenance.policy.engine import judge
from provenance.registry.interface import Registry
from provenance.scanning import Scanner
from provenance.spooling import ResultSpool
from provenance.walking import walk

_READERS = ("brotli", "c2pa-python", "defusedxml", "mutagen", "pillow", "pymediainfo")

_Seen = dict[Path, os.stat_result]


class Receipter:
    """Scans folders for receipts."""

    def __init__(
        self,
        *,
        scanner: Scanner,
        registry: Registry,
        trust: SignedTrust,
        clock: Callable[[], datetime],
    ) -> None:
        self._scanner = scanner
        self._registry = registry
        self._trust = trust
        self._clock = clock

    def scan(
        self,
        folder: Path,
        options: ScanOptions,
        on_files: Callable[[int], None] = lambda _: None,
    ) -> tuple[ScanReport, Receipt]:
        """Judge a folder as `Scanner.scan` does; return its report and the receipt of it.

        What is judged is digested by the same open file. What is not judged itself, sidecars and
        what is ignored, is digested afterwards and must be as it was before the scan; if not, it
        is undecided, and so is the report. Raises UsageError if the path is no folder.
        """
        if folder.is_symlink() or not folder.is_dir():
            raise UsageError(f"{shown(folder)}: is no folder; a receipt speaks of one folder")
        before = _states(folder, options)
        options = replace(options, digests_all=True)
        report = self._scanner.scan((folder,), options, on_files)
        after = _states(folder, options)
        seen = {os.fsencode(path): path for path in sorted(before.keys() | after.keys())}
        entries = {
            seen[one.path_bytes]: _judged(seen[one.path_bytes], folder, one)
            for one in report.results
            if one.path_bytes in seen
        }
        doubtful = []
        for path in seen.values():
            if path in entries:
                continue
            entries[path] = _left_out(path, folder, before.get(path))
            if entries[path].file_digest is None:
                doubtful.append(_undecided(path, options))
        if doubtful:
            report = replace(report, results=ResultSpool(chain(report.results, doubtful)))
        return report, self._receipt(folder, options, report, entries.values())

    def _receipt(
        self,
        folder: Path,
        options: ScanOptions,
        report: ScanReport,
        entries: Iterable[ReceiptEntry],
    ) -> Receipt:
        return Receipt(
            receipt_id=f"urn:uuid:{uuid.uuid4()}",
            folder=os.path.basename(os.path.abspath(folder)),  # noqa: PTH100, PTH119  (no links)
            scanned_at=self._clock(),
            verdict=report.verdict,
            is_overridden=report.is_overridden,
            is_strict=options.strict,
            purposes=_purposes(report) or (options.purpose,),
            policies=_policies(report)
            or (NamedDigest(name=options.pack.label, digest=options.pack.digest),),
            inputs=tuple(dict.fromkeys(self._inputs(report))),
            trust_edition=self._trust.trust.edition,
            versions=MappingProxyType(dict(_versions())),
            entries=tuple(sorted(entries, key=lambda entry: path_order(entry.path))),
            valid_until=_ends(report),
        )

    def _inputs(self, report: ScanReport) -> Iterator[NamedDigest]:
        """Yield what was asked: the trust list, and all that is filed of each record."""
        if self._trust.envelope:
            yield NamedDigest(name="trust.toml", digest=sha256_digest(self._trust.envelope))
        asked = sorted({record_id for one in report.results for record_id in _records(one.facts)})
        for record_id in asked:
            for stored in self._registry.attestations_of(record_id):
                yield NamedDigest(name=record_id, digest=sha256_digest(stored.envelope))


def signed_receipt(receipt: Receipt, signer: Signer) -> bytes:
    """Return the receipt as a file; raises AttestationError if it gets too big."""
    return sign_statement(receipt_statement(receipt), signer, largest=MAX_RECEIPT_SIZE)


def _purposes(report: ScanReport) -> tuple[Purpose, ...]:
    return tuple(dict.fromkeys(one.purpose for one in report.results if one.purpose))


def _policies(report: ScanReport) -> tuple[NamedDigest, ...]:
    named = (
        NamedDigest(name=one.policy, digest=one.policy_digest)
        for one in report.results
        if one.policy_digest
    )
    return tuple(dict.fromkeys(named))


def _ends(report: ScanReport) -> datetime | None:
    """Return when the first override ends without which something would not have passed."""
    ends = (
        judged.checked.override.valid_until
        for result in report.results
        if result.is_overridden
        for judged in result.facts.overrides
        if judged.sets_aside
    )
    return min(ends, default=None)


def _records(facts: AssetFacts) -> Iterator[str]:
    yield from (judged.checked.approval.approval_id for judged in facts.approvals)
    yield from (judged.checked.override.override_id for judged in facts.overrides)
    if facts.ai_use is not None:
        yield facts.ai_use.record_id


def _states(folder: Path, options: ScanOptions) -> _Seen:
    """Return everything below the folder that is no folder, each with its state now."""
    states = {}
    for found in walk((folder,), excluded=options.excluded):
        with suppress(FileNotFoundError):
            states[found.path] = os.lstat(found.path)
    return states


def _judged(path: Path, folder: Path, result: AssetResult) -> ReceiptEntry:
    return ReceiptEntry(
        path=path.relative_to(folder).as_posix(),
        kind=EntryKind.JUDGED,
        verdict=result.verdict,
        file_digest=result.facts.file_digest,
        essence_digest=result.facts.essence_digest if result.facts.file_digest else None,
    )


def _left_out(path: Path, folder: Path, before: os.stat_result | None) -> ReceiptEntry:
    """Return the entry of a file that was not judged itself; without digest if it is in doubt."""
    digest: Digest | None = None
    with suppress(MediaError), FileSource(path) as source:
        read = identify_bytes(source).file_digest
        is_settled = before is not None and same_state(before, source.status)
        digest = read if is_settled and source.is_unchanged() else None
    return ReceiptEntry(
        path=path.relative_to(folder).as_posix(),
        kind=EntryKind.SIDECAR if is_sidecar(path) else EntryKind.IGNORED,
        verdict=Verdict.PASS if digest else Verdict.UNDECIDED,
        file_digest=digest,
    )


def _undecided(path: Path, options: ScanOptions) -> AssetResult:
    detail = "it was written while the folder was scanned"
    problem = Problem(kind=ProblemKind.CHANGED, detail=detail)
    facts = AssetFacts(path=shown(path), problems=(problem,))
    findings = judge(facts, options.pack)
    return AssetResult(facts=facts, findings=findings, path_bytes=os.fsencode(path))


def _versions() -> Iterator[tuple[str, str]]:
    yield "provenance", __version__
    yield "python", platform.python_version()
    for name in _READERS:
        yield name, metadata.version(name)
