"""Whether a talent's consent still stands, by what was filed about it."""

from collections.abc import Iterable

from provenance.attestation.revocation_statement import CONSENT, folded_consent
from provenance.attestation.trust import TrustList
from provenance.attestation.verify import Filed, check_revocation
from provenance.errors import AttestationError
from provenance.model.approval import RevocationKind
from provenance.model.digest import sha256_digest


def consent_stands(consent: str, revocations: Iterable[Filed], trust: TrustList) -> bool:
    """Return whether nothing takes the consent back: for good, or for now and not lifted.

    A revocation that does not verify takes it back too; a forger could hide one otherwise.
    """
    suspensions: set[str] = set()
    lifted: set[str] = set()
    for filed in revocations:
        try:
            revocation = check_revocation(filed, trust)
        except AttestationError:
            return False
        is_about_it = folded_consent(revocation.record_id) == folded_consent(CONSENT + consent)
        if not is_about_it or revocation.kind is RevocationKind.REVOKED:
            return False
        if revocation.kind is RevocationKind.SUSPENDED:
            suspensions.add(sha256_digest(filed.envelope))
        lifted.update(revocation.lifts)
    return suspensions <= lifted
