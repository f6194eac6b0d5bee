"""The signed list of an export: which files it holds, so that none can be left out unnoticed."""

from collections.abc import Mapping
from datetime import datetime

from provenance.attestation.envelope import open_envelope
from provenance.attestation.signing import Signing, require_signers
from provenance.attestation.statement import (
    FILE_DIGEST,
    open_predicate,
    open_statement,
    statement,
    utc_text,
)
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.model.digest import Digest, hex_of

EXPORT_TYPE = "https://ns.provenance.local/export/v1"
SCHEMA = "provenance-export"
VERSION = 1


def export_statement(files: Mapping[str, Digest], exported_at: datetime) -> bytes:
    """Return the statement to sign: the names of the files and the digests of their bytes."""
    return statement(
        EXPORT_TYPE,
        subject=[
            {"name": name, "digest": {FILE_DIGEST: hex_of(digest)}}
            for name, digest in sorted(files.items())
        ],
        predicate={
            "schema": SCHEMA,
            "version": VERSION,
            "exported_at": utc_text("exported_at", exported_at),
        },
    )


def check_export(envelope: bytes, trust: TrustList) -> dict[str, Digest]:
    """Return the files of a list that a trusted gate signed.

    Raises AttestationError if it cannot be read, was changed, or nobody signed it who may.
    """
    opened = open_envelope(envelope)
    whole = open_statement(opened.payload, EXPORT_TYPE)
    predicate, _ = open_predicate(whole, SCHEMA, VERSION)
    signing = Signing(stated_at=predicate.moment("exported_at"), recorded_at=None)
    require_signers(opened, trust, signing, what="The list of the export", role=KeyRole.GATE)
    return {
        subject.filled_text("name"): subject.record("digest").sha256(FILE_DIGEST)
        for subject in whole.records("subject", at_least=1)
    }
