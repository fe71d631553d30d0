"""Add and read many observations at once: as columns, in few statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, repeat
from operator import attrgetter
from typing import Any

from sqlalchemy import Column, Connection, Dialect, MetaData, Select, Table, insert, select, type_coerce
from sqlalchemy.types import NullType

from metrics.grain import Grain, Period
from metrics.observation import FLOATS, Observation, State
from metrics.store.database import name_of, store_error
from metrics.store.tables import observation_columns, observation_row, observations

FEW = 500
"""So many are inserted as any other rows."""

_CHUNK = 20_000
_ELSEWHERE = {"period_start": "period.start", "period_end": "period.end", "cut": "dimensions"}
_READ = {
    column.name: attrgetter(_ELSEWHERE.get(column.name, column.name))
    for column in observations.c
    if column.name not in ("id", "run")
}
_NAMES = (*_READ, "run")
_PERIOD = ("grain", "period_start", "period_end")
# Plain texts, as the keys of a record are: those of columns are a kind of their own.
_RAW_NAMES = tuple(str.__str__(column.name) for column in observation_columns)
_RAW = tuple(type_coerce(column, NullType()) for column in observation_columns)
_COUNTED = ("sample_size", "code_version")

_given = Table(
    "given_observations",
    MetaData(),
    *(Column(name, observations.c[name].type) for name in _NAMES),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)


def add(connection: Connection, run: str, seen: Sequence[Observation]) -> None:
    """Insert observations as those of a run, in their order."""
    if len(seen) > FEW:
        _MANY[connection.dialect.name](connection, _rows(connection.dialect, run, seen))
    elif seen:
        connection.execute(insert(observations), [observation_row(replace(each, run=run)) for each in seen])


def _execute(connection: Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    """Insert rows as they are bound, without a look at each."""
    compiled = insert(observations).compile(dialect=connection.dialect, column_keys=list(_NAMES))
    assert compiled.positiontup == list(_NAMES)
    while chunk := list(islice(rows, _CHUNK)):
        connection.exec_driver_sql(str(compiled), chunk)


def _copy(connection: Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    """Copy rows into a table of this transaction, and insert them from there."""
    _given.create(connection, checkfirst=False)
    quote = connection.dialect.identifier_preparer.quote
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(
            f"COPY {quote(_given.name)} ({', '.join(map(quote, _NAMES))}) FROM STDIN"
        ) as copy:  # fmt: skip
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:
        # What goes by SQLAlchemy is told by its own errors; this does not.
        raise store_error(name_of(connection.engine.url), error) from error
    connection.execute(insert(observations).from_select(_NAMES, select(*_given.c)))
    _given.drop(connection, checkfirst=False)


_MANY: dict[str, Callable[[Connection, Iterator[tuple[Any, ...]]], None]] = {
    "sqlite": _execute,
    "postgresql": _copy,
}


def _rows(dialect: Dialect, run: str, seen: Sequence[Observation]) -> Iterator[tuple[Any, ...]]:
    """Yield observations as the driver takes them, in the order of _NAMES."""
    columns = (_column(dialect, name, map(read, seen)) for name, read in _READ.items())
    return zip(*columns, repeat(run))


def _column(dialect: Dialect, name: str, cells: Iterable[Any]) -> Iterable[Any]:
    # Numbers come from numpy and from DECIMAL columns too, which drivers refuse or write in their own way.
    if name in FLOATS:
        return (cell if cell is None or cell.__class__ is float else float(cell) for cell in cells)
    if name in _COUNTED:
        return (None if cell is None else int(cell) for cell in cells)
    if name in ("grain", "state"):
        return map(str.__str__, cells)
    encode = observations.c[name].type.dialect_impl(dialect).bind_processor(dialect)
    if name == "cut" and encode is not None:
        return map(Coded(lambda segment: encode(tuple(name for name, _ in segment))).__getitem__, cells)
    return cells if encode is None else map(Coded(encode).__getitem__, cells)


def read(connection: Connection, wanted: Select[tuple[object, ...]]) -> Iterator[Observation]:
    """Yield the observations that a select of their table finds."""
    found = connection.execute(wanted.with_only_columns(*_RAW)).all()
    if not found:
        return
    cells = dict(zip(_RAW_NAMES, zip(*found, strict=True), strict=True))
    day, instant, segment = (
        decoder(connection.dialect, name) for name in ("period_start", "computed_at", "dimensions")
    )
    periods = Coded(lambda three: Period(Grain(three[0]), day(three[1]), day(three[2])))
    spans = zip(*(cells[name] for name in _PERIOD), strict=True)
    columns: dict[str, Iterable[Any]] = {
        **{name: column for name, column in cells.items() if name not in _PERIOD},
        "grain": map(Coded(Grain).__getitem__, cells["grain"]),
        "period": map(periods.__getitem__, spans),
        "dimensions": map(segment, cells["dimensions"]),
        "state": map(Coded(State).__getitem__, cells["state"]),
        **{name: map(instant, cells[name]) for name in ("watermark", "computed_at")},
    }
    for row in zip(*columns.values(), strict=True):
        # The constructor of a frozen record costs more than all that is read of it.
        one = object.__new__(Observation)
        vars(one).update(zip(columns, row, strict=True))
        yield one


def decoder(dialect: Dialect, name: str) -> Callable[[Any], Any]:
    """Return what reads a column's cells as they lie in the database."""
    decode = observations.c[name].type.dialect_impl(dialect).result_processor(dialect, None)
    return Coded(decode or (lambda cell: cell)).__getitem__


class Coded(dict[Any, Any]):
    """Cells as the other side has them: the same few days, instants and segments come row after row."""

    def __init__(self, code: Callable[[Any], Any]) -> None:
        self._code = code

    def __missing__(self, cell: Any) -> Any:
        self[cell] = self._code(cell)
        return self[cell]
