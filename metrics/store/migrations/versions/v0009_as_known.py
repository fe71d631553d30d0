"""Keep the definitions that each refresh went by, until when datasets were complete, and what departments were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ADDED_TO = {"definition_files": "hash", "definition_sets": "hash", "dataset_marks": "id", "messages": "id"}


def upgrade() -> None:
    """Make the tables, which are only added to; of a dataset what is known now is the first of its marks."""
    op.add_column("refreshes", sa.Column("definitions", sa.Text))
    op.create_table(
        "definition_files",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "definition_sets",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("files", sa.Text),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "dataset_marks",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("dataset", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watermark", sa.DateTime(timezone=True), nullable=False),
        sa.Column("advances", sa.Text),
    )
    op.create_index("dataset_marks_dataset", "dataset_marks", ["dataset", "id"])
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
    )
    columns = ("dataset", "source", "read_at", "watermark", "advances")
    held, marks = (sa.table(name, *map(sa.column, columns)) for name in ("datasets", "dataset_marks"))
    op.execute(sa.insert(marks).from_select(columns, sa.select(held).order_by(held.c.dataset)))
    for table, key in _ADDED_TO.items():
        _only_added_to(table, key)


def _only_added_to(table: str, key: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            _ddl(
                f"CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION scorecard_refuse_change()"
            )
        )
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} are only added to'); END"
    for change in ("update", "delete"):
        op.execute(_ddl(f"CREATE TRIGGER {table}_no_{change} BEFORE {change.upper()} ON {table} {refuse}"))
    same = sa.column(key) == sa.literal_column(f"NEW.{key}")
    there: sa.Select[tuple[str]] = sa.select(sa.literal_column("1")).select_from(sa.table(table)).where(same)
    op.execute(
        _ddl(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS ({there}) {refuse}")
    )


def _ddl(statement: str) -> sa.DDL:
    return sa.DDL(statement)  # type: ignore[no-untyped-call]


def downgrade() -> None:
    """Refuse: what was written is kept."""
    raise NotImplementedError("the store does not go back to older tables: restore a backup")
