"""Carry approvals to another place and take them over there: files that need no database."""

from collections.abc import Sequence
from pathlib import Path

from provenance.approving import Approver
from provenance.attestation.approval_statement import read_approval
from provenance.attestation.envelope import MAX_ENVELOPE_SIZE, open_envelope
from provenance.attestation.revocation_statement import read_revocation
from provenance.errors import UsageError
from provenance.evidencing import LARGEST_EVIDENCE, read_whole
from provenance.examining import shown
from provenance.model.approval import CheckedApproval
from provenance.model.digest import sha256_digest
from provenance.registry.interface import AttestationKind, BlobStore, Registry, StoredAttestation

_SUFFIX = ".dsse.json"


class Exchange:
    """Writes approvals as files, and reads such files."""

    def __init__(self, approver: Approver, registry: Registry, blobs: BlobStore) -> None:
        self._approver = approver
        self._registry = registry
        self._blobs = blobs

    def export(self, directory: Path, approval_ids: Sequence[str]) -> tuple[Path, ...]:
        """Write envelopes and evidence of approvals as files; return the envelopes' paths.

        Without ids every approval is written. Raises UsageError for an unknown id or a file that
        is there already with other bytes.
        """
        chosen = [self._approver.find(one) for one in approval_ids] or list(
            self._registry.attestations(AttestationKind.APPROVAL)
        )
        directory.mkdir(parents=True, exist_ok=True)
        written = []
        for stored in chosen:
            for other in self._registry.attestations_of(stored.approval_id):
                name = f"{other.kind.value}-{sha256_digest(other.envelope)[7:23]}{_SUFFIX}"
                written.append(_write_new(directory / name, other.envelope))
            self._export_evidence(stored, directory)
        return tuple(written)

    def import_from(self, directory: Path) -> tuple[CheckedApproval, ...]:
        """Take over what `export` wrote elsewhere; return the approvals that are new, verified.

        Envelopes are kept byte for byte and count only as far as our trust list goes. Raises
        AttestationError for a file that is no envelope.
        """
        for path in sorted(directory.iterdir()):
            if not path.name.endswith(_SUFFIX) and path.is_file():
                self._blobs.put(read_whole(path, LARGEST_EVIDENCE))
        fresh = []
        for path in sorted(directory.glob(f"approval-*{_SUFFIX}")):
            envelope = read_whole(path, MAX_ENVELOPE_SIZE)
            approval = read_approval(open_envelope(envelope).payload)
            if not self._registry.attestations_of(approval.approval_id):
                fresh.append(self._approver.store(approval, envelope))
        for path in sorted(directory.glob(f"revocation-*{_SUFFIX}")):
            self._import_revocation(read_whole(path, MAX_ENVELOPE_SIZE))
        return tuple(self._approver.show(checked.approval.approval_id) for checked in fresh)

    def _import_revocation(self, envelope: bytes) -> None:
        revocation = read_revocation(open_envelope(envelope).payload)
        known = self._registry.attestations_of(revocation.record_id)
        if not any(other.envelope == envelope for other in known):
            self._approver.file(AttestationKind.REVOCATION, revocation.record_id, envelope)

    def _export_evidence(self, stored: StoredAttestation, directory: Path) -> None:
        for evidence in self._approver.show(stored.approval_id).approval.evidence:
            data = self._blobs.get(evidence.digest)
            if data is not None:
                name = f"evidence-{evidence.digest[7:23]}-{Path(evidence.name).name}"
                _write_new(directory / name, data)


def _write_new(path: Path, data: bytes) -> Path:
    if path.exists():
        if path.read_bytes() != data:
            raise UsageError(f"{shown(path)}: is there already, with other bytes")
        return path
    path.write_bytes(data)
    return path
