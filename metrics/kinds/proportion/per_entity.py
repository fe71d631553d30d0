"""One row per entity and period: its rows are aggregated, then counted by what is said of the entity.

An entity's dimensions are those of its latest row in the period (at ties the greatest key), so that it counts
once in the total and once in every cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement
from typing_extensions import override

from metrics.catalog.options import Over
from metrics.dialect import Type, Value
from metrics.errors import ExpressionError
from metrics.expressions.measures import measure_of, measures_in
from metrics.expressions.nodes import Call, Measure, Name, Node
from metrics.frame import Cells, Frame
from metrics.grain import Grain, Span, Unit
from metrics.request import OnePass
from metrics.sql.cells import Answers, cells_in
from metrics.sql.periods import TimeFrame
from metrics.sql.rows import Rows
from metrics.sql.scan import Aggregate, Cell, Scan
from metrics.sql.scan_query import ScanQuery, aggregate, argument, dimension, guard_argument
from metrics.sql.scope import Scope, Selectable
from metrics.sql.translator import Translator

_LENGTHS = {
    Grain.DAY: Span(1, Unit.DAY), Grain.WEEK: Span(1, Unit.WEEK), Grain.MONTH: Span(1, Unit.MONTH),
    Grain.QUARTER: Span(3, Unit.MONTH), Grain.FISCAL_QUARTER: Span(3, Unit.MONTH),
    Grain.YEAR: Span(1, Unit.YEAR), Grain.FISCAL_YEAR: Span(1, Unit.YEAR),
}  # fmt: skip


class PerEntity(OnePass):
    """Counts the entities of each period and segment, and those that satisfy a condition.

    `denominator` and `numerator` hold what is said of an entity; `where` and `time` are over its rows.
    """

    def __init__(self, frame: Frame, dataset: str, entity: str, denominator: Aggregate, numerator: Aggregate,
                 where: Node | None, time: Node | None, over: Over) -> None:  # fmt: skip
        self.frame = frame
        self.entity = entity
        self.items = (denominator, numerator)
        self.where = where
        said = (*numerator.where, *([where] if where else []))
        asked = Aggregate("rows", Measure("count", "count"), said)
        self.scan = Scan(dataset, (asked,), frame.grains, frame.cuts, time=time, over=over)
        self.calls = tuple(dict.fromkeys(call for node in numerator.where for call in measures_in(node)))

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.scan.dataset

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select a grain: the rows of a month are aggregated apart from those of its quarter."""
        query = _EntityRows(self, scope, when)
        return [((grain,), self._select(query, grain)) for grain in self.frame.grains]

    def _select(self, query: _EntityRows, grain: Grain) -> Selectable:
        rows, (period,) = query.period_rows((grain,), self.entity)
        entities, values = query.entities(rows, [column.name for column in period])
        named = [entities.c[column.name] for column in period]
        bounds = _bounds(query.rows, named[-1], grain) if named else None
        said = _Said(query.rows, values, bounds)
        counts = [
            sa.func.count().filter(sa.and_(*(said.condition(node) for node in item.where))).label(label)
            if item.where
            else sa.func.count().label(label)
            for item, label in zip(self.items, ("n", "k"), strict=True)
        ]
        cells = [*named, *(entities.c[f"d_{name}"] for name in query.dimensions)]
        marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in cells]
        sets = [sa.tuple_(*named, *(entities.c[f"d_{name}"] for name in cut)) for cut in self.frame.cuts]
        select = sa.select(*cells, *marks, *counts).select_from(entities)
        return select.group_by(sa.func.grouping_sets(*sets)) if cells else select

    def read(self, answers: Answers) -> Cells:
        """Return how many entities there are and satisfy the condition, per period and segment."""
        denominator, numerator = self.items
        found: dict[Cell, Mapping[Aggregate, Any]] = {}
        for grains, columns in answers:
            for cell, n, k in zip(cells_in(columns, grains), columns["n"], columns["k"], strict=True):
                found[cell] = {denominator: n, numerator: k}
        return found


class _EntityRows(ScanQuery):
    """Reads rows with what is needed of them: whose they are, their order, and what is measured."""

    def __init__(self, asked: PerEntity, scope: Scope, when: TimeFrame) -> None:
        super().__init__(asked.scan, scope, when)
        self.asked = asked
        self.measures = {call: measure_of(call) for call in asked.calls}
        self.types: dict[Call, Type] = {}
        self.rows = Rows(scope, self.dataset, event=self.scan.time)

    @override
    def _columns(
        self, rows: Rows, entity: str | None = None
    ) -> tuple[dict[str, ColumnElement[Any]], list[ColumnElement[Any]]]:
        assert entity is not None
        own = rows.entity(entity)
        columns = {f"d_{name}": dimension(rows, name) for name in self.dimensions} | {"entity": own}
        where: list[ColumnElement[Any]] = [own.is_not(None)]
        if self.scan.time is not None or rows.time_node is not None:
            time = rows.time(self.scan.time)
            columns["l_by"] = time.sql
            where += self.when.known(time)
        columns |= {f"lk{index}": column for index, column in enumerate(rows.key())}
        for index, (call, measure) in enumerate(self.measures.items()):
            if measure.argument is not None:
                value = _measured(rows, measure, measure.argument)
                columns[f"a{index}"], self.types[call] = value.sql, value.type
                guard_argument(rows, measure, (self.asked.where,) if self.asked.where else ())
        where += [rows.condition(self.asked.where)] if self.asked.where else []
        return columns, where

    def entities(self, rows: sa.Subquery, period: list[str]) -> tuple[sa.Subquery, dict[Call, Value]]:
        """Return one row per entity and period, and what each measure is in it."""
        source: sa.Subquery = self._ranked(rows, period) if self.dimensions else rows
        own = [*(source.c[name] for name in period), source.c.entity]
        latest = [
            sa.func.max(source.c[f"d_{name}"]).filter(source.c.latest == 1).label(f"d_{name}")
            for name in self.dimensions
        ]
        measured = [
            self._total(measure, source.c.get(f"a{index}")).label(f"m{index}")
            for index, measure in enumerate(self.measures.values())
        ]
        found = sa.select(*own, *latest, *measured).group_by(*own).subquery("e")
        values = {
            call: _result(measure, found.c[f"m{index}"], self.types.get(call))
            for index, (call, measure) in enumerate(self.measures.items())
        }
        return found, values

    def _ranked(self, rows: sa.Subquery, period: list[str]) -> sa.Subquery:
        """Number the rows of an entity in a period, the latest first."""
        placed = [column for column in rows.c if column.name == "l_by" or column.name.startswith("lk")]
        order = [column.desc().nulls_last() for column in placed]
        partition = [*(rows.c[name] for name in period), rows.c.entity]
        rank = sa.func.row_number().over(partition_by=partition, order_by=order or None)
        return sa.select(*rows.c, rank.label("latest")).subquery("k")

    def _total(self, measure: Measure, column: Any) -> ColumnElement[Any]:
        if measure.function == "avg":
            # One rounding, of an exact sum: the same on every engine.
            number: ColumnElement[Any] = sa.cast(sa.func.count(column), sa.Double())
            mean: ColumnElement[Any] = sa.cast(sa.func.sum(column), sa.Double()) / sa.func.nullif(number, 0)
            return mean
        value: ColumnElement[Any] = aggregate(measure, column, self.scope)
        return sa.func.coalesce(value, sa.literal_column("0")) if measure.function == "sum" else value


def _measured(rows: Rows, measure: Measure, node: Node) -> Value:
    """Return the argument of a measure with its type; least and greatest are of any type."""
    if measure.function == "count_distinct":
        return Value(argument(rows, measure), Type.INTEGER)
    value = rows.value(node)
    if value.type is Type.NULL:
        return Value(sa.cast(sa.null(), sa.BigInteger()), Type.INTEGER)
    if value.type is Type.BOOLEAN and measure.function != "count":
        return Value(sa.case((value.sql, 1), (sa.not_(value.sql), 0)), Type.INTEGER)
    if measure.function in ("min", "max"):
        sql = rows.translator.dialect.binary_order(value.sql) if value.type is Type.TEXT else value.sql
        return Value(sql, value.type)
    return Value(argument(rows, measure), value.type)


def _result(measure: Measure, column: ColumnElement[Any], type_: Type | None) -> Value:
    """Return a measure of an entity as a value, typed by its argument."""
    if measure.function in ("avg", "percentile"):
        return Value(column, Type.FLOAT)
    kept = measure.function in ("sum", "min", "max")
    return Value(column, type_ if kept and type_ is not None else Type.INTEGER)


def said_of(rows: Rows, node: Node) -> None:
    """Raise ExpressionError where what is said of an entity does not fit its rows."""
    values = {}
    for call in measures_in(node):
        measure = measure_of(call)
        type_ = _measured(rows, measure, measure.argument).type if measure.argument is not None else None
        values[call] = _result(measure, sa.column("m"), type_)
    _Said(rows, values, rows.translator.period).condition(node)


def _bounds(rows: Rows, start: ColumnElement[Any], grain: Grain) -> tuple[Value, Value] | None:
    """Return the first day of a row's period, and the day after its last."""
    if grain is Grain.ALL:
        return None
    first = Value(start, Type.DATE)
    return first, rows.translator.shift(first, _LENGTHS[grain])


class _Said(Translator):
    """Translates what is said of an entity: its measures are columns by now, and its rows are gone."""

    def __init__(self, rows: Rows, values: Mapping[Call, Value], period: tuple[Value, Value] | None) -> None:
        known = rows.translator
        super().__init__(known.dialect, known.zone, _gone, known.now, period)
        self.values = values

    @override
    def _value(self, node: Node) -> Value:
        measured = self.values.get(node) if isinstance(node, Call) else None
        return measured if measured is not None else super()._value(node)


def _gone(name: Name) -> Value:
    column = ".".join(name.parts)
    raise ExpressionError(
        f"{column!r} is a column of rows: say it of an entity, as in max({column})", name.offset
    )
