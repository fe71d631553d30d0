"""The history of the store's tables, as alembic scripts that need no alembic.ini."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

VERSION_TABLE = "scorecard_version"
"""Not alembic's own name, so that a database that is shared with another program keeps both."""


class NewerTables(Exception):
    """The tables are at a revision that this version of the program does not know."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        super().__init__(f"unknown revision {revision!r}")


def revision(connection: Connection) -> str | None:
    """Return the revision of the tables, None where there are none of a store."""
    return MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    ).get_current_revision()


def upgrade(connection: Connection, *, only_look: bool = False) -> bool:
    """Bring the tables up to date within the caller's transaction; tell whether they were before."""
    scripts = _scripts(str(Path(__file__).parent))
    current = revision(connection)
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise NewerTables(current)
    up_to_date = current == scripts.get_current_head()
    if not up_to_date and not only_look:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return up_to_date


@cache
def _scripts(folder: str) -> ScriptDirectory:
    return ScriptDirectory(folder)
