"""Gather the facts of a file from the file itself, the registry and the approvals."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from provenance.attestation.envelope import open_envelope
from provenance.attestation.statement import read_approval
from provenance.attestation.trust import TrustList
from provenance.attestation.verify import check_approval, covers
from provenance.errors import AttestationError, MediaError, UnreadableError
from provenance.examining import Examined, Examiner, shown
from provenance.model.approval import Approval, ApprovalStatus, CheckedApproval
from provenance.model.digest import Digest
from provenance.model.facts import AssetFacts, JudgedApproval, Problem, ProblemKind, Remembered
from provenance.registry.interface import (
    AssetRecord,
    AssetStatus,
    AttestationKind,
    BlobStore,
    Registry,
    StoredAttestation,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a file is to be used for, when an approval is asked to cover it."""

    use: str
    """Use term."""
    title: str = ""
    """Production or episode; empty for any."""


Witness = Callable[[Examined, AssetFacts], AssetFacts]
"""Sees a file with its facts, and returns the facts, changed where it has something to add."""


class Gatherer:
    """Puts together what policy needs to know of a file."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        registry: Registry,
        blobs: BlobStore,
        trust: TrustList,
        clock: Callable[[], datetime],
    ) -> None:
        self._examiner = examiner
        self._registry = registry
        self._blobs = blobs
        self._trust = trust
        self._clock = clock
        self._lengths: frozenset[int] | None = None
        self._whole_files: bool | None = None

    def refresh(self) -> None:
        """Ask the registry anew which content lengths it knows; once a scan is enough."""
        self._lengths = self._registry.known_lengths()
        self._whole_files = None

    def facts_of(
        self,
        path: Path,
        purpose: Purpose,
        *,
        endings: frozenset[str] | None = None,
        witness: Witness | None = None,
    ) -> AssetFacts:
        """Return the facts of the file at this path; what goes wrong becomes a problem of theirs.

        For `endings` see `Examiner.examine`; the witness is asked while the file is still open.
        Raises RegistryError if the registry cannot be asked.
        """
        try:
            with self._examiner.examine(path, endings=endings) as examined:
                facts = self.facts(examined, purpose)
                return witness(examined, facts) if witness else facts
        except UnreadableError as error:
            problem = Problem(kind=ProblemKind.UNREADABLE, detail=str(error))
            return AssetFacts(path=shown(path), problems=(problem,))

    def facts(self, examined: Examined, purpose: Purpose) -> AssetFacts:
        """Return the facts of a file that is already read. See `facts_of`."""
        facts = AssetFacts(
            path=shown(examined.path),
            format_name=examined.reading.format_name,
            tag=examined.tag,
            carriers=examined.carriers,
            signals=examined.signals,
            problems=examined.problems,
        )
        try:
            if self._needs_identity(examined):
                facts = self._with_identity(facts, examined, purpose)
        except MediaError as error:
            problem = Problem(kind=ProblemKind.DAMAGED, detail=str(error))
            facts = replace(facts, problems=(*facts.problems, problem))
        if not examined.source.is_unchanged():
            problem = Problem(kind=ProblemKind.CHANGED, detail="somebody wrote it meanwhile")
            facts = replace(facts, problems=(*facts.problems, problem))
        return facts

    def check(self, stored: StoredAttestation) -> CheckedApproval:
        """Verify a stored approval now."""
        try:
            checked = self._check_envelope(stored)
        except AttestationError as error:
            return _unreadable(stored, str(error))
        if checked.approval.approval_id != stored.approval_id:
            # Its revocations are filed under the id: an edited row must not hide them.
            reason = "The registry files this approval under another id than it was signed with."
            return replace(checked, status=ApprovalStatus.TAMPERED, reason=reason)
        return checked

    def _check_envelope(self, stored: StoredAttestation) -> CheckedApproval:
        attestations = self._registry.attestations_of(stored.approval_id)
        return check_approval(
            stored.envelope,
            trust=self._trust,
            revocations=[
                other.envelope for other in attestations if other.kind is AttestationKind.REVOCATION
            ],
            has_evidence=lambda digest: self._blobs.get(digest) is not None,
            now=self._clock(),
        )

    def _needs_identity(self, examined: Examined) -> bool:
        """Return whether digests can change the verdict: hashing every file would be wasteful."""
        if _says_something(examined):
            return True
        if self._lengths is None:
            self.refresh()
        # The length of a JPEG takes reading it: not asked where nothing is known.
        if self._lengths and examined.essence_length in self._lengths:
            return True
        return examined.fmt is None and self._has_whole_files()

    def _has_whole_files(self) -> bool:
        """Return whether some approval is bound to a whole file, as those of unread formats are."""
        if self._whole_files is None:
            self._whole_files = any(map(_may_name_whole_file, self._registry.approvals()))
        return self._whole_files

    def _with_identity(self, facts: AssetFacts, examined: Examined, purpose: Purpose) -> AssetFacts:
        if not _says_something(examined):
            # Other content may be as long as what is known: the frames of a sequence all are.
            essence = examined.essence_digest
            is_approvable = examined.fmt is None and self._registry.attestations_for(essence)
            if self._registry.find_by_essence(essence) is None and not is_approvable:
                return replace(facts, essence_digest=essence)
        identity = examined.identity
        record = self._registry.find_by_essence(identity.essence_digest)
        return replace(
            facts,
            file_digest=identity.file_digest,
            essence_digest=identity.essence_digest,
            remembered=remembered_as(record) if record else None,
            approvals=self._approvals(identity.essence_digest, purpose, whole=examined.fmt is None),
        )

    def _approvals(
        self, essence: Digest, purpose: Purpose, *, whole: bool
    ) -> tuple[JudgedApproval, ...]:
        """Return the approvals of this essence; with `whole` it is the digest of a whole file."""
        judged = []
        for stored in self._registry.attestations_for(essence):
            checked = self.check(stored)
            not_covering = covers(
                checked.approval,
                essence_digest=essence,
                use=purpose.use,
                title=purpose.title,
            )
            if not_covering is None and whole and not _names_file(checked.approval, essence):
                not_covering = (
                    "It is for picture or sound, and this is another file of those bytes."
                )
            judged.append(JudgedApproval(checked=checked, not_covering=not_covering))
        return tuple(judged)


def _names_file(approval: Approval, file_digest: Digest) -> bool:
    return any(subject.file_digest == file_digest for subject in approval.subjects)


def _may_name_whole_file(stored: StoredAttestation) -> bool:
    """Return whether an approval is bound to a whole file, or cannot be read."""
    try:
        approval = read_approval(open_envelope(stored.envelope).payload)
    except AttestationError:
        return True
    return any(one.file_digest == one.essence_digest for one in approval.subjects)


def _says_something(examined: Examined) -> bool:
    return examined.tag is not None or examined.declares_ai


def remembered_as(record: AssetRecord) -> Remembered:
    """Return what policy needs of an asset's record."""
    return Remembered(
        asset_id=record.asset_id,
        reasons=record.reasons,
        is_withdrawn=record.status is AssetStatus.WITHDRAWN,
        withdrawn_reason=record.withdrawn_reason,
    )


def _unreadable(stored: StoredAttestation, why: str) -> CheckedApproval:
    """Return the outcome for an envelope of which nothing can be read."""
    approval = Approval(
        approval_id=stored.approval_id,
        subjects=(),
        uses=frozenset(),
        approver="",
        approved_at=stored.recorded_at,
        evidence=(),
    )
    reason = f"Approval {stored.approval_id} cannot be read: {why}"
    return CheckedApproval(approval=approval, status=ApprovalStatus.TAMPERED, reason=reason)
