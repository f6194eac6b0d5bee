"""Approvals and revocations as in-toto statements: the exact bytes that get signed."""

import json
import re
from datetime import datetime

from provenance.attestation.record import Record, as_utc
from provenance.errors import AttestationError
from provenance.model.approval import (
    Approval,
    Evidence,
    Revocation,
    RevocationKind,
    Subject,
    is_use_term,
)
from provenance.model.digest import Digest, hex_of

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
APPROVAL_TYPE = "https://ns.provenance.local/approval/v1"
REVOCATION_TYPE = "https://ns.provenance.local/revocation/v1"
APPROVAL_SCHEMA = "provenance-approval"
REVOCATION_SCHEMA = "provenance-revocation"
VERSION = 1

_FILE = "sha256"
_ESSENCE = "provenanceEssenceSha256"
_APPROVAL_ID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def approval_statement(approval: Approval) -> bytes:
    """Return the statement to sign; raises AttestationError if it would not read back."""
    statement = _statement(
        APPROVAL_TYPE,
        subject=[_subject_fields(subject) for subject in approval.subjects],
        predicate={
            "schema": APPROVAL_SCHEMA,
            "version": VERSION,
            "approval_id": approval.approval_id,
            "uses": sorted(approval.uses),
            "approver": approval.approver,
            "approved_at": _utc_text("approved_at", approval.approved_at),
            "evidence": [_evidence_fields(evidence) for evidence in approval.evidence],
            "title": approval.title,
            "conditions": list(approval.conditions),
            "valid_until": None
            if approval.valid_until is None
            else _utc_text("valid_until", approval.valid_until),
        },
    )
    if read_approval(statement) != approval:
        raise AttestationError("the approval would not read back as it is; check its digests")
    return statement


def read_approval(statement: bytes) -> Approval:
    """Return the approval a statement makes; raises AttestationError if it makes none."""
    whole = _open_statement(statement, APPROVAL_TYPE)
    predicate = _open_predicate(whole, APPROVAL_SCHEMA)
    return Approval(
        approval_id=_approval_id(predicate),
        subjects=tuple(_subject(record) for record in whole.records("subject", at_least=1)),
        uses=_uses(predicate),
        approver=predicate.filled_text("approver"),
        approved_at=predicate.moment("approved_at"),
        evidence=tuple(_evidence(record) for record in predicate.records("evidence", at_least=1)),
        title=predicate.text("title"),
        conditions=predicate.texts("conditions"),
        valid_until=predicate.moment_or_none("valid_until"),
    )


def revocation_statement(revocation: Revocation, *, approval_envelope: Digest) -> bytes:
    """Return the statement to sign that takes back the approval of this envelope.

    Raises AttestationError if it would not read back.
    """
    statement = _statement(
        REVOCATION_TYPE,
        subject=[
            {"name": revocation.approval_id, "digest": {_FILE: hex_of(approval_envelope)}},
        ],
        predicate={
            "schema": REVOCATION_SCHEMA,
            "version": VERSION,
            "approval_id": revocation.approval_id,
            "kind": revocation.kind,
            "reason": revocation.reason,
            "revoked_at": _utc_text("revoked_at", revocation.revoked_at),
        },
    )
    read_revocation(statement)
    return statement


def read_revocation(statement: bytes) -> Revocation:
    """Return the revocation a statement makes; raises AttestationError if it makes none."""
    whole = _open_statement(statement, REVOCATION_TYPE)
    predicate = _open_predicate(whole, REVOCATION_SCHEMA)
    approval_id = _approval_id(predicate)
    for subject in whole.records("subject", at_least=1):
        subject.record("digest").sha256(_FILE)
        if subject.text("name") != approval_id:
            subject.refuse("name", "is another approval than the predicate's")
    return Revocation(
        approval_id=approval_id,
        kind=_kind(predicate),
        reason=predicate.filled_text("reason"),
        revoked_at=predicate.moment("revoked_at"),
    )


def _statement(
    predicate_type: str, *, subject: list[dict[str, object]], predicate: dict[str, object]
) -> bytes:
    fields = {
        "_type": STATEMENT_TYPE,
        "subject": subject,
        "predicateType": predicate_type,
        "predicate": predicate,
    }
    # ASCII escapes keep names that are not UTF-8 (surrogate escapes) exactly
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")


def _subject_fields(subject: Subject) -> dict[str, object]:
    return {
        "name": subject.name,
        "digest": {_FILE: hex_of(subject.file_digest), _ESSENCE: hex_of(subject.essence_digest)},
    }


def _evidence_fields(evidence: Evidence) -> dict[str, object]:
    return {
        "name": evidence.name,
        "digest": {_FILE: hex_of(evidence.digest)},
        "size": evidence.size,
    }


def _utc_text(name: str, moment: datetime) -> str:
    try:
        return as_utc(moment).isoformat()
    except ValueError as error:
        raise AttestationError(f"{name} {error}") from error


def _open_statement(statement: bytes, predicate_type: str) -> Record:
    whole = Record.parse(statement, "statement")
    if whole.text("_type") != STATEMENT_TYPE:
        whole.refuse("_type", f"is not {STATEMENT_TYPE}")
    if whole.text("predicateType") != predicate_type:
        whole.refuse("predicateType", f"is not {predicate_type}")
    return whole


def _open_predicate(whole: Record, schema: str) -> Record:
    predicate = whole.record("predicate")
    if predicate.text("schema") != schema:
        predicate.refuse("schema", f"is not {schema}")
    version = predicate.number("version")
    if version > VERSION:
        predicate.refuse("version", f"is {version}, newer than this program knows ({VERSION})")
    if version < 1:
        predicate.refuse("version", "is not a version")
    return predicate


def _approval_id(predicate: Record) -> str:
    approval_id = predicate.text("approval_id")
    if _APPROVAL_ID.fullmatch(approval_id) is None:
        predicate.refuse("approval_id", "is not urn:uuid: and a lower-case UUID")
    return approval_id


def _subject(record: Record) -> Subject:
    digest = record.record("digest")
    return Subject(
        name=record.text("name"),
        file_digest=digest.sha256(_FILE),
        essence_digest=digest.sha256(_ESSENCE),
    )


def _uses(predicate: Record) -> frozenset[str]:
    uses = predicate.texts("uses", at_least=1)
    for use in uses:
        if not is_use_term(use):
            predicate.refuse("uses", f"holds {use[:80]!a}, not lower-case words joined by hyphens")
    return frozenset(uses)


def _evidence(record: Record) -> Evidence:
    return Evidence(
        name=record.text("name"),
        digest=record.record("digest").sha256(_FILE),
        size=record.number("size"),
    )


def _kind(predicate: Record) -> RevocationKind:
    try:
        return RevocationKind(predicate.text("kind"))
    except ValueError:
        known = " or ".join(RevocationKind)
        predicate.refuse("kind", f"is not {known}")
