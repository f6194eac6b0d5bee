"""Carry approvals to another place and take them over there: files that need no database."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.approving import Approver
from provenance.attestation.ai_use_statement import read_ai_use
from provenance.attestation.approval_statement import approval_in
from provenance.attestation.envelope import open_envelope
from provenance.attestation.filed import Filed
from provenance.attestation.revocation_statement import CONSENT, folded_consent
from provenance.attestation.trust import TrustList
from provenance.attestation.verify import World, check_approval
from provenance.errors import AttestationError, UsageError
from provenance.evidencing import LARGEST_EVIDENCE, read_whole
from provenance.listing import write_list
from provenance.model.ai_use import AiUse
from provenance.model.approval import CheckedApproval
from provenance.model.digest import Digest, sha256_digest
from provenance.path_text import shown
from provenance.registry.interface import BlobStore, Registry
from provenance.registry.records import AttestationKind, StoredAttestation
from provenance.unpacking import SUFFIX, Packed, require_one_approval, unpack

_KEYID_SHOWN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """An approval that no key of our trust list signed; it is not kept."""

    checked: CheckedApproval
    """The approval, and that its key is unknown."""
    keyids: tuple[str, ...]
    """Ids of the keys that are said to have signed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import brought."""

    approvals: tuple[CheckedApproval, ...]
    """The approvals that are new, verified."""
    others: int
    """How many other records are new: countersignatures, revocations, requests, AI-use records."""
    strangers: tuple[Stranger, ...] = ()
    """The approvals that were not kept."""
    left_out: int = 0
    """How many other records were not kept because no key of our trust list signed them."""


class Exchange:
    """Writes approvals as files, and reads such files."""

    def __init__(
        self, approver: Approver, registry: Registry, blobs: BlobStore, trust: TrustList
    ) -> None:
        self._approver = approver
        self._registry = registry
        self._blobs = blobs
        self._trust = trust

    def export(
        self, directory: Path, approval_ids: Sequence[str], signer: Signer | None = None
    ) -> tuple[Path, ...]:
        """Write approvals as files, with all that decides on them; return the records' paths.

        That is countersignatures, revocations of them and of the consents they rest on, what takes
        their place, the requests they answer, AI-use records of what they cover, evidence, and the
        public keys that signed. Without ids every approval is written. A signer, the gate's, signs
        a list of them all, without which no gate decides by them alone. Raises UsageError for an
        unknown id or a file that is there already with other bytes.
        """
        chosen = [self._approver.find(one) for one in approval_ids] or list(
            self._registry.attestations(AttestationKind.APPROVAL)
        )
        directory.mkdir(parents=True, exist_ok=True)
        written: list[Path] = []
        beside: list[Path] = []
        for stored in chosen:
            for other in self._about(stored):
                name = f"{other.kind.value}-{sha256_digest(other.envelope)[7:23]}{SUFFIX}"
                written.append(_write_new(directory / name, other.envelope))
                beside += self._export_keys(other.envelope, directory)
            beside += self._export_evidence(stored, directory)
        if signer is not None and written:
            write_list(directory, {*written, *beside}, signer, datetime.now(UTC))
        return tuple(dict.fromkeys(written))

    def import_from(self, directory: Path, *, keeps_unknown: bool = False) -> Imported:
        """Take over what `export` wrote elsewhere; all is verified before anything is kept.

        Envelopes are kept byte for byte and count only as far as our trust list goes; what no key
        of it signed is not kept, unless asked for. Raises UsageError if the folder holds no record,
        AttestationError for a file that is broken, unsigned, altered or at odds with another;
        nothing is kept then.
        """
        paths = sorted(path for path in directory.iterdir() if path.is_file())
        records = unpack(paths)
        if not records:
            raise UsageError(
                f"{shown(directory)}: holds no approvals; their files end in {SUFFIX}, as"
                " `provenance approvals export` writes them"
            )
        fresh = [record for record in records if not self._is_filed(record)]
        known = {record.path: record.is_signed_for(self._trust) for record in fresh}
        admitted = [record for record in fresh if keeps_unknown or known[record.path]]
        left = [record for record in fresh if record not in admitted]
        self._require_consistent(admitted)
        self._import_evidence(paths, [one for one in records if one not in left])
        firsts = [record.statement.record_id for record in admitted if self._file(record)]
        return Imported(
            approvals=tuple(map(self._approver.show, firsts)),
            others=len(admitted) - len(firsts),
            strangers=tuple(self._stranger(one) for one in left if one.statement.approval),
            left_out=sum(one.statement.approval is None for one in left),
        )

    def _about(self, stored: StoredAttestation) -> Iterator[StoredAttestation]:
        registry = self._registry
        about = registry.attestations_of(stored.approval_id)
        yield from about
        for successor in about:
            if successor.kind is AttestationKind.SUCCESSOR:
                # it takes effect only with its countersignatures, and not if it was taken back
                yield from registry.attestations_of(approval_in(successor.envelope).approval_id)
        approval = self._approver.show(stored.approval_id).approval
        if approval.request_id:
            yield from registry.attestations_of(approval.request_id)
        uses = self._uses({subject.essence_digest for subject in approval.subjects})
        yield from (other for other, _ in uses)
        consents = {*approval.consents, *(one for _, use in uses if use for one in use.consents)}
        folded = {folded_consent(CONSENT + consent) for consent in consents}
        for other in registry.attestations(AttestationKind.REVOCATION):
            if folded_consent(other.approval_id) in folded:
                yield other

    def _uses(self, named: set[Digest]) -> list[tuple[StoredAttestation, AiUse | None]]:
        """Return the AI-use records of these contents, of what they are made of, and made into."""
        filed = self._registry.attestations(AttestationKind.AI_USE)
        uses = [(stored, _ai_use(stored)) for stored in filed]
        origins: set[Digest] = set()
        found = set(named)
        while found:
            origins |= found
            found = {
                one.essence_digest
                for stored, use in uses
                if use and not origins.isdisjoint(stored.subjects)
                for one in use.derived_from
            } - origins
        return [
            (stored, use)
            for stored, use in uses
            if not origins.isdisjoint(stored.subjects)
            or (use and any(one.essence_digest in named for one in use.derived_from))
        ]

    def _export_evidence(self, stored: StoredAttestation, directory: Path) -> Iterator[Path]:
        for evidence in self._approver.show(stored.approval_id).approval.evidence:
            data = self._blobs.get(evidence.digest)
            if data is not None:
                name = f"evidence-{evidence.digest[7:23]}{_plain_suffix(evidence.name)}"
                yield _write_new(directory / name, data)

    def _export_keys(self, envelope: bytes, directory: Path) -> Iterator[Path]:
        try:
            signatures = open_envelope(envelope).signatures
        except AttestationError:
            return
        for signature in signatures:
            key = self._trust.keys.get(signature.keyid)
            if key is not None:
                pem = key.public_key.encode("ascii")
                yield _write_new(directory / key_file_name(key.keyid), pem)

    def _import_evidence(self, paths: Sequence[Path], records: Sequence[Packed]) -> None:
        """Keep the documents that a kept approval names, and nothing else that lies there."""
        approvals = [one.statement.approval for one in records if one.statement.approval]
        wanted = {one.digest: one.size for approval in approvals for one in approval.evidence}
        sizes = set(wanted.values())
        for path in paths:
            if not path.name.endswith(SUFFIX) and path.stat().st_size in sizes:
                data = read_whole(path, LARGEST_EVIDENCE)
                if sha256_digest(data) in wanted:
                    self._blobs.put(data)

    def _require_consistent(self, admitted: Sequence[Packed]) -> None:
        """Raise AttestationError if an approval is at odds with what is filed under its id."""
        together: dict[str, list[bytes]] = {}
        for record in admitted:
            if record.statement.approval is not None:
                name = record.statement.record_id
                filed = together.setdefault(name, self._filed_approval(name))
                filed.append(record.envelope)
                require_one_approval(record, filed)

    def _file(self, record: Packed) -> bool:
        """File a record; return whether it is an approval that nothing was filed of before."""
        said = record.statement
        kind = said.kind
        if said.approval is not None:
            if not self._filed_approval(said.record_id):
                self._approver.store(said.approval, record.envelope)
                return True
            # An approval that came twice with different signatures: the second countersigns it.
            kind = AttestationKind.COUNTERSIGNATURE
        self._approver.file(kind, said.record_id, record.envelope, subjects=said.subjects)
        return False

    def _stranger(self, record: Packed) -> Stranger:
        now = datetime.now(UTC)  # its key is unknown whatever the time
        world = World(trust=self._trust, has_evidence=lambda _: False, now=now)
        checked = check_approval(Filed(envelope=record.envelope), world)
        return Stranger(checked=checked, keyids=record.keyids)

    def _is_filed(self, record: Packed) -> bool:
        filed = self._registry.attestations_of(record.statement.record_id)
        return any(one.envelope == record.envelope for one in filed)

    def _filed_approval(self, approval_id: str) -> list[bytes]:
        """Return the envelopes of an approval, the first one first."""
        known = self._registry.attestations_of(approval_id)
        kinds = (AttestationKind.APPROVAL, AttestationKind.COUNTERSIGNATURE)
        return [one.envelope for kind in kinds for one in known if one.kind is kind]


def key_file_name(keyid: str) -> str:
    """Return how an exported public key is named."""
    return f"signer-{keyid[:_KEYID_SHOWN]}.pem"


def _plain_suffix(name: str) -> str:
    """Return the suffix of a name that its sender chose, if it is safe in any folder."""
    suffix = re.search(r"\.[A-Za-z0-9]{1,8}\Z", name)
    return suffix.group() if suffix else ""


def _ai_use(stored: StoredAttestation) -> AiUse | None:
    try:
        return read_ai_use(open_envelope(stored.envelope).payload)
    except AttestationError:
        return None


def _write_new(path: Path, data: bytes) -> Path:
    if path.exists():
        if path.read_bytes() != data:
            raise UsageError(f"{shown(path)}: is there already, with other bytes")
        return path
    path.write_bytes(data)
    return path
