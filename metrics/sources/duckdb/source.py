"""DuckDB, embedded: its own database file, and CSV and Parquet files.

A connection reads only: a database file is opened read-only, and file access is limited to the paths
that the datasets declare, before the first query runs. Links are followed once, and where they lead is
looked at again whenever it is read: it has to lie under the roots still. CSV columns get a type only where
every value fits it exactly: an id with leading zeros stays a text, and a date is a date only in ISO form.
"""

from __future__ import annotations

import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateTableAs

from metrics.catalog.dataset import Dataset, SourceDefinition
from metrics.columns import Column, Columns, Listed
from metrics.dialect import INSTANT, NAIVE, Type
from metrics.errors import SourceError, SourceMissing, SourceRejected, SourceTimeout, SourceUnavailable
from metrics.file_roots import FileRoots
from metrics.source import ColumnSpec, Source
from metrics.sources._shared.files import Looks
from metrics.sources.duckdb.arrow_columns import Moments, column_of, known
from metrics.sources.duckdb.csv_shape import ragged
from metrics.sources.duckdb.dialect import DuckDBDialect

BACKENDS = ("duckdb",)
READS_FILES = True

_TYPES = {
    "VARCHAR": Type.TEXT, "BOOLEAN": Type.BOOLEAN, "DATE": Type.DATE, "DOUBLE": Type.FLOAT, "FLOAT": Type.FLOAT,
    "TINYINT": Type.INTEGER, "SMALLINT": Type.INTEGER, "INTEGER": Type.INTEGER, "BIGINT": Type.INTEGER,
    "HUGEINT": Type.INTEGER, "UTINYINT": Type.INTEGER, "USMALLINT": Type.INTEGER, "UINTEGER": Type.INTEGER,
    "UBIGINT": Type.INTEGER, "TIMESTAMP WITH TIME ZONE": Type.INSTANT,
}  # fmt: skip

MEMORY = ":memory:"
_SAMPLE = 1000
# What every value of a CSV column must match for the column to have a type; the first that fits.
_CSV_TYPES: tuple[tuple[str, str, Any], ...] = (
    ("boolean", r"true|false|True|False|TRUE|FALSE", sa.Boolean()),
    ("integer", r"-?(0|[1-9]\d{0,17})", sa.BigInteger()),
    ("decimal", r"-?(0|[1-9]\d{0,11})(\.\d{1,6})?", sa.Numeric(18, 6)),
    ("float", r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d{1,3})?", sa.Double()),
    ("date", r"\d{4}-\d\d-\d\d", sa.Date()),
    ("naive", r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?", NAIVE),
    ("instant", r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?\s?(Z|UTC|[-+]\d\d(:?\d\d)?)", INSTANT),
)


def open_source(
    definition: SourceDefinition, url: str, roots: FileRoots, datasets: Sequence[Dataset]
) -> DuckDBSource:
    """Open a DuckDB source; raise SourceMissing or SourceUnavailable where the file cannot be opened.

    Raises SourceRejected where it lies outside of the roots, or is no regular file.
    """
    return DuckDBSource(definition, url, roots, datasets)


class DuckDBSource(Source):
    """One DuckDB connection; not for use by several threads at a time."""

    def __init__(
        self, definition: SourceDefinition, url: str, roots: FileRoots, datasets: Sequence[Dataset]
    ) -> None:
        self.name = definition.name
        self.dialect = DuckDBDialect()
        self._timeout = definition.timeout.approximate_seconds
        self._looks = Looks(self.name, roots, self._timeout)
        self._files = {each.files: self._looks.expand(each.files) for each in datasets if each.files}
        self._viewed: dict[Path, Path] = {}
        self._names: dict[tuple[object, ...], str] = {}
        self._known: dict[str, Mapping[str, ColumnSpec]] = {}
        self._blank: dict[str, set[str]] = {}
        path = make_url(url).database or MEMORY
        target = path if path == MEMORY else str(self._looks.database(path))
        with self._translated():
            self._engine = sa.create_engine(
                sa.URL.create("duckdb", database=target),
                poolclass=StaticPool,
                connect_args={"read_only": target != MEMORY},
            )
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._raw = _raw(self._connection)
            self._limit_access()

    def _limit_access(self) -> None:
        # Naming the zone also loads the extension that knows zones, which cannot be loaded later.
        self._raw.execute("SET TimeZone = 'UTC'")
        # What does not fit into memory goes there, not into the working directory, which may not be writable.
        # DuckDB makes the folder when it needs it and takes it away when it closes.
        spill = Path(tempfile.gettempdir()) / f"scorecard-duckdb-{uuid.uuid4().hex}"
        self._raw.execute("SET temp_directory = $path", {"path": str(spill)})
        found = [path for paths in self._files.values() for path in paths]
        paths = [str(path) for path in self._looks.inside(found)]
        self._raw.execute("SET allowed_paths = $paths", {"paths": paths})
        self._raw.execute("SET enable_external_access = false")
        self._raw.execute("SET lock_configuration = true")

    def close(self) -> None:
        """Release the connection."""
        self._connection.close()
        self._engine.dispose()

    def table(self, dataset: Dataset) -> sa.FromClause:
        """Return the raw rows of a dataset; files become a view (Parquet) or a temporary table (CSV)."""
        columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in self.columns(dataset)]
        if dataset.files:
            return sa.table(self._name(dataset), *columns)
        schema, _, name = (dataset.table or "").rpartition(".")
        return sa.table(name, *columns, schema=schema or None)

    def columns(self, dataset: Dataset) -> Mapping[str, ColumnSpec]:
        """Return the columns of a dataset; raise SourceMissing where there is no such table or file."""
        name = self._name(dataset)
        if name not in self._known:
            with self._translated(), self._limited():
                self._known[name] = self._read_columns(dataset)
        return self._known[name]

    def _name(self, dataset: Dataset) -> str:
        """Return what a dataset's rows are called here: two definitions of one name may read different ones."""
        read = (dataset.dataset, dataset.table, dataset.files, tuple(dataset.types) if dataset.files else ())
        if read not in self._names:
            namesakes = sum(name == dataset.dataset for name, *_ in self._names)
            self._names[read] = f"{dataset.dataset}__{namesakes + 1}" if namesakes else dataset.dataset
        return self._names[read]

    def _read_columns(self, dataset: Dataset) -> Mapping[str, ColumnSpec]:
        if dataset.files:
            return self._mount(dataset)
        relation = self._raw.table(dataset.table or "")
        return {name: _spec(str(type_)) for name, type_ in zip(relation.columns, relation.types, strict=True)}

    def _mount(self, dataset: Dataset) -> Mapping[str, ColumnSpec]:
        self._looks.require_within(dataset.files)
        name, found = self._name(dataset), self._files[dataset.files]
        paths = [str(path) for path in found]
        if not paths:
            raise SourceMissing(self.name, f"no file matches {', '.join(dataset.files)}")
        self._looks.require_regular(found)
        if all(path.endswith(".parquet") for path in paths):
            relation = self._raw.read_parquet(paths, union_by_name=True)
            relation.create_view(name)
            self._viewed |= found
        else:
            raw = f"{name}__raw"
            texts = self._raw.read_csv(paths, all_varchar=True, union_by_name=len(paths) > 1)  # type: ignore[arg-type]
            refused = ragged([*found], texts.columns)
            if refused is not None:
                raise SourceRejected(self.name, refused)
            texts.to_table(raw)
            self._looks.require_regular(found)
            self._type_csv(dataset, raw, texts.columns)
            relation = self._raw.table(name)
        blank = self._blank.get(name, set())
        return {
            column: ColumnSpec(Type.NULL) if column in blank else _spec(str(type_))
            for column, type_ in zip(relation.columns, relation.types, strict=True)
        }

    def _type_csv(self, dataset: Dataset, raw: str, names: Sequence[str]) -> None:
        table = sa.table(raw, *(sa.column(name) for name in names))
        free = [name for name in names if name not in dataset.types]
        wanted = [(name, kind) for name in free for kind, *_ in _CSV_TYPES]
        # The first rows rule out most types; what is left must fit every row.
        some = self._fitting(sa.select(table).limit(_SAMPLE).subquery(), wanted)
        fits = self._fitting(table, [key for key in wanted if some[key] is not False])
        # Null: there is not a single value to tell a type by.
        self._blank[self._name(dataset)] = {name for (name, _), fit in fits.items() if fit is None}
        found = {key: bool(fit) for key, fit in fits.items()}
        typed = [
            sa.cast(table.c[name], kind).label(name) if (kind := _csv_type(name, found)) is not None
            else table.c[name]
            for name in names
        ]  # fmt: skip
        self._connection.execute(CreateTableAs(sa.select(*typed), self._name(dataset), temporary=True))

    def _fitting(
        self, table: sa.FromClause, wanted: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], bool | None]:
        """Tell which columns fit which type in every row; None where there is no value."""
        types = {kind: (pattern, type_) for kind, pattern, type_ in _CSV_TYPES}
        fits = [
            sa.func.bool_and(
                sa.and_(
                    sa.func.regexp_full_match(table.c[name], types[kind][0]),
                    sa.try_cast(table.c[name], types[kind][1]).is_not(None),
                )
            ).filter(table.c[name].is_not(None))
            for name, kind in wanted
        ]
        if not fits:
            return {}
        row = self._connection.execute(sa.select(*fits).select_from(table)).one()
        return {key: None if value is None else bool(value) for key, value in zip(wanted, row, strict=True)}

    def fetch(self, select: sa.Select[Any] | sa.CompoundSelect[Any]) -> Columns:
        """Run a select within the source's timeout and return its columns."""
        # A view opens its files anew, and a link may have been put in their place since.
        self._looks.require_regular(self._viewed)
        with self._translated(), self._limited():
            result = self._connection.execute(select)
            names = tuple(result.keys())
            types = [str(column[1]) for column in result.cursor.description]
            asked = [column.type for column in select.selected_columns]
            if len(asked) != len(types) or not all(known(type_) for type_ in types):
                # What Arrow has another form for, or a select has without saying so, comes by row.
                return Columns.of_rows(names, result.all())
            cursor: Any = result.cursor
            # Its name since DuckDB 1.5; before, the other alone is known.
            table = getattr(cursor, "to_arrow_table", None) or cursor.fetch_arrow_table
            arrow = table()
            result.close()
            columns = [
                self._column(arrow, place, type_, wanted)
                for place, (type_, wanted) in enumerate(zip(types, asked, strict=True))
            ]
            return Columns(names, tuple(columns), arrow.num_rows)

    def _column(self, arrow: Any, place: int, type_: str, wanted: Any) -> Column:
        """Return one column of an Arrow table, with the values that SQLAlchemy makes of rows."""
        column = column_of(type_, arrow.column(place))
        if isinstance(column, Moments) and not column.possible:
            # The year 20260, "infinity", BC: the engine has forms of its own for what no calendar here holds.
            rows = self._raw.from_arrow(arrow.select([place])).fetchall()
            column = Listed([row[0] for row in rows])
        if getattr(wanted, "asdecimal", False) and type_.startswith("DECIMAL"):
            return column
        process = wanted.dialect_impl(self._engine.dialect).result_processor(self._engine.dialect, type_)
        if process is None or (isinstance(wanted, sa.Float) and type_ == "DOUBLE"):
            return column
        return Listed([process(value) for value in column.values()])

    def compiled(self, select: sa.Select[Any] | sa.CompoundSelect[Any]) -> str:
        """Return the SQL with its values in place."""
        try:
            return str(select.compile(self._engine, compile_kwargs={"literal_binds": True}))
        except (sa.exc.CompileError, NotImplementedError):
            return str(select.compile(self._engine))

    @contextmanager
    def _limited(self) -> Iterator[None]:
        fired = threading.Event()

        def interrupt() -> None:
            fired.set()
            self._raw.interrupt()

        timer = threading.Timer(self._timeout, interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (sa.exc.DBAPIError, duckdb.Error) as error:
            if fired.is_set():
                raise SourceTimeout(self.name, f"no answer within {self._timeout:g} s") from error
            raise
        finally:
            timer.cancel()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DBAPIError, duckdb.Error) as error:
            found = _translate(self.name, error)
            raise type(found)(self.name, self.clean(found.message)) from error


def _translate(name: str, error: Exception) -> SourceError:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
    lines = str(cause).split("\n")
    # Of a line that does not fit, which it is, and how.
    message = ", ".join(lines[:3]) if "CSV Error on Line" in lines[0] else lines[0]
    if "Could not set lock" in message:
        # DuckDB names the process that holds the file for writing.
        return SourceUnavailable(name, message)
    if isinstance(cause, duckdb.CatalogException):
        return SourceMissing(name, message)
    return SourceRejected(name, message)


def _raw(connection: sa.Connection) -> duckdb.DuckDBPyConnection:
    wrapped: Any = connection.connection.driver_connection
    raw: duckdb.DuckDBPyConnection = getattr(wrapped, "_ConnectionWrapper__c", wrapped)
    return raw


def _csv_type(name: str, found: Mapping[tuple[str, str], bool]) -> Any:
    return next((type_ for kind, _, type_ in _CSV_TYPES if found.get((name, kind))), None)


def _spec(name: str) -> ColumnSpec:
    if name.startswith("TIMESTAMP") and name != "TIMESTAMP WITH TIME ZONE":
        return ColumnSpec(Type.INSTANT, naive=True)
    if name.startswith("DECIMAL"):
        return ColumnSpec(Type.DECIMAL)
    if name.startswith("ENUM"):
        return ColumnSpec(Type.TEXT)
    return ColumnSpec(_TYPES.get(name, Type.UNKNOWN))
