"""Create assets, sightings, write intents, attestations, and the journal with its head."""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.String(200)
_DIGEST = sa.String(71)
_TERM = sa.String(100)
_MOMENT = sa.String(32)


def upgrade() -> None:
    """Create the tables, and the journal's first entry, which is random for every registry."""
    _create_assets()
    _create_sightings()
    _create_write_intents()
    _create_attestations()
    _create_journal()
    _begin_journal()


def _create_assets() -> None:
    op.create_table(
        "assets",
        sa.Column("asset_id", _ID, primary_key=True),
        sa.Column("essence_digest", _DIGEST, nullable=False, unique=True),
        sa.Column("essence_length", sa.BigInteger, nullable=False, index=True),
        sa.Column("media_type", _ID, nullable=False),
        sa.Column("source_type", _TERM, nullable=False),
        sa.Column("declared_by", _TERM, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("generator", sa.Text, nullable=True),
        sa.Column("status", _TERM, nullable=False, index=True),
        sa.Column("withdrawn_reason", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )


def _create_sightings() -> None:
    op.create_table(
        "sightings",
        sa.Column("asset_id", _ID, sa.ForeignKey("assets.asset_id"), primary_key=True),
        sa.Column("path_digest", _DIGEST, primary_key=True, index=True),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("file_digest", _DIGEST, nullable=False),
        sa.Column("carriers", sa.Text, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("undo", _DIGEST, nullable=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )


def _create_write_intents() -> None:
    op.create_table(
        "write_intents",
        sa.Column("intent_id", _ID, primary_key=True),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("staging", sa.LargeBinary, nullable=False),
        sa.Column("begun_at", _MOMENT, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )


def _create_attestations() -> None:
    op.create_table(
        "attestations",
        sa.Column("attestation_id", _ID, primary_key=True),
        sa.Column("kind", _TERM, nullable=False),
        sa.Column("approval_id", _ID, nullable=False, index=True),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "attestation_subjects",
        sa.Column(
            "attestation_id", _ID, sa.ForeignKey("attestations.attestation_id"), primary_key=True
        ),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("essence_digest", _DIGEST, nullable=False, index=True),
    )


def _create_journal() -> None:
    op.create_table(
        "head",
        sa.Column(
            "row_id",
            sa.Integer,
            sa.CheckConstraint("row_id = 1", name="one_row"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("chain_hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "journal",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chain_hash", sa.String(64), nullable=False),
        sa.Column("action", _TERM, nullable=False),
        sa.Column("written_at", _MOMENT, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )


def _begin_journal() -> None:
    beginning = secrets.token_hex(32)
    op.bulk_insert(
        sa.table("journal", *(sa.column(name) for name in _JOURNAL_COLUMNS)),
        [
            {
                "sequence": 0,
                "chain_hash": beginning,
                "action": "create-registry",
                "written_at": datetime.now(UTC).isoformat(timespec="microseconds"),
                "detail": "{}",
            }
        ],
    )
    op.bulk_insert(
        sa.table("head", sa.column("row_id"), sa.column("sequence"), sa.column("chain_hash")),
        [{"row_id": 1, "sequence": 0, "chain_hash": beginning}],
    )


_JOURNAL_COLUMNS = ("sequence", "chain_hash", "action", "written_at", "detail")
