"""Call what a run publishes beside its values by its name: diagnostics."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename the column; the rows, which nothing may change, stay as they were written."""
    op.alter_column("runs", "beside", new_column_name="diagnostics")


def downgrade() -> None:
    """Refuse: what was written is kept."""
    raise NotImplementedError("the store does not go back to older tables: restore a backup")
