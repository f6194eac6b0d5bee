"""Record written approvals, verify them, take them back."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.attestation.approval_statement import approval_in, approval_statement, read_approval
from provenance.attestation.consent import TALENT
from provenance.attestation.envelope import open_envelope, sign_statement
from provenance.attestation.mail import TxtLookup
from provenance.attestation.revocation_statement import CONSENT, folded_consent
from provenance.binding import subject_of
from provenance.errors import UsageError
from provenance.evidencing import EvidenceKeeper
from provenance.examining import Examiner
from provenance.filing import Filer
from provenance.model.ai_use import Transform, UseCategory
from provenance.model.approval import (
    Approval,
    CheckedApproval,
    Decision,
    RevocationKind,
)
from provenance.model.condition import Condition, ConditionKind
from provenance.model.digest import Digest
from provenance.model.party import Party
from provenance.model.purpose import FINAL_DELIVERABLE, UNLIMITED, Scope
from provenance.model.request import Request
from provenance.model.subject import Subject, essences_of
from provenance.path_text import shown
from provenance.registry.interface import Registry
from provenance.registry.records import AttestationKind, StoredAttestation
from provenance.remembering import Rememberer
from provenance.revoking import Revoker
from provenance.verifying import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What is to be decided on, by whom, for what."""

    paths: tuple[Path, ...]
    """The files; may be empty where a request names them."""
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
    answers: Request | None = None
    """The request it answers; no other bytes can be decided on then."""
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
    lookup: TxtLookup | None = None
    """Where the keys of mails' signatures are looked up; None leaves them unchecked."""


class Approver:
    """Keeps the approvals."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        verifier: Verifier,
        registry: Registry,
        evidence: EvidenceKeeper,
        clock: Callable[[], datetime],
    ) -> None:
        self._examiner = examiner
        self._verifier = verifier
        self._registry = registry
        self._evidence = evidence
        self._filer = Filer(registry, clock)
        self._revoker = Revoker(registry, clock)
        self._rememberer = Rememberer(registry, clock)
        self._clock = clock

    def approve(self, request: ApprovalRequest, signer: Signer) -> CheckedApproval:
        """Draft an approval, sign and store it. See `draft` and `record`."""
        return self.record(self.draft(request), signer)

    def draft(self, request: ApprovalRequest) -> Approval:
        """Return the approval to sign, bound to the files' bytes as they are now.

        Its evidence is in the store then. Raises UsageError for a request that could never hold,
        UnreadableError if a file or document cannot be read.
        """
        now = self._clock()
        _require_possible(request, now)
        documents = dict.fromkeys(request.evidence)
        return Approval(
            approval_id=f"urn:uuid:{uuid.uuid4()}",
            subjects=self._subjects(request),
            uses=request.uses,
            approver=request.approver,
            approved_at=now,
            evidence=tuple(self._evidence.keep(path, request.lookup) for path in documents),
            decision=request.decision,
            authority=request.authority,
            requester=request.requester,
            recorder=request.recorder,
            request_id=request.answers.request_id if request.answers else "",
            categories=request.categories,
            scope=request.scope,
            conditions=request.conditions,
            derivatives=request.derivatives,
            consents=request.consents,
            supersedes=request.supersedes,
            valid_from=request.valid_from,
            valid_until=request.valid_until,
            trust_edition=self._verifier.trust_edition,
        )

    def record(self, approval: Approval, signer: Signer) -> CheckedApproval:
        """Sign and store an approval; return it as verified against the trust list."""
        return self.store(approval, sign_statement(approval_statement(approval), signer))

    def same_as(self, draft: Approval, signer: Signer) -> CheckedApproval | None:
        """Return an approval that holds, says the same and bears this signature already."""
        essences = [subject.essence_digest for subject in draft.subjects]
        for known in self._verifier.approvals(essences[:1]):
            other = known.approval
            again = replace(
                draft,
                approval_id=other.approval_id,
                approved_at=other.approved_at,
                trust_edition=other.trust_edition,
            )
            if known.status.holds and again == other and self._bears(other, signer):
                return known
        return None

    def _bears(self, approval: Approval, signer: Signer) -> bool:
        filed = self._registry.attestations_of(approval.approval_id)
        signatures = [one for each in filed for one in open_envelope(each.envelope).signatures]
        return any(one.keyid == signer.public_key.keyid for one in signatures)

    def is_needless(self, path: Path) -> bool:
        """Return whether nothing is known of a file that would need an approval."""
        with self._examiner.examine(path) as examined:
            if examined.tag is not None or examined.declares_ai or not examined.is_whole:
                return False
            return self._registry.find_by_essence(examined.essence_digest) is None

    def countersign(self, approval_id: str, signer: Signer) -> CheckedApproval:
        """Add another's signature to an approval; raises UsageError if there is none."""
        stored = self.find(approval_id)
        payload = open_envelope(stored.envelope).payload
        read_approval(payload)
        envelope = sign_statement(payload, signer)
        self.file(AttestationKind.COUNTERSIGNATURE, stored.approval_id, envelope)
        return self._verifier.check(stored)

    def is_taken_back(self, record_id: str, kind: RevocationKind) -> bool:
        """Return whether an approval or a consent, `consent:ID`, was already, by whole id."""
        return self._verifier.is_taken_back(record_id, kind)

    def revoke(
        self, approval_id: str, kind: RevocationKind, reason: str, signer: Signer
    ) -> CheckedApproval:
        """Take an approval back and return its new state; raises UsageError if there is none."""
        stored = self.find(approval_id)
        categories = approval_in(stored.envelope).categories
        self._revoker.take_back(
            stored.approval_id,
            kind,
            reason,
            signer,
            require_allowed=lambda envelope: self._verifier.require_may_take_back(
                envelope, categories
            ),
        )
        return self._verifier.check(stored)

    def revoke_consent(
        self, consent: str, kind: RevocationKind, reason: str, signer: Signer
    ) -> tuple[CheckedApproval, ...]:
        """Take a talent's consent back, or give it back; return the approvals that rest on it."""
        self._revoker.take_back(
            f"{CONSENT}{consent}",
            kind,
            reason,
            signer,
            require_allowed=lambda envelope: self._verifier.require_may_take_back(envelope, TALENT),
        )
        about = folded_consent(consent)
        return tuple(
            one for one in self.list() if about in map(folded_consent, one.approval.consents)
        )

    def find(self, approval_id: str) -> StoredAttestation:
        """Return the approval of this id, or of the one id that begins so.

        Raises UsageError if there is none, or several.
        """
        return self._filer.find(AttestationKind.APPROVAL, approval_id)

    def list(self) -> tuple[CheckedApproval, ...]:
        """Return every approval, verified now, oldest first."""
        return tuple(
            self._verifier.check(stored)
            for stored in self._registry.attestations(AttestationKind.APPROVAL)
        )

    def show(self, approval_id: str) -> CheckedApproval:
        """Return one approval, verified now; raises UsageError if there is none."""
        return self._verifier.check(self.find(approval_id))

    def _subjects(self, request: ApprovalRequest) -> tuple[Subject, ...]:
        found = {path: subject_of(self._examiner, path, self._rememberer) for path in request.paths}
        if request.answers is None:
            return tuple(found.values())
        asked = {subject.essence_digest for subject in request.answers.subjects}
        for path, subject in found.items():
            if subject.essence_digest not in asked:
                number = request.answers.request_id.removeprefix("urn:uuid:")[:8]
                raise UsageError(
                    f"{shown(path)}: is not what request {number} asks for: its picture or sound"
                    " is another; make a new request for it"
                )
        return tuple(found.values()) or request.answers.subjects

    def store(self, approval: Approval, envelope: bytes) -> CheckedApproval:
        """Store an approval that is signed already; return it as it is verified here."""
        subjects = essences_of(approval.subjects)
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
        return self._filer.file(kind, record_id, envelope, subjects=subjects)


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
