"""Approvals as statements: `https://ns.provenance.local/approval/v1`, records of two versions."""

from typing import Any

from provenance.attestation.envelope import open_envelope
from provenance.attestation.record import Record
from provenance.attestation.statement import (
    FILE_DIGEST,
    edition_fields,
    edition_of,
    open_predicate,
    open_statement,
    record_id_of,
    statement,
    subject_fields,
    subjects_of,
    utc_text,
    utc_text_or_none,
)
from provenance.errors import AttestationError
from provenance.model.ai_use import Transform, UseCategory
from provenance.model.approval import Approval, Decision
from provenance.model.condition import Condition, ConditionKind
from provenance.model.digest import hex_of
from provenance.model.evidence import DkimOutcome, Evidence, EvidenceKind, MailFacts
from provenance.model.party import Party
from provenance.model.purpose import Scope, is_use_term
from provenance.model.trust_edition import UNSIGNED

APPROVAL_TYPE = "https://ns.provenance.local/approval/v1"
SCHEMA = "provenance-approval"
VERSION = 2


def approval_statement(approval: Approval) -> bytes:
    """Return the statement to sign; raises AttestationError if it would not read back."""
    made = statement(
        APPROVAL_TYPE,
        subject=[subject_fields(subject) for subject in approval.subjects],
        predicate=_predicate(approval),
    )
    if read_approval(made) != approval:
        raise AttestationError("the approval would not read back as it is; check its digests")
    return made


def approval_in(envelope: bytes) -> Approval:
    """Return the approval in an envelope, whoever signed it; raises AttestationError if none is."""
    return read_approval(open_envelope(envelope).payload)


def read_approval(data: bytes) -> Approval:
    """Return the approval a statement makes; raises AttestationError if it makes none."""
    whole = open_statement(data, APPROVAL_TYPE)
    predicate, version = open_predicate(whole, SCHEMA, VERSION)
    if version == 1:
        predicate = predicate.with_fields(**_upgraded_from_1(predicate))
    requester = predicate.record_or_none("requester")
    return Approval(
        approval_id=record_id_of(predicate, "approval_id"),
        subjects=subjects_of(whole),
        uses=uses_of(predicate),
        approver=party_of(predicate.record("approver")),
        approved_at=predicate.moment("approved_at"),
        evidence=tuple(_evidence(record) for record in predicate.records("evidence", at_least=1)),
        decision=predicate.member("decision", Decision),
        authority=predicate.text("authority"),
        requester=party_of(requester) if requester else None,
        recorder=predicate.text("recorder"),
        request_id=predicate.text("request_id"),
        categories=predicate.members("categories", UseCategory),
        scope=scope_of(predicate.record("scope")),
        conditions=tuple(_condition(record) for record in predicate.records("conditions")),
        derivatives=predicate.members("derivatives", Transform),
        consents=predicate.texts("consents"),
        supersedes=predicate.text("supersedes"),
        valid_from=predicate.moment_or_none("valid_from"),
        valid_until=predicate.moment_or_none("valid_until"),
        trust_edition=edition_of(predicate.record("trust_edition")),
    )


def party_fields(party: Party) -> dict[str, object]:
    """Return a party as records have it."""
    return {"name": party.name, "organisation": party.organisation, "role": party.role}


def party_of(record: Record) -> Party:
    """Return the party of a record; it has a name."""
    return Party(
        name=record.filled_text("name"),
        organisation=record.text("organisation"),
        role=record.text("role"),
    )


def scope_fields(scope: Scope) -> dict[str, object]:
    """Return a scope as records have it."""
    return {
        "title": scope.title,
        "episode": scope.episode,
        "cut": scope.cut,
        "territories": sorted(scope.territories),
        "languages": sorted(scope.languages),
        "media": sorted(scope.media),
    }


def scope_of(record: Record) -> Scope:
    """Return the scope of a record."""
    return Scope(
        title=record.text("title"),
        episode=record.text("episode"),
        cut=record.text("cut"),
        territories=frozenset(record.texts("territories")),
        languages=frozenset(record.texts("languages")),
        media=frozenset(record.texts("media")),
    )


def uses_of(predicate: Record) -> frozenset[str]:
    """Return the uses of a record; raises AttestationError if there is none, or one is no term."""
    uses = predicate.texts("uses", at_least=1)
    for use in uses:
        if not is_use_term(use):
            predicate.refuse("uses", f"holds {use[:80]!a}, not lower-case words joined by hyphens")
    return frozenset(uses)


def _predicate(approval: Approval) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "approval_id": approval.approval_id,
        "uses": sorted(approval.uses),
        "approver": party_fields(approval.approver),
        "approved_at": utc_text("approved_at", approval.approved_at),
        "evidence": [_evidence_fields(evidence) for evidence in approval.evidence],
        "decision": approval.decision.value,
        "authority": approval.authority,
        "requester": party_fields(approval.requester) if approval.requester else None,
        "recorder": approval.recorder,
        "request_id": approval.request_id,
        "categories": sorted(approval.categories),
        "scope": scope_fields(approval.scope),
        "conditions": [
            {"kind": one.kind.value, "text": one.text, "seconds": one.seconds}
            for one in approval.conditions
        ],
        "derivatives": sorted(approval.derivatives),
        "consents": list(approval.consents),
        "supersedes": approval.supersedes,
        "valid_from": utc_text_or_none("valid_from", approval.valid_from),
        "valid_until": utc_text_or_none("valid_until", approval.valid_until),
        "trust_edition": edition_fields(approval.trust_edition),
    }


def _upgraded_from_1(predicate: Record) -> dict[str, Any]:
    """Return what version 2 has otherwise: parties, a scope, conditions with a kind."""
    conditions = predicate.texts("conditions")
    return {
        "approver": {"name": predicate.text("approver"), "organisation": "", "role": ""},
        "decision": Decision.APPROVED.value,
        "authority": "",
        "requester": None,
        "recorder": "",
        "request_id": "",
        "categories": [],
        "scope": {
            "title": predicate.text("title"),
            "episode": "",
            "cut": "",
            "territories": [],
            "languages": [],
            "media": [],
        },
        "conditions": [{"kind": "text", "text": text, "seconds": None} for text in conditions],
        "derivatives": [],
        "consents": [],
        "supersedes": "",
        "valid_from": None,
        "trust_edition": edition_fields(UNSIGNED),
    }


def _condition(record: Record) -> Condition:
    kind = record.member("kind", ConditionKind)
    seconds = record.real_or_none("seconds")
    if (seconds is None) == (kind is ConditionKind.MAX_SECONDS):
        record.refuse("seconds", f"does not go with {kind.value}")
    return Condition(text=record.text("text"), kind=kind, seconds=seconds)


def _evidence_fields(evidence: Evidence) -> dict[str, object]:
    mail = evidence.mail
    return {
        "name": evidence.name,
        "digest": {FILE_DIGEST: hex_of(evidence.digest)},
        "size": evidence.size,
        "kind": evidence.kind.value,
        "mail": None
        if mail is None
        else {
            "message_id": mail.message_id,
            "sender": mail.sender,
            "sent_at": utc_text_or_none("sent_at", mail.sent_at),
            "dkim": mail.dkim.value,
            "dkim_domain": mail.dkim_domain,
            "dkim_selector": mail.dkim_selector,
            "dkim_key": mail.dkim_key,
        },
    }


def _evidence(record: Record) -> Evidence:
    mail = record.record_or_none("mail")
    return Evidence(
        name=record.text("name"),
        digest=record.record("digest").sha256(FILE_DIGEST),
        size=record.number("size"),
        kind=record.member("kind", EvidenceKind, absent=EvidenceKind.OTHER),
        mail=None if mail is None else _mail(mail),
    )


def _mail(record: Record) -> MailFacts:
    return MailFacts(
        message_id=record.text("message_id"),
        sender=record.text("sender"),
        sent_at=record.moment_or_none("sent_at"),
        dkim=record.member("dkim", DkimOutcome),
        dkim_domain=record.text("dkim_domain"),
        dkim_selector=record.text("dkim_selector"),
        dkim_key=record.text("dkim_key"),
    )
