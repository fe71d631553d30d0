"""A scan becomes selects, and their rows cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.options import At
from metrics.columns import Columns
from metrics.dialect import SA_TYPES, Type, Value
from metrics.errors import ExpressionError
from metrics.expressions.nodes import PEOPLE, Measure, Node
from metrics.grain import Grain
from metrics.observation import NONE_VALUE
from metrics.sql.cells import cells_in, possible
from metrics.sql.finite import guard_finite
from metrics.sql.joins import validity
from metrics.sql.periods import TimeFrame, periods_table
from metrics.sql.rows import Rows
from metrics.sql.scan import Aggregate, Cell, Scan
from metrics.sql.scope import Scope, Selectable


class ScanQuery:
    """Turns a scan into selects, and their rows back into cells."""

    def __init__(self, scan: Scan, scope: Scope, when: TimeFrame) -> None:
        self.scan = scan
        self.scope = scope
        self.when = when
        self.dataset = scope.catalog.datasets[scan.dataset]
        self.dimensions = tuple(dict.fromkeys(name for cut in scan.cuts for name in cut))
        self.labels = {item: f"m{index}" for index, item in enumerate(scan.items)}
        # Only so many days of a period are asked for by joining rows to them.
        self.by_period = scan.by_period or bool(when.until)

    # -- selects ----------------------------------------------------------------------------------

    def selects(self) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return the selects that answer the scan, each with the grains that it answers."""
        latest, grains = self.scan.latest, self.scan.grains
        if latest is not None and latest.within_period and not self.by_period:
            # The latest row of a month need not be that of its quarter: one pass a grain.
            return [((grain,), self._select((grain,))) for grain in grains]
        if self.by_period and self.scan.at is None and Grain.ALL in grains:
            # Whatever a period covers, `all` covers everything.
            dated = tuple(grain for grain in grains if grain is not Grain.ALL)
            return [(part, self._select(part)) for part in ((Grain.ALL,), dated) if part]
        return [(grains, self._select(grains))]

    def _select(self, grains: tuple[Grain, ...]) -> Selectable:
        return self.grouped(grains, self.aggregates)

    def aggregates(self, rows: sa.Subquery) -> list[ColumnElement[Any]]:
        """Return the aggregate of every item over grouped rows, by its label."""
        return [self._aggregate(item, rows).label(label) for item, label in self.labels.items()]

    def grouped(
        self,
        grains: tuple[Grain, ...],
        values: Callable[[sa.Subquery], list[ColumnElement[Any]]],
        entity: str | None = None,
    ) -> Selectable:
        """Return values per grain, cut, and entity if one is named, by grouping sets over one pass."""
        rows, keys = self.period_rows(grains, entity)
        own = [rows.c.entity] if entity else []
        sets = [
            sa.tuple_(*key, *own, *(rows.c[f"d_{name}"] for name in cut))
            for key in keys
            for cut in self.scan.cuts
        ]
        cells = list(dict.fromkeys(column for key in keys for column in key))
        cells += [rows.c[f"d_{name}"] for name in self.dimensions]
        marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in cells]
        select = sa.select(*cells, *marks, *own, *values(rows)).select_from(rows)
        return select.group_by(sa.func.grouping_sets(*sets)) if cells or own else select

    def period_rows(
        self, grains: tuple[Grain, ...], entity: str | None = None
    ) -> tuple[sa.Subquery, list[list[ColumnElement[Any]]]]:
        """Return the rows, and the columns that say in which period each is: one list a grain, or for all."""
        if self.by_period and (self.scan.at is not None or grains != (Grain.ALL,) or self.scan.asks_period):
            rows = self._rows_by_period(grains, entity)
            return rows, [[rows.c.p_grain, rows.c.p_start]]
        rows = self._rows(grains, entity)
        return rows, [[rows.c[f"p_{grain}"]] if grain is not Grain.ALL else [] for grain in grains]

    def _rows(self, grains: Iterable[Grain], entity: str | None = None) -> sa.Subquery:
        rows = Rows(self.scope, self.dataset, event=self.scan.time)
        columns, where = self._columns(rows, entity)
        days = {}
        if any(grain is not Grain.ALL for grain in grains):
            days = {f"p_{grain}": self.start(rows, grain) for grain in grains if grain is not Grain.ALL}
        # A plain count of everything reads no column, and a select without one is refused.
        select = rows.select({**days, **columns} or {"one": sa.literal(1)}, where)
        if self.scan.latest is None:
            return select.subquery("r")
        inner = select.subquery()
        return self._keep_latest(
            inner, [inner.c[name] for name in days] if self.scan.latest.within_period else ()
        )

    def start(self, rows: Rows, grain: Grain) -> ColumnElement[Any]:
        """Return the first day of the period in which a row's time lies."""
        calendar = self.when.calendar
        day = rows.translator.day(rows.time(self.scan.time))
        return self.scope.source.dialect.truncate(
            day, grain, calendar.week_starts, calendar.fiscal_year_starts
        )

    def _columns(
        self, rows: Rows, entity: str | None = None
    ) -> tuple[dict[str, ColumnElement[Any]], list[ColumnElement[Any]]]:
        columns = {f"d_{name}": dimension(rows, name) for name in self.dimensions}
        if entity is not None:
            columns["entity"] = rows.entity(entity)
        for item, label in self.labels.items():
            kept = [rows.condition(node) for node in item.where]
            if item.measure.function == "count_new":
                kept = [self._first_of(rows, item, kept)]
            if item.measure.argument is not None and item.measure.function != "count_new":
                columns[f"a_{label}"] = argument(rows, item.measure)
                guard_argument(rows, item.measure, item.where, filtered=False)
            if kept:
                columns[f"f_{label}"] = sa.and_(*kept)
        timed = self.scan.at is None and (self.scan.time is not None or rows.time_node is not None)
        where = self.when.known(rows.time(self.scan.time)) if timed else []
        if self.scan.latest is not None:
            columns |= self._latest_columns(rows)
            where += [rows.condition(node) for node in self.scan.latest.of]
            # Rows of nobody in particular are not one respondent's.
            where.append(columns["l_entity"].is_not(None))
        return columns, where

    def _first_of(self, rows: Rows, item: Aggregate, kept: list[ColumnElement[Any]]) -> ColumnElement[Any]:
        """Tell whether a row is the first of its entity among all that satisfy the item's conditions."""
        from_all = sa.and_(*kept) if kept else sa.true()
        entity = rows.entity(_entity_name(item))
        order = [rows.time(self.scan.time).sql, *rows.key()]
        rank = sa.func.row_number().over(partition_by=[entity, from_all], order_by=order)
        return sa.and_(from_all, entity.is_not(None), rank == 1)

    def _latest_columns(self, rows: Rows) -> dict[str, ColumnElement[Any]]:
        """Return what the latest row of an entity is told by."""
        latest = self.scan.latest
        if latest is None:
            return {}
        by = rows.value(latest.by).sql if latest.by is not None else rows.time(self.scan.time).sql
        keys = {f"lk{index}": column for index, column in enumerate(rows.key())}
        return {"l_entity": rows.entity(latest.entity), "l_by": by, **keys}

    def _keep_latest(self, rows: sa.Subquery, partition: Iterable[ColumnElement[Any]] = ()) -> sa.Subquery:
        """Keep one row per entity and partition: the greatest `by`, at ties the greatest key."""
        order = [rows.c.l_by.desc().nulls_last()]
        order += [column.desc().nulls_last() for column in rows.c if column.name.startswith("lk")]
        rank = sa.func.row_number().over(partition_by=[rows.c.l_entity, *partition], order_by=order)
        ranked = sa.select(*rows.c, rank.label("latest")).subquery()
        return sa.select(*ranked.c).where(ranked.c.latest == 1).subquery("r")

    def _aggregate(self, item: Aggregate, rows: sa.Subquery) -> ColumnElement[Any]:
        label, measure = self.labels[item], item.measure
        value = aggregate(measure, rows.c.get(f"a_{label}"), self.scope)
        kept = rows.c.get(f"f_{label}")
        result: ColumnElement[Any] = value if kept is None else value.filter(kept)
        return result

    # -- rows joined to periods -------------------------------------------------------------------

    def _rows_by_period(self, grains: Iterable[Grain], entity: str | None = None) -> sa.Subquery:
        periods = periods_table(self.when, grains, self.scan.over, self.scan.at)
        if self.scan.asks_period:
            if self.scan.latest is not None or Grain.ALL in grains:
                raise ExpressionError(
                    "period_start() and period_end() go with dated grains, without latest_per", 0
                )
            bounds = (Value(periods.c.p_start, Type.DATE), Value(periods.c.p_end, Type.DATE))
            rows = Rows(self.scope, self.dataset, period=bounds, event=self.scan.time)
            columns, where = self._columns(rows, entity)
            where.append(self._in_stretch(rows, rows.time(self.scan.time), periods))
            keys = {"p_grain": periods.c.p_grain, "p_start": periods.c.p_start}
            return rows.select({**keys, **columns}, where).subquery("r")
        rows = Rows(self.scope, self.dataset, event=self.scan.time)
        columns, where = self._columns(rows, entity)
        if self.scan.at is not None:
            return self._stock(rows, columns, where, periods)
        moment = rows.time(self.scan.time)
        if not self._looks_back:
            where = [*where, *self.when.within(moment, self.scan.over)]
        inner = rows.select({**columns, "moment": moment.sql}, where).subquery()
        latest = self.scan.latest
        if latest is not None and not latest.within_period:
            inner = self._keep_latest(inner)
        joined = self._in_stretch(rows, Value(inner.c.moment, moment.type), periods)
        keep = [inner.c[label] for label in columns]
        select = sa.select(periods.c.p_grain, periods.c.p_start, *keep)
        result = select.select_from(sa.join(inner, periods, joined)).subquery("r")
        if latest is not None and latest.within_period:
            return self._keep_latest(result, [result.c.p_grain, result.c.p_start])
        return result

    @property
    def _looks_back(self) -> bool:
        """Tell whether a row counts or not by rows that came before its period."""
        return self.scan.latest is not None or any(
            item.measure.function == "count_new" for item in self.scan.items
        )

    def _in_stretch(self, rows: Rows, moment: Value, periods: sa.FromClause) -> ColumnElement[Any]:
        if moment.type is Type.DATE:
            return sa.and_(moment.sql >= periods.c.d_from, moment.sql < periods.c.d_to)
        return sa.and_(moment.sql >= periods.c.i_from, moment.sql < periods.c.i_to)

    def _stock(self, rows: Rows, columns: Mapping[str, ColumnElement[Any]], where: Sequence[ColumnElement[Any]],
               periods: sa.FromClause) -> sa.Subquery:  # fmt: skip
        start, end = validity(rows)
        begins = rows.translator.instant(start)
        snapshot = self.dataset.valid is not None and self.dataset.valid.snapshot is not None
        extra = {"v_from": begins}
        if end is not None:
            extra["v_to"] = rows.translator.instant(end)
        elif not snapshot:
            partition = list(rows.key())[:1]
            extra["v_to"] = sa.func.lead(begins).over(partition_by=partition, order_by=begins)
        inner = rows.select({**columns, **extra}, [*where, *self.when.known(start)]).subquery()
        if rows.turns:
            raise ExpressionError("a condition that goes by the day of an event says nothing of a stock", 0)
        at_start = self.scan.at is At.PERIOD_START
        at = periods.c.i_at
        began = inner.c.v_from <= at if at_start else inner.c.v_from < at
        if snapshot:
            taken = sa.select(
                periods.c.p_grain, periods.c.p_start, sa.func.max(inner.c.v_from).label("taken")
            )
            taken = taken.select_from(sa.join(inner, periods, began)).group_by(
                periods.c.p_grain, periods.c.p_start
            )
            last = taken.subquery("s")
            joined = inner.c.v_from == last.c.taken
            select = sa.select(last.c.p_grain, last.c.p_start, *(inner.c[label] for label in columns))
            return select.select_from(sa.join(inner, last, joined)).subquery("r")
        lasts = sa.or_(inner.c.v_to.is_(None), inner.c.v_to > at if at_start else inner.c.v_to >= at)
        select = sa.select(periods.c.p_grain, periods.c.p_start, *(inner.c[label] for label in columns))
        return select.select_from(sa.join(inner, periods, sa.and_(began, lasts))).subquery("r")

    # -- results ----------------------------------------------------------------------------------

    def cells(self, columns: Columns, grains: tuple[Grain, ...]) -> dict[Cell, dict[Aggregate, Any]]:
        """Turn a select's rows into cells: grain, first day, segment -> the value of each item."""
        items = tuple(self.labels)
        values = columns.rows(*self.labels.values())
        return {
            cell: dict(zip(items, row, strict=True))
            for cell, row in zip(cells_in(columns, grains), values, strict=True)
            if possible(cell)
        }


def dimension(rows: Rows, name: str) -> ColumnElement[Any]:
    """Return a dimension's value as text; null is `(none)`."""
    value = rows.value(rows.dataset.dimensions[name].node)
    return sa.func.coalesce(rows.scope.source.dialect.cast(value, Type.TEXT), NONE_VALUE)


def argument(rows: Rows, measure: Measure) -> ColumnElement[Any]:
    """Return the argument of a measure, typed so that its sum is exact where it can be."""
    assert measure.argument is not None
    if counts_entities(rows, measure):
        return rows.entity(getattr(measure.argument, "parts", ("",))[0])
    value = rows.value(measure.argument)
    if measure.function in ("sum", "avg", "percentile", "min", "max"):
        if value.type is Type.BOOLEAN:
            return sa.case((value.sql, 1), else_=0)
        rows.translator._number(measure.argument)
    return value.sql


def counts_entities(rows: Rows, measure: Measure) -> bool:
    """Tell whether a measure counts an entity's different ones, and not those of a column."""
    name = getattr(measure.argument, "parts", ("",))[0]
    distinct = measure.function == "count_distinct" and name not in rows.offered
    return measure.function == PEOPLE or (distinct and name in rows.dataset.entities)


def guard_argument(
    rows: Rows, measure: Measure, where: Iterable[Node] = (), *, filtered: bool = True
) -> None:
    """Leave a guard where what is measured may be NaN or infinite; a count of rows reads no number."""
    counted = measure.function in ("count", "count_new") or counts_entities(rows, measure)
    if measure.argument is not None and not counted:
        guard_finite(rows, measure.argument, where, filtered=filtered)


def aggregate(measure: Measure, column: Any, scope: Scope) -> Any:
    """Return a measure's aggregate over a column of arguments."""
    if measure.function in ("count", "count_new"):
        return sa.func.count() if column is None else sa.func.count(column)
    if measure.function in ("count_distinct", PEOPLE):
        return sa.func.count(sa.distinct(column))
    if measure.function == "percentile":
        return scope.source.dialect.percentile(
            sa.cast(column, SA_TYPES[Type.FLOAT]), measure.parameter or 0.5
        )
    return getattr(sa.func, measure.function)(column)


def _entity_name(item: Aggregate) -> str:
    return str(getattr(item.measure.argument, "parts", ("",))[0])
