"""Keep until when each dataset is complete: of a source with many, one may stand still while others go on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the next refresh fills it."""
    op.create_table(
        "datasets",
        sa.Column("dataset", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watermark", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Refuse: what was written is kept."""
    raise NotImplementedError("the store does not go back to older tables: restore a backup")
