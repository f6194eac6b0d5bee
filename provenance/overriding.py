"""Let files pass for some hours in an emergency, signed and loud; take that back."""

import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.attestation.envelope import sign_statement
from provenance.attestation.override_statement import override_statement
from provenance.attestation.revocation_statement import revocation_statement
from provenance.binding import subject_of
from provenance.errors import UsageError
from provenance.examining import Examiner
from provenance.filing import Filer
from provenance.model.approval import Revocation, RevocationKind
from provenance.model.digest import sha256_digest
from provenance.model.override import LONGEST_OVERRIDE, CheckedOverride, Override
from provenance.model.subject import essences_of
from provenance.registry.interface import Registry
from provenance.registry.records import AttestationKind, StoredAttestation
from provenance.remembering import Rememberer
from provenance.verifying import Verifier


class Overrider:
    """Keeps the overrides."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        verifier: Verifier,
        registry: Registry,
        clock: Callable[[], datetime],
    ) -> None:
        self._examiner = examiner
        self._filer = Filer(registry, clock)
        self._rememberer = Rememberer(registry, clock)
        self._verifier = verifier
        self._registry = registry
        self._clock = clock

    def override(
        self,
        paths: tuple[Path, ...],
        signer: Signer,
        *,
        by: str,
        reason: str,
        use: str,
        until: datetime,
    ) -> CheckedOverride:
        """Sign and store an override, bound to the files' bytes as they are now.

        Returns it as verified against the trust list. Raises UsageError if it could never count,
        UnreadableError if a file cannot be read.
        """
        now = self._clock()
        if not by.strip() or not reason.strip():
            raise UsageError("an override must say who answers for it and why")
        if not now < until <= now + LONGEST_OVERRIDE:
            hours = LONGEST_OVERRIDE.total_seconds() / 3600
            raise UsageError(
                f"--until {until:%Y-%m-%d %H:%M} UTC must lie within the next {hours:.0f} hours;"
                " who needs longer needs an approval"
            )
        override = Override(
            override_id=f"urn:uuid:{uuid.uuid4()}",
            subjects=tuple(
                subject_of(self._examiner, path, self._rememberer) for path in dict.fromkeys(paths)
            ),
            use=use,
            by=by,
            reason=reason,
            made_at=now,
            valid_until=until,
            trust_edition=self._verifier.trust_edition,
        )
        stored = self._filer.file(
            AttestationKind.OVERRIDE,
            override.override_id,
            sign_statement(override_statement(override), signer),
            subjects=essences_of(override.subjects),
        )
        return self._verifier.check_override(stored)

    def revoke(self, override_id: str, reason: str, signer: Signer) -> CheckedOverride:
        """Take an override back for good; raises UsageError if there is none."""
        stored = self.find(override_id)
        revocation = Revocation(
            record_id=stored.approval_id,
            kind=RevocationKind.REVOKED,
            reason=reason,
            revoked_at=self._clock(),
        )
        bound = sha256_digest(stored.envelope)
        statement = revocation_statement(revocation, approval_envelope=bound)
        envelope = sign_statement(statement, signer)
        self._filer.file(AttestationKind.REVOCATION, stored.approval_id, envelope)
        return self._verifier.check_override(stored)

    def find(self, override_id: str) -> StoredAttestation:
        """Return the override of this id, or of the one id that begins so; raises UsageError."""
        wanted = override_id.removeprefix("urn:uuid:").lower()
        matches = [
            stored
            for stored in self._registry.attestations(AttestationKind.OVERRIDE)
            if wanted and stored.approval_id.removeprefix("urn:uuid:").startswith(wanted)
        ]
        if len(matches) != 1:
            count = "several overrides begin" if matches else "no override begins"
            raise UsageError(f"{count} with {override_id!r}; see: provenance overrides list")
        return matches[0]

    def list(self) -> tuple[CheckedOverride, ...]:
        """Return every override, verified now, oldest first."""
        return tuple(
            self._verifier.check_override(stored)
            for stored in self._registry.attestations(AttestationKind.OVERRIDE)
        )
