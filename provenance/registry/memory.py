"""The registry in memory: a whole implementation, for tests and dry runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from threading import RLock

from provenance.errors import RegistryError
from provenance.model.digest import Digest
from provenance.model.known_essences import KnownEssences
from provenance.model.log import LogCheckpoint, LogEntry, LogEvent, LogHead
from provenance.registry.journal import SIGNED
from provenance.registry.lease import Lease
from provenance.registry.memory_assets import MemoryAssets
from provenance.registry.memory_journal import MemoryJournal
from provenance.registry.memory_leases import MemoryLeases
from provenance.registry.records import (
    AssetRecord,
    AssetStatus,
    AttestationKind,
    Sighting,
    StoredAttestation,
    WriteIntent,
)
from provenance.registry.rows import (
    Row,
    attestation_row,
    event_row,
    intent_row,
    log_checkpoint_row,
    sighting_row,
)


class MemoryRegistry:
    """See `Registry`; forgets everything with the process."""

    location = "memory:"

    def __init__(self) -> None:
        self._lock = RLock()
        self._is_closed = False
        self._journal = MemoryJournal()
        self._assets = MemoryAssets(self._chain)
        self._sightings: dict[tuple[str, str], Sighting] = {}
        self._intents: dict[str, WriteIntent] = {}
        self._attestations: dict[str, StoredAttestation] = {}
        self._events: dict[str, LogEvent] = {}
        self._checkpoints: dict[str, LogCheckpoint] = {}
        self._leases = MemoryLeases()

    @property
    def sequence(self) -> int:
        """See `Registry.sequence`."""
        with self._opened():
            return self._journal.head.sequence

    def find_by_essence(self, essence_digest: Digest) -> AssetRecord | None:
        """See `Registry.find_by_essence`."""
        with self._opened():
            return self._assets.by_essence(essence_digest)

    def assets_by_essence(self, at_most: int) -> dict[Digest, AssetRecord] | None:
        """See `Registry.assets_by_essence`."""
        with self._opened():
            return self._assets.by_essences(at_most)

    def find_by_id(self, asset_id: str) -> AssetRecord | None:
        """See `Registry.find_by_id`."""
        with self._opened():
            return self._assets.by_id(asset_id)

    def known_essences(self) -> KnownEssences:
        """See `Registry.known_essences`."""
        with self._opened():
            stored = self._attestations.values()
            return self._assets.known(one for each in stored for one in each.subjects)

    @contextmanager
    def transaction(self, lease: Lease | None = None) -> Iterator[None]:
        """See `Registry.transaction`."""
        with self._opened():
            self._leases.require(lease)
            kept = {name: copy(value) for name, value in vars(self).items() if name != "_lock"}
            try:
                yield
            except BaseException:
                vars(self).update(kept)
                raise

    def record_asset(
        self,
        record: AssetRecord,
        sighting: Sighting | None = None,
        *,
        lease: Lease | None = None,
    ) -> AssetRecord:
        """See `Registry.record_asset`; raises RegistryError if its id is another essence's."""
        with self._opened():
            self._leases.require(lease)
            stored = self._assets.store(record)
            if sighting is not None:
                self.record_sighting(replace(sighting, asset_id=stored.asset_id))
            return stored

    def record_frames(
        self,
        place: str,
        records: Sequence[AssetRecord],
        sightings: Sequence[Sighting] = (),
        *,
        lease: Lease | None = None,
    ) -> tuple[AssetRecord, ...]:
        """See `Registry.record_frames`; raises RegistryError if an id is another essence's."""
        with self._opened():
            self._leases.require(lease)
            stored = self._assets.store_frames(place, records)
            for sighting, record in zip(sightings, stored, strict=False):
                self.record_sighting(replace(sighting, asset_id=record.asset_id))
            return stored

    def frames_of(self, asset_id: str) -> tuple[Digest, ...]:
        """See `Registry.frames_of`."""
        with self._opened():
            return self._assets.frames_of(asset_id)

    def withdraw_asset(self, asset_id: str, reason: str, frame: Digest | None = None) -> None:
        """See `Registry.withdraw_asset`."""
        with self._opened():
            self._assets.withdraw(asset_id, reason, frame)

    def assets(self) -> tuple[AssetRecord, ...]:
        """See `Registry.assets`."""
        with self._opened():
            return self._assets.all()

    def count_assets(self) -> int:
        """See `Registry.count_assets`."""
        with self._opened():
            return sum(a.status is AssetStatus.TEMPORARY for a in self._assets.all())

    def record_sighting(self, sighting: Sighting, *, lease: Lease | None = None) -> None:
        """See `Registry.record_sighting`; raises RegistryError if the asset is unknown."""
        with self._opened():
            self._leases.require(lease)
            self._assets.require(sighting.asset_id)
            key = (sighting.asset_id, sighting.path)
            # Removed first, so that dictionary order is the order of the last writes.
            self._sightings.pop(key, None)
            self._sightings[key] = sighting
            row = sighting_row(sighting)
            self._journal.append("record-sighting", sighting.asset_id, row, key=row["path_digest"])

    def sightings_of(self, asset_id: str) -> tuple[Sighting, ...]:
        """See `Registry.sightings_of`."""
        with self._opened():
            return tuple(s for s in self._sightings.values() if s.asset_id == asset_id)

    def find_sighting(self, path: str) -> Sighting | None:
        """See `Registry.find_sighting`."""
        with self._opened():
            newest_first = reversed(self._sightings.values())
            return next((s for s in newest_first if s.path == path), None)

    def begin_write(self, intent: WriteIntent, *, lease: Lease | None = None) -> None:
        """See `Registry.begin_write`; raises RegistryError if its id is taken."""
        with self._opened():
            self._leases.require(lease)
            if intent.intent_id in self._intents:
                raise RegistryError(f"write {intent.intent_id} is already recorded")
            self._intents[intent.intent_id] = intent
            self._journal.append("begin-write", intent.intent_id, intent_row(intent))

    def end_write(self, intent_id: str, *, lease: Lease | None = None) -> None:
        """See `Registry.end_write`."""
        with self._opened():
            self._leases.require(lease)
            if self._intents.pop(intent_id, None) is not None:
                self._journal.append("end-write", intent_id, {})

    def open_writes(self) -> tuple[WriteIntent, ...]:
        """See `Registry.open_writes`."""
        with self._opened():
            return tuple(self._intents.values())

    def add_attestation(self, attestation: StoredAttestation) -> None:
        """See `Registry.add_attestation`."""
        with self._opened():
            attestation_id = attestation.attestation_id
            if attestation_id in self._attestations:
                raise RegistryError(f"attestation {attestation_id} is already recorded")
            self._attestations[attestation_id] = attestation
            row = {**attestation_row(attestation), "subjects": list(attestation.subjects)}
            about = attestation.approval_id
            self._journal.append(f"add-{attestation.kind}", attestation_id, row, about=about)

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

    def record_event(self, event: LogEvent) -> None:
        """See `Registry.record_event`."""
        with self._opened():
            if event.event_id in self._events:
                raise RegistryError(f"event {event.event_id} is already recorded")
            self._events[event.event_id] = event
            self._journal.append(event.kind.value, event.event_id, event_row(event), event=event)

    def log(self, newest: int | None = None) -> tuple[LogEntry, ...]:
        """See `Registry.log`."""
        with self._opened():
            return self._journal.newest(newest)

    def log_head(self) -> LogHead:
        """See `Registry.log_head`."""
        with self._opened():
            return self._journal.head

    def chain_hash_at(self, sequence: int) -> str | None:
        """See `Registry.chain_hash_at`."""
        with self._opened():
            return self._journal.hash_at(sequence)

    def add_log_checkpoint(self, checkpoint: LogCheckpoint) -> None:
        """See `Registry.add_log_checkpoint`."""
        with self._opened():
            checkpoint_id = checkpoint.checkpoint_id
            if checkpoint_id in self._checkpoints:
                raise RegistryError(f"checkpoint {checkpoint_id} is already recorded")
            self._checkpoints[checkpoint_id] = checkpoint
            self._journal.append(SIGNED, checkpoint_id, log_checkpoint_row(checkpoint))

    def log_checkpoints(self) -> tuple[LogCheckpoint, ...]:
        """See `Registry.log_checkpoints`."""
        with self._opened():
            return tuple(self._checkpoints.values())

    def take_lease(self, path_digest: Digest, holder: str, seconds: float) -> Lease | None:
        """See `Registry.take_lease`."""
        with self._opened():
            return self._leases.take(path_digest, holder, seconds)

    def find_lease(self, path_digest: Digest) -> Lease | None:
        """See `Registry.find_lease`."""
        with self._opened():
            return self._leases.find(path_digest)

    def renew_lease(self, lease: Lease, seconds: float) -> None:
        """See `Registry.renew_lease`."""
        with self._opened():
            self._leases.renew(lease, seconds)

    def drop_lease(self, lease: Lease) -> None:
        """See `Registry.drop_lease`."""
        with self._opened():
            self._leases.drop(lease)

    def drop_leases_of(self, holder: str) -> None:
        """See `Registry.drop_leases_of`."""
        with self._opened():
            self._leases.drop_of(holder)

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

    def _chain(
        self, action: str, record_id: str, row: Row, *, key: str = "", about: str = ""
    ) -> None:
        # Not the journal's own method: a transaction that fails puts another journal in its place.
        self._journal.append(action, record_id, row, key=key, about=about)
