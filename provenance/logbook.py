"""The log book: what happened, written down, signed from time to time, and held to that.

The registry chains every entry to the one before it and each row to its entry; whoever can write
the database could still make a whole new chain. A checkpoint is a signature over the chain's head,
kept in the log and handed out as a file: a chain that was made anew does not pass through it.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.attestation.envelope import sign_statement
from provenance.attestation.log_statement import check_log_checkpoint, log_checkpoint_statement
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.errors import AttestationError, RegistryError
from provenance.model.finding import Verdict
from provenance.model.log import EventKind, LogCheckpoint, LogEvent, LogFlaw
from provenance.model.report import AssetResult, ScanReport
from provenance.registry.backends import open_registry, verify
from provenance.registry.interface import Registry
from provenance.registry.journal import SIGNED
from provenance.registry.rows import path_digest
from provenance.writing import absolute

_logger = logging.getLogger(__name__)
_SKEW = timedelta(minutes=5)
"""How far apart the clocks of several hosts may be without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCheck:
    """What came of verifying a log."""

    flaws: tuple[LogFlaw, ...]
    """What is not as it was written or signed; empty if the log is sound."""
    entries: int
    """How many entries there are; 0 if even that cannot be read."""
    signed_until: int
    """The last entry that a checkpoint vouches for; 0 if there is none."""
    lacks_signature: bool = False
    """Whether nothing is signed though the trust list has a gate key: it may be another log."""

    @property
    def is_sound(self) -> bool:
        """Whether all is as it was written, as far as the log itself can tell."""
        return not self.flaws and not self.lacks_signature


class SteadyClock:
    """A clock that never shows an earlier time than it did, nor than the log was last signed at.

    One that is set back would bring approvals back to life that have expired.
    """

    def __init__(self, clock: Callable[[], datetime], registry: Registry) -> None:
        self._clock = clock
        self._registry = registry
        self._latest: datetime | None = None

    def __call__(self) -> datetime:
        """Return the time; raises RegistryError if the log cannot be asked."""
        now = self._clock()
        if self._latest is None:
            signed = (checkpoint.recorded_at for checkpoint in self._registry.log_checkpoints())
            self._latest = max(signed, default=now)
            if self._latest - now > _SKEW:
                _logger.warning(
                    "the clock says %s, but the log was signed on %s: it was set back, or ahead"
                    " then; until it has caught up, what expires is judged by the later, and what"
                    " begins by the earlier",
                    now.isoformat(timespec="seconds"),
                    self._latest.isoformat(timespec="seconds"),
                )
        self._latest = max(now, self._latest)
        return self._latest


class Logbook:
    """Writes into the log of one registry."""

    def __init__(self, registry: Registry, clock: Callable[[], datetime]) -> None:
        self._registry = registry
        self._clock = clock

    def record(self, kind: EventKind, **detail: str | int) -> None:
        """Append what happened; raises RegistryError if it cannot be kept."""
        self._registry.record_event(
            LogEvent(
                event_id=f"urn:uuid:{uuid.uuid4()}", kind=kind, at=self._clock(), detail=detail
            )
        )

    def record_scan(self, report: ScanReport) -> None:
        """Append the verdict of a scan, with a digest of what was judged how."""
        tally = report.tally
        self.record(
            EventKind.SCAN,
            verdict=tally.verdict.value,
            policy=report.policy,
            use=report.use,
            files=len(report.results),
            blocked=tally.count(Verdict.BLOCK),
            undecided=tally.count(Verdict.UNDECIDED),
            passed=tally.count(Verdict.PASS),
            ignored=len(report.ignored),
            results=tally.digest,
        )
        if tally.overridden:
            self.record(EventKind.OVERRIDE, files=tally.overridden, use=report.use)

    def record_delivery(self, folder: Path, files: int) -> None:
        """Append that so many files appeared in a folder; the scan before it says which."""
        self.record(EventKind.DELIVERY, path=path_digest(absolute(folder)), files=files)

    def record_file(self, kind: EventKind, path: Path, result: AssetResult | None = None) -> None:
        """Append what was done with one file, which its path's digest names."""
        detail = {"path": path_digest(absolute(path))}
        if result is None:
            self.record(kind, **detail)
            return
        file_digest, essence_digest = _digests(result)
        rules = sorted({finding.rule for finding in result.findings if finding.counts})
        self.record(
            kind,
            **detail,
            verdict=result.verdict.value,
            rules=",".join(rules),
            content=essence_digest or file_digest,
        )

    def sign(self, signer: Signer) -> None:
        """Sign the log as it is, unless nothing was written since it was signed last."""
        head = self._registry.log_head()
        newest = self._registry.log(newest=1)
        if not newest or newest[0].action == SIGNED:
            return
        now = self._clock()
        self._registry.add_log_checkpoint(
            LogCheckpoint(
                checkpoint_id=f"urn:uuid:{uuid.uuid4()}",
                covers=head.sequence,
                envelope=sign_statement(log_checkpoint_statement(head, now), signer),
                recorded_at=now,
            )
        )


def check_log(
    location: str, checkpoint_file: Path, trust: TrustList, *, against: bytes | None = None
) -> LogCheck:
    """Verify the log of a registry.

    1. The chain, and each row by its entry. See `registry.auditing`.
    2. The registry is not behind its checkpoint file.
    3. Each signed checkpoint was signed by a trusted key, and the chain passes through it.
    4. It passes through the checkpoint that was handed out, if one is given.

    Raises RegistryError if the registry cannot be asked, AttestationError if the checkpoint that
    is given is none that a trusted key signed.
    """
    flaws = verify(location, checkpoint_file)
    handed_out = () if against is None else (_handed_out(against, trust),)
    try:
        registry = open_registry(location, checkpoint_file)
    except RegistryError:
        if not flaws:
            raise
        return LogCheck(flaws=flaws, entries=0, signed_until=0)
    try:
        return _check_signed(registry, trust, flaws, handed_out)
    finally:
        registry.close()


def _handed_out(envelope: bytes, trust: TrustList) -> LogCheckpoint:
    signed = check_log_checkpoint(envelope, trust)
    return LogCheckpoint(
        checkpoint_id="",
        covers=signed.head.sequence,
        envelope=envelope,
        recorded_at=signed.signed_at,
    )


def _check_signed(
    registry: Registry,
    trust: TrustList,
    flaws: tuple[LogFlaw, ...],
    handed_out: tuple[LogCheckpoint, ...],
) -> LogCheck:
    found = list(flaws)
    signed_until = 0
    try:
        for checkpoint in (*registry.log_checkpoints(), *handed_out):
            message = _objection(checkpoint, registry, trust)
            if message:
                found.append(LogFlaw(sequence=checkpoint.covers, message=message))
            else:
                signed_until = max(signed_until, checkpoint.covers)
        entries = registry.sequence
    except RegistryError:
        if not flaws:
            raise
        entries = 0  # what is wrong is known already; the rest cannot be read for it
    return LogCheck(
        flaws=tuple(found),
        entries=entries,
        signed_until=signed_until,
        lacks_signature=not signed_until and signs_log(trust),
    )


def signs_log(trust: TrustList) -> bool:
    """Return whether a key of the list is there to sign the log."""
    return any(KeyRole.GATE in key.roles and key.is_in_use for key in trust.keys.values())


def _objection(checkpoint: LogCheckpoint, registry: Registry, trust: TrustList) -> str:
    """Return why the log does not keep to a checkpoint; empty if it does."""
    where = f"entry {checkpoint.covers}"
    try:
        signed = check_log_checkpoint(
            checkpoint.envelope, trust, recorded_at=checkpoint.recorded_at
        )
    except AttestationError as error:
        return f"{where}: its signed checkpoint does not count: {error}"
    if signed.head.sequence != checkpoint.covers:
        return f"{where}: its signed checkpoint is of entry {signed.head.sequence}"
    there = registry.chain_hash_at(signed.head.sequence)
    on = f"{signed.signed_at:%Y-%m-%d %H:%M} UTC"
    if there is None:
        return f"{where}: it was signed on {on} and is gone"
    if there != signed.head.chain_hash:
        return f"{where}: the log was rewritten: this is not the entry that was signed on {on}"
    return ""


def _digests(result: AssetResult) -> tuple[str, str]:
    return result.facts.file_digest or "", result.facts.essence_digest or ""
