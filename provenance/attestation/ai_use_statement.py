"""AI-use records as statements: `https://ns.provenance.local/ai-use/v1`."""

from types import MappingProxyType

from provenance.attestation.envelope import open_envelope
from provenance.attestation.filed import Filed
from provenance.attestation.record import Record
from provenance.attestation.signing import Signing, require_signers
from provenance.attestation.statement import (
    ESSENCE_DIGEST,
    open_predicate,
    open_statement,
    record_id_of,
    statement,
    subject_fields,
    subjects_of,
    utc_text,
)
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole, TrustedKey
from provenance.errors import AttestationError
from provenance.model.ai_use import (
    AiUse,
    Answer,
    Derivation,
    InputMaterial,
    Prominence,
    ToolUse,
    Transform,
    UseCategory,
)
from provenance.model.digest import hex_of

AI_USE_TYPE = "https://ns.provenance.local/ai-use/v1"
SCHEMA = "provenance-ai-use"
VERSION = 1


def ai_use_statement(record: AiUse) -> bytes:
    """Return the statement to sign; raises AttestationError if it would not read back."""
    made = statement(
        AI_USE_TYPE,
        subject=[subject_fields(subject) for subject in record.subjects],
        predicate=_predicate(record),
    )
    if read_ai_use(made) != record:
        raise AttestationError("the AI-use record would not read back as it is")
    return made


def read_ai_use(data: bytes) -> AiUse:
    """Return the record a statement makes; raises AttestationError if it makes none."""
    whole = open_statement(data, AI_USE_TYPE)
    predicate, _ = open_predicate(whole, SCHEMA, VERSION)
    prominence = predicate.text("prominence")
    return AiUse(
        record_id=record_id_of(predicate, "record_id"),
        subjects=subjects_of(whole),
        declared_by=predicate.filled_text("declared_by"),
        declared_at=predicate.moment("declared_at"),
        tools=tuple(_tool(record) for record in predicate.records("tools")),
        inputs=tuple(_input(record) for record in predicate.records("inputs")),
        principles=MappingProxyType(_principles(predicate)),
        categories=predicate.members("categories", UseCategory),
        prominence=predicate.member("prominence", Prominence) if prominence else None,
        performers=predicate.texts("performers"),
        consents=predicate.texts("consents"),
        human_contribution=predicate.text("human_contribution"),
        derived_from=tuple(_derivation(record) for record in predicate.records("derived_from")),
    )


def check_ai_use(filed: Filed, trust: TrustList) -> tuple[AiUse, tuple[TrustedKey, ...]]:
    """Return the record of an envelope, and the recorders' keys that signed it.

    Raises AttestationError if it cannot be read, SignatureInvalidError if its bytes were changed,
    UnknownKeyError or NotAuthorisedError if nobody signed it who may.
    """
    opened = open_envelope(filed.envelope)
    record = read_ai_use(opened.payload)
    what = f"The AI-use record {record.record_id.removeprefix('urn:uuid:')[:8]}…"
    signing = Signing(stated_at=record.declared_at, recorded_at=filed.recorded_at)
    keys = require_signers(opened, trust, signing, what=what, role=KeyRole.RECORDER)
    return record, keys


def _predicate(record: AiUse) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "record_id": record.record_id,
        "declared_by": record.declared_by,
        "declared_at": utc_text("declared_at", record.declared_at),
        "tools": [
            {
                "name": tool.name,
                "version": tool.version,
                "plan": tool.plan,
                "enterprise_secured": tool.is_enterprise_secured.value,
                "terms": tool.terms,
            }
            for tool in record.tools
        ],
        "inputs": [{"what": one.what, "owned": one.is_owned.value} for one in record.inputs],
        "principles": {name: answer.value for name, answer in record.principles.items()},
        "categories": sorted(record.categories),
        "prominence": record.prominence.value if record.prominence else "",
        "performers": list(record.performers),
        "consents": list(record.consents),
        "human_contribution": record.human_contribution,
        "derived_from": [
            {
                "digest": {ESSENCE_DIGEST: hex_of(one.essence_digest)},
                "transforms": sorted(one.transforms),
            }
            for one in record.derived_from
        ],
    }


def _tool(record: Record) -> ToolUse:
    return ToolUse(
        name=record.filled_text("name"),
        version=record.text("version"),
        plan=record.text("plan"),
        is_enterprise_secured=record.member("enterprise_secured", Answer),
        terms=record.text("terms"),
    )


def _input(record: Record) -> InputMaterial:
    return InputMaterial(what=record.filled_text("what"), is_owned=record.member("owned", Answer))


def _principles(predicate: Record) -> dict[str, Answer]:
    answers = predicate.record("principles")
    return {name: answers.member(name, Answer) for name in answers.names}


def _derivation(record: Record) -> Derivation:
    transforms = record.members("transforms", Transform)
    if not transforms:
        record.refuse("transforms", "is empty")
    digest = record.record("digest").sha256(ESSENCE_DIGEST)
    return Derivation(essence_digest=digest, transforms=transforms)
