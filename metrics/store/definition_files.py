"""The definitions that refreshes went by, as the texts of their files: each kept once, under the hash of its content.

By them a scorecard is told as it was known on a day, whatever git has forgotten since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select

from metrics.store.tables import definition_files, definition_sets


def keep_files(connection: Connection, files: Mapping[str, bytes], at: datetime) -> str | None:
    """Keep files by path, those that are new, and return what they are kept under together; None for none."""
    if not files:
        return None
    hashes = {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)}
    together = hashlib.sha256(
        "".join(f"{path}\0{each}\0" for path, each in hashes.items()).encode()
    ).hexdigest()
    known = select(definition_sets.c.hash).where(definition_sets.c.hash == together)
    if connection.execute(known).first() is not None:
        return together
    contents = {each: files[path] for path, each in hashes.items()}
    held = set(connection.execute(select(definition_files.c.hash)).scalars())
    rows = [{"hash": each, "content": content} for each, content in contents.items() if each not in held]
    if rows:
        connection.execute(insert(definition_files), rows)
    connection.execute(insert(definition_sets), {"hash": together, "files": hashes, "first_seen": at})
    return together


def kept_files(connection: Connection, together: str) -> dict[str, bytes]:
    """Return the files that are kept together under a hash, by path; none where there is nothing."""
    hashes = connection.execute(
        select(definition_sets.c.files).where(definition_sets.c.hash == together)
    ).scalar()
    wanted = set((hashes or {}).values())
    rows = connection.execute(select(definition_files).where(definition_files.c.hash.in_(wanted)))
    contents = {row.hash: bytes(row.content) for row in rows}
    return {path: contents[each] for path, each in (hashes or {}).items()}
