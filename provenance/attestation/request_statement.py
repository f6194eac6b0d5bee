"""Requests for approval as statements: `https://ns.provenance.local/request/v1`."""

from provenance.attestation.approval_statement import (
    party_fields,
    party_of,
    scope_fields,
    scope_of,
    uses_of,
)
from provenance.attestation.envelope import open_envelope
from provenance.attestation.filed import Filed
from provenance.attestation.signing import Signing, require_signers
from provenance.attestation.statement import (
    open_predicate,
    open_statement,
    record_id_of,
    statement,
    subject_fields,
    subjects_of,
    utc_text,
    utc_text_or_none,
)
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.errors import AttestationError
from provenance.model.ai_use import Transform, UseCategory
from provenance.model.request import Request, Terms

REQUEST_TYPE = "https://ns.provenance.local/request/v1"
SCHEMA = "provenance-request"
VERSION = 1


def request_statement(request: Request) -> bytes:
    """Return the statement to sign; raises AttestationError if it would not read back."""
    made = statement(
        REQUEST_TYPE,
        subject=[subject_fields(subject) for subject in request.subjects],
        predicate=_predicate(request),
    )
    if read_request(made) != request:
        raise AttestationError("the request would not read back as it is")
    return made


def read_request(data: bytes) -> Request:
    """Return the request a statement makes; raises AttestationError if it makes none."""
    whole = open_statement(data, REQUEST_TYPE)
    predicate, _ = open_predicate(whole, SCHEMA, VERSION)
    return Request(
        request_id=record_id_of(predicate, "request_id"),
        subjects=subjects_of(whole),
        requester=party_of(predicate.record("requester")),
        addressee=predicate.filled_text("addressee"),
        requested_at=predicate.moment("requested_at"),
        terms=Terms(
            uses=uses_of(predicate),
            scope=scope_of(predicate.record("scope")),
            categories=predicate.members("categories", UseCategory),
            derivatives=predicate.members("derivatives", Transform),
            consents=predicate.texts("consents"),
            valid_from=predicate.moment_or_none("valid_from"),
            valid_until=predicate.moment_or_none("valid_until"),
        ),
        answer_by=predicate.moment_or_none("answer_by"),
        message=predicate.text("message"),
    )


def check_request(filed: Filed, trust: TrustList) -> Request:
    """Return the request of an envelope that a trusted recorder's key signed.

    Raises AttestationError if it cannot be read, SignatureInvalidError if its bytes were changed,
    UnknownKeyError or NotAuthorisedError if nobody signed it who may.
    """
    opened = open_envelope(filed.envelope)
    request = read_request(opened.payload)
    what = f"The request {request.request_id.removeprefix('urn:uuid:')[:8]}…"
    signing = Signing(stated_at=request.requested_at, recorded_at=filed.recorded_at)
    require_signers(opened, trust, signing, what=what, role=KeyRole.RECORDER)
    return request


def _predicate(request: Request) -> dict[str, object]:
    terms = request.terms
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "request_id": request.request_id,
        "requester": party_fields(request.requester),
        "addressee": request.addressee,
        "requested_at": utc_text("requested_at", request.requested_at),
        "uses": sorted(terms.uses),
        "scope": scope_fields(terms.scope),
        "categories": sorted(terms.categories),
        "derivatives": sorted(terms.derivatives),
        "consents": list(terms.consents),
        "valid_from": utc_text_or_none("valid_from", terms.valid_from),
        "valid_until": utc_text_or_none("valid_until", terms.valid_until),
        "answer_by": utc_text_or_none("answer_by", request.answer_by),
        "message": request.message,
    }
