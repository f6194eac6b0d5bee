"""File signed envelopes in the registry, and find them again by the beginning of their id."""

import uuid
from collections.abc import Callable
from datetime import datetime

from provenance.errors import UsageError
from provenance.model.digest import Digest
from provenance.registry.interface import Registry
from provenance.registry.records import AttestationKind, StoredAttestation


class Filer:
    """Keeps signed records, byte for byte."""

    def __init__(self, registry: Registry, clock: Callable[[], datetime]) -> None:
        self._registry = registry
        self._clock = clock

    def file(
        self,
        kind: AttestationKind,
        record_id: str,
        envelope: bytes,
        *,
        subjects: tuple[Digest, ...] = (),
    ) -> StoredAttestation:
        """Store an envelope as it is."""
        stored = StoredAttestation(
            attestation_id=str(uuid.uuid4()),
            kind=kind,
            approval_id=record_id,
            envelope=envelope,
            subjects=subjects,
            recorded_at=self._clock(),
        )
        self._registry.add_attestation(stored)
        return stored

    def has(self, kind: AttestationKind, record_id: str, envelope: bytes) -> bool:
        """Return whether exactly this is filed under this id."""
        known = self._registry.attestations_of(record_id)
        return any(one.kind is kind and one.envelope == envelope for one in known)

    def find(self, kind: AttestationKind, record_id: str) -> StoredAttestation:
        """Return the record of this kind and id, or of the one id that begins so.

        Raises UsageError if there is none, or several.
        """
        wanted = record_id.removeprefix("urn:uuid:").lower()
        matches = [
            stored
            for stored in self._registry.attestations(kind)
            if wanted and stored.approval_id.removeprefix("urn:uuid:").startswith(wanted)
        ]
        if len(matches) != 1:
            count = f"several {kind.value}s begin" if matches else f"no {kind.value} begins"
            raise UsageError(f"{count} with {record_id!r}; see: provenance approvals list")
        return matches[0]
