"""Emergency overrides as statements: `https://ns.provenance.local/override/v1`."""

from collections.abc import Sequence
from datetime import datetime

from provenance.attestation.envelope import open_envelope
from provenance.attestation.filed import Filed
from provenance.attestation.revocation_statement import read_revocation
from provenance.attestation.signing import Signing, require_signers
from provenance.attestation.statement import (
    edition_fields,
    edition_of,
    open_predicate,
    open_statement,
    record_id_of,
    statement,
    subject_fields,
    subjects_of,
    utc_text,
)
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.attestation.verify import CLOCK_SKEW
from provenance.errors import (
    AttestationError,
    NotAuthorisedError,
    SignatureInvalidError,
    UnknownKeyError,
)
from provenance.model.moment import minute
from provenance.model.override import (
    LONGEST_OVERRIDE,
    CheckedOverride,
    Override,
    OverrideStatus,
)
from provenance.model.purpose import is_use_term

OVERRIDE_TYPE = "https://ns.provenance.local/override/v1"
SCHEMA = "provenance-override"
VERSION = 1
_UNSIGNED: dict[type[AttestationError], OverrideStatus] = {
    SignatureInvalidError: OverrideStatus.TAMPERED,
    UnknownKeyError: OverrideStatus.UNKNOWN_KEY,
    NotAuthorisedError: OverrideStatus.NOT_AUTHORISED,
}


def override_statement(override: Override) -> bytes:
    """Return the statement to sign; raises AttestationError if it would not read back."""
    made = statement(
        OVERRIDE_TYPE,
        subject=[subject_fields(subject) for subject in override.subjects],
        predicate={
            "schema": SCHEMA,
            "version": VERSION,
            "override_id": override.override_id,
            "use": override.use,
            "by": override.by,
            "reason": override.reason,
            "made_at": utc_text("made_at", override.made_at),
            "valid_until": utc_text("valid_until", override.valid_until),
            "trust_edition": edition_fields(override.trust_edition),
        },
    )
    if read_override(made) != override:
        raise AttestationError("the override would not read back as it is")
    return made


def read_override(data: bytes) -> Override:
    """Return the override a statement makes; raises AttestationError if it makes none."""
    whole = open_statement(data, OVERRIDE_TYPE)
    predicate, _ = open_predicate(whole, SCHEMA, VERSION)
    use = predicate.text("use")
    if not is_use_term(use):
        predicate.refuse("use", f"is {use[:80]!a}, not lower-case words joined by hyphens")
    return Override(
        override_id=record_id_of(predicate, "override_id"),
        subjects=subjects_of(whole),
        use=use,
        by=predicate.filled_text("by"),
        reason=predicate.filled_text("reason"),
        made_at=predicate.moment("made_at"),
        valid_until=predicate.moment("valid_until"),
        trust_edition=edition_of(predicate.record("trust_edition")),
    )


def check_override(
    filed: Filed, trust: TrustList, now: datetime, revocations: Sequence[Filed] = ()
) -> CheckedOverride:
    """Return the override of an envelope and what became of it.

    1. Envelope and statement parse, else AttestationError.
    2. A trusted key for overrides signed exactly these bytes and was valid then and is now, else
       TAMPERED, UNKNOWN_KEY or NOT_AUTHORISED.
    3. The trust list is at least of the edition it was made under, else OLD_TRUST.
    4. It lasts no longer than `LONGEST_OVERRIDE` from when it was made, or recorded if that was
       earlier, else TOO_LONG.
    5. Nobody took it back, else REVOKED: a revocation counts whoever signed it.
    6. It is in its time, else NOT_YET_VALID or EXPIRED.
    """
    opened = open_envelope(filed.envelope)  # 1
    override = read_override(opened.payload)
    what = override_name(override.override_id)
    signing = Signing(stated_at=override.made_at, recorded_at=filed.recorded_at, now=now)
    try:  # 2
        keys = require_signers(opened, trust, signing, what=what, role=KeyRole.OVERRIDE)
    except (SignatureInvalidError, UnknownKeyError, NotAuthorisedError) as error:
        return CheckedOverride(override=override, status=_UNSIGNED[type(error)], reason=str(error))
    holders = ", ".join(key.holder for key in keys)
    status, ending = (
        _beyond_trust(override, trust)  # 3
        or _too_long(override, filed)  # 4
        or _revoked(revocations)  # 5
        or _out_of_time(override, now)  # 6
        or (OverrideStatus.IN_FORCE, f"is in force until {minute(override.valid_until)}.")
    )
    return CheckedOverride(
        override=override, status=status, reason=f"{what} {ending}", signed_by=holders
    )


def override_name(override_id: str) -> str:
    """Return how messages name an override."""
    return f"Override {override_id.removeprefix('urn:uuid:')[:8]}…"


_Outcome = tuple[OverrideStatus, str]


def _beyond_trust(override: Override, trust: TrustList) -> _Outcome | None:
    if not override.trust_edition.is_later_than(trust.edition):
        return None
    ending = (
        f"was made under {override.trust_edition}, and this is edition {trust.serial}: get the"
        " newer list."
    )
    return OverrideStatus.OLD_TRUST, ending


def _too_long(override: Override, filed: Filed) -> _Outcome | None:
    begins = min(override.made_at, filed.recorded_at or override.made_at)
    lasts = override.valid_until - begins
    if lasts <= LONGEST_OVERRIDE:
        return None
    hours = LONGEST_OVERRIDE.total_seconds() / 3600
    asked = lasts.total_seconds() / 3600
    return OverrideStatus.TOO_LONG, f"would last {asked:.1f} hours; {hours:.0f} are the most."


def _revoked(revocations: Sequence[Filed]) -> _Outcome | None:
    if not revocations:
        return None
    try:
        revocation = read_revocation(open_envelope(revocations[0].envelope).payload)
    except AttestationError as error:
        return OverrideStatus.REVOKED, f"counts as revoked: {str(error).rstrip('.')}."
    why = revocation.reason.rstrip(".")
    return OverrideStatus.REVOKED, f"was revoked on {minute(revocation.revoked_at)}: {why}."


def _out_of_time(override: Override, now: datetime) -> _Outcome | None:
    if override.made_at - now > CLOCK_SKEW:
        return OverrideStatus.NOT_YET_VALID, f"is dated {minute(override.made_at)}, in the future."
    if now > override.valid_until:
        return OverrideStatus.EXPIRED, f"expired on {minute(override.valid_until)}."
    return None
