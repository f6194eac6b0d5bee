"""Signed checkpoints of the log as in-toto statements: what was signed, and whether it counts."""

import json
from dataclasses import dataclass
from datetime import datetime

from provenance.attestation.envelope import open_envelope
from provenance.attestation.record import Record, as_utc
from provenance.attestation.signing import Signing, require_signers
from provenance.attestation.statement import STATEMENT_TYPE
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.model.log import LogHead

LOG_CHECKPOINT_TYPE = "https://ns.provenance.local/log-checkpoint/v1"
SCHEMA = "provenance-log-checkpoint"
VERSION = 1
_SUBJECT = "provenance-log"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """What a checkpoint says of the log."""

    head: LogHead
    """Where the log was."""
    signed_at: datetime
    """When that was signed, aware UTC, by the signer's word."""


def log_checkpoint_statement(head: LogHead, signed_at: datetime) -> bytes:
    """Return the statement to sign."""
    fields = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": _SUBJECT, "digest": {"sha256": head.chain_hash}}],
        "predicateType": LOG_CHECKPOINT_TYPE,
        "predicate": {
            "schema": SCHEMA,
            "version": VERSION,
            "sequence": head.sequence,
            "chain_hash": head.chain_hash,
            "signed_at": as_utc(signed_at).isoformat(),
        },
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")


def read_log_checkpoint(statement: bytes) -> SignedHead:
    """Return what a statement says of a log; raises AttestationError if it says nothing."""
    whole = Record.parse(statement, "statement")
    predicate = whole.record("predicate")
    for record, key, expected in (
        (whole, "_type", STATEMENT_TYPE),
        (whole, "predicateType", LOG_CHECKPOINT_TYPE),
        (predicate, "schema", SCHEMA),
    ):
        if record.text(key) != expected:
            record.refuse(key, f"is not {expected}")
    if predicate.number("version") != VERSION:
        predicate.refuse("version", f"is not {VERSION}, which is all this program knows")
    chain_hash = predicate.text("chain_hash")
    for subject in whole.records("subject", at_least=1):
        if subject.record("digest").text("sha256") != chain_hash:
            subject.refuse("digest", "is not the hash of the predicate")
    head = LogHead(sequence=predicate.number("sequence"), chain_hash=chain_hash)
    return SignedHead(head=head, signed_at=predicate.moment("signed_at"))


def check_log_checkpoint(
    envelope: bytes, trust: TrustList, *, recorded_at: datetime | None = None
) -> SignedHead:
    """Return what a checkpoint says that a trusted key signed.

    Raises AttestationError if it cannot be read, SignatureInvalidError if its bytes were changed,
    UnknownKeyError if no trusted key that was valid at its time signed it.
    """
    opened = open_envelope(envelope)
    signed = read_log_checkpoint(opened.payload)
    what = f"The checkpoint of entry {signed.head.sequence}"
    signing = Signing(stated_at=signed.signed_at, recorded_at=recorded_at or signed.signed_at)
    require_signers(opened, trust, signing, what=what, role=KeyRole.GATE)
    return signed
