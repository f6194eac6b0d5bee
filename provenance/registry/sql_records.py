"""Looking sightings and envelopes up and storing them, within a transaction of a SQL registry."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Column, ColumnElement, Connection, delete, insert, select

from provenance.errors import RegistryError
from provenance.registry.records import AttestationKind, Sighting, StoredAttestation
from provenance.registry.rows import (
    attestation_of,
    attestation_row,
    sighting_of,
    sighting_row,
    subject_rows,
)
from provenance.registry.tables import ATTESTATION_SUBJECTS, ATTESTATIONS, SIGHTINGS
from provenance.registry.transactions import WriteTransaction


def is_of(kind: AttestationKind) -> ColumnElement[bool]:
    """Return the condition of an attestation of this kind."""
    return ATTESTATIONS.c.kind == kind.value


def require_free(connection: Connection, column: Column[str], record_id: str) -> None:
    """Raise RegistryError if a row has this id already."""
    if connection.execute(select(column).where(column == record_id)).first() is not None:
        raise RegistryError(f"{column} {record_id} is already recorded")


def store_sighting(transaction: WriteTransaction, sighting: Sighting) -> None:
    """Store the sighting in place of an earlier one of this asset at this path."""
    row = sighting_row(sighting)
    transaction.connection.execute(
        delete(SIGHTINGS).where(
            SIGHTINGS.c.asset_id == sighting.asset_id,
            SIGHTINGS.c.path_digest == row["path_digest"],
        )
    )
    transaction.insert(
        SIGHTINGS,
        row,
        record_id=sighting.asset_id,
        key=row["path_digest"],
        action="record-sighting",
    )


def sightings_where(connection: Connection, condition: ColumnElement[bool]) -> tuple[Sighting, ...]:
    """Return the sightings that meet the condition, oldest first."""
    query = select(SIGHTINGS).where(condition).order_by(SIGHTINGS.c.sequence)
    return tuple(sighting_of(row) for row in connection.execute(query).mappings())


def store_attestation(transaction: WriteTransaction, attestation: StoredAttestation) -> None:
    """Store an envelope and its subjects; raises RegistryError if its id is taken."""
    attestation_id = attestation.attestation_id
    require_free(transaction.connection, ATTESTATIONS.c.attestation_id, attestation_id)
    transaction.insert(
        ATTESTATIONS,
        attestation_row(attestation),
        record_id=attestation_id,
        action=f"add-{attestation.kind}",
        about=attestation.approval_id,
        more={"subjects": list(attestation.subjects)},
    )
    if attestation.subjects:
        transaction.connection.execute(insert(ATTESTATION_SUBJECTS), subject_rows(attestation))


def attestations_where(
    connection: Connection, *conditions: ColumnElement[bool]
) -> tuple[StoredAttestation, ...]:
    """Return the envelopes that meet the conditions, oldest first."""
    query = select(ATTESTATIONS).where(*conditions).order_by(ATTESTATIONS.c.sequence)
    rows = connection.execute(query).mappings().all()
    subjects = _subjects_where(connection, *conditions)
    return tuple(attestation_of(row, subjects[row["attestation_id"]]) for row in rows)


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
