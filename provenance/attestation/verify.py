"""Whether an approval still holds, step by step; the first failing step decides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provenance.attestation.approval_statement import read_approval
from provenance.attestation.envelope import open_envelope
from provenance.attestation.revocation_statement import read_revocation
from provenance.attestation.signing import Signing, joined_envelope, require_signers
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import EVERY_CATEGORY, KeyRole, TrustedKey
from provenance.errors import (
    AttestationError,
    NotAuthorisedError,
    SignatureInvalidError,
    UnknownKeyError,
)
from provenance.model.approval import (
    Approval,
    ApprovalStatus,
    CheckedApproval,
    Decision,
    Revocation,
    RevocationKind,
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
class Filed:
    """A signed envelope and when a registry of ours took it up."""

    envelope: bytes
    """The envelope, byte for byte."""
    recorded_at: datetime | None = None
    """When it was recorded; None where no registry of ours saw it."""


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
    countersignatures: Sequence[bytes] = (),
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
    6. It allows and does not deny, else DENIED.
    7. Neither it nor a consent it rests on was taken back: REVOKED or SUSPENDED by a trusted key,
       unless a reinstatement names that suspension. A revocation that does not verify, or speaks
       of another approval, suspends too; a forger could hide one otherwise.
    8. No later approval that holds by steps 1 to 6 says that it takes its place, else SUPERSEDED.
    9. It is in its time: NOT_YET_VALID more than `CLOCK_SKEW` early, EXPIRED after its last moment.
    10. All its evidence is in the store, else EVIDENCE_MISSING.
    """
    if world.now.utcoffset() is None:
        raise ValueError("now has no time zone")
    # 1 and 2
    approval = read_approval(open_envelope(filed.envelope).payload)
    what = approval_name(approval.approval_id)
    # 3
    try:
        keys = _require_approvers(filed, countersignatures, approval, world)
    except (SignatureInvalidError, UnknownKeyError, NotAuthorisedError) as error:
        return CheckedApproval(approval=approval, status=_UNSIGNED[type(error)], reason=str(error))
    holders = ", ".join(key.holder for key in keys)
    status, reason = (
        _beyond_trust(approval, world.trust, holders=len(keys))  # 4 and 5
        or _denied(approval)  # 6
        or _taken_back(approval, revocations, world)  # 7
        or _superseded(approval, successors, world)  # 8
        or _out_of_time(approval, world.now)  # 9
        or _without_evidence(approval, world.has_evidence)  # 10
        or (ApprovalStatus.VALID, f"{what} holds; {holders} signed it.")
    )
    return CheckedApproval(approval=approval, status=status, reason=reason, signed_by=holders)


def check_revocation(filed: Filed, trust: TrustList) -> Revocation:
    """Return the revocation of an envelope that a trusted key signed.

    Raises AttestationError if it cannot be read, SignatureInvalidError if its bytes were changed,
    UnknownKeyError if no trusted key that was valid at its time signed it, NotAuthorisedError if
    its signer is no approver.
    """
    opened = open_envelope(filed.envelope)
    revocation = read_revocation(opened.payload)
    what = f"The revocation of {approval_name(revocation.record_id).lower()}"
    signing = Signing(stated_at=revocation.revoked_at, recorded_at=filed.recorded_at)
    require_signers(opened, trust, signing, what=what, role=KeyRole.APPROVER)
    return revocation


def approval_name(record_id: str) -> str:
    """Return how messages name an approval."""
    return f"Approval {record_id.removeprefix('urn:uuid:')[:8]}…"


def _require_approvers(
    filed: Filed, countersignatures: Sequence[bytes], approval: Approval, world: World
) -> tuple[TrustedKey, ...]:
    def lack(key: TrustedKey) -> str | None:
        beyond = approval.categories - key.categories
        if beyond:
            return f"may not approve {', '.join(sorted(beyond))}"
        if not approval.categories and key.categories != EVERY_CATEGORY:
            return f"may only approve {', '.join(sorted(key.categories))}, and it names none"
        return None

    return require_signers(
        joined_envelope(filed.envelope, countersignatures),
        world.trust,
        Signing(stated_at=approval.approved_at, recorded_at=filed.recorded_at, now=world.now),
        what=approval_name(approval.approval_id),
        role=KeyRole.APPROVER,
        demand=lack,
    )


def _beyond_trust(approval: Approval, trust: TrustList, *, holders: int) -> _Outcome | None:
    what = approval_name(approval.approval_id)
    if approval.trust_edition.is_later_than(trust.edition):
        reason = (
            f"{what} was made under {approval.trust_edition}, and this is edition"
            f" {trust.serial}: get the newer list."
        )
        return ApprovalStatus.OLD_TRUST, reason
    needed = trust.approvers_needed(approval.categories)
    if holders < needed:
        reason = (
            f"{what} needs {needed} approvers for {', '.join(sorted(approval.categories))},"
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
    lifted: set[str] = set()
    outcomes: list[tuple[_Outcome, Filed]] = []
    for filed in revocations:
        outcome, lifts = _taken_back_by(approval, filed, world.trust)
        lifted |= set(lifts)
        outcomes += [(outcome, filed)] if outcome else []
    standing = [
        outcome
        for outcome, filed in outcomes
        if outcome[0] is ApprovalStatus.REVOKED or sha256_digest(filed.envelope) not in lifted
    ]
    # for good outranks for now, whichever came first
    return next(
        (outcome for outcome in standing if outcome[0] is ApprovalStatus.REVOKED),
        standing[0] if standing else None,
    )


def _taken_back_by(
    approval: Approval, filed: Filed, trust: TrustList
) -> tuple[_Outcome | None, tuple[str, ...]]:
    """Return what one revocation does to the approval, and which suspensions it lifts."""
    what = approval_name(approval.approval_id)
    try:
        revocation = check_revocation(filed, trust)
    except AttestationError as error:
        why = str(error).rstrip(".")
        reason = f"{what} is suspended because a revocation of it cannot be verified: {why}."
        return (ApprovalStatus.SUSPENDED, reason), ()
    about = revocation.record_id
    consents = {f"consent:{consent}" for consent in approval.consents}
    if about != approval.approval_id and about not in consents:
        reason = f"{what} is suspended because a revocation filed with it speaks of another."
        return (ApprovalStatus.SUSPENDED, reason), ()
    if revocation.kind is RevocationKind.REINSTATED:
        return None, revocation.lifts
    why = revocation.reason.rstrip(".")
    rests = f" rests on {about}, which" if about in consents else ""
    reason = f"{what}{rests} was {revocation.kind} on {minute(revocation.revoked_at)}: {why}."
    # a consent that is gone may come back with a new one: the approval itself was not revoked
    is_for_good = revocation.kind is RevocationKind.REVOKED
    status = ApprovalStatus.REVOKED if is_for_good else ApprovalStatus.SUSPENDED
    return (status, reason), ()


def _superseded(approval: Approval, successors: Sequence[Filed], world: World) -> _Outcome | None:
    what = approval_name(approval.approval_id)
    for filed in successors:
        later = read_approval(open_envelope(filed.envelope).payload)
        if later.supersedes != approval.approval_id:
            continue
        try:
            keys = _require_approvers(filed, (), later, world)
        except SignatureInvalidError as error:
            reason = f"{what} is suspended because what takes its place was altered: {error}"
            return ApprovalStatus.SUSPENDED, reason
        except (UnknownKeyError, NotAuthorisedError):
            continue
        if _beyond_trust(later, world.trust, holders=len(keys)) is None:
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
