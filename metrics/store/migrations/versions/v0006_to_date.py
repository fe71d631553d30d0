"""Keep what is to date: of a period that is not over, and of as many days of those it is set against."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; the next refresh fills it."""
    op.create_table(
        "to_date",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("definition_hash", sa.Text, nullable=False),
        sa.Column("code_version", sa.Integer, nullable=False),
        sa.Column("grain", sa.Text, nullable=False),
        sa.Column("base_start", sa.Date, nullable=False),
        sa.Column("base_end", sa.Date, nullable=False),
        sa.Column("offset", sa.Text, nullable=False),
        sa.Column("period_start", sa.Date, nullable=False),
        sa.Column("period_end", sa.Date, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.Double)
            for name in ("value", "numerator", "denominator", "lower", "upper", "maturity")
        ),
        sa.Column("sample_size", sa.BigInteger),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), nullable=False),
    )
    op.create_index("to_date_key", "to_date", ["metric", "grain", "base_start", "offset", "id"])
    if op.get_bind().dialect.name == "postgresql":
        _ddl(
            "CREATE TRIGGER to_date_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON to_date "
            "FOR EACH STATEMENT EXECUTE FUNCTION scorecard_refuse_change()"
        )
        return
    for change in ("update", "delete"):
        _ddl(
            f"CREATE TRIGGER to_date_no_{change} BEFORE {change.upper()} ON to_date "
            "BEGIN SELECT RAISE(ABORT, 'to_date are only added to'); END"
        )


def _ddl(statement: str) -> None:
    op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]


def downgrade() -> None:
    """Refuse: what was written is kept."""
    raise NotImplementedError("the store does not go back to older tables: restore a backup")
