"""The engine below a store: where tests look at its rows and statements, which the program itself never does."""

from __future__ import annotations

from sqlalchemy import Engine

from metrics.store.store import Store


def engine_of(store: Store) -> Engine:
    """Return the engine of a store, to read its tables as they are, plant rows, or listen to its statements."""
    return store._engine
