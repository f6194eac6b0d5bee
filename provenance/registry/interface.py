"""The seam of the registry: what is remembered of bytes once seen, and of approvals.

The registry keys on the essence digest, so a stripped, renamed or re-tagged copy is still known.
Formats without an essence rule use the file digest in its place.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from provenance.model.digest import Digest
from provenance.model.known_essences import KnownEssences
from provenance.model.log import LogCheckpoint, LogEntry, LogEvent, LogHead
from provenance.registry.lease import Lease
from provenance.registry.records import (
    AssetRecord,
    AttestationKind,
    Sighting,
    StoredAttestation,
    WriteIntent,
)


class Registry(Protocol):
    """What is remembered of assets, sightings, pending writes and attestations, and the log of it.

    Every write is an entry of the log, whose entries are chained by hash.

    Every method raises RegistryError if the backend is unreachable, damaged, of a newer schema or
    rolled back behind its checkpoint. A write that is given a lease raises LeaseLostError, and
    stores nothing, if that lease has ended.
    Methods are safe to call from several threads and processes.
    """

    def transaction(self, lease: Lease | None = None) -> AbstractContextManager[object]:
        """Store what this thread writes inside together, or nothing of it if the block raises.

        With a lease nobody else gets it before the block ends, so what the block does to files
        it does in time; raises LeaseLostError if the lease has ended.
        """
        ...

    @property
    def location(self) -> str:
        """Where it is, without any password."""
        ...

    @property
    def sequence(self) -> int:
        """How many writes it has seen; never falls."""
        ...

    def find_by_essence(self, essence_digest: Digest) -> AssetRecord | None:
        """Return the asset of this essence, or None; of a frame with its own essence and status."""
        ...

    def assets_by_essence(self, at_most: int) -> dict[Digest, AssetRecord] | None:
        """Return what `find_by_essence` finds, by essence; None if there is more than so much.

        Every asset counts, and every frame.
        """
        ...

    def find_by_id(self, asset_id: str) -> AssetRecord | None:
        """Return the asset of this id, of a sequence with its first frame's essence, or None."""
        ...

    def known_essences(self) -> KnownEssences:
        """Return lengths and leads of all essences, frames too; a filter that spares digests."""
        ...

    def record_asset(
        self,
        record: AssetRecord,
        sighting: Sighting | None = None,
        *,
        lease: Lease | None = None,
    ) -> AssetRecord:
        """Store the asset unless its essence is known; return what is stored.

        A known asset that was withdrawn becomes temporary again, and one that was recorded
        without a lead gets it. With a sighting both are stored or neither, the sighting under the
        id of the asset that is stored.
        """
        ...

    def record_frames(
        self,
        place: str,
        records: Sequence[AssetRecord],
        sightings: Sequence[Sighting] = (),
        *,
        lease: Lease | None = None,
    ) -> tuple[AssetRecord, ...]:
        """Store frames of an image sequence as one asset; return what is stored of each, in order.

        `place` says which sequence: the absolute path with `#` in place of the number. A frame
        joins the newest temporary asset of its place that was made in the same way, else it
        founds one; a known essence keeps its asset. All are one entry of the log, and so a frame
        that was recorded without a lead stays so. Sightings, as many as records or none, are
        stored under the ids of the assets.
        """
        ...

    def frames_of(self, asset_id: str) -> tuple[Digest, ...]:
        """Return the essences of an image sequence, oldest first; empty if it is none."""
        ...

    def withdraw_asset(self, asset_id: str, reason: str, frame: Digest | None = None) -> None:
        """Mark an asset as no longer temporary; raises RegistryError if it is unknown.

        With the essence of one frame of several only that frame is: the others stay temporary.
        """
        ...

    def assets(self) -> tuple[AssetRecord, ...]:
        """Return every asset, withdrawn ones too, by time of recording, then by id."""
        ...

    def count_assets(self) -> int:
        """Return how many assets are temporary; an image sequence is one."""
        ...

    def record_sighting(self, sighting: Sighting, *, lease: Lease | None = None) -> None:
        """Store or renew the sighting of this asset at this path."""
        ...

    def sightings_of(self, asset_id: str) -> tuple[Sighting, ...]:
        """Return where an asset was seen, oldest first."""
        ...

    def find_sighting(self, path: str) -> Sighting | None:
        """Return the newest sighting at this path, or None."""
        ...

    def begin_write(self, intent: WriteIntent, *, lease: Lease | None = None) -> None:
        """Announce a write before it begins."""
        ...

    def end_write(self, intent_id: str, *, lease: Lease | None = None) -> None:
        """Settle a write; unknown ids are no error."""
        ...

    def open_writes(self) -> tuple[WriteIntent, ...]:
        """Return writes that were announced and never settled, oldest first."""
        ...

    def add_attestation(self, attestation: StoredAttestation) -> None:
        """Append an envelope; raises RegistryError if its id is taken."""
        ...

    def attestations_for(
        self, essence_digest: Digest, kind: AttestationKind
    ) -> tuple[StoredAttestation, ...]:
        """Return what of this kind names this essence, oldest first."""
        ...

    def attestations_of(self, approval_id: str) -> tuple[StoredAttestation, ...]:
        """Return everything filed under this id, oldest first."""
        ...

    def attestations(self, kind: AttestationKind) -> tuple[StoredAttestation, ...]:
        """Return everything of this kind, oldest first."""
        ...

    def record_event(self, event: LogEvent) -> None:
        """Append what happened to the log; raises RegistryError if its id is taken."""
        ...

    def log(self, newest: int | None = None) -> tuple[LogEntry, ...]:
        """Return the log, or only so many of its newest entries; oldest first."""
        ...

    def log_head(self) -> LogHead:
        """Return the log's last entry."""
        ...

    def chain_hash_at(self, sequence: int) -> str | None:
        """Return the chain's hash at the entry of this number, or None if there is none."""
        ...

    def add_log_checkpoint(self, checkpoint: LogCheckpoint) -> None:
        """Append a signed checkpoint; raises RegistryError if its id is taken."""
        ...

    def log_checkpoints(self) -> tuple[LogCheckpoint, ...]:
        """Return every signed checkpoint, oldest first."""
        ...

    def take_lease(self, path_digest: Digest, holder: str, seconds: float) -> Lease | None:
        """Take the work on a path for so long; None while anybody, this holder too, has it."""
        ...

    def find_lease(self, path_digest: Digest) -> Lease | None:
        """Return the lease that somebody has on a path, or None."""
        ...

    def renew_lease(self, lease: Lease, seconds: float) -> None:
        """Let a lease last so long from now; raises LeaseLostError if it has ended."""
        ...

    def drop_lease(self, lease: Lease) -> None:
        """Let others have the work; a lease that has ended is no error."""
        ...

    def drop_leases_of(self, holder: str) -> None:
        """Let others have all the work of a holder that is known to be dead."""
        ...

    def close(self) -> None:
        """Let go of connections; later calls raise RegistryError."""
        ...


class BlobStore(Protocol):
    """Bytes kept by their digest: evidence documents and undo records."""

    def put(self, data: bytes) -> Digest:
        """Keep the bytes and return their digest; keeping them twice is no error."""
        ...

    def get(self, digest: Digest) -> bytes | None:
        """Return the bytes if they are there and still have this digest, else None."""
        ...
