"""Carry approvals to another place and take them over there: files that need no database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from provenance.approving import Approver
from provenance.attestation.ai_use_statement import AI_USE_TYPE, read_ai_use
from provenance.attestation.approval_statement import APPROVAL_TYPE, read_approval
from provenance.attestation.envelope import MAX_ENVELOPE_SIZE, open_envelope
from provenance.attestation.request_statement import REQUEST_TYPE, read_request
from provenance.attestation.revocation_statement import (
    CONSENT,
    REVOCATION_TYPE,
    read_revocation,
)
from provenance.attestation.statement import predicate_type_of
from provenance.attestation.trust import TrustList
from provenance.errors import AttestationError, UsageError
from provenance.evidencing import LARGEST_EVIDENCE, read_whole
from provenance.examining import shown
from provenance.model.approval import Approval, CheckedApproval
from provenance.model.digest import Digest, sha256_digest
from provenance.registry.interface import AttestationKind, BlobStore, Registry, StoredAttestation

SUFFIX = ".dsse.json"
"""Of a signed record; every other file in such a folder is a document or a key."""
_KEYID_SHOWN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import brought."""

    approvals: tuple[CheckedApproval, ...]
    """The approvals that are new, verified."""
    others: int
    """How many other records are new: countersignatures, revocations, requests, AI-use records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A signed record of a file."""

    kind: AttestationKind
    record_id: str
    envelope: bytes
    subjects: tuple[Digest, ...] = ()
    approval: Approval | None = None


class Exchange:
    """Writes approvals as files, and reads such files."""

    def __init__(
        self, approver: Approver, registry: Registry, blobs: BlobStore, trust: TrustList
    ) -> None:
        self._approver = approver
        self._registry = registry
        self._blobs = blobs
        self._trust = trust

    def export(self, directory: Path, approval_ids: Sequence[str]) -> tuple[Path, ...]:
        """Write approvals as files, with all that decides on them; return the records' paths.

        That is countersignatures, revocations of them and of the consents they rest on, what takes
        their place, the requests they answer, AI-use records of what they cover, evidence, and the
        public keys that signed. Without ids every approval is written. Raises UsageError for an
        unknown id or a file that is there already with other bytes.
        """
        chosen = [self._approver.find(one) for one in approval_ids] or list(
            self._registry.attestations(AttestationKind.APPROVAL)
        )
        directory.mkdir(parents=True, exist_ok=True)
        written = []
        for stored in chosen:
            for other in self._about(stored):
                name = f"{other.kind.value}-{sha256_digest(other.envelope)[7:23]}{SUFFIX}"
                written.append(_write_new(directory / name, other.envelope))
                self._export_keys(other.envelope, directory)
            self._export_evidence(stored, directory)
        return tuple(dict.fromkeys(written))

    def import_from(self, directory: Path) -> Imported:
        """Take over what `export` wrote elsewhere; a broken file imports nothing.

        Envelopes are kept byte for byte and count only as far as our trust list goes. Raises
        UsageError if the folder holds no record, AttestationError for a file that is no envelope.
        """
        paths = sorted(path for path in directory.iterdir() if path.is_file())
        records = [
            record
            for path in paths
            if path.name.endswith(SUFFIX) and (record := _read(path)) is not None
        ]
        if not records:
            raise UsageError(
                f"{shown(directory)}: holds no approvals; their files end in {SUFFIX}, as"
                " `provenance approvals export` writes them"
            )
        self._import_evidence(paths, records)
        fresh = [record.record_id for record in records if self._import_approval(record)]
        others = sum(self._import_other(record) for record in records)
        return Imported(approvals=tuple(map(self._approver.show, fresh)), others=others)

    def signers(self, approval_id: str) -> tuple[str, ...]:
        """Return the ids of the keys that signed an approval."""
        signatures = open_envelope(self._approver.find(approval_id).envelope).signatures
        return tuple(signature.keyid for signature in signatures)

    def _about(self, stored: StoredAttestation) -> Iterator[StoredAttestation]:
        registry = self._registry
        yield from registry.attestations_of(stored.approval_id)
        approval = self._approver.show(stored.approval_id).approval
        for consent in approval.consents:
            yield from registry.attestations_of(f"{CONSENT}{consent}")
        if approval.request_id:
            yield from registry.attestations_of(approval.request_id)
        named = {subject.essence_digest for subject in approval.subjects}
        for other in registry.attestations(AttestationKind.AI_USE):
            if not named.isdisjoint(other.subjects) or _is_made_of(other, named):
                yield other

    def _export_evidence(self, stored: StoredAttestation, directory: Path) -> None:
        for evidence in self._approver.show(stored.approval_id).approval.evidence:
            data = self._blobs.get(evidence.digest)
            if data is not None:
                name = f"evidence-{evidence.digest[7:23]}-{Path(evidence.name).name}"
                _write_new(directory / name, data)

    def _export_keys(self, envelope: bytes, directory: Path) -> None:
        try:
            signatures = open_envelope(envelope).signatures
        except AttestationError:
            return
        for signature in signatures:
            key = self._trust.keys.get(signature.keyid)
            if key is not None:
                pem = key.public_key.encode("ascii")
                _write_new(directory / key_file_name(key.keyid), pem)

    def _import_evidence(self, paths: Sequence[Path], records: Sequence[_Record]) -> None:
        """Keep the documents that an approval names, and nothing else that lies there."""
        approvals = [record.approval for record in records if record.approval]
        wanted = {one.digest: one.size for approval in approvals for one in approval.evidence}
        sizes = set(wanted.values())
        for path in paths:
            if not path.name.endswith(SUFFIX) and path.stat().st_size in sizes:
                data = read_whole(path, LARGEST_EVIDENCE)
                if sha256_digest(data) in wanted:
                    self._blobs.put(data)

    def _import_approval(self, record: _Record) -> bool:
        known = self._filed(record.record_id, AttestationKind.APPROVAL)
        if record.approval is None or known:
            return False
        self._approver.store(record.approval, record.envelope)
        return True

    def _import_other(self, record: _Record) -> bool:
        kind = record.kind
        if record.approval is not None:
            # An approval that came twice with different signatures: the second countersigns it.
            kind = AttestationKind.COUNTERSIGNATURE
            first, *_ = self._filed(record.record_id, AttestationKind.APPROVAL)
            if first == record.envelope:
                return False
            if open_envelope(first).payload != open_envelope(record.envelope).payload:
                raise AttestationError(f"another approval is kept under {record.record_id}")
        if record.envelope in self._filed(record.record_id, kind):
            return False
        self._approver.file(kind, record.record_id, record.envelope, subjects=record.subjects)
        return True

    def _filed(self, record_id: str, kind: AttestationKind) -> list[bytes]:
        known = self._registry.attestations_of(record_id)
        return [one.envelope for one in known if one.kind is kind]


def key_file_name(keyid: str) -> str:
    """Return how an exported public key is named."""
    return f"signer-{keyid[:_KEYID_SHOWN]}.pem"


def _approval(envelope: bytes, payload: bytes) -> _Record:
    approval = read_approval(payload)
    return _Record(
        kind=AttestationKind.APPROVAL,
        record_id=approval.approval_id,
        envelope=envelope,
        approval=approval,
    )


def _revocation(envelope: bytes, payload: bytes) -> _Record:
    record_id = read_revocation(payload).record_id
    return _Record(kind=AttestationKind.REVOCATION, record_id=record_id, envelope=envelope)


def _request(envelope: bytes, payload: bytes) -> _Record:
    request = read_request(payload)
    return _Record(
        kind=AttestationKind.REQUEST,
        record_id=request.request_id,
        envelope=envelope,
        subjects=tuple(dict.fromkeys(one.essence_digest for one in request.subjects)),
    )


def _ai_use(envelope: bytes, payload: bytes) -> _Record:
    use = read_ai_use(payload)
    return _Record(
        kind=AttestationKind.AI_USE,
        record_id=use.record_id,
        envelope=envelope,
        subjects=tuple(dict.fromkeys(one.essence_digest for one in use.subjects)),
    )


_READERS: dict[str, Callable[[bytes, bytes], _Record]] = {
    APPROVAL_TYPE: _approval,
    REVOCATION_TYPE: _revocation,
    REQUEST_TYPE: _request,
    AI_USE_TYPE: _ai_use,
}


def _read(path: Path) -> _Record | None:
    """Return the record of a file by what it states; None for what is not for us to import."""
    envelope = read_whole(path, MAX_ENVELOPE_SIZE)
    try:
        payload = open_envelope(envelope).payload
        reader = _READERS.get(predicate_type_of(payload))
        return reader(envelope, payload) if reader else None
    except AttestationError as error:
        raise AttestationError(f"{shown(path)}: {error}; nothing was imported") from error


def _is_made_of(stored: StoredAttestation, named: set[Digest]) -> bool:
    try:
        use = read_ai_use(open_envelope(stored.envelope).payload)
    except AttestationError:
        return False
    return any(one.essence_digest in named for one in use.derived_from)


def _write_new(path: Path, data: bytes) -> Path:
    if path.exists():
        if path.read_bytes() != data:
            raise UsageError(f"{shown(path)}: is there already, with other bytes")
        return path
    path.write_bytes(data)
    return path
