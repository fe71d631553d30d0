"""Which messages were sent: each once, whoever refreshes and however a refresh ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, insert, select

from metrics.store.database import writing
from metrics.store.tables import messages


class Messages:
    """The messages of one store, by what tells one from another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def sent(self, message: str) -> bool:
        """Tell whether a message was sent already."""
        known = select(messages.c.id).where(messages.c.id == message)
        with self._engine.connect() as connection:
            return connection.execute(known).first() is not None

    def remember(self, message: str, at: datetime) -> None:
        """Remember that a message was sent; a second time changes nothing."""
        known = select(messages.c.id).where(messages.c.id == message)
        with writing(self._engine, f"message {message}") as connection:
            if connection.execute(known).first() is None:
                connection.execute(insert(messages), {"id": message, "told_at": at})
