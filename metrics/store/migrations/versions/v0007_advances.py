"""Keep how far each dataset's watermark has moved lately: what is usual says what is late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the refreshes that follow fill it."""
    op.add_column("datasets", sa.Column("advances", sa.Text))


def downgrade() -> None:
    """Refuse: what was written is kept."""
    raise NotImplementedError("the store does not go back to older tables: restore a backup")
