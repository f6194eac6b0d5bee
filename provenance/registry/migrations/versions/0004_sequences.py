"""Create the frames of image sequences, which share an asset, and those withdrawn by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.String(200)
_DIGEST = sa.String(71)


def upgrade() -> None:
    """Create the tables; what was recorded before stays an asset each."""
    op.create_table(
        "asset_essences",
        sa.Column("essence_digest", _DIGEST, primary_key=True),
        sa.Column("asset_id", _ID, sa.ForeignKey("assets.asset_id"), nullable=False, index=True),
        sa.Column("essence_length", sa.BigInteger, nullable=False, index=True),
        sa.Column("place_digest", _DIGEST, nullable=True, index=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "withdrawn_frames",
        sa.Column(
            "essence_digest",
            _DIGEST,
            sa.ForeignKey("asset_essences.essence_digest"),
            primary_key=True,
        ),
        sa.Column("asset_id", _ID, nullable=False, index=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
