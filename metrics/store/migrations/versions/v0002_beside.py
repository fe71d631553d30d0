"""Keep what a run publishes beside its values: a model's fit, unmatched ids, excluded customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; runs from before have nothing beside their values."""
    op.add_column("runs", sa.Column("beside", sa.Text))


def downgrade() -> None:
    """Refuse: what was written is kept."""
    raise NotImplementedError("the store does not go back to older tables: restore a backup")
