"""Record written approvals, verify them, take them back, carry them to another place."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.attestation.envelope import open_envelope, sign_statement
from provenance.attestation.statement import (
    approval_statement,
    read_approval,
    read_revocation,
    revocation_statement,
)
from provenance.errors import AttestationError, UsageError
from provenance.examining import Examiner, shown
from provenance.gathering import Gatherer
from provenance.media.source import FileSource
from provenance.model.approval import (
    Approval,
    CheckedApproval,
    Evidence,
    Revocation,
    RevocationKind,
    Subject,
)
from provenance.model.digest import sha256_digest
from provenance.registry.interface import AttestationKind, BlobStore, Registry, StoredAttestation

_LARGEST_EVIDENCE = 64 * 1024 * 1024
_LARGEST_ENVELOPE = 1024 * 1024
_SUFFIX = ".dsse.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What is to be approved, by whom, for what."""

    paths: tuple[Path, ...]
    """The files."""
    approver: str
    """Who decided."""
    evidence: tuple[Path, ...]
    """Documents that show it."""
    uses: frozenset[str]
    """For which uses."""
    title: str = ""
    """For which production or episode."""
    conditions: tuple[str, ...] = ()
    """Under which conditions."""
    valid_until: datetime | None = None
    """Until when, aware UTC."""


class Approver:
    """Keeps the approvals."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        gatherer: Gatherer,
        registry: Registry,
        blobs: BlobStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._examiner = examiner
        self._gatherer = gatherer
        self._registry = registry
        self._blobs = blobs
        self._clock = clock

    def approve(self, request: ApprovalRequest, signer: Signer) -> CheckedApproval:
        """Sign and store an approval, bound to the files' bytes as they are now.

        Returns it as verified against the trust list. Raises UsageError for a request that could
        never hold, UnreadableError if a file or document cannot be read.
        """
        now = self._clock()
        if request.valid_until is not None and request.valid_until <= now:
            raise UsageError(f"--until {request.valid_until:%Y-%m-%d %H:%M} lies in the past")
        approval = Approval(
            approval_id=f"urn:uuid:{uuid.uuid4()}",
            subjects=tuple(self._subject(path) for path in request.paths),
            uses=request.uses,
            approver=request.approver,
            approved_at=now,
            evidence=tuple(self._keep(path) for path in request.evidence),
            title=request.title,
            conditions=request.conditions,
            valid_until=request.valid_until,
        )
        envelope = sign_statement(approval_statement(approval), signer)
        return self._store(approval, envelope)

    def revoke(
        self, approval_id: str, kind: RevocationKind, reason: str, signer: Signer
    ) -> CheckedApproval:
        """Take an approval back and return its new state; raises UsageError if there is none."""
        stored = self.find(approval_id)
        revocation = Revocation(
            approval_id=stored.approval_id, kind=kind, reason=reason, revoked_at=self._clock()
        )
        statement = revocation_statement(
            revocation, approval_envelope=sha256_digest(stored.envelope)
        )
        self._registry.add_attestation(
            StoredAttestation(
                attestation_id=str(uuid.uuid4()),
                kind=AttestationKind.REVOCATION,
                approval_id=stored.approval_id,
                envelope=sign_statement(statement, signer),
                subjects=(),
                recorded_at=self._clock(),
            )
        )
        return self._gatherer.check(stored)

    def find(self, approval_id: str) -> StoredAttestation:
        """Return the approval of this id, or of the one id that begins so.

        Raises UsageError if there is none, or several.
        """
        wanted = approval_id.removeprefix("urn:uuid:").lower()
        matches = [
            stored
            for stored in self._registry.approvals()
            if wanted and stored.approval_id.removeprefix("urn:uuid:").startswith(wanted)
        ]
        if len(matches) != 1:
            count = "several approvals begin" if matches else "no approval begins"
            raise UsageError(f"{count} with {approval_id!r}; see: provenance approvals list")
        return matches[0]

    def list(self) -> tuple[CheckedApproval, ...]:
        """Return every approval, verified now, oldest first."""
        return tuple(self._gatherer.check(stored) for stored in self._registry.approvals())

    def show(self, approval_id: str) -> CheckedApproval:
        """Return one approval, verified now; raises UsageError if there is none."""
        return self._gatherer.check(self.find(approval_id))

    def export(self, directory: Path, approval_ids: Sequence[str]) -> tuple[Path, ...]:
        """Write envelopes and evidence of approvals as files; return the envelopes' paths.

        Without ids every approval is written. Raises UsageError for an unknown id or a file that
        is there already with other bytes.
        """
        chosen = [self.find(one) for one in approval_ids] or list(self._registry.approvals())
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
                self._blobs.put(_read(path, _LARGEST_EVIDENCE))
        fresh = []
        for path in sorted(directory.glob(f"approval-*{_SUFFIX}")):
            envelope = _read(path, _LARGEST_ENVELOPE)
            approval = read_approval(open_envelope(envelope).payload)
            if not self._registry.attestations_of(approval.approval_id):
                fresh.append(self._store(approval, envelope))
        for path in sorted(directory.glob(f"revocation-*{_SUFFIX}")):
            self._import_revocation(_read(path, _LARGEST_ENVELOPE))
        return tuple(self.show(checked.approval.approval_id) for checked in fresh)

    def _import_revocation(self, envelope: bytes) -> None:
        revocation = read_revocation(open_envelope(envelope).payload)
        known = self._registry.attestations_of(revocation.approval_id)
        if any(other.envelope == envelope for other in known):
            return
        self._registry.add_attestation(
            StoredAttestation(
                attestation_id=str(uuid.uuid4()),
                kind=AttestationKind.REVOCATION,
                approval_id=revocation.approval_id,
                envelope=envelope,
                subjects=(),
                recorded_at=self._clock(),
            )
        )

    def _subject(self, path: Path) -> Subject:
        with self._examiner.examine(path) as examined:
            if examined.fmt is not None and not examined.is_whole:
                detail = "; ".join(problem.detail for problem in examined.problems)
                raise UsageError(f"{shown(path)}: a damaged file cannot be approved: {detail}")
            identity = examined.identity
            return Subject(
                name=shown(Path(path.name)),
                file_digest=identity.file_digest,
                essence_digest=identity.essence_digest,
            )

    def _keep(self, path: Path) -> Evidence:
        data = _read(path, _LARGEST_EVIDENCE)
        if not data:
            raise UsageError(f"{shown(path)}: an empty document is no evidence")
        return Evidence(name=shown(Path(path.name)), digest=self._blobs.put(data), size=len(data))

    def _store(self, approval: Approval, envelope: bytes) -> CheckedApproval:
        stored = StoredAttestation(
            attestation_id=str(uuid.uuid4()),
            kind=AttestationKind.APPROVAL,
            approval_id=approval.approval_id,
            envelope=envelope,
            subjects=tuple(dict.fromkeys(subject.essence_digest for subject in approval.subjects)),
            recorded_at=self._clock(),
        )
        self._registry.add_attestation(stored)
        return self._gatherer.check(stored)

    def _export_evidence(self, stored: StoredAttestation, directory: Path) -> None:
        for evidence in self._gatherer.check(stored).approval.evidence:
            data = self._blobs.get(evidence.digest)
            if data is not None:
                name = f"evidence-{evidence.digest[7:23]}-{Path(evidence.name).name}"
                _write_new(directory / name, data)


def _read(path: Path, largest: int) -> bytes:
    with FileSource(path) as source:
        if source.size > largest:
            raise AttestationError(f"{shown(path)}: larger than {largest} bytes")
        return source.pread(0, source.size)


def _write_new(path: Path, data: bytes) -> Path:
    if path.exists():
        if path.read_bytes() != data:
            raise UsageError(f"{shown(path)}: is there already, with other bytes")
        return path
    path.write_bytes(data)
    return path
