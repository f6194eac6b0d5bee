"""What takes an approval or a consent back, and who may give it back."""

from collections.abc import Iterable

from provenance.attestation.envelope import open_envelope
from provenance.attestation.filed import Filed
from provenance.attestation.revocation_statement import read_revocation
from provenance.attestation.signing import Demand, Signing, any_key, approving, require_signers
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole, TrustedKey
from provenance.errors import AttestationError
from provenance.model.ai_use import UseCategory
from provenance.model.approval import Revocation, RevocationKind, approval_name


def check_revocation(filed: Filed, trust: TrustList) -> Revocation:
    """Return the revocation of an envelope that a trusted approver's key signed.

    Raises AttestationError if it cannot be read, SignatureInvalidError if its bytes were changed,
    UnknownKeyError if no trusted key that was valid at its time signed it, NotAuthorisedError if
    its signer is no approver.
    """
    return _signed(filed, trust, any_key)[0]


def require_may_take_back(
    envelope: bytes, trust: TrustList, categories: frozenset[UseCategory]
) -> None:
    """Raise AttestationError unless its signer may do what a revocation not yet filed does.

    Any approver may take back; who gives back must be one who may approve these categories.
    """
    revocation = check_revocation(Filed(envelope=envelope), trust)
    if revocation.kind is RevocationKind.REINSTATED:
        _signed(Filed(envelope=envelope), trust, approving(categories))


def lifted(
    revocations: Iterable[Filed], trust: TrustList, categories: frozenset[UseCategory]
) -> frozenset[str]:
    """Return the digests of the suspensions that enough holders lifted.

    It takes those, and as many, who could approve these categories: what one of two approvers
    stopped, or somebody with a lesser key, is not set going again by less.
    """
    holders: dict[str, set[str]] = {}
    for filed in revocations:
        try:
            revocation, keys = _signed(filed, trust, approving(categories))
        except AttestationError:
            continue
        for digest in revocation.lifts:
            holders.setdefault(digest, set()).update(key.person for key in keys)
    needed = trust.approvers_needed(categories)
    return frozenset(digest for digest, people in holders.items() if len(people) >= needed)


def _signed(
    filed: Filed, trust: TrustList, demand: Demand
) -> tuple[Revocation, tuple[TrustedKey, ...]]:
    opened = open_envelope(filed.envelope)
    revocation = read_revocation(opened.payload)
    what = f"The revocation of {approval_name(revocation.record_id).lower()}"
    signing = Signing(stated_at=revocation.revoked_at, recorded_at=filed.recorded_at)
    keys = require_signers(opened, trust, signing, what=what, role=KeyRole.APPROVER, demand=demand)
    return revocation, keys
