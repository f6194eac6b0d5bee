"""The registry and the blob store in memory: whole implementations, for tests and dry runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock

from provenance.errors import RegistryError
from provenance.model.digest import Digest, sha256_digest
from provenance.registry.interface import (
    AssetRecord,
    AssetStatus,
    AttestationKind,
    Sighting,
    StoredAttestation,
    WriteIntent,
)


class MemoryRegistry:
    """See `Registry`; forgets everything with the process."""

    location = "memory:"

    def __init__(self) -> None:
        self._lock = RLock()
        self._is_closed = False
        self._sequence = 0
        self._assets: dict[str, AssetRecord] = {}
        self._sightings: dict[tuple[str, str], Sighting] = {}
        self._intents: dict[str, WriteIntent] = {}
        self._attestations: dict[str, StoredAttestation] = {}

    @property
    def sequence(self) -> int:
        """See `Registry.sequence`."""
        with self._opened():
            return self._sequence

    def find_by_essence(self, essence_digest: Digest) -> AssetRecord | None:
        """See `Registry.find_by_essence`."""
        with self._opened():
            matches = (a for a in self._assets.values() if a.essence_digest == essence_digest)
            return next(matches, None)

    def find_by_id(self, asset_id: str) -> AssetRecord | None:
        """See `Registry.find_by_id`."""
        with self._opened():
            return self._assets.get(asset_id)

    def known_lengths(self) -> frozenset[int]:
        """See `Registry.known_lengths`."""
        with self._opened():
            return frozenset(asset.essence_length for asset in self._assets.values())

    def record_asset(self, record: AssetRecord, sighting: Sighting | None = None) -> AssetRecord:
        """See `Registry.record_asset`; raises RegistryError if its id is another essence's."""
        with self._opened():
            stored = self._stored(record)
            if sighting is not None:
                self.record_sighting(replace(sighting, asset_id=stored.asset_id))
            return stored

    def _stored(self, record: AssetRecord) -> AssetRecord:
        known = self.find_by_essence(record.essence_digest)
        if known is None:
            if record.asset_id in self._assets:
                raise RegistryError(f"asset id {record.asset_id} belongs to another essence")
            return self._store_asset(record)
        if known.status is AssetStatus.TEMPORARY:
            return known
        renewed = replace(known, status=AssetStatus.TEMPORARY, withdrawn_reason="")
        return self._store_asset(renewed)

    def withdraw_asset(self, asset_id: str, reason: str) -> None:
        """See `Registry.withdraw_asset`."""
        with self._opened():
            known = self._require_asset(asset_id)
            self._store_asset(replace(known, status=AssetStatus.WITHDRAWN, withdrawn_reason=reason))

    def count_assets(self) -> int:
        """See `Registry.count_assets`."""
        with self._opened():
            return sum(a.status is AssetStatus.TEMPORARY for a in self._assets.values())

    def record_sighting(self, sighting: Sighting) -> None:
        """See `Registry.record_sighting`; raises RegistryError if the asset is unknown."""
        with self._opened():
            self._require_asset(sighting.asset_id)
            key = (sighting.asset_id, sighting.path)
            # Removed first, so that dictionary order is the order of the last writes.
            self._sightings.pop(key, None)
            self._sightings[key] = sighting
            self._sequence += 1

    def sightings_of(self, asset_id: str) -> tuple[Sighting, ...]:
        """See `Registry.sightings_of`."""
        with self._opened():
            return tuple(s for s in self._sightings.values() if s.asset_id == asset_id)

    def find_sighting(self, path: str) -> Sighting | None:
        """See `Registry.find_sighting`."""
        with self._opened():
            newest_first = reversed(self._sightings.values())
            return next((s for s in newest_first if s.path == path), None)

    def begin_write(self, intent: WriteIntent) -> None:
        """See `Registry.begin_write`; raises RegistryError if its id is taken."""
        with self._opened():
            if intent.intent_id in self._intents:
                raise RegistryError(f"write {intent.intent_id} is already recorded")
            self._intents[intent.intent_id] = intent
            self._sequence += 1

    def end_write(self, intent_id: str) -> None:
        """See `Registry.end_write`."""
        with self._opened():
            if self._intents.pop(intent_id, None) is not None:
                self._sequence += 1

    def open_writes(self) -> tuple[WriteIntent, ...]:
        """See `Registry.open_writes`."""
        with self._opened():
            return tuple(self._intents.values())

    def add_attestation(self, attestation: StoredAttestation) -> None:
        """See `Registry.add_attestation`."""
        with self._opened():
            if attestation.attestation_id in self._attestations:
                raise RegistryError(f"attestation {attestation.attestation_id} is already recorded")
            self._attestations[attestation.attestation_id] = attestation
            self._sequence += 1

    def attestations_for(
        self, essence_digest: Digest, kind: AttestationKind
    ) -> tuple[StoredAttestation, ...]:
        """See `Registry.attestations_for`."""
        return tuple(a for a in self.attestations(kind) if essence_digest in a.subjects)

    def attestations_of(self, approval_id: str) -> tuple[StoredAttestation, ...]:
        """See `Registry.attestations_of`."""
        with self._opened():
            return tuple(a for a in self._attestations.values() if a.approval_id == approval_id)

    def attestations(self, kind: AttestationKind) -> tuple[StoredAttestation, ...]:
        """See `Registry.attestations`."""
        with self._opened():
            return tuple(a for a in self._attestations.values() if a.kind is kind)

    def close(self) -> None:
        """See `Registry.close`."""
        with self._lock:
            self._is_closed = True

    @contextmanager
    def _opened(self) -> Iterator[None]:
        with self._lock:
            if self._is_closed:
                raise RegistryError(f"registry {self.location} was closed")
            yield

    def _store_asset(self, record: AssetRecord) -> AssetRecord:
        self._assets[record.asset_id] = record
        self._sequence += 1
        return record

    def _require_asset(self, asset_id: str) -> AssetRecord:
        known = self._assets.get(asset_id)
        if known is None:
            raise RegistryError(f"no asset {asset_id} is recorded")
        return known


class MemoryBlobStore:
    """See `BlobStore`; forgets everything with the process."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._blobs: dict[Digest, bytes] = {}

    def put(self, data: bytes) -> Digest:
        """See `BlobStore.put`."""
        digest = sha256_digest(data)
        with self._lock:
            self._blobs[digest] = bytes(data)
        return digest

    def get(self, digest: Digest) -> bytes | None:
        """See `BlobStore.get`."""
        with self._lock:
            return self._blobs.get(digest)
