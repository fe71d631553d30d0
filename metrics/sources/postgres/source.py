"""PostgreSQL through psycopg 3: tables and views, read in one snapshot that nothing can write from.

A run is one read-only transaction, so that all of its selects see the same rows. A select that fails is
rolled back alone. A server that says nothing at all is given up, as it or the way to it is stuck. Texts are
compared in binary order whatever the database's own collation is; ids that are no texts there (uuid, enum,
citext) are texts here.
"""

from __future__ import annotations

import math
import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import ColumnElement

from metrics.catalog.dataset import Dataset, SourceDefinition
from metrics.columns import Columns
from metrics.dialect import MONEY, Type
from metrics.errors import (
    ExtraMissing,
    SourceError,
    SourceMissing,
    SourceRejected,
    SourceTimeout,
    SourceUnavailable,
)
from metrics.file_roots import FileRoots
from metrics.source import ColumnSpec, Source
from metrics.sources.postgres.catalog import columns_of, schemas_of
from metrics.sources.postgres.dialect import PostgresDialect
from metrics.sources.postgres.times import read_all_times

BACKENDS = ("postgresql",)
READS_FILES = False

_INTEGERS = ("int2", "int4", "int8")
_TEXTS = ("text", "varchar", "bpchar", "name", "uuid", "citext")
_TYPES = {
    **dict.fromkeys(_INTEGERS, ColumnSpec(Type.INTEGER)), **dict.fromkeys(_TEXTS, ColumnSpec(Type.TEXT)),
    "numeric": ColumnSpec(Type.DECIMAL), "money": ColumnSpec(Type.DECIMAL), "float4": ColumnSpec(Type.FLOAT),
    "float8": ColumnSpec(Type.FLOAT), "bool": ColumnSpec(Type.BOOLEAN), "date": ColumnSpec(Type.DATE),
    "timestamp": ColumnSpec(Type.INSTANT, naive=True), "timestamptz": ColumnSpec(Type.INSTANT),
}  # fmt: skip
# What a column is cast to where it is read, so that sums neither overflow nor lose digits.
_CASTS: dict[str, Any] = {
    "int2": sa.BigInteger(),
    "int4": sa.BigInteger(),
    "float4": sa.Double(),
    "money": MONEY,
}

# Which collation knows the cases of letters beyond ASCII: the first that a server has.
_FOLDING = ("pg_c_utf8", "C.utf8", "und-x-icu", "default")
# Classes of SQLSTATE that may pass: connection, resources, lost race, lock, operator, system.
_PASSING = ("08", "40", "53", "55", "57", "58")
# How long after its timeout a server is still waited for: it breaks a query off by itself, and says so.
_GRACE_SECONDS = 2.0
_REFUSED = ("password", "authentication", "pg_hba.conf", "role ")


def open_source(
    definition: SourceDefinition, url: str, roots: FileRoots, datasets: Sequence[Dataset]
) -> PostgresSource:
    """Open a PostgreSQL source; raise SourceUnavailable, SourceTimeout, SourceRejected or SourceMissing.

    Raises ExtraMissing where psycopg is not installed.
    """
    return PostgresSource(definition, url)


class PostgresSource(Source):
    """One connection, and on it one read-only transaction; not for use by several threads at a time."""

    def __init__(self, definition: SourceDefinition, url: str) -> None:
        self.name = definition.name
        self._timeout = definition.timeout.approximate_seconds
        self._lost: SourceError | None = None
        self._wire: Any = None
        self._known: dict[str, Mapping[str, ColumnSpec]] = {}
        self._withheld: dict[str, frozenset[str]] = {}
        self._tables: dict[str, sa.FromClause] = {}
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        try:
            self._engine = sa.create_engine(
                self._url, poolclass=NullPool, connect_args=self._arguments(), use_native_hstore=False
            )
        except ModuleNotFoundError as error:
            raise ExtraMissing("psycopg", "postgres") from error
        sa.event.listen(self._engine, "do_connect", self._connect)
        with self._translated(), self._watched():
            self._connection = self._engine.connect().execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self.dialect = PostgresDialect(self._prepare())

    def _arguments(self) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "application_name": "scorecard", "connect_timeout": max(2, math.ceil(self._timeout)),
            # A server that is gone without a word is noticed.
            "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
        }  # fmt: skip
        # A statement that is prepared by itself would not outlive a pooler's change of connections.
        return {"prepare_threshold": None, **{k: v for k, v in wanted.items() if k not in self._url.query}}

    def _prepare(self) -> str:
        """Settle what a session's surroundings could change; return the collation that folds case."""
        settings = {
            "TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "extra_float_digits": "1",
            "statement_timeout": str(max(1, round(self._timeout * 1000))),
            "idle_in_transaction_session_timeout": "0", "default_transaction_read_only": "on",
        }  # fmt: skip
        asked = [sa.func.set_config(name, value, True) for name, value in settings.items()]
        self._connection.execute(sa.select(*asked))
        names = sa.table("pg_collation", sa.column("collname", sa.Text()), schema="pg_catalog").c.collname
        there = set(self._connection.scalars(sa.select(names).where(names.in_(_FOLDING))))
        return next(name for name in _FOLDING if name in there)

    def _connect(self, dialect: sa.Dialect, _: Any, arguments: Any, named: Any) -> Any:
        self._wire = dialect.connect(*arguments, **named)
        read_all_times(self._wire)
        return self._wire

    def close(self) -> None:
        """Release the connection."""
        # There is nothing to keep, and nobody to tell.
        with suppress(SourceError), self._translated(), self._watched():
            self._connection.close()
        self._engine.dispose()

    def table(self, dataset: Dataset) -> sa.FromClause:
        """Return the raw rows of a dataset's table or view."""
        self.columns(dataset)
        return self._tables[dataset.table or ""]

    def columns(self, dataset: Dataset) -> Mapping[str, ColumnSpec]:
        """Return the columns of a dataset; raise SourceMissing where there is no such table."""
        table = dataset.table or ""
        if table not in self._known:
            if dataset.files:
                raise SourceRejected(
                    self.name, f"dataset {dataset.dataset!r} names files, which duckdb reads"
                )
            self._read(table)
        return self._known[table]

    def withheld(self, dataset: Dataset) -> frozenset[str]:
        """Return the columns without a grant."""
        self.columns(dataset)
        return self._withheld[dataset.table or ""]

    def _read(self, table: str) -> None:
        schema, _, name = table.rpartition(".")
        quoted = (part.replace('"', '""') for part in (schema, name) if part)
        written = ".".join(f'"{part}"' for part in quoted)
        found = self.fetch(columns_of(written))
        if not len(found):
            raise SourceMissing(self.name, f"no table {table}{self._elsewhere(schema, name)}")
        if not any(granted for (granted,) in found.rows("granted")):
            cure = f"let the source's user read it, as by GRANT SELECT ON {table}"
            raise SourceRejected(self.name, f"permission denied for table {table}: {cure}")
        enums = {name for name, kind in found.rows("name", "kind") if kind == "e"}
        kinds = {name: "text" if name in enums else type_ for name, type_ in found.rows("name", "type")}
        # A role may have been granted some columns alone: whoever names another asks for all of them.
        granted = {name for name, may in found.rows("name", "granted") if may}
        self._withheld[table] = frozenset(kinds) - granted
        kinds = {each: kind for each, kind in kinds.items() if each in granted}
        plain = sa.table(name, *(sa.column(each) for each in kinds), schema=schema or None)
        shaped = [_shaped(plain.c[each], kind, each in enums).label(each) for each, kind in kinds.items()]
        self._tables[table] = sa.select(*shaped).subquery()
        self._known[table] = {
            each: _TYPES.get(kind, ColumnSpec(Type.UNKNOWN)) for each, kind in kinds.items()
        }

    def _elsewhere(self, schema: str, name: str) -> str:
        """Say in which schemas there is a table of this name, where none was named."""
        there = [] if schema else [row[0] for row in self.fetch(schemas_of(name)).rows("schema")]
        known = " and ".join(f"{each}.{name}" for each in there)
        return f": the search path of the role does not hold it; there is {known}" if there else ""

    def fetch(self, select: sa.Select[Any] | sa.CompoundSelect[Any]) -> Columns:
        """Run a select within the source's timeout and return its columns."""
        if self._lost is not None:
            raise self._lost
        with self._translated():
            # The server is done once the statement has run: what is made of its rows here is not its time.
            with self._watched(), self._connection.begin_nested():
                result = self._connection.execute(select)
            return Columns.of_rows(result.keys(), result.all())

    def compiled(self, select: sa.Select[Any] | sa.CompoundSelect[Any]) -> str:
        """Return the SQL with its values in place."""
        dialect = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
        try:
            return str(select.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        except (sa.exc.CompileError, NotImplementedError):
            return str(select.compile(dialect=dialect))

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Cut the connection where the server is silent: its own timeout does not reach us then."""
        fired = threading.Event()

        def cut() -> None:
            # While it connects there is no wire yet, and the driver counts the time itself.
            if self._wire is None:
                return
            fired.set()
            # Whatever the driver says of a connection that is closed: then there is nothing to cut.
            with suppress(Exception), socket.socket(fileno=os.dup(self._wire.pgconn.socket)) as wire:
                wire.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._timeout + _GRACE_SECONDS, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except sa.exc.DBAPIError as error:
            if not fired.is_set():
                raise
            words = f"the connection fell silent for more than {self._timeout:g} s"
            self._lost = SourceUnavailable(self.name, words)
            raise self._lost from error
        finally:
            timer.cancel()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            found = self._translate(error)
            if error.connection_invalidated:
                # The snapshot is gone with the connection: a new one would mix two states of the data.
                self._lost = found
            raise found from error

    def _translate(self, error: sa.exc.DBAPIError) -> SourceError:
        state = getattr(error.orig, "sqlstate", None) or ""
        message = str(error.orig).strip().split("\n")[0]
        if self._url.password:
            message = message.replace(str(self._url.password), "***")
        timed_out = state == "57014" and "user request" not in message
        if timed_out or type(error.orig).__name__ == "ConnectionTimeout":
            return SourceTimeout(self.name, f"no answer within {self._timeout:g} s")
        if state in ("42P01", "3F000", "3D000"):
            return SourceMissing(self.name, message)
        passing = state.startswith(_PASSING)
        if not state and isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
            # A connection that fails says why in words alone.
            if "database " in message and "does not exist" in message:
                return SourceMissing(self.name, message)
            passing = not any(word in message for word in _REFUSED)
        return SourceUnavailable(self.name, message) if passing else SourceRejected(self.name, message)


def _shaped(column: ColumnElement[Any], kind: str, enum: bool) -> ColumnElement[Any]:
    """Return a column as expressions expect it."""
    if kind in _CASTS:
        return sa.cast(column, _CASTS[kind])
    if kind in _TEXTS:
        whole = kind in ("text", "varchar") and not enum
        return sa.collate(column if whole else sa.cast(column, sa.Text()), "C")
    return column
