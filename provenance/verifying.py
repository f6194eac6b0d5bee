"""Verify what the registry holds of attestations: approvals, and how AI was declared to be used."""

from collections.abc import Callable, Iterable
from datetime import datetime

from provenance.attestation.ai_use_statement import check_ai_use
from provenance.attestation.request_statement import check_request
from provenance.attestation.trust import TrustList
from provenance.attestation.verify import Filed, World, check_approval, check_revocation
from provenance.errors import AttestationError
from provenance.model.ai_use import AiUse
from provenance.model.approval import Approval, ApprovalStatus, CheckedApproval, RevocationKind
from provenance.model.digest import Digest, sha256_digest
from provenance.model.party import Party
from provenance.model.request import Request
from provenance.registry.interface import AttestationKind, BlobStore, Registry, StoredAttestation


class Verifier:
    """Says which approvals hold and cover, now and by this trust list."""

    def __init__(
        self,
        *,
        registry: Registry,
        blobs: BlobStore,
        trust: TrustList,
        clock: Callable[[], datetime],
    ) -> None:
        self._registry = registry
        self._blobs = blobs
        self._trust = trust
        self._clock = clock

    @property
    def trust_serial(self) -> int:
        """The edition of the trust list in force."""
        return self._trust.serial

    def check(self, stored: StoredAttestation) -> CheckedApproval:
        """Verify a stored approval now."""
        try:
            checked = self._check(stored)
        except AttestationError as error:
            return _unreadable(stored, str(error))
        if checked.approval.approval_id != stored.approval_id:
            # Its revocations are filed under the id: an edited row must not hide them.
            reason = "The registry files this approval under another id than it was signed with."
            return _with_status(checked, ApprovalStatus.TAMPERED, reason)
        return checked

    def approvals(self, essences: Iterable[Digest]) -> tuple[CheckedApproval, ...]:
        """Return the approvals that name any of these bytes, verified, each once."""
        stored = {
            one.attestation_id: one
            for essence in essences
            for one in self._registry.attestations_for(essence, AttestationKind.APPROVAL)
        }
        return tuple(self.check(one) for one in stored.values())

    def is_taken_back(self, record_id: str, kind: RevocationKind) -> bool:
        """Return whether a trusted approver took this record back so, and nobody lifted it."""
        standing: dict[Digest, RevocationKind] = {}
        lifted: set[str] = set()
        for stored in self._registry.attestations_of(record_id):
            if stored.kind is not AttestationKind.REVOCATION:
                continue
            try:
                revocation = check_revocation(_filed(stored), self._trust)
            except AttestationError:
                continue
            standing[sha256_digest(stored.envelope)] = revocation.kind
            lifted |= set(revocation.lifts)
        return any(one is kind and digest not in lifted for digest, one in standing.items())

    def request(self, stored: StoredAttestation) -> Request:
        """Return a stored request; raises AttestationError unless a trusted recorder signed it."""
        return check_request(_filed(stored), self._trust)

    def require_request(self, envelope: bytes) -> None:
        """Raise AttestationError unless a trusted recorder signed this request, not stored yet."""
        check_request(Filed(envelope=envelope), self._trust)

    def ai_use(self, essence_digest: Digest) -> AiUse | None:
        """Return the newest AI-use record of these bytes that a trusted recorder signed."""
        found = self._registry.attestations_for(essence_digest, AttestationKind.AI_USE)
        for stored in reversed(found):
            try:
                return check_ai_use(_filed(stored), self._trust)
            except AttestationError:
                continue
        return None

    def _check(self, stored: StoredAttestation) -> CheckedApproval:
        world = World(
            trust=self._trust,
            has_evidence=lambda digest: self._blobs.get(digest) is not None,
            now=self._clock(),
        )
        about = self._registry.attestations_of(stored.approval_id)
        first = check_approval(_filed(stored), world)
        about += tuple(
            one
            for consent in first.approval.consents
            for one in self._registry.attestations_of(f"consent:{consent}")
        )
        return check_approval(
            _filed(stored),
            world,
            countersignatures=[
                one.envelope for one in about if one.kind is AttestationKind.COUNTERSIGNATURE
            ],
            revocations=_of(about, AttestationKind.REVOCATION),
            successors=_of(about, AttestationKind.SUCCESSOR),
        )


def _of(about: Iterable[StoredAttestation], kind: AttestationKind) -> list[Filed]:
    return [_filed(one) for one in about if one.kind is kind]


def _filed(stored: StoredAttestation) -> Filed:
    return Filed(envelope=stored.envelope, recorded_at=stored.recorded_at)


def _with_status(checked: CheckedApproval, status: ApprovalStatus, reason: str) -> CheckedApproval:
    return CheckedApproval(
        approval=checked.approval, status=status, reason=reason, signed_by=checked.signed_by
    )


def _unreadable(stored: StoredAttestation, why: str) -> CheckedApproval:
    """Return the outcome for an envelope of which nothing can be read."""
    approval = Approval(
        approval_id=stored.approval_id,
        subjects=(),
        uses=frozenset(),
        approver=Party(name=""),
        approved_at=stored.recorded_at,
        evidence=(),
    )
    return CheckedApproval(
        approval=approval,
        status=ApprovalStatus.TAMPERED,
        reason=f"The stored approval cannot be read: {why}",
    )
