"""The registry in a SQL database, the same statements for every dialect.

A writer locks the one row of `head` before it looks, so look-then-insert is safe under several
processes without any upsert of a dialect's own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Engine, delete, select

from provenance.clock import utc_now
from provenance.errors import RegistryError
from provenance.model.digest import Digest
from provenance.model.known_essences import KnownEssences
from provenance.model.log import LogCheckpoint, LogEntry, LogEvent, LogHead
from provenance.registry import sql_assets
from provenance.registry.door import door
from provenance.registry.journal import SIGNED, hash_at, read_head, read_log
from provenance.registry.lease import Lease
from provenance.registry.records import (
    AssetRecord,
    AttestationKind,
    Sighting,
    StoredAttestation,
    WriteIntent,
)
from provenance.registry.rows import (
    event_row,
    intent_of,
    intent_row,
    log_checkpoint_of,
    log_checkpoint_row,
    path_digest,
)
from provenance.registry.schema import require_schema
from provenance.registry.sql_leases import Now, SqlLeases, local_now
from provenance.registry.sql_records import (
    attestations_where,
    is_of,
    require_free,
    sightings_where,
    store_attestation,
    store_sighting,
)
from provenance.registry.tables import (
    ATTESTATION_SUBJECTS,
    ATTESTATIONS,
    EVENTS,
    LOG_CHECKPOINTS,
    SIGHTINGS,
    WRITE_INTENTS,
)
from provenance.registry.transactions import Transactions


class SqlRegistry:
    """See `Registry`; owns the engine it is given, whose database must have our schema."""

    def __init__(
        self,
        engine: Engine,
        *,
        location: str,
        checkpoint: Path,
        clock: Callable[[], datetime] = utc_now,
        now: Now = local_now,
    ) -> None:
        self._location = location
        self._transactions = Transactions(
            engine, location=location, checkpoint=checkpoint, clock=clock
        )
        self._leases = SqlLeases(self._transactions, now)
        try:
            with door(location), engine.connect() as connection:
                require_schema(connection, location)
            self._transactions.begin()
        except RegistryError:
            engine.dispose()
            raise

    @property
    def location(self) -> str:
        """See `Registry.location`."""
        return self._location

    @property
    def sequence(self) -> int:
        """See `Registry.sequence`."""
        return self.log_head().sequence

    def find_by_essence(self, essence_digest: Digest) -> AssetRecord | None:
        """See `Registry.find_by_essence`."""
        with self._transactions.reading() as connection:
            return sql_assets.asset_of_essence(connection, essence_digest)

    def assets_by_essence(self, at_most: int) -> dict[Digest, AssetRecord] | None:
        """See `Registry.assets_by_essence`."""
        with self._transactions.reading() as connection:
            return sql_assets.assets_by_essence(connection, at_most)

    def find_by_id(self, asset_id: str) -> AssetRecord | None:
        """See `Registry.find_by_id`."""
        with self._transactions.reading() as connection:
            return sql_assets.asset_of_id(connection, asset_id)

    def known_essences(self) -> KnownEssences:
        """See `Registry.known_essences`."""
        with self._transactions.reading() as connection:
            return sql_assets.known_essences(connection)

    @contextmanager
    def transaction(self, lease: Lease | None = None) -> Iterator[None]:
        """See `Registry.transaction`."""
        with self._transactions.together() as opened:
            if lease is not None:
                with door(self._location):
                    self._leases.lock(opened.connection, lease)
            yield

    def record_asset(
        self,
        record: AssetRecord,
        sighting: Sighting | None = None,
        *,
        lease: Lease | None = None,
    ) -> AssetRecord:
        """See `Registry.record_asset`; raises RegistryError if its id is another essence's."""
        with self._transactions.writing() as transaction:
            self._leases.require(transaction.connection, lease)
            stored = sql_assets.store_asset(transaction, record)
            if sighting is not None:
                store_sighting(transaction, replace(sighting, asset_id=stored.asset_id))
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
        with self._transactions.writing() as transaction:
            self._leases.require(transaction.connection, lease)
            stored = sql_assets.store_frames(transaction, place, records)
            for sighting, record in zip(sightings, stored, strict=False):
                store_sighting(transaction, replace(sighting, asset_id=record.asset_id))
            return stored

    def frames_of(self, asset_id: str) -> tuple[Digest, ...]:
        """See `Registry.frames_of`."""
        with self._transactions.reading() as connection:
            return sql_assets.frames_of(connection, asset_id)

    def withdraw_asset(self, asset_id: str, reason: str, frame: Digest | None = None) -> None:
        """See `Registry.withdraw_asset`."""
        with self._transactions.writing() as transaction:
            sql_assets.withdraw(transaction, asset_id, reason, frame)

    def assets(self) -> tuple[AssetRecord, ...]:
        """See `Registry.assets`."""
        with self._transactions.reading() as connection:
            return sql_assets.all_assets(connection)

    def count_assets(self) -> int:
        """See `Registry.count_assets`."""
        with self._transactions.reading() as connection:
            return sql_assets.count_temporary(connection)

    def record_sighting(self, sighting: Sighting, *, lease: Lease | None = None) -> None:
        """See `Registry.record_sighting`; raises RegistryError if the asset is unknown."""
        with self._transactions.writing() as transaction:
            self._leases.require(transaction.connection, lease)
            sql_assets.require_asset(transaction.connection, sighting.asset_id)
            store_sighting(transaction, sighting)

    def sightings_of(self, asset_id: str) -> tuple[Sighting, ...]:
        """See `Registry.sightings_of`."""
        with self._transactions.reading() as connection:
            return sightings_where(connection, SIGHTINGS.c.asset_id == asset_id)

    def find_sighting(self, path: str) -> Sighting | None:
        """See `Registry.find_sighting`."""
        with self._transactions.reading() as connection:
            found = sightings_where(connection, SIGHTINGS.c.path_digest == path_digest(path))
            return found[-1] if found else None

    def begin_write(self, intent: WriteIntent, *, lease: Lease | None = None) -> None:
        """See `Registry.begin_write`; raises RegistryError if its id is taken."""
        with self._transactions.writing() as transaction:
            self._leases.require(transaction.connection, lease)
            require_free(transaction.connection, WRITE_INTENTS.c.intent_id, intent.intent_id)
            transaction.insert(
                WRITE_INTENTS, intent_row(intent), record_id=intent.intent_id, action="begin-write"
            )

    def end_write(self, intent_id: str, *, lease: Lease | None = None) -> None:
        """See `Registry.end_write`."""
        settle = delete(WRITE_INTENTS).where(WRITE_INTENTS.c.intent_id == intent_id)
        with self._transactions.writing() as transaction:
            self._leases.require(transaction.connection, lease)
            if transaction.connection.execute(settle).rowcount:
                transaction.chain("end-write", intent_id, {})

    def open_writes(self) -> tuple[WriteIntent, ...]:
        """See `Registry.open_writes`."""
        query = select(WRITE_INTENTS).order_by(WRITE_INTENTS.c.sequence)
        with self._transactions.reading() as connection:
            return tuple(intent_of(row) for row in connection.execute(query).mappings())

    def add_attestation(self, attestation: StoredAttestation) -> None:
        """See `Registry.add_attestation`."""
        with self._transactions.writing() as transaction:
            store_attestation(transaction, attestation)

    def attestations_for(
        self, essence_digest: Digest, kind: AttestationKind
    ) -> tuple[StoredAttestation, ...]:
        """See `Registry.attestations_for`."""
        named = select(ATTESTATION_SUBJECTS.c.attestation_id).where(
            ATTESTATION_SUBJECTS.c.essence_digest == essence_digest
        )
        return self._attestations(is_of(kind), ATTESTATIONS.c.attestation_id.in_(named))

    def attestations_of(self, approval_id: str) -> tuple[StoredAttestation, ...]:
        """See `Registry.attestations_of`."""
        return self._attestations(ATTESTATIONS.c.approval_id == approval_id)

    def attestations(self, kind: AttestationKind) -> tuple[StoredAttestation, ...]:
        """See `Registry.attestations`."""
        return self._attestations(is_of(kind))

    def record_event(self, event: LogEvent) -> None:
        """See `Registry.record_event`."""
        with self._transactions.writing() as transaction:
            require_free(transaction.connection, EVENTS.c.event_id, event.event_id)
            transaction.insert(
                EVENTS, event_row(event), record_id=event.event_id, action=event.kind.value
            )

    def log(self, newest: int | None = None) -> tuple[LogEntry, ...]:
        """See `Registry.log`."""
        with self._transactions.reading() as connection:
            return read_log(connection, newest)

    def log_head(self) -> LogHead:
        """See `Registry.log_head`."""
        with self._transactions.reading() as connection:
            return read_head(connection)

    def chain_hash_at(self, sequence: int) -> str | None:
        """See `Registry.chain_hash_at`."""
        with self._transactions.reading() as connection:
            return hash_at(connection, sequence)

    def add_log_checkpoint(self, checkpoint: LogCheckpoint) -> None:
        """See `Registry.add_log_checkpoint`."""
        checkpoint_id, row = checkpoint.checkpoint_id, log_checkpoint_row(checkpoint)
        with self._transactions.writing() as transaction:
            require_free(transaction.connection, LOG_CHECKPOINTS.c.checkpoint_id, checkpoint_id)
            transaction.insert(LOG_CHECKPOINTS, row, record_id=checkpoint_id, action=SIGNED)

    def log_checkpoints(self) -> tuple[LogCheckpoint, ...]:
        """See `Registry.log_checkpoints`."""
        query = select(LOG_CHECKPOINTS).order_by(LOG_CHECKPOINTS.c.sequence)
        with self._transactions.reading() as connection:
            return tuple(log_checkpoint_of(row) for row in connection.execute(query).mappings())

    def take_lease(self, path_digest: Digest, holder: str, seconds: float) -> Lease | None:
        """See `Registry.take_lease`."""
        return self._leases.take(path_digest, holder, seconds)

    def find_lease(self, path_digest: Digest) -> Lease | None:
        """See `Registry.find_lease`."""
        return self._leases.find(path_digest)

    def renew_lease(self, lease: Lease, seconds: float) -> None:
        """See `Registry.renew_lease`."""
        self._leases.renew(lease, seconds)

    def drop_lease(self, lease: Lease) -> None:
        """See `Registry.drop_lease`."""
        self._leases.drop(lease)

    def drop_leases_of(self, holder: str) -> None:
        """See `Registry.drop_leases_of`."""
        self._leases.drop_of(holder)

    def close(self) -> None:
        """See `Registry.close`."""
        self._transactions.close()

    def _attestations(self, *conditions: ColumnElement[bool]) -> tuple[StoredAttestation, ...]:
        with self._transactions.reading() as connection:
            return attestations_where(connection, *conditions)
