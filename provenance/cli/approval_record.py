"""Approvals and requests as JSON values, as `reports/schemas/approvals-1.json` has them."""

from datetime import datetime
from typing import Any

from provenance.attestation.statement import edition_fields
from provenance.model.approval import Approval, CheckedApproval
from provenance.model.evidence import Evidence
from provenance.model.party import Party
from provenance.model.purpose import Scope
from provenance.model.subject import Subject
from provenance.requesting import RequestState

SCHEMA = "provenance-approval-record"
VERSION = 1


def approval_record(checked: CheckedApproval, remarks: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an approval as a JSON value."""
    approval = checked.approval
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "kind": "approval",
        "approval_id": approval.approval_id,
        "status": checked.status.value,
        "state": checked.state,
        "reason": checked.reason,
        "remarks": list(remarks),
        "signed_by": checked.signed_by or None,
        "approved_at": approval.approved_at.isoformat(),
        **_parties(approval),
        "request_id": approval.request_id or None,
        "supersedes": approval.supersedes or None,
        "uses": sorted(approval.uses),
        "categories": sorted(approval.categories),
        "derivatives": sorted(approval.derivatives),
        "consents": list(approval.consents),
        "title": approval.scope.title or None,
        "scope": _scope(approval.scope),
        "conditions": [one.text for one in approval.conditions],
        "checked_conditions": [
            {"kind": one.kind.value, "text": one.text, "seconds": one.seconds}
            for one in approval.conditions
        ],
        "valid_from": _moment(approval.valid_from),
        "valid_until": _moment(approval.valid_until),
        "trust_edition": edition_fields(approval.trust_edition),
        "evidence": [_evidence(evidence) for evidence in approval.evidence],
        "subjects": [_subject(subject) for subject in approval.subjects],
    }


def request_record(state: RequestState) -> dict[str, Any]:
    """Return a request as a JSON value; it has the fields every record has."""
    request, terms = state.request, state.request.terms
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "kind": "request",
        "approval_id": request.request_id,
        "status": state.state,
        "reason": state.problem,
        "requester": _party(request.requester),
        "addressee": request.addressee,
        "requested_at": request.requested_at.isoformat(),
        "answer_by": _moment(request.answer_by),
        "answers": [one.approval.approval_id for one in state.answers],
        "uses": sorted(terms.uses),
        "categories": sorted(terms.categories),
        "derivatives": sorted(terms.derivatives),
        "consents": list(terms.consents),
        "scope": _scope(terms.scope),
        "valid_from": _moment(terms.valid_from),
        "valid_until": _moment(terms.valid_until),
        "subjects": [_subject(subject) for subject in request.subjects],
    }


def _parties(approval: Approval) -> dict[str, Any]:
    return {
        "decision": approval.decision.value,
        "approver": approval.approver.name,
        "approver_party": _party(approval.approver),
        "authority": approval.authority or None,
        "requester": _party(approval.requester) if approval.requester else None,
        "recorder": approval.recorder or None,
    }


def _party(party: Party) -> dict[str, Any]:
    return {
        "name": party.name,
        "organisation": party.organisation or None,
        "role": party.role or None,
    }


def _scope(scope: Scope) -> dict[str, Any]:
    return {
        "title": scope.title or None,
        "episode": scope.episode or None,
        "cut": scope.cut or None,
        "territories": sorted(scope.territories),
        "languages": sorted(scope.languages),
        "media": sorted(scope.media),
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    mail = evidence.mail
    return {
        "name": evidence.name,
        "digest": evidence.digest,
        "size": evidence.size,
        "kind": evidence.kind.value,
        "mail": {
            "message_id": mail.message_id or None,
            "sender": mail.sender or None,
            "sent_at": _moment(mail.sent_at),
            "dkim": mail.dkim.value,
            "dkim_domain": mail.dkim_domain or None,
            "dkim_selector": mail.dkim_selector or None,
            "dkim_key": mail.dkim_key or None,
        }
        if mail
        else None,
    }


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "path": subject.name,
        "file_digest": subject.file_digest,
        "essence_digest": subject.essence_digest,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
