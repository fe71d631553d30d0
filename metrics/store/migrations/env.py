"""What alembic runs around the scripts: they join the transaction of the connection they are given."""

from __future__ import annotations

from alembic import context

from metrics.store.migrations import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    # SQLite can undo changes of tables like any other; a kill half way leaves the old tables.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
