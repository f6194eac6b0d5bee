"""The registry in a SQL database, the same statements for every dialect.

A writer locks the one row of `head` before it looks, so look-then-insert is safe under several
processes without any upsert of a dialect's own.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    delete,
    func,
    insert,
    select,
    update,
)

from provenance.errors import RegistryError
from provenance.model.digest import Digest
from provenance.registry.door import door
from provenance.registry.interface import (
    AssetRecord,
    AssetStatus,
    AttestationKind,
    Sighting,
    StoredAttestation,
    WriteIntent,
)
from provenance.registry.journal import read_head
from provenance.registry.rows import (
    asset_of,
    asset_row,
    attestation_of,
    attestation_row,
    intent_of,
    intent_row,
    path_digest,
    sighting_of,
    sighting_row,
    subject_rows,
)
from provenance.registry.schema import require_schema
from provenance.registry.tables import (
    ASSETS,
    ATTESTATION_SUBJECTS,
    ATTESTATIONS,
    SIGHTINGS,
    WRITE_INTENTS,
)
from provenance.registry.transactions import Transactions, WriteTransaction


def utc_now() -> datetime:
    """Return the time, aware UTC."""
    return datetime.now(UTC)


class SqlRegistry:
    """See `Registry`; owns the engine it is given, whose database must have our schema."""

    def __init__(
        self,
        engine: Engine,
        *,
        location: str,
        checkpoint: Path,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._location = location
        self._transactions = Transactions(
            engine, location=location, checkpoint=checkpoint, clock=clock
        )
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
        with self._transactions.reading() as connection:
            return read_head(connection).sequence

    def find_by_essence(self, essence_digest: Digest) -> AssetRecord | None:
        """See `Registry.find_by_essence`."""
        with self._transactions.reading() as connection:
            return _asset_where(connection, ASSETS.c.essence_digest == essence_digest)

    def find_by_id(self, asset_id: str) -> AssetRecord | None:
        """See `Registry.find_by_id`."""
        with self._transactions.reading() as connection:
            return _asset_where(connection, ASSETS.c.asset_id == asset_id)

    def known_lengths(self) -> frozenset[int]:
        """See `Registry.known_lengths`."""
        query = select(ASSETS.c.essence_length).distinct()
        with self._transactions.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def record_asset(self, record: AssetRecord, sighting: Sighting | None = None) -> AssetRecord:
        """See `Registry.record_asset`; raises RegistryError if its id is another essence's."""
        with self._transactions.writing() as transaction:
            stored = _store_asset(transaction, record)
            if sighting is not None:
                _store_sighting(transaction, replace(sighting, asset_id=stored.asset_id))
            return stored

    def withdraw_asset(self, asset_id: str, reason: str) -> None:
        """See `Registry.withdraw_asset`."""
        with self._transactions.writing() as transaction:
            known = _require_asset(transaction.connection, asset_id)
            _set_status(transaction, known, AssetStatus.WITHDRAWN, reason=reason)

    def count_assets(self) -> int:
        """See `Registry.count_assets`."""
        query = select(func.count()).where(ASSETS.c.status == AssetStatus.TEMPORARY.value)
        with self._transactions.reading() as connection:
            return connection.execute(query).scalar_one()

    def record_sighting(self, sighting: Sighting) -> None:
        """See `Registry.record_sighting`; raises RegistryError if the asset is unknown."""
        with self._transactions.writing() as transaction:
            _require_asset(transaction.connection, sighting.asset_id)
            _store_sighting(transaction, sighting)

    def sightings_of(self, asset_id: str) -> tuple[Sighting, ...]:
        """See `Registry.sightings_of`."""
        query = select(SIGHTINGS).where(SIGHTINGS.c.asset_id == asset_id)
        with self._transactions.reading() as connection:
            rows = connection.execute(query.order_by(SIGHTINGS.c.sequence)).mappings()
            return tuple(sighting_of(row) for row in rows)

    def find_sighting(self, path: str) -> Sighting | None:
        """See `Registry.find_sighting`."""
        with self._transactions.reading() as connection:
            query = select(SIGHTINGS).where(SIGHTINGS.c.path_digest == path_digest(path))
            newest = query.order_by(SIGHTINGS.c.sequence.desc()).limit(1)
            row = connection.execute(newest).mappings().first()
            return None if row is None else sighting_of(row)

    def begin_write(self, intent: WriteIntent) -> None:
        """See `Registry.begin_write`; raises RegistryError if its id is taken."""
        with self._transactions.writing() as transaction:
            _require_free(transaction.connection, WRITE_INTENTS.c.intent_id, intent.intent_id)
            transaction.insert(
                WRITE_INTENTS, intent_row(intent), record_id=intent.intent_id, action="begin-write"
            )

    def end_write(self, intent_id: str) -> None:
        """See `Registry.end_write`."""
        settle = delete(WRITE_INTENTS).where(WRITE_INTENTS.c.intent_id == intent_id)
        with self._transactions.writing() as transaction:
            if transaction.connection.execute(settle).rowcount:
                transaction.chain("end-write", intent_id, {})

    def open_writes(self) -> tuple[WriteIntent, ...]:
        """See `Registry.open_writes`."""
        query = select(WRITE_INTENTS).order_by(WRITE_INTENTS.c.sequence)
        with self._transactions.reading() as connection:
            return tuple(intent_of(row) for row in connection.execute(query).mappings())

    def add_attestation(self, attestation: StoredAttestation) -> None:
        """See `Registry.add_attestation`."""
        attestation_id = attestation.attestation_id
        subjects = subject_rows(attestation)
        with self._transactions.writing() as transaction:
            _require_free(transaction.connection, ATTESTATIONS.c.attestation_id, attestation_id)
            transaction.insert(
                ATTESTATIONS,
                attestation_row(attestation),
                record_id=attestation_id,
                action=f"add-{attestation.kind}",
            )
            if subjects:
                transaction.connection.execute(insert(ATTESTATION_SUBJECTS), subjects)

    def attestations_for(
        self, essence_digest: Digest, kind: AttestationKind
    ) -> tuple[StoredAttestation, ...]:
        """See `Registry.attestations_for`."""
        named = select(ATTESTATION_SUBJECTS.c.attestation_id).where(
            ATTESTATION_SUBJECTS.c.essence_digest == essence_digest
        )
        return self._attestations(_is_of(kind), ATTESTATIONS.c.attestation_id.in_(named))

    def attestations_of(self, approval_id: str) -> tuple[StoredAttestation, ...]:
        """See `Registry.attestations_of`."""
        return self._attestations(ATTESTATIONS.c.approval_id == approval_id)

    def attestations(self, kind: AttestationKind) -> tuple[StoredAttestation, ...]:
        """See `Registry.attestations`."""
        return self._attestations(_is_of(kind))

    def close(self) -> None:
        """See `Registry.close`."""
        self._transactions.close()

    def _attestations(self, *conditions: ColumnElement[bool]) -> tuple[StoredAttestation, ...]:
        query = select(ATTESTATIONS).where(*conditions).order_by(ATTESTATIONS.c.sequence)
        with self._transactions.reading() as connection:
            rows = connection.execute(query).mappings().all()
            subjects = _subjects_where(connection, *conditions)
            return tuple(attestation_of(row, subjects[row["attestation_id"]]) for row in rows)


def _is_of(kind: AttestationKind) -> ColumnElement[bool]:
    return ATTESTATIONS.c.kind == kind.value


def _asset_where(connection: Connection, condition: ColumnElement[bool]) -> AssetRecord | None:
    row = connection.execute(select(ASSETS).where(condition)).mappings().one_or_none()
    return None if row is None else asset_of(row)


def _require_asset(connection: Connection, asset_id: str) -> AssetRecord:
    record = _asset_where(connection, ASSETS.c.asset_id == asset_id)
    if record is None:
        raise RegistryError(f"no asset {asset_id} is recorded")
    return record


def _require_free(connection: Connection, column: Column[str], record_id: str) -> None:
    if connection.execute(select(column).where(column == record_id)).first() is not None:
        raise RegistryError(f"{column} {record_id} is already recorded")


def _store_asset(transaction: WriteTransaction, record: AssetRecord) -> AssetRecord:
    connection = transaction.connection
    known = _asset_where(connection, ASSETS.c.essence_digest == record.essence_digest)
    if known is None:
        if _asset_where(connection, ASSETS.c.asset_id == record.asset_id) is not None:
            raise RegistryError(f"asset id {record.asset_id} belongs to another essence")
        row = asset_row(record)
        transaction.insert(ASSETS, row, record_id=record.asset_id, action="record-asset")
        return record
    if known.status is AssetStatus.TEMPORARY:
        return known
    return _set_status(transaction, known, AssetStatus.TEMPORARY, reason="")


def _store_sighting(transaction: WriteTransaction, sighting: Sighting) -> None:
    row = sighting_row(sighting)
    transaction.connection.execute(
        delete(SIGHTINGS).where(
            SIGHTINGS.c.asset_id == sighting.asset_id,
            SIGHTINGS.c.path_digest == row["path_digest"],
        )
    )
    transaction.insert(SIGHTINGS, row, record_id=sighting.asset_id, action="record-sighting")


def _set_status(
    transaction: WriteTransaction, known: AssetRecord, status: AssetStatus, *, reason: str
) -> AssetRecord:
    record = replace(known, status=status, withdrawn_reason=reason)
    row = asset_row(record)
    transaction.connection.execute(
        update(ASSETS)
        .where(ASSETS.c.asset_id == record.asset_id)
        .values(**row, sequence=transaction.head.sequence + 1)
    )
    transaction.chain(f"asset-{status}", record.asset_id, row)
    return record


def _subjects_where(
    connection: Connection, *conditions: ColumnElement[bool]
) -> Mapping[str, Sequence[str]]:
    """Return the subjects of the envelopes that meet the conditions, one query for all."""
    query = (
        select(ATTESTATION_SUBJECTS.c.attestation_id, ATTESTATION_SUBJECTS.c.essence_digest)
        .join(ATTESTATIONS)
        .where(*conditions)
        .order_by(ATTESTATION_SUBJECTS.c.position)
    )
    subjects: dict[str, list[str]] = defaultdict(list)
    for attestation_id, essence_digest in connection.execute(query):
        subjects[attestation_id].append(essence_digest)
    return subjects
