"""Create events and signed checkpoints, and let the journal cover what it did not yet.

An entry of version 1 did not say which of an asset's sightings it was about, left out an
approval's subjects, and nothing covered the journal's beginning. Rows that are as their entry says
get an entry of the new kind; a row that was altered keeps its old one, so that it is still found.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.String(200)
_TERM = sa.String(100)
_MOMENT = sa.String(32)

_JOURNAL = sa.table(
    "journal",
    *(sa.column(name) for name in ("sequence", "chain_hash", "action", "written_at", "detail")),
)
_HEAD = sa.table("head", sa.column("sequence"), sa.column("chain_hash"))
_SIGHTINGS = sa.table(
    "sightings",
    *(sa.column(name) for name in ("asset_id", "path_digest", "path", "file_digest")),
    *(sa.column(name) for name in ("carriers", "seen_at", "undo", "sequence")),
)
_ATTESTATIONS = sa.table(
    "attestations",
    *(sa.column(name) for name in ("attestation_id", "kind", "approval_id", "envelope")),
    *(sa.column(name) for name in ("recorded_at", "sequence")),
)
_SUBJECTS = sa.table(
    "attestation_subjects",
    *(sa.column(name) for name in ("attestation_id", "position", "essence_digest")),
)


def upgrade() -> None:
    """Create the tables, and cover what is there."""
    _create_tables()
    if context.config.attributes["is_new"]:
        _cover_new_beginning()
        return
    _cover_beginning()
    _cover_sightings()
    _cover_attestations()


def _create_tables() -> None:
    op.create_table(
        "events",
        sa.Column("event_id", _ID, primary_key=True),
        sa.Column("kind", _TERM, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "log_checkpoints",
        sa.Column("checkpoint_id", _ID, primary_key=True),
        sa.Column("covers", sa.BigInteger, nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )


def _cover_new_beginning() -> None:
    """Make the first entry's hash one over itself, with what was random as its detail."""
    connection = op.get_bind()
    row = dict(connection.execute(sa.select(_JOURNAL)).mappings().one())
    row["detail"] = _canonical({"nonce": row["chain_hash"]})
    row["chain_hash"] = _chained("", row)
    connection.execute(sa.update(_JOURNAL).values(**row))
    connection.execute(sa.update(_HEAD).values(chain_hash=row["chain_hash"]))


def _cover_beginning() -> None:
    query = sa.select(_JOURNAL).where(_JOURNAL.c.sequence == 0)
    row = dict(op.get_bind().execute(query).mappings().one())
    _append("adopt-beginning", {"id": "0", "row": _digest(row)})


def _cover_sightings() -> None:
    connection = op.get_bind()
    query = sa.select(_SIGHTINGS).order_by(_SIGHTINGS.c.sequence)
    for row in connection.execute(query).mappings().all():
        plain = {name: row[name] for name in row if name != "sequence"}
        asset_id, key = row["asset_id"], row["path_digest"]
        if _is_as_written(row["sequence"], asset_id, plain):
            detail = {"id": asset_id, "key": key, "row": _digest(plain)}
            sequence = _append("adopt-sighting", detail)
            which = (_SIGHTINGS.c.asset_id == asset_id, _SIGHTINGS.c.path_digest == key)
            connection.execute(sa.update(_SIGHTINGS).where(*which).values(sequence=sequence))


def _cover_attestations() -> None:
    connection = op.get_bind()
    query = sa.select(_ATTESTATIONS).order_by(_ATTESTATIONS.c.sequence)
    for row in connection.execute(query).mappings().all():
        plain = {name: row[name] for name in row if name != "sequence"}
        attestation_id = row["attestation_id"]
        if _is_as_written(row["sequence"], attestation_id, plain):
            whole = {**plain, "subjects": _subjects_of(attestation_id)}
            detail = {"id": attestation_id, "row": _digest(whole)}
            sequence = _append("adopt-attestation", detail)
            which = _ATTESTATIONS.c.attestation_id == attestation_id
            connection.execute(sa.update(_ATTESTATIONS).where(which).values(sequence=sequence))


def _subjects_of(attestation_id: str) -> list[str]:
    query = (
        sa.select(_SUBJECTS.c.essence_digest)
        .where(_SUBJECTS.c.attestation_id == attestation_id)
        .order_by(_SUBJECTS.c.position)
    )
    return list(op.get_bind().execute(query).scalars())


def _is_as_written(sequence: int, record_id: str, row: Mapping[str, Any]) -> bool:
    query = sa.select(_JOURNAL.c.detail).where(_JOURNAL.c.sequence == sequence)
    detail = op.get_bind().execute(query).scalar_one_or_none()
    return bool(detail == _canonical({"id": record_id, "row": _digest(row)}))


def _append(action: str, detail: dict[str, str]) -> int:
    connection = op.get_bind()
    head = connection.execute(sa.select(_HEAD)).one()
    entry: dict[str, Any] = {
        "sequence": head.sequence + 1,
        "action": action,
        "written_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "detail": _canonical(detail),
    }
    entry["chain_hash"] = _chained(head.chain_hash, entry)
    connection.execute(sa.insert(_JOURNAL).values(**entry))
    after = {name: entry[name] for name in ("sequence", "chain_hash")}
    connection.execute(sa.update(_HEAD).values(**after))
    return int(entry["sequence"])


def _chained(previous_hash: str, entry: Mapping[str, Any]) -> str:
    fields = [entry[name] for name in ("sequence", "action", "written_at", "detail")]
    return hashlib.sha256(f"{previous_hash}\n{_canonical(fields)}".encode("ascii")).hexdigest()


def _digest(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(dict(row)).encode("ascii")).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=bytes.hex)
