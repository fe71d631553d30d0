"""Make the first tables, and triggers that keep observations and runs as they were written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The types are written out here: a later change of the program must not change this step.
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)
_KEPT = ("runs", "observations")


def upgrade() -> None:
    """Make the tables and their triggers."""
    _runs()
    _observations()
    _others()
    if op.get_bind().dialect.name == "postgresql":
        _keep_on_postgres()
    else:
        _keep_on_sqlite()


def downgrade() -> None:
    """Refuse: what was written is kept."""
    raise NotImplementedError("the store does not go back to older tables: restore a backup")


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("definition_hash", sa.Text, nullable=False),
        sa.Column("code_version", sa.Integer, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=False),
        sa.Column("watermark", _INSTANT),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("grains", sa.Text, nullable=False),
        sa.Column("cuts", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("written", sa.Integer, nullable=False),
        sa.Column("unchanged", sa.Integer, nullable=False),
        sa.Column("tombstones", sa.Integer, nullable=False),
    )
    op.create_index("runs_metric", "runs", ["metric", "number"])
    op.create_index("runs_watermark", "runs", ["outcome", "watermark"])


def _observations() -> None:
    op.create_table(
        "observations",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("grain", sa.Text, nullable=False),
        sa.Column("cut", sa.Text, nullable=False),
        sa.Column("dimensions", sa.Text, nullable=False),
        sa.Column("period_start", sa.Date),
        sa.Column("period_end", sa.Date),
        sa.Column("definition_hash", sa.Text, nullable=False),
        sa.Column("code_version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("numerator", sa.Double),
        sa.Column("denominator", sa.Double),
        sa.Column("lower", sa.Double),
        sa.Column("upper", sa.Double),
        sa.Column("sample_size", sa.BigInteger),
        sa.Column("maturity", sa.Double),
        sa.Column("watermark", _INSTANT),
        sa.Column("computed_at", _INSTANT, nullable=False),
        sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), nullable=False),
    )
    key = ["metric", "grain", "cut", "dimensions", "period_start", "id"]
    op.create_index("observations_key", "observations", key)


def _others() -> None:
    op.create_table(
        "definitions",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("metric", sa.Text, primary_key=True),
        sa.Column("code_version", sa.Integer),
        sa.Column("canonical", sa.Text, nullable=False),
        sa.Column("git_commit", sa.Text),
        sa.Column("first_seen", _INSTANT, nullable=False),
    )
    op.create_table(
        "sources",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("up", sa.Boolean, nullable=False),
        sa.Column("checked_at", _INSTANT, nullable=False),
        sa.Column("last_success", _INSTANT),
        sa.Column("watermark", _INSTANT),
        sa.Column("error", sa.Text),
    )
    op.create_table(
        "refreshes",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=False),
        sa.Column("ok", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT),
        sa.Column("revoked_at", _INSTANT),
    )


def _ddl(statement: str) -> sa.DDL:
    return sa.DDL(statement)  # type: ignore[no-untyped-call]


def _keep_on_sqlite() -> None:
    for table in _KEPT:
        for change in ("update", "delete"):
            op.execute(
                _ddl(
                    f"CREATE TRIGGER {table}_no_{change} BEFORE {change.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} are only added to'); END"
                )
            )


def _keep_on_postgres() -> None:
    op.execute(
        _ddl(
            "CREATE FUNCTION scorecard_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION '%% are only added to', TG_TABLE_NAME; END $$"
        )
    )
    for table in _KEPT:
        op.execute(
            _ddl(
                f"CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION scorecard_refuse_change()"
            )
        )
