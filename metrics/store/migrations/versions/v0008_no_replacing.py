"""Refuse `INSERT OR REPLACE` into what is only added to: SQLite deletes for it without asking other triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEYS = {"runs": ("number", "id"), "observations": ("id",)}


def upgrade() -> None:
    """Make the triggers; PostgreSQL replaces nothing without an update, which it refuses already."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, keys in _KEYS.items():
        there = " OR ".join(f"{key} = NEW.{key}" for key in keys)
        op.execute(
            sa.DDL(  # type: ignore[no-untyped-call]
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {there}) "
                f"BEGIN SELECT RAISE(ABORT, '{table} are only added to'); END"
            )
        )


def downgrade() -> None:
    """Refuse: what was written is kept."""
    raise NotImplementedError("the store does not go back to older tables: restore a backup")
