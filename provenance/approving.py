"""Record written approvals, verify them, take them back."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.attestation.approval_statement import approval_statement, read_approval
from provenance.attestation.envelope import open_envelope, sign_statement
from provenance.attestation.revocation_statement import (
    CONSENT,
    read_revocation,
    revocation_statement,
)
from provenance.errors import AttestationError, UsageError
from provenance.examining import Examiner, shown
from provenance.media.source import FileSource
from provenance.model.ai_use import Transform, UseCategory
from provenance.model.approval import (
    Approval,
    CheckedApproval,
    Decision,
    Revocation,
    RevocationKind,
)
from provenance.model.condition import Condition, ConditionKind
from provenance.model.digest import Digest, sha256_digest
from provenance.model.evidence import Evidence
from provenance.model.party import Party
from provenance.model.purpose import FINAL_DELIVERABLE, UNLIMITED, Scope
from provenance.model.subject import Subject
from provenance.registry.interface import AttestationKind, BlobStore, Registry, StoredAttestation
from provenance.remembering import Rememberer
from provenance.verifying import Verifier

LARGEST_EVIDENCE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What is to be decided on, by whom, for what."""

    paths: tuple[Path, ...]
    """The files."""
    approver: Party
    """Who decided."""
    evidence: tuple[Path, ...]
    """Documents that show it."""
    uses: frozenset[str]
    """For which uses."""
    decision: Decision = Decision.APPROVED
    """What was decided."""
    authority: str = ""
    """On what the approver's authority rests."""
    requester: Party | None = None
    """Who asked."""
    recorder: str = ""
    """Who records it."""
    request_id: str = ""
    """The request it answers."""
    categories: frozenset[UseCategory] = frozenset()
    """Which categories of AI use it allows."""
    scope: Scope = UNLIMITED
    """What it is limited to."""
    conditions: tuple[Condition, ...] = ()
    """Under which conditions."""
    derivatives: frozenset[Transform] = frozenset()
    """By which transforms derivatives are covered too."""
    consents: tuple[str, ...] = ()
    """Talent consents it rests on."""
    supersedes: str = ""
    """The approval it takes the place of, whole id."""
    valid_from: datetime | None = None
    """From when, aware UTC."""
    valid_until: datetime | None = None
    """Until when, aware UTC."""


class Approver:
    """Keeps the approvals."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        verifier: Verifier,
        registry: Registry,
        blobs: BlobStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._examiner = examiner
        self._verifier = verifier
        self._registry = registry
        self._blobs = blobs
        self._clock = clock

    def approve(self, request: ApprovalRequest, signer: Signer) -> CheckedApproval:
        """Sign and store an approval, bound to the files' bytes as they are now.

        Returns it as verified against the trust list. Raises UsageError for a request that could
        never hold, UnreadableError if a file or document cannot be read.
        """
        now = self._clock()
        _require_possible(request, now)
        approval = Approval(
            approval_id=f"urn:uuid:{uuid.uuid4()}",
            subjects=tuple(self.subject(path) for path in dict.fromkeys(request.paths)),
            uses=request.uses,
            approver=request.approver,
            approved_at=now,
            evidence=tuple(self._keep(path) for path in dict.fromkeys(request.evidence)),
            decision=request.decision,
            authority=request.authority,
            requester=request.requester,
            recorder=request.recorder,
            request_id=request.request_id,
            categories=request.categories,
            scope=request.scope,
            conditions=request.conditions,
            derivatives=request.derivatives,
            consents=request.consents,
            supersedes=request.supersedes,
            valid_from=request.valid_from,
            valid_until=request.valid_until,
            trust_serial=self._verifier.trust_serial,
        )
        envelope = sign_statement(approval_statement(approval), signer)
        return self.store(approval, envelope)

    def countersign(self, approval_id: str, signer: Signer) -> CheckedApproval:
        """Add another's signature to an approval; raises UsageError if there is none."""
        stored = self.find(approval_id)
        payload = open_envelope(stored.envelope).payload
        read_approval(payload)
        envelope = sign_statement(payload, signer)
        self.file(AttestationKind.COUNTERSIGNATURE, stored.approval_id, envelope)
        return self._verifier.check(stored)

    def revoke(
        self, approval_id: str, kind: RevocationKind, reason: str, signer: Signer
    ) -> CheckedApproval:
        """Take an approval back and return its new state; raises UsageError if there is none."""
        stored = self.find(approval_id)
        lifts = self._suspensions(stored.approval_id) if kind is RevocationKind.REINSTATED else ()
        self._take_back(stored.approval_id, kind, reason, signer, lifts=lifts)
        return self._verifier.check(stored)

    def revoke_consent(
        self, consent: str, kind: RevocationKind, reason: str, signer: Signer
    ) -> tuple[CheckedApproval, ...]:
        """Take a talent's consent back, or give it back; return the approvals that rest on it."""
        record_id = f"{CONSENT}{consent}"
        lifts = self._suspensions(record_id) if kind is RevocationKind.REINSTATED else ()
        self._take_back(record_id, kind, reason, signer, lifts=lifts)
        return tuple(one for one in self.list() if consent in one.approval.consents)

    def _take_back(
        self,
        record_id: str,
        kind: RevocationKind,
        reason: str,
        signer: Signer,
        *,
        lifts: tuple[Digest, ...],
    ) -> None:
        revocation = Revocation(
            record_id=record_id, kind=kind, reason=reason, revoked_at=self._clock(), lifts=lifts
        )
        known = self._registry.attestations_of(record_id)
        approvals = [one for one in known if one.kind is AttestationKind.APPROVAL]
        bound = sha256_digest(approvals[0].envelope) if approvals else None
        statement = revocation_statement(revocation, approval_envelope=bound)
        self.file(AttestationKind.REVOCATION, record_id, sign_statement(statement, signer))

    def _suspensions(self, record_id: str) -> tuple[Digest, ...]:
        """Return the suspensions that stand; raises UsageError if there is nothing to lift."""
        known = [
            (one.envelope, read_revocation(open_envelope(one.envelope).payload))
            for one in self._registry.attestations_of(record_id)
            if one.kind is AttestationKind.REVOCATION
        ]
        lifted = {digest for _, revocation in known for digest in revocation.lifts}
        standing = [
            sha256_digest(envelope)
            for envelope, revocation in known
            if revocation.kind is RevocationKind.SUSPENDED
        ]
        left = tuple(digest for digest in standing if digest not in lifted)
        if not left:
            raise UsageError(f"{record_id}: nothing is suspended, so there is nothing to lift")
        return left

    def find(self, approval_id: str) -> StoredAttestation:
        """Return the approval of this id, or of the one id that begins so.

        Raises UsageError if there is none, or several.
        """
        wanted = approval_id.removeprefix("urn:uuid:").lower()
        matches = [
            stored
            for stored in self._registry.attestations(AttestationKind.APPROVAL)
            if wanted and stored.approval_id.removeprefix("urn:uuid:").startswith(wanted)
        ]
        if len(matches) != 1:
            count = "several approvals begin" if matches else "no approval begins"
            raise UsageError(f"{count} with {approval_id!r}; see: provenance approvals list")
        return matches[0]

    def list(self) -> tuple[CheckedApproval, ...]:
        """Return every approval, verified now, oldest first."""
        return tuple(
            self._verifier.check(stored)
            for stored in self._registry.attestations(AttestationKind.APPROVAL)
        )

    def show(self, approval_id: str) -> CheckedApproval:
        """Return one approval, verified now; raises UsageError if there is none."""
        return self._verifier.check(self.find(approval_id))

    def subject(self, path: Path) -> Subject:
        """Return what a statement about a file is bound to; raises UsageError if damaged."""
        with self._examiner.examine(path) as examined:
            if examined.fmt is not None and not examined.is_whole:
                detail = "; ".join(problem.detail for problem in examined.problems)
                raise UsageError(f"{shown(path)}: a damaged file cannot be approved: {detail}")
            identity = examined.identity
            if examined.fmt is not None:
                # Media that needs approval is AI media, and known from here on; of what is not
                # read an approval says only that a person looked at it.
                rememberer = Rememberer(self._registry, self._clock)
                rememberer.remember_stated(examined, "approval recorded")
            return Subject(
                name=shown(Path(path.name)),
                file_digest=identity.file_digest,
                essence_digest=identity.essence_digest,
            )

    def _keep(self, path: Path) -> Evidence:
        data = read_whole(path, LARGEST_EVIDENCE)
        if not data:
            raise UsageError(f"{shown(path)}: an empty document is no evidence")
        return Evidence(name=shown(Path(path.name)), digest=self._blobs.put(data), size=len(data))

    def store(self, approval: Approval, envelope: bytes) -> CheckedApproval:
        """Store an approval that is signed already; return it as it is verified here."""
        subjects = tuple(dict.fromkeys(subject.essence_digest for subject in approval.subjects))
        stored = self.file(
            AttestationKind.APPROVAL, approval.approval_id, envelope, subjects=subjects
        )
        if approval.supersedes:
            self.file(AttestationKind.SUCCESSOR, approval.supersedes, envelope)
        return self._verifier.check(stored)

    def file(
        self,
        kind: AttestationKind,
        record_id: str,
        envelope: bytes,
        *,
        subjects: tuple[Digest, ...] = (),
    ) -> StoredAttestation:
        """Store an envelope as it is."""
        stored = StoredAttestation(
            attestation_id=str(uuid.uuid4()),
            kind=kind,
            approval_id=record_id,
            envelope=envelope,
            subjects=subjects,
            recorded_at=self._clock(),
        )
        self._registry.add_attestation(stored)
        return stored


def _require_possible(request: ApprovalRequest, now: datetime) -> None:
    """Raise UsageError for what could never hold."""
    if request.valid_until is not None and request.valid_until <= now:
        raise UsageError(f"--until {request.valid_until:%Y-%m-%d %H:%M} lies in the past")
    if request.valid_from and request.valid_until and request.valid_from >= request.valid_until:
        raise UsageError("--from lies after --until")
    is_replaced = any(
        condition.kind is ConditionKind.REPLACE_BEFORE_FINAL for condition in request.conditions
    )
    if is_replaced and FINAL_DELIVERABLE in request.uses:
        raise UsageError(
            f"what is to be replaced before the final cannot be approved for {FINAL_DELIVERABLE};"
            " name the use it is for with --use"
        )


def read_whole(path: Path, largest: int) -> bytes:
    """Return a file's bytes; raises AttestationError if there are more, UnreadableError if none."""
    with FileSource(path) as source:
        if source.size > largest:
            raise AttestationError(f"{shown(path)}: larger than {largest} bytes")
        return source.pread(0, source.size)
