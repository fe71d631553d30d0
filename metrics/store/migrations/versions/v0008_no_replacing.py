"""Refuse `INSERT OR REPLACE` into what is only added to: SQLite deletes for it without asking other triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEYS = {"runs": ("number", "id"), "observations": ("id",), "scorings": ("hash",), "to_date": ("id",)}


def upgrade() -> None:
    """Make the triggers; PostgreSQL replaces nothing without an update, which it refuses already."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, keys in _KEYS.items():
        same = sa.or_(*(sa.column(key) == sa.literal_column(f"NEW.{key}") for key in keys))
        there: sa.Select[tuple[str]] = (
            sa.select(sa.literal_column("1")).select_from(sa.table(table)).where(same)
        )
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} are only added to'); END"
        op.execute(
            _ddl(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS ({there}) {refuse}")
        )


def _ddl(statement: str) -> sa.DDL:
    return sa.DDL(statement)  # type: ignore[no-untyped-call]


def downgrade() -> None:
    """Refuse: what was written is kept."""
    raise NotImplementedError("the store does not go back to older tables: restore a backup")
