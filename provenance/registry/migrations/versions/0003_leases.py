"""Create leases, and the fence that the last one had."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "leases",
        sa.Column("path_digest", sa.String(71), primary_key=True),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
    )
    fence = op.create_table(
        "fence",
        sa.Column(
            "row_id",
            sa.Integer,
            sa.CheckConstraint("row_id = 1", name="one_row"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(fence, [{"row_id": 1, "last": 0}])
