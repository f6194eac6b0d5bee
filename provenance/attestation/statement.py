"""In-toto statements: the frame that every signed record of ours has."""

import json
import re
from collections.abc import Sequence
from datetime import datetime

from provenance.attestation.record import Record, as_utc
from provenance.errors import AttestationError
from provenance.model.digest import Digest, hex_of
from provenance.model.subject import Subject
from provenance.model.trust_edition import TrustEdition

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
FILE_DIGEST = "sha256"
ESSENCE_DIGEST = "provenanceEssenceSha256"

_RECORD_ID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def statement(
    predicate_type: str, *, subject: Sequence[dict[str, object]], predicate: dict[str, object]
) -> bytes:
    """Return the statement's bytes: ASCII, keys sorted, no spaces."""
    fields = {
        "_type": STATEMENT_TYPE,
        "subject": list(subject),
        "predicateType": predicate_type,
        "predicate": predicate,
    }
    # ASCII escapes keep names that are not UTF-8 (surrogate escapes) exactly
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")


def open_statement(data: bytes, predicate_type: str) -> Record:
    """Return the statement; raises AttestationError if it is none of this type."""
    whole = Record.parse(data, "statement")
    if whole.text("_type") != STATEMENT_TYPE:
        whole.refuse("_type", f"is not {STATEMENT_TYPE}")
    if whole.text("predicateType") != predicate_type:
        whole.refuse("predicateType", f"is not {predicate_type}")
    return whole


def predicate_type_of(data: bytes) -> str:
    """Return what a statement states; raises AttestationError if it is no statement."""
    return Record.parse(data, "statement").text("predicateType")


def open_predicate(whole: Record, schema: str, newest: int) -> tuple[Record, int]:
    """Return the predicate of a statement and its version, from 1 to the newest we know."""
    return open_predicate_of(whole.record("predicate"), schema, newest)


def open_predicate_of(predicate: Record, schema: str, newest: int) -> tuple[Record, int]:
    """Return a versioned record within a statement. See `open_predicate`."""
    if predicate.text("schema") != schema:
        predicate.refuse("schema", f"is not {schema}")
    version = predicate.number("version")
    if version > newest:
        predicate.refuse("version", f"is {version}, newer than this program knows ({newest})")
    if version < 1:
        predicate.refuse("version", "is not a version")
    return predicate, version


def subject_fields(subject: Subject) -> dict[str, object]:
    """Return a subject as in-toto has it; the essence digest stands beside the file's."""
    return {
        "name": subject.name,
        "digest": {
            FILE_DIGEST: hex_of(subject.file_digest),
            ESSENCE_DIGEST: hex_of(subject.essence_digest),
        },
    }


def subjects_of(whole: Record) -> tuple[Subject, ...]:
    """Return the media a statement speaks of; raises AttestationError if there is none."""
    return tuple(_subject(record) for record in whole.records("subject", at_least=1))


def record_subject(record_id: str, envelope: Digest) -> dict[str, object]:
    """Return the subject of a statement about another signed record."""
    return {"name": record_id, "digest": {FILE_DIGEST: hex_of(envelope)}}


def record_id_of(predicate: Record, key: str) -> str:
    """Return an id of ours."""
    record_id = predicate.text(key)
    if _RECORD_ID.fullmatch(record_id) is None:
        predicate.refuse(key, "is not urn:uuid: and a lower-case UUID")
    return record_id


def edition_fields(edition: TrustEdition) -> dict[str, object]:
    """Return an edition of a trust list as records have it."""
    return {"list_id": edition.list_id, "serial": edition.serial}


def edition_of(record: Record) -> TrustEdition:
    """Return the edition of a trust list a record names."""
    return TrustEdition(list_id=record.text("list_id"), serial=record.number("serial"))


def utc_text(name: str, moment: datetime) -> str:
    """Return a time as records spell it; raises AttestationError if it has no zone."""
    try:
        return as_utc(moment).isoformat()
    except ValueError as error:
        raise AttestationError(f"{name} {error}") from error


def utc_text_or_none(name: str, moment: datetime | None) -> str | None:
    """Return a time as records spell it, None for none."""
    return None if moment is None else utc_text(name, moment)


def _subject(record: Record) -> Subject:
    digest = record.record("digest")
    return Subject(
        name=record.path_text("name"),
        file_digest=digest.sha256(FILE_DIGEST),
        essence_digest=digest.sha256(ESSENCE_DIGEST),
    )
