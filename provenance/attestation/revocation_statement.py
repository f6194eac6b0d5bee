"""Taking back an approval or a consent, as a statement."""

from provenance.attestation.record import Record
from provenance.attestation.statement import (
    FILE_DIGEST,
    open_predicate,
    open_statement,
    record_id_of,
    record_subject,
    statement,
    utc_text,
)
from provenance.model.approval import Revocation, RevocationKind
from provenance.model.digest import Digest, sha256_digest

REVOCATION_TYPE = "https://ns.provenance.local/revocation/v1"
SCHEMA = "provenance-revocation"
VERSION = 2
CONSENT = "consent:"
"""How the record id of a talent's consent begins; what follows is its opaque id."""


def folded_consent(record_id: str) -> str:
    """Return a consent's record id as it is compared: letter case and blanks do not count."""
    return "".join(record_id.split()).casefold()


def revocation_statement(revocation: Revocation, *, approval_envelope: Digest | None) -> bytes:
    """Return the statement to sign; a consent has no envelope, so its id stands for it.

    Raises AttestationError if it would not read back.
    """
    bound = approval_envelope or sha256_digest(revocation.record_id.encode("utf-8", "replace"))
    made = statement(
        REVOCATION_TYPE,
        subject=[record_subject(revocation.record_id, bound)],
        predicate={
            "schema": SCHEMA,
            "version": VERSION,
            "approval_id": revocation.record_id,
            "kind": revocation.kind,
            "reason": revocation.reason,
            "revoked_at": utc_text("revoked_at", revocation.revoked_at),
            "lifts": list(revocation.lifts),
        },
    )
    read_revocation(made)
    return made


def read_revocation(data: bytes) -> Revocation:
    """Return the revocation a statement makes; raises AttestationError if it makes none."""
    whole = open_statement(data, REVOCATION_TYPE)
    predicate, version = open_predicate(whole, SCHEMA, VERSION)
    record_id = _record_id(predicate)
    for subject in whole.records("subject", at_least=1):
        subject.record("digest").sha256(FILE_DIGEST)
        if subject.text("name") != record_id:
            subject.refuse("name", "is another approval than the predicate's")
    kind = predicate.member("kind", RevocationKind)
    lifts = () if version == 1 else predicate.texts("lifts")
    if bool(lifts) != (kind is RevocationKind.REINSTATED):
        predicate.refuse("lifts", f"does not go with {kind.value}")
    return Revocation(
        record_id=record_id,
        kind=kind,
        reason=predicate.filled_text("reason"),
        revoked_at=predicate.moment("revoked_at"),
        lifts=lifts,
    )


def _record_id(predicate: Record) -> str:
    written = predicate.text("approval_id")
    if written.startswith(CONSENT) and written != CONSENT:
        return written
    return record_id_of(predicate, "approval_id")
