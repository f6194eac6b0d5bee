"""An auditor's desk: one temporary file in a production, and short ways to try everything on it."""

import json
import shutil
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner

from provenance.approving import ApprovalRequest
from provenance.attestation.ai_use_statement import ai_use_statement
from provenance.attestation.approval_statement import approval_statement
from provenance.attestation.envelope import open_envelope, sign_statement
from provenance.attestation.signers import create_key, load_signer
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole, TrustedKey
from provenance.model.ai_use import AiUse, Derivation, Prominence, Transform
from provenance.model.approval import Approval, RevocationKind
from provenance.model.digest import hex_of
from provenance.model.party import Party
from provenance.registry.records import AttestationKind
from tests.usecases.studio import USE, Studio

APPROVER = frozenset({KeyRole.APPROVER})
Edit = Callable[[dict[str, Any]], object]


@dataclass(slots=True)
class Desk:
    """A production, its file, and another file of other content."""

    studio: Studio
    file: Path
    other: Path
    ids: list[str] = field(default_factory=list)

    @property
    def own(self) -> CryptoSigner:
        """The production's own approver."""
        return load_signer(self.studio.production.approver_key)

    @property
    def last(self) -> str:
        """Id of the newest approval."""
        return self.ids[-1]

    def approve(self, *paths: Path, signer: CryptoSigner | None = None, **request: Any) -> str:
        """Approve the file, or others, and return the id."""
        approver = self.studio.production.approver
        checked = approver.record(self.draft(*paths, **request), signer or self.own)
        self.ids.append(checked.approval.approval_id)
        return self.last

    def draft(self, *paths: Path, **request: Any) -> Approval:
        mail = self.studio.home / "mail.eml"
        if not mail.exists():
            mail.write_text("You may use it.")
        wanted: dict[str, Any] = {
            "approver": Party(name="Ada"),
            "evidence": (mail,),
            "uses": frozenset({USE}),
            **request,
        }
        wish = ApprovalRequest(paths=paths or (self.file,), **wanted)
        return self.studio.production.approver.draft(wish)

    def put(self, approval: Approval, envelope: bytes, *essences: Any) -> None:
        """File an envelope as an intruder would, past every check."""
        named = tuple(subject.essence_digest for subject in approval.subjects)
        self.studio.production.approver.file(
            AttestationKind.APPROVAL, approval.approval_id, envelope, subjects=essences or named
        )

    def forge(self, edit: Edit, **request: Any) -> None:
        """File an approval whose statement was edited after it was signed."""

        def edited(envelope: dict[str, Any]) -> None:
            statement = json.loads(b64decode(envelope["payload"]))
            edit(statement["predicate"])
            changed = json.dumps(statement, sort_keys=True, separators=(",", ":"))
            envelope["payload"] = b64encode(changed.encode()).decode()

        self.forge_envelope(edited, **request)

    def forge_envelope(self, edit: Edit, **request: Any) -> None:
        """File an approval whose envelope was edited."""
        approval = self.draft(**request)
        envelope = json.loads(sign_statement(approval_statement(approval), self.own))
        edit(envelope)
        self.put(approval, json.dumps(envelope).encode())

    def key(self, holder: str, **fields: Any) -> CryptoSigner:
        """Make a key that the trust list knows from now on."""
        path = self.studio.home / f"{uuid.uuid4()}.pem"
        public = create_key(path, holder, roles=APPROVER)
        self.studio.trust(lambda trust: trust.with_key(replace(public, **fields)))
        return load_signer(path)

    def stranger(self) -> CryptoSigner:
        """Make a key that nobody knows."""
        path = self.studio.home / f"{uuid.uuid4()}.pem"
        create_key(path, "Stranger", roles=APPROVER)
        return load_signer(path)

    def change_key(self, signer: CryptoSigner, **fields: Any) -> None:
        """Change how the trust list has a key."""
        keyid = signer.public_key.keyid

        def changed(trust: TrustList) -> TrustList:
            known: TrustedKey = trust.keys[keyid]
            return trust.with_key(replace(known, **fields))

        self.studio.trust(changed)

    def sign(self, signer: CryptoSigner) -> None:
        """Countersign the newest approval."""
        self.studio.production.approver.countersign(self.last, signer)

    def file_countersignature(self, envelope: bytes) -> None:
        """File something as a countersignature of the newest approval, past every check."""
        self.studio.production.approver.file(AttestationKind.COUNTERSIGNATURE, self.last, envelope)

    def payload(self) -> bytes:
        """Return the statement of the newest approval."""
        return open_envelope(self.studio.production.approver.find(self.last).envelope).payload

    def take_back(self, kind: RevocationKind, signer: CryptoSigner | None = None) -> None:
        """Revoke, suspend or reinstate the newest approval."""
        approver = self.studio.production.approver
        approver.revoke(self.last, kind, "Rights are unclear.", signer or self.own)

    def take_consent_back(self, consent: str, *kinds: RevocationKind) -> None:
        for kind in kinds:
            self.studio.production.approver.revoke_consent(consent, kind, "Strike.", self.own)

    def declare(
        self,
        path: Path,
        *,
        prominence: Prominence | None = None,
        made_of: Path | None = None,
        by: frozenset[Transform] = frozenset(),
        signer: CryptoSigner | None = None,
    ) -> None:
        """File an AI-use record of a file."""
        subject = self.studio.subject(path)
        parents = (self.studio.subject(made_of).essence_digest,) if made_of else ()
        use = AiUse(
            record_id=f"urn:uuid:{uuid.uuid4()}",
            subjects=(subject,),
            declared_by="VFX",
            declared_at=self.studio.clock(),
            prominence=prominence,
            derived_from=tuple(Derivation(essence_digest=one, transforms=by) for one in parents),
        )
        envelope = sign_statement(ai_use_statement(use), signer or self.own)
        self.studio.production.approver.file(
            AttestationKind.AI_USE, use.record_id, envelope, subjects=(subject.essence_digest,)
        )

    def evidence(self) -> Path:
        """Return where the evidence of the newest approval lies."""
        (document,) = self.studio.production.approver.show(self.last).approval.evidence
        name = hex_of(document.digest)
        return self.studio.home / ".provenance" / "evidence" / name[:2] / name

    def replace_file(self, other: Path) -> None:
        """Put other content in the place of the file."""
        shutil.copyfile(other, self.file)
