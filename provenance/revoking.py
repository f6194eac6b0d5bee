"""Take approvals and consents back, and lift suspensions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from securesystemslib.signer import Signer

from provenance.attestation.envelope import open_envelope, sign_statement
from provenance.attestation.revocation_statement import (
    CONSENT,
    folded_consent,
    read_revocation,
    revocation_statement,
)
from provenance.errors import UsageError
from provenance.filing import Filer
from provenance.model.approval import Revocation, RevocationKind
from provenance.model.digest import Digest, sha256_digest
from provenance.registry.interface import Registry
from provenance.registry.records import AttestationKind

_NEXT = timedelta(microseconds=1)


class Revoker:
    """Signs and files what takes a record back."""

    def __init__(self, registry: Registry, clock: Callable[[], datetime]) -> None:
        self._registry = registry
        self._filer = Filer(registry, clock)
        self._clock = clock

    def take_back(
        self,
        record_id: str,
        kind: RevocationKind,
        reason: str,
        signer: Signer,
        *,
        require_allowed: Callable[[bytes], None],
    ) -> None:
        """File a revocation of a record, by whole id, if its signer is allowed to.

        Raises UsageError if there is nothing to lift.
        """
        keyid = signer.public_key.keyid
        lifts = self._suspensions(record_id, keyid) if kind is RevocationKind.REINSTATED else ()
        revocation = Revocation(
            record_id=record_id, kind=kind, reason=reason, revoked_at=self._clock(), lifts=lifts
        )
        envelope = self._sign(revocation, signer)
        require_allowed(envelope)
        while self._filer.has(AttestationKind.REVOCATION, record_id, envelope):
            # The same bytes again may be lifted already: each suspension is one of its own.
            revocation = replace(revocation, revoked_at=revocation.revoked_at + _NEXT)
            envelope = self._sign(revocation, signer)
        self._filer.file(AttestationKind.REVOCATION, record_id, envelope)

    def _sign(self, revocation: Revocation, signer: Signer) -> bytes:
        known = self._registry.attestations_of(revocation.record_id)
        approvals = [one for one in known if one.kind is AttestationKind.APPROVAL]
        bound = sha256_digest(approvals[0].envelope) if approvals else None
        return sign_statement(revocation_statement(revocation, approval_envelope=bound), signer)

    def _suspensions(self, record_id: str, keyid: str) -> tuple[Digest, ...]:
        """Return the suspensions this key has not lifted; raises UsageError if there are none."""
        spelled = folded_consent if record_id.startswith(CONSENT) else str
        known = [
            (one.envelope, open_envelope(one.envelope))
            for one in self._registry.attestations(AttestationKind.REVOCATION)
            if spelled(one.approval_id) == spelled(record_id)
        ]
        lifted = {
            digest
            for _, opened in known
            if any(signature.keyid == keyid for signature in opened.signatures)
            for digest in read_revocation(opened.payload).lifts
        }
        standing = [
            sha256_digest(envelope)
            for envelope, opened in known
            if read_revocation(opened.payload).kind is RevocationKind.SUSPENDED
        ]
        left = tuple(digest for digest in standing if digest not in lifted)
        if not left:
            raise UsageError(f"{record_id}: nothing is suspended, so there is nothing to lift")
        return left
