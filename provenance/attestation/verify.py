"""Whether an approval still holds, step by step; the first failing step decides."""

import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from provenance.attestation.envelope import OpenedEnvelope, open_envelope
from provenance.attestation.statement import read_approval, read_revocation
from provenance.attestation.trust import TrustedKey, TrustList
from provenance.errors import AttestationError, SignatureInvalidError, UnknownKeyError
from provenance.model.approval import (
    Approval,
    ApprovalStatus,
    CheckedApproval,
    Revocation,
    RevocationKind,
)
from provenance.model.digest import Digest

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of ours the approver's clock may have been."""

_Outcome = tuple[ApprovalStatus, str]
_UNSIGNED: dict[type[AttestationError], ApprovalStatus] = {
    SignatureInvalidError: ApprovalStatus.TAMPERED,
    UnknownKeyError: ApprovalStatus.UNKNOWN_KEY,
}
_TAKEN_BACK = {
    RevocationKind.REVOKED: ApprovalStatus.REVOKED,
    RevocationKind.SUSPENDED: ApprovalStatus.SUSPENDED,
}


def check_approval(
    envelope: bytes,
    *,
    trust: TrustList,
    revocations: Sequence[bytes],
    has_evidence: Callable[[Digest], bool],
    now: datetime,
) -> CheckedApproval:
    """Return the approval of an envelope and what became of it.

    1. The envelope parses, else AttestationError: there is no approval to speak of.
    2. Its statement parses, else AttestationError.
    3. A trusted key signed exactly these bytes, is not revoked, and was valid both when it
       signed and now: nobody but its holder vouches for the time in the statement.
       Wrong signature: TAMPERED, though another be right. No such key: UNKNOWN_KEY.
    4. It was not taken back: REVOKED or SUSPENDED by a trusted key. A revocation that does not
       verify, or speaks of another approval, suspends too; a forger could hide one otherwise.
    5. It is in its time: NOT_YET_VALID more than `CLOCK_SKEW` early, EXPIRED after its last moment.
    6. All its evidence is in the store, else EVIDENCE_MISSING.
    """
    if now.utcoffset() is None:
        raise ValueError("now has no time zone")
    # 1 and 2
    opened = open_envelope(envelope)
    approval = read_approval(opened.payload)
    what = _name(approval.approval_id)
    # 3
    try:
        key = require_signer(opened, trust, what=what, moments=(approval.approved_at, now))
    except (SignatureInvalidError, UnknownKeyError) as error:
        return CheckedApproval(approval=approval, status=_UNSIGNED[type(error)], reason=str(error))
    status, reason = (
        _taken_back(approval, revocations, trust)  # 4
        or _out_of_time(approval, now)  # 5
        or _without_evidence(approval, has_evidence)  # 6
        or (ApprovalStatus.VALID, f"{what} holds; {key.holder} signed it.")
    )
    return CheckedApproval(approval=approval, status=status, reason=reason, signed_by=key.holder)


def check_revocation(envelope: bytes, trust: TrustList) -> Revocation:
    """Return the revocation of an envelope that a trusted key signed.

    Raises AttestationError if it cannot be read, SignatureInvalidError if its bytes were changed,
    UnknownKeyError if no trusted key that was valid at its time signed it.
    """
    opened = open_envelope(envelope)
    revocation = read_revocation(opened.payload)
    what = f"The revocation of {_name(revocation.approval_id).lower()}"
    require_signer(opened, trust, what=what, moments=(revocation.revoked_at,))
    return revocation


def covers(approval: Approval, *, essence_digest: Digest, use: str, title: str) -> str | None:
    """Return None if the approval speaks of these bytes, use and title, else why it does not."""
    what = _name(approval.approval_id)
    if all(subject.essence_digest != essence_digest for subject in approval.subjects):
        names = ", ".join(subject.name for subject in approval.subjects)
        return f"{what} is for other picture or sound: {names}."
    if use not in approval.uses:
        return f"{what} is not for {use}, only for {', '.join(sorted(approval.uses))}."
    if approval.title and _folded(approval.title) != _folded(title):
        return f"{what} is for the title “{approval.title}”, not “{title}”."
    return None


def _name(approval_id: str) -> str:
    return f"Approval {approval_id.removeprefix('urn:uuid:')[:8]}…"


def require_signer(
    opened: OpenedEnvelope, trust: TrustList, *, what: str, moments: Sequence[datetime]
) -> TrustedKey:
    """Return a trusted key that signed and was valid at all these moments."""
    if not opened.signatures:
        raise SignatureInvalidError(f"{what} bears no signature.")
    keyids = [signature.keyid for signature in opened.signatures]
    keys = [trust.keys[keyid] for keyid in keyids if keyid in trust.keys]
    if not keys:
        raise UnknownKeyError(
            f"{what} is signed with a key that is not in the trust list ({keyids[0][:16]!a})."
        )
    for key in keys:
        if not opened.is_signed_by(key.verifier()):
            raise SignatureInvalidError(f"{what} is not what {key.holder} signed.")
    objections = [_objection(key, moments) for key in keys]
    for key, objection in zip(keys, objections, strict=True):
        if objection is None:
            return key
    raise UnknownKeyError(f"{what} is signed with {objections[0]}.")


def _objection(key: TrustedKey, moments: Sequence[datetime]) -> str | None:
    if key.revoked:
        return f"the key of {key.holder}, which was revoked"
    for moment in moments:
        if not key.is_valid_at(moment):
            begin = f" from {_minute(key.valid_from)}" if key.valid_from else ""
            end = f" until {_minute(key.valid_until)}" if key.valid_until else ""
            return f"the key of {key.holder}, which is valid{begin}{end}, not on {_minute(moment)}"
    return None


def _taken_back(
    approval: Approval, revocations: Sequence[bytes], trust: TrustList
) -> _Outcome | None:
    outcomes = [_taken_back_by(approval, envelope, trust) for envelope in revocations]
    # for good outranks for now, whichever came first
    return next(
        (outcome for outcome in outcomes if outcome[0] is ApprovalStatus.REVOKED),
        outcomes[0] if outcomes else None,
    )


def _taken_back_by(approval: Approval, envelope: bytes, trust: TrustList) -> _Outcome:
    what = _name(approval.approval_id)
    try:
        revocation = check_revocation(envelope, trust)
    except AttestationError as error:
        why = str(error).rstrip(".")
        reason = f"{what} is suspended because a revocation of it cannot be verified: {why}."
        return ApprovalStatus.SUSPENDED, reason
    if revocation.approval_id != approval.approval_id:
        reason = f"{what} is suspended because a revocation filed with it speaks of another."
        return ApprovalStatus.SUSPENDED, reason
    why = revocation.reason.rstrip(".")
    reason = f"{what} was {revocation.kind} on {_minute(revocation.revoked_at)}: {why}."
    return _TAKEN_BACK[revocation.kind], reason


def _out_of_time(approval: Approval, now: datetime) -> _Outcome | None:
    what = _name(approval.approval_id)
    if approval.approved_at - now > CLOCK_SKEW:
        reason = f"{what} is dated {_minute(approval.approved_at)}, and it is {_minute(now)}."
        return ApprovalStatus.NOT_YET_VALID, reason
    if approval.valid_until is not None and now > approval.valid_until:
        return ApprovalStatus.EXPIRED, f"{what} expired on {_minute(approval.valid_until)}."
    return None


def _without_evidence(
    approval: Approval, has_evidence: Callable[[Digest], bool]
) -> _Outcome | None:
    missing = [document.name for document in approval.evidence if not has_evidence(document.digest)]
    if not missing:
        return None
    names = ", ".join(missing)
    reason = f"{_name(approval.approval_id)} rests on evidence that is no longer stored: {names}."
    return ApprovalStatus.EVIDENCE_MISSING, reason


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _folded(title: str) -> str:
    folded = unicodedata.normalize("NFC", title).casefold()
    return unicodedata.normalize("NFC", folded)
