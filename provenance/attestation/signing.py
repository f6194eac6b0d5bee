"""Who signed a statement, and whether their keys may: the step every verification shares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from provenance.attestation.envelope import OpenedEnvelope, open_envelope
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import EVERY_CATEGORY, KeyRole, TrustedKey
from provenance.errors import NotAuthorisedError, SignatureInvalidError, UnknownKeyError
from provenance.model.ai_use import UseCategory
from provenance.model.moment import minute

Demand = Callable[[TrustedKey], str | None]
"""Says what a key lacks for a statement, None if it lacks nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """When a statement was made, as far as anybody vouches for it."""

    stated_at: datetime
    """The time in the statement; only its signer vouches for it."""
    recorded_at: datetime | None
    """When our registry took it up; None where no registry of ours saw it."""
    now: datetime | None = None
    """Now, where keys must still be valid; None where it is enough that they were."""


def any_key(key: TrustedKey) -> str | None:
    """Demand nothing of a key but its role."""
    del key
    return None


def approving(categories: frozenset[UseCategory]) -> Demand:
    """Return what a key must be allowed to approve these categories, or anything if none."""

    def lack(key: TrustedKey) -> str | None:
        beyond = categories - key.categories
        if beyond:
            return f"may not approve {', '.join(sorted(beyond))}"
        if not categories and key.categories != EVERY_CATEGORY:
            return f"may only approve {', '.join(sorted(key.categories))}, and it names none"
        return None

    return lack


def joined_envelope(envelope: bytes, countersignatures: Sequence[bytes] = ()) -> OpenedEnvelope:
    """Return one envelope with the signatures of others over the same payload added.

    Of one key the first signature counts. Raises AttestationError if one cannot be read, and
    SignatureInvalidError if one is over other bytes.
    """
    first = open_envelope(envelope)
    signatures = {signature.keyid: signature for signature in first.signatures}
    for other in map(open_envelope, countersignatures):
        if other.payload != first.payload:
            raise SignatureInvalidError("a signature filed with it is over other bytes")
        for signature in other.signatures:
            if signatures.setdefault(signature.keyid, signature) != signature:
                raise SignatureInvalidError("one key is said to have signed it in two ways")
    return OpenedEnvelope(payload=first.payload, signatures=tuple(signatures.values()))


def require_signers(
    opened: OpenedEnvelope,
    trust: TrustList,
    signing: Signing,
    *,
    what: str,
    role: KeyRole,
    demand: Demand = any_key,
) -> tuple[TrustedKey, ...]:
    """Return the keys that signed and may sign this, one a holder; never none.

    Raises SignatureInvalidError if a trusted key's signature is wrong though others be right,
    UnknownKeyError if no trusted key signed or none of those is valid, NotAuthorisedError if a
    valid one signed that may not sign this.
    """
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
    valid = {key: _objection(key, signing) for key in keys}
    if all(valid.values()):
        raise UnknownKeyError(f"{what} is signed with {next(iter(valid.values()))}.")
    lacking = {key: _lack(key, role, demand) for key in keys if valid[key] is None}
    allowed = {key.person: key for key, lack in lacking.items() if lack is None}
    if not allowed:
        key, lack = next(iter(lacking.items()))
        raise NotAuthorisedError(f"{what} is signed by {key.holder}, whose key {lack}.")
    return tuple(allowed.values())


def _lack(key: TrustedKey, role: KeyRole, demand: Demand) -> str | None:
    if role not in key.roles:
        return f"may not sign as {role.value}"
    return demand(key)


def _objection(key: TrustedKey, signing: Signing) -> str | None:
    if key.revoked:
        why = f" ({key.revoked_reason})" if key.revoked_reason else ""
        return f"the key of {key.holder}, which was revoked{why}"
    if key.retired_at is not None:
        return _retired(key, key.retired_at, signing)
    for moment in filter(None, (signing.stated_at, signing.now)):
        if not key.is_valid_at(moment):
            begin = f" from {minute(key.valid_from)}" if key.valid_from else ""
            end = f" until {minute(key.valid_until)}" if key.valid_until else ""
            return f"the key of {key.holder}, which is valid{begin}{end}, not on {minute(moment)}"
    return None


def _retired(key: TrustedKey, retired_at: datetime, signing: Signing) -> str | None:
    """Return why a retired key does not count: only a registry vouches that it signed before."""
    what = f"the key of {key.holder}, which was retired on {minute(retired_at)}"
    if signing.recorded_at is None:
        return f"{what}, and no registry of yours recorded it before"
    if max(signing.stated_at, signing.recorded_at) > retired_at:
        return f"{what}, before this was signed and recorded"
    return None if key.is_valid_at(signing.stated_at) else f"{what}, and was not valid then"
