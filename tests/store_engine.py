"""The engine below a store: where tests look at its rows and statements, which the program itself never does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import DDL, Engine, create_engine, make_url

from metrics.store.store import Store
from tests.postgres_server import PostgresServer


def engine_of(store: Store) -> Engine:
    """Return the engine of a store, to read its tables as they are, plant rows, or listen to its statements."""
    return store._engine


@contextmanager
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """Yield the URL of a schema of its own, which is gone afterwards."""
    server = make_url(postgres.url).set(drivername="postgresql+psycopg")
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(DDL(f"CREATE SCHEMA {schema}"))
    yield (
        server.set(drivername="postgresql")
        .update_query_dict({"options": f"-csearch_path={schema}"})
        .render_as_string(hide_password=False)
    )
    with engine.begin() as connection:
        connection.execute(DDL(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
