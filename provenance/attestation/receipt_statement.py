"""Receipts as statements: SLSA Verification Summaries, with what is ours under a key of ours.

Every file with a digest is a subject; its kind and verdict stand in the subject's annotations
(in-toto Statement v1, ResourceDescriptor). What has no digest stands in our part.
"""

from datetime import datetime
from pathlib import PurePosixPath
from types import MappingProxyType
from urllib.parse import quote

from provenance.attestation.envelope import open_receipt_envelope
from provenance.attestation.record import Record
from provenance.attestation.signing import Signing, require_signers
from provenance.attestation.statement import (
    ESSENCE_DIGEST,
    FILE_DIGEST,
    edition_fields,
    edition_of,
    open_predicate_of,
    open_statement,
    record_id_of,
    statement,
    utc_text,
)
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.attestation.verify import CLOCK_SKEW
from provenance.errors import AttestationError
from provenance.model.digest import hex_of
from provenance.model.finding import Verdict
from provenance.model.moment import minute
from provenance.model.purpose import Purpose
from provenance.model.receipt import EntryKind, NamedDigest, Receipt, ReceiptEntry

RECEIPT_TYPE = "https://slsa.dev/verification_summary/v1"
OURS = "https://ns.provenance.local/receipt/v1"
SCHEMA = "provenance-receipt"
VERSION = 1
VERIFIER = "https://ns.provenance.local/gate"
_SLSA_VERSION = "1.1"
_KIND = "provenance.kind"
_VERDICT = "provenance.verdict"
_POLICY = "https://ns.provenance.local/policy/"


def receipt_statement(receipt: Receipt) -> bytes:
    """Return the statement to sign; raises AttestationError if it would not read back."""
    made = statement(
        RECEIPT_TYPE,
        subject=[_subject(entry) for entry in receipt.entries if entry.file_digest],
        predicate=_predicate(receipt),
    )
    if read_receipt(made) != receipt:
        raise AttestationError("the receipt would not read back as it is")
    return made


def read_receipt(data: bytes) -> Receipt:
    """Return the receipt a statement is; raises AttestationError if it is none."""
    whole = open_statement(data, RECEIPT_TYPE)
    summary = whole.record("predicate")
    ours, _ = open_predicate_of(summary.record(OURS), SCHEMA, VERSION)
    receipt = Receipt(
        receipt_id=record_id_of(ours, "receipt_id"),
        folder=ours.path_text("folder"),
        scanned_at=summary.moment("timeVerified"),
        verdict=ours.member("verdict", Verdict),
        is_overridden=bool(ours.number("overridden")),
        is_strict=bool(ours.number("strict")),
        purposes=_purposes(ours),
        policies=tuple(map(_named, ours.records("policies", at_least=1))),
        inputs=tuple(map(_input, summary.records("inputAttestations"))),
        trust_edition=edition_of(ours.record("trust_edition")),
        versions=_versions(summary.record("verifier").record("version")),
        entries=_entries(whole, ours),
        valid_until=ours.moment("valid_until") if "valid_until" in ours.names else None,
    )
    _require_consistent(summary, receipt)
    return receipt


def check_receipt(data: bytes, trust: TrustList, now: datetime) -> tuple[Receipt, str]:
    """Return the receipt of an envelope, and whose keys signed it.

    1. The envelope is exactly as this program writes it.
    2. A trusted gate's key signed these bytes and is valid now; before that nothing is parsed.
    3. The statement parses, and says of SLSA and of ours the same.
    4. The key was valid when the scan ended, and that is not in the future.
    5. The trust list is at least of the edition the scan was done under.
    6. No override it rests on has ended since.

    Raises AttestationError, or the one of its kinds that says which step failed.
    """
    opened = open_receipt_envelope(data)

    def signed_by(stated_at: datetime) -> str:
        signing = Signing(stated_at=stated_at, recorded_at=None, now=now)
        keys = require_signers(opened, trust, signing, what="The receipt", role=KeyRole.GATE)
        return ", ".join(key.holder for key in keys)

    signed_by(now)
    receipt = read_receipt(opened.payload)
    holders = signed_by(receipt.scanned_at)
    if receipt.scanned_at - now > CLOCK_SKEW:
        raise AttestationError(f"the receipt is dated {minute(receipt.scanned_at)}, in the future")
    if receipt.trust_edition.is_later_than(trust.edition):
        raise AttestationError(
            f"the receipt was made under {receipt.trust_edition}, and this is edition"
            f" {trust.serial}: get the newer list"
        )
    if receipt.valid_until is not None and now > receipt.valid_until:
        raise AttestationError(
            "the receipt rests on an emergency override, and with that it expired on"
            f" {minute(receipt.valid_until)}: have the folder scanned anew"
        )
    return receipt, holders


def slsa_result(verdict: Verdict) -> str:
    """Return a verdict as SLSA has it: what is not passed failed."""
    return "PASSED" if verdict is Verdict.PASS else "FAILED"


def _levels(receipt: Receipt) -> list[str]:
    # SLSA leaves every name to us that does not begin with SLSA_.
    if receipt.verdict is not Verdict.PASS:
        return ["FAILED"]
    how = "PASSED_BY_OVERRIDE" if receipt.is_overridden else "NO_UNAPPROVED_AI_DECLARED"
    return [f"PROVENANCE_{how}"]


def _predicate(receipt: Receipt) -> dict[str, object]:
    first = receipt.policies[0]
    return {
        "verifier": {"id": VERIFIER, "version": dict(receipt.versions)},
        "timeVerified": utc_text("timeVerified", receipt.scanned_at),
        "resourceUri": _resource(receipt.folder),
        "policy": {"uri": _POLICY + quote(first.name), "digest": _sha256(first)},
        "inputAttestations": [{"uri": one.name, "digest": _sha256(one)} for one in receipt.inputs],
        "verificationResult": slsa_result(receipt.verdict),
        "verifiedLevels": _levels(receipt),
        "slsaVersion": _SLSA_VERSION,
        OURS: {
            "schema": SCHEMA,
            "version": VERSION,
            "receipt_id": receipt.receipt_id,
            "folder": receipt.folder,
            "verdict": receipt.verdict.value,
            "overridden": int(receipt.is_overridden),
            "strict": int(receipt.is_strict),
            "purposes": [_purpose_fields(one) for one in receipt.purposes],
            "policies": [{"name": one.name, "digest": _sha256(one)} for one in receipt.policies],
            "trust_edition": edition_fields(receipt.trust_edition),
            "undigested": [
                {"name": entry.path, "annotations": _annotations(entry)}
                for entry in receipt.entries
                if entry.file_digest is None
            ],
            **_end_fields(receipt),
        },
    }


def _end_fields(receipt: Receipt) -> dict[str, object]:
    if receipt.valid_until is None:
        return {}
    return {"valid_until": utc_text("valid_until", receipt.valid_until)}


def _resource(folder: str) -> str:
    return "urn:provenance:folder:" + quote(folder, safe="", errors="surrogateescape")


def _sha256(named: NamedDigest) -> dict[str, str]:
    return {FILE_DIGEST: hex_of(named.digest)}


def _purpose_fields(purpose: Purpose) -> dict[str, object]:
    return {
        "use": purpose.use,
        "title": purpose.title,
        "episode": purpose.episode,
        "cut": purpose.cut,
        "territories": sorted(purpose.territories),
        "languages": sorted(purpose.languages),
        "media": sorted(purpose.media),
    }


def _purposes(ours: Record) -> tuple[Purpose, ...]:
    if "purposes" in ours.names:
        return tuple(map(_purpose, ours.records("purposes", at_least=1)))
    return (_purpose(ours.record("purpose")),)  # receipts from before zones had their own


def _purpose(record: Record) -> Purpose:
    return Purpose(
        use=record.filled_text("use"),
        title=record.text("title"),
        episode=record.text("episode"),
        cut=record.text("cut"),
        territories=frozenset(record.texts("territories")),
        languages=frozenset(record.texts("languages")),
        media=frozenset(record.texts("media")),
    )


def _annotations(entry: ReceiptEntry) -> dict[str, str]:
    return {_KIND: entry.kind.value, _VERDICT: entry.verdict.value}


def _subject(entry: ReceiptEntry) -> dict[str, object]:
    digest = {}
    if entry.file_digest:
        digest[FILE_DIGEST] = hex_of(entry.file_digest)
    if entry.essence_digest:
        digest[ESSENCE_DIGEST] = hex_of(entry.essence_digest)
    return {"name": entry.path, "digest": digest, "annotations": _annotations(entry)}


def _named(record: Record) -> NamedDigest:
    digest = record.record("digest").sha256(FILE_DIGEST)
    return NamedDigest(name=record.filled_path("name"), digest=digest)


def _input(record: Record) -> NamedDigest:
    digest = record.record("digest").sha256(FILE_DIGEST)
    return NamedDigest(name=record.filled_path("uri"), digest=digest)


def _versions(record: Record) -> MappingProxyType[str, str]:
    return MappingProxyType({name: record.text(name) for name in record.names})


def _entries(whole: Record, ours: Record) -> tuple[ReceiptEntry, ...]:
    entries = [_entry(record, is_digested=True) for record in whole.records("subject")]
    entries += [_entry(record, is_digested=False) for record in ours.records("undigested")]
    if len({entry.path for entry in entries}) != len(entries):
        whole.refuse("subject", "names a file twice")
    return tuple(sorted(entries, key=lambda entry: path_order(entry.path)))


def _entry(record: Record, *, is_digested: bool) -> ReceiptEntry:
    path = record.filled_path("name")
    parts = PurePosixPath(path).parts
    if str(PurePosixPath(*parts)) != path or path.startswith("/") or ".." in parts:
        record.refuse("name", "is not a path within a folder")
    digest = record.record("digest") if is_digested else None
    has_essence = digest is not None and ESSENCE_DIGEST in digest.names
    annotations = record.record("annotations")
    return ReceiptEntry(
        path=path,
        kind=annotations.member(_KIND, EntryKind),
        verdict=annotations.member(_VERDICT, Verdict),
        file_digest=digest.sha256(FILE_DIGEST) if digest else None,
        essence_digest=digest.sha256(ESSENCE_DIGEST) if digest and has_essence else None,
    )


def path_order(path: str) -> bytes:
    """Return what entries are ordered by: the bytes of the name."""
    return path.encode("utf-8", "surrogateescape")


def _require_consistent(summary: Record, receipt: Receipt) -> None:
    """Raise AttestationError if the part for SLSA says something else than ours."""
    policy = summary.record("policy")
    first = receipt.policies[0]
    same = (
        summary.record("verifier").text("id") == VERIFIER
        and summary.text("verificationResult") == slsa_result(receipt.verdict)
        and list(summary.texts("verifiedLevels")) == _levels(receipt)
        and summary.path_text("resourceUri") == _resource(receipt.folder)
        and policy.record("digest").sha256(FILE_DIGEST) == first.digest
    )
    if not same:
        summary.refuse("verificationResult", "or what stands with it contradicts the receipt")
    is_passed = receipt.verdict is Verdict.PASS
    if is_passed and any(entry.verdict is not Verdict.PASS for entry in receipt.entries):
        summary.refuse("verificationResult", "passes what did not pass")
