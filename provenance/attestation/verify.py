"""Whether an approval still holds, step by step; the first failing step decides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provenance.attestation.approval_statement import approval_in
from provenance.attestation.filed import Filed
from provenance.attestation.revocation_statement import CONSENT, folded_consent
from provenance.attestation.signing import (
    Signing,
    approving,
    joined_envelope,
    require_signers,
)
from provenance.attestation.taking_back import check_revocation, lifted
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import EVERY_CATEGORY, KeyRole, TrustedKey
from provenance.errors import (
    AttestationError,
    NotAuthorisedError,
    SignatureInvalidError,
    UnknownKeyError,
)
from provenance.model.ai_use import UseCategory
from provenance.model.approval import (
    Approval,
    ApprovalStatus,
    CheckedApproval,
    Decision,
    RevocationKind,
    approval_name,
)
from provenance.model.digest import Digest, sha256_digest
from provenance.model.moment import minute

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of ours the approver's clock may have been."""

_Outcome = tuple[ApprovalStatus, str]
_UNSIGNED: dict[type[AttestationError], ApprovalStatus] = {
    SignatureInvalidError: ApprovalStatus.TAMPERED,
    UnknownKeyError: ApprovalStatus.UNKNOWN_KEY,
    NotAuthorisedError: ApprovalStatus.NOT_AUTHORISED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What an approval is verified against."""

    trust: TrustList
    """Whose signatures count."""
    has_evidence: Callable[[Digest], bool]
    """Whether a document is in the store and unaltered."""
    now: datetime
    """The time, aware UTC."""


def check_approval(
    filed: Filed,
    world: World,
    *,
    revocations: Sequence[Filed] = (),
    successors: Sequence[Filed] = (),
) -> CheckedApproval:
    """Return the approval of an envelope and what became of it.

    1. The envelope parses, else AttestationError: there is no approval to speak of.
    2. Its statement parses, else AttestationError.
    3. A trusted approver's key signed exactly these bytes, is not revoked, and was valid both when
       it signed and now: nobody but its holder vouches for the time in the statement. A retired
       key counts for what a registry recorded before. Wrong signature: TAMPERED, though another
       be right. No such key: UNKNOWN_KEY. Not an approver of these categories: NOT_AUTHORISED.
    4. The trust list is at least of the edition it was made under, else OLD_TRUST.
    5. As many holders signed as its categories need, else TOO_FEW_APPROVERS. Two signatures of one
       holder count once.
    6. Neither it nor a consent it rests on was taken back: REVOKED or SUSPENDED by a trusted key,
       unless as many reinstatements as it has approvers name that suspension. A revocation that
       does not verify, or speaks of another approval, suspends too; a forger could hide one
       otherwise.
    7. No later decision, which those could sign who could approve both, says that it takes its
       place, else SUPERSEDED.
    8. It allows and does not deny, else DENIED.
    9. It is in its time: NOT_YET_VALID more than `CLOCK_SKEW` early, EXPIRED after its last moment.
    10. All its evidence is in the store, else EVIDENCE_MISSING.
    """
    if world.now.utcoffset() is None:
        raise ValueError("now has no time zone")
    # 1 and 2
    approval = approval_in(filed.envelope)
    what = approval_name(approval.approval_id)
    # 3
    try:
        keys = _require_approvers(filed, approval, world, approval.categories)
    except (SignatureInvalidError, UnknownKeyError, NotAuthorisedError) as error:
        return CheckedApproval(approval=approval, status=_UNSIGNED[type(error)], reason=str(error))
    holders = ", ".join(key.holder for key in keys)
    status, reason = (
        _beyond_trust(approval, world.trust, approval.categories, holders=len(keys))  # 4 and 5
        or _taken_back(approval, revocations, world)  # 6
        or _superseded(approval, successors, world)  # 7
        or _denied(approval)  # 8
        or _out_of_time(approval, world.now)  # 9
        or _without_evidence(approval, world.has_evidence)  # 10
        or (ApprovalStatus.VALID, f"{what} holds; {holders} signed it.")
    )
    return CheckedApproval(
        approval=approval,
        status=status,
        reason=reason,
        signed_by=holders,
        is_general=any(key.categories == EVERY_CATEGORY for key in keys),
    )


def _require_approvers(
    filed: Filed, approval: Approval, world: World, categories: frozenset[UseCategory]
) -> tuple[TrustedKey, ...]:
    return require_signers(
        joined_envelope(filed.envelope, filed.countersignatures),
        world.trust,
        Signing(stated_at=approval.approved_at, recorded_at=filed.recorded_at, now=world.now),
        what=approval_name(approval.approval_id),
        role=KeyRole.APPROVER,
        demand=approving(categories),
    )


def _beyond_trust(
    approval: Approval, trust: TrustList, categories: frozenset[UseCategory], *, holders: int
) -> _Outcome | None:
    what = approval_name(approval.approval_id)
    if approval.trust_edition.is_later_than(trust.edition):
        reason = (
            f"{what} was made under {approval.trust_edition}, and this is edition"
            f" {trust.serial}: get the newer list."
        )
        return ApprovalStatus.OLD_TRUST, reason
    needed = trust.approvers_needed(categories)
    if holders < needed:
        reason = (
            f"{what} needs {needed} approvers for {', '.join(sorted(categories))},"
            f" and {holders} signed it."
        )
        return ApprovalStatus.TOO_FEW_APPROVERS, reason
    return None


def _denied(approval: Approval) -> _Outcome | None:
    if approval.decision is Decision.APPROVED:
        return None
    name = approval_name(approval.approval_id)
    return ApprovalStatus.DENIED, f"{name} is a denial by {approval.approver.name}."


def _taken_back(approval: Approval, revocations: Sequence[Filed], world: World) -> _Outcome | None:
    is_lifted = lifted(revocations, world.trust, approval.categories)
    outcomes = [
        (outcome, sha256_digest(filed.envelope))
        for filed in revocations
        if (outcome := _taken_back_by(approval, filed, world.trust))
    ]
    standing = [
        outcome
        for outcome, digest in outcomes
        if outcome[0] is ApprovalStatus.REVOKED or digest not in is_lifted
    ]
    # for good outranks for now, whichever came first
    return next(
        (outcome for outcome in standing if outcome[0] is ApprovalStatus.REVOKED),
        standing[0] if standing else None,
    )


def _taken_back_by(approval: Approval, filed: Filed, trust: TrustList) -> _Outcome | None:
    """Return what one revocation does to the approval, whether or not it is lifted."""
    what = approval_name(approval.approval_id)
    try:
        revocation = check_revocation(filed, trust)
    except AttestationError as error:
        why = str(error).rstrip(".")
        reason = f"{what} is suspended because a revocation of it cannot be verified: {why}."
        return ApprovalStatus.SUSPENDED, reason
    about = revocation.record_id
    consents = {folded_consent(f"{CONSENT}{consent}") for consent in approval.consents}
    is_consent = folded_consent(about) in consents
    if about != approval.approval_id and not is_consent:
        reason = f"{what} is suspended because a revocation filed with it speaks of another."
        return ApprovalStatus.SUSPENDED, reason
    if revocation.kind is RevocationKind.REINSTATED:
        return None
    why = revocation.reason.rstrip(".")
    rests = f" rests on {about}, which" if is_consent else ""
    reason = f"{what}{rests} was {revocation.kind} on {minute(revocation.revoked_at)}: {why}."
    is_for_good = revocation.kind is RevocationKind.REVOKED
    return ApprovalStatus.REVOKED if is_for_good else ApprovalStatus.SUSPENDED, reason


def _superseded(approval: Approval, successors: Sequence[Filed], world: World) -> _Outcome | None:
    what = approval_name(approval.approval_id)
    for filed in successors:
        later = approval_in(filed.envelope)
        if later.supersedes != approval.approval_id:
            continue
        both = approval.categories | later.categories
        try:
            keys = _require_approvers(filed, later, world, both)
        except SignatureInvalidError as error:
            reason = f"{what} is suspended because what takes its place was altered: {error}"
            return ApprovalStatus.SUSPENDED, reason
        except (UnknownKeyError, NotAuthorisedError):
            continue
        if _beyond_trust(later, world.trust, both, holders=len(keys)) is None:
            name = approval_name(later.approval_id).lower()
            return ApprovalStatus.SUPERSEDED, f"{what} was superseded by {name}."
    return None


def _out_of_time(approval: Approval, now: datetime) -> _Outcome | None:
    what = approval_name(approval.approval_id)
    if approval.approved_at - now > CLOCK_SKEW:
        reason = f"{what} is dated {minute(approval.approved_at)}, and it is {minute(now)}."
        return ApprovalStatus.NOT_YET_VALID, reason
    if approval.valid_from is not None and now < approval.valid_from:
        reason = f"{what} holds from {minute(approval.valid_from)}, and it is {minute(now)}."
        return ApprovalStatus.NOT_YET_VALID, reason
    if approval.valid_until is not None and now > approval.valid_until:
        return ApprovalStatus.EXPIRED, f"{what} expired on {minute(approval.valid_until)}."
    return None


def _without_evidence(
    approval: Approval, has_evidence: Callable[[Digest], bool]
) -> _Outcome | None:
    missing = [document.name for document in approval.evidence if not has_evidence(document.digest)]
    if not missing:
        return None
    names = ", ".join(missing)
    what = approval_name(approval.approval_id)
    reason = f"{what} rests on evidence that is no longer stored: {names}."
    return ApprovalStatus.EVIDENCE_MISSING, reason
