"""Add the leads to essences, unknown for what was recorded before."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; a row without a lead is covered by the journal as it was.

    The new index has all that is loaded of every essence.
    """
    for table in ("assets", "asset_essences"):
        op.add_column(table, sa.Column("essence_lead", sa.LargeBinary, nullable=True))
        op.drop_index(f"ix_{table}_essence_length", table)
        op.create_index(f"ix_{table}_essence", table, ["essence_length", "essence_lead"])
