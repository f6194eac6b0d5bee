"""Whether a talent's consent still stands, by what was filed about it."""

from collections.abc import Iterable

from provenance.attestation.filed import Filed
from provenance.attestation.revocation_statement import CONSENT, folded_consent
from provenance.attestation.taking_back import check_revocation, lifted
from provenance.attestation.trust import TrustList
from provenance.errors import AttestationError
from provenance.model.ai_use import UseCategory
from provenance.model.approval import RevocationKind
from provenance.model.digest import sha256_digest

TALENT = frozenset(category for category in UseCategory if category.concerns_talent)
"""The categories that whoever gives a consent back must be allowed to approve."""


def consent_stands(consent: str, revocations: Iterable[Filed], trust: TrustList) -> bool:
    """Return whether nothing takes the consent back: for good, or for now and not lifted.

    A revocation that does not verify takes it back too; a forger could hide one otherwise.
    """
    filings = tuple(revocations)
    suspensions: set[str] = set()
    for filed in filings:
        try:
            revocation = check_revocation(filed, trust)
        except AttestationError:
            return False
        is_about_it = folded_consent(revocation.record_id) == folded_consent(CONSENT + consent)
        if not is_about_it or revocation.kind is RevocationKind.REVOKED:
            return False
        if revocation.kind is RevocationKind.SUSPENDED:
            suspensions.add(sha256_digest(filed.envelope))
    return suspensions <= lifted(filings, trust, TALENT)
