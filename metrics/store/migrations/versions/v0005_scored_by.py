"""Keep what each refresh was scored by, and what a definition called its metric, asked and counted in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, which is only added to, and the columns; what was written has nothing in them."""
    for name in ("label", "question", "unit"):
        op.add_column("definitions", sa.Column(name, sa.Text))
    for name in ("scoring", "git_commit"):
        op.add_column("refreshes", sa.Column(name, sa.Text))
    op.create_table(
        "scorings",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        _ddl(
            "CREATE TRIGGER scorings_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON scorings "
            "FOR EACH STATEMENT EXECUTE FUNCTION scorecard_refuse_change()"
        )
        return
    for change in ("update", "delete"):
        _ddl(
            f"CREATE TRIGGER scorings_no_{change} BEFORE {change.upper()} ON scorings "
            "BEGIN SELECT RAISE(ABORT, 'scorings are only added to'); END"
        )


def _ddl(statement: str) -> None:
    op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]


def downgrade() -> None:
    """Refuse: what was written is kept."""
    raise NotImplementedError("the store does not go back to older tables: restore a backup")
