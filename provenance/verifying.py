"""Verify what the registry holds of attestations: approvals, and how AI was declared to be used."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from provenance.attestation.ai_use_history import ai_use_in_force
from provenance.attestation.approval_statement import approval_in
from provenance.attestation.consent import consent_stands
from provenance.attestation.filed import Filed
from provenance.attestation.override_statement import check_override
from provenance.attestation.request_statement import check_request
from provenance.attestation.revocation_statement import CONSENT, folded_consent
from provenance.attestation.taking_back import check_revocation, require_may_take_back
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import EVERY_CATEGORY
from provenance.attestation.verify import World, check_approval
from provenance.errors import AttestationError
from provenance.model.ai_use import AiUse, UseCategory, inheriting
from provenance.model.approval import Approval, ApprovalStatus, CheckedApproval, RevocationKind
from provenance.model.digest import Digest, sha256_digest
from provenance.model.override import CheckedOverride, Override, OverrideStatus
from provenance.model.party import Party
from provenance.model.request import Request
from provenance.model.trust_edition import UNSIGNED, TrustEdition
from provenance.recalling import Earlier
from provenance.registry.interface import BlobStore, Registry
from provenance.registry.records import AttestationKind, StoredAttestation


class Verifier:
    """Says which approvals hold and cover, now and by the trust list in force now."""

    def __init__(
        self,
        *,
        registry: Registry,
        blobs: BlobStore,
        trust: Callable[[], TrustList],
        clock: Callable[[], datetime],
        true_clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Verify by the time of a clock that is never set back, and by the machine's own."""
        self._registry = registry
        self._blobs = blobs
        self._trust = trust
        self._clock = clock
        self._true_clock = true_clock or clock

    @property
    def trust_edition(self) -> TrustEdition:
        """The edition of the trust list in force."""
        return self._trust().edition

    def check(self, stored: StoredAttestation) -> CheckedApproval:
        """Verify a stored approval now."""
        try:
            checked = self._check(stored, self._clock())
            if checked.status is ApprovalStatus.VALID:
                # A clock that ran ahead once must not begin early what has not begun.
                checked = self._check(stored, self._true_clock())
        except AttestationError as error:
            return _unreadable(stored, str(error))
        if checked.approval.approval_id != stored.approval_id:
            # Its revocations are filed under the id: an edited row must not hide them.
            reason = "The registry files this approval under another id than it was signed with."
            return _with_status(checked, ApprovalStatus.TAMPERED, reason)
        return checked

    def approvals(
        self, essences: Iterable[Digest], earlier: Earlier | None = None
    ) -> tuple[CheckedApproval, ...]:
        """Return the approvals that name any of these bytes, verified, each once.

        What `earlier` holds from a moment ago is not verified again.
        """
        earlier = earlier or Earlier()
        stored = {
            one.attestation_id: one
            for essence in essences
            for one in earlier.naming(essence, self._registry)
        }
        known = earlier.verified(self._state()) if stored else {}
        for one in stored.values():
            if one not in known:
                known[one] = earlier.same(one.attestation_id, self.check(one))
        return tuple(known[one] for one in stored.values())

    def _state(self) -> tuple[object, ...]:
        """Return what the outcome of verifying depends on, the time to the second."""
        moments = (clock().replace(microsecond=0) for clock in (self._clock, self._true_clock))
        return (self._registry.sequence, self._trust(), *moments)

    def overrides(self, essence_digest: Digest) -> tuple[CheckedOverride, ...]:
        """Return the overrides that name these bytes, verified."""
        found = self._registry.attestations_for(essence_digest, AttestationKind.OVERRIDE)
        return tuple(self.check_override(stored) for stored in found)

    def check_override(self, stored: StoredAttestation) -> CheckedOverride:
        """Verify a stored override now."""
        about = self._registry.attestations_of(stored.approval_id)
        revocations = _of(about, AttestationKind.REVOCATION)
        try:
            filed, trust = _filed(stored), self._trust()
            checked = check_override(filed, trust, self._clock(), revocations)
            if checked.status is OverrideStatus.IN_FORCE:
                checked = check_override(filed, trust, self._true_clock(), revocations)
        except AttestationError as error:
            return _unreadable_override(stored, f"The stored override cannot be read: {error}")
        if checked.override.override_id != stored.approval_id:
            reason = "The registry files this override under another id than it was signed with."
            return replace(checked, status=OverrideStatus.TAMPERED, reason=reason)
        return checked

    def is_taken_back(self, record_id: str, kind: RevocationKind) -> bool:
        """Return whether a trusted approver took this record back so, and nobody lifted it."""
        standing: dict[Digest, RevocationKind] = {}
        lifted: set[str] = set()
        for stored in self._registry.attestations_of(record_id):
            if stored.kind is not AttestationKind.REVOCATION:
                continue
            try:
                revocation = check_revocation(_filed(stored), self._trust())
            except AttestationError:
                continue
            standing[sha256_digest(stored.envelope)] = revocation.kind
            lifted |= set(revocation.lifts)
        return any(one is kind and digest not in lifted for digest, one in standing.items())

    def request(self, stored: StoredAttestation) -> Request:
        """Return a stored request; raises AttestationError unless a trusted recorder signed it."""
        return check_request(_filed(stored), self._trust())

    def require_may_take_back(self, envelope: bytes, categories: frozenset[UseCategory]) -> None:
        """Raise AttestationError unless the signer of a revocation, not stored yet, may do it."""
        require_may_take_back(envelope, self._trust(), categories)

    def require_request(self, envelope: bytes) -> None:
        """Raise AttestationError unless a trusted recorder signed this request, not stored yet."""
        check_request(Filed(envelope=envelope), self._trust())

    def ai_use(self, essence_digest: Digest) -> AiUse | None:
        """Return how AI was used for these bytes, as trusted recorders declared.

        That is the record in force, with what it inherits from the records of what they are
        declared to be made from. Consents, and approvals of what they are made from, count only
        where somebody names them who could approve all of it; where there are no categories,
        anything. Consents count all or none: one that was taken back voids them.
        Raises AttestationError if a record does not verify (see `ai_use_in_force`).
        """
        own = self._own_ai_use(essence_digest)
        if own is None:
            return None
        parents: dict[Digest, AiUse | None] = {essence_digest: None}
        waiting = list(own.derived_from)
        while waiting:
            digest = waiting.pop().essence_digest
            if digest not in parents:
                parents[digest] = parent = self._own_ai_use(digest)
                waiting += parent.derived_from if parent else ()
        categories = inheriting(own, filter(None, parents.values())).categories
        first, *others = (
            self._own_ai_use(digest, categories or EVERY_CATEGORY) for digest in parents
        )
        if first is None:
            return None
        whole = inheriting(first, filter(None, others))
        named = (*whole.consents, *whole.unvouched_consents)
        withdrawn = tuple(one for one in named if not self._consent_stands(one))
        stands = () if withdrawn else whole.consents
        return replace(whole, consents=stands, withdrawn_consents=withdrawn)

    def _own_ai_use(
        self, essence_digest: Digest, at_stake: frozenset[UseCategory] = frozenset()
    ) -> AiUse | None:
        found = self._registry.attestations_for(essence_digest, AttestationKind.AI_USE)
        return ai_use_in_force(map(_filed, found), self._trust(), at_stake)

    def _consent_stands(self, consent: str) -> bool:
        return consent_stands(consent, map(_filed, self._about_consent(consent)), self._trust())

    def _about_consent(self, consent: str) -> tuple[StoredAttestation, ...]:
        """Return what was filed about a consent, however its id is spelled there."""
        about = folded_consent(CONSENT + consent)
        revocations = self._registry.attestations(AttestationKind.REVOCATION)
        return tuple(one for one in revocations if folded_consent(one.approval_id) == about)

    def _check(self, stored: StoredAttestation, now: datetime) -> CheckedApproval:
        world = World(
            trust=self._trust(),
            has_evidence=lambda digest: self._blobs.get(digest) is not None,
            now=now,
        )
        about = self._registry.attestations_of(stored.approval_id)
        consents = approval_in(stored.envelope).consents
        about += tuple(one for consent in consents for one in self._about_consent(consent))
        return check_approval(
            self._countersigned(stored, stored.approval_id),
            world,
            revocations=_of(about, AttestationKind.REVOCATION),
            successors=[
                self._countersigned(one, approval_in(one.envelope).approval_id)
                for one in about
                if one.kind is AttestationKind.SUCCESSOR
            ],
        )

    def _countersigned(self, stored: StoredAttestation, approval_id: str) -> Filed:
        about = self._registry.attestations_of(approval_id)
        others = (one for one in about if one.kind is AttestationKind.COUNTERSIGNATURE)
        return replace(_filed(stored), countersignatures=tuple(one.envelope for one in others))


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


def _unreadable_override(stored: StoredAttestation, reason: str) -> CheckedOverride:
    override = Override(
        override_id=stored.approval_id,
        subjects=(),
        use="",
        by="",
        reason="",
        made_at=stored.recorded_at,
        valid_until=stored.recorded_at,
        trust_edition=UNSIGNED,
    )
    return CheckedOverride(override=override, status=OverrideStatus.TAMPERED, reason=reason)
