"""The rows that a customer lifetime value is counted from: purchases, and customers by their first one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import Type
from metrics.errors import ExpressionError
from metrics.expressions.nodes import Expression
from metrics.frame import Frame
from metrics.grain import Grain, Span
from metrics.kinds._shared.customers import EXACT, dimension_columns, key_columns, keys_of
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.clv.options import YEAR_DAYS, Margin, Orders, amount_of
from metrics.sql.finite import guard_finite
from metrics.sql.periods import TimeFrame
from metrics.sql.rows import Rows
from metrics.sql.scope import Scope

DISCOUNTED = sa.Numeric(38, 12)
"""A discounted amount is rounded to 12 places, so that every engine adds up the same."""


def purchases(scope: Scope, when: TimeFrame, entity: str, orders: Orders, margin: Margin,
              dimensions: tuple[str, ...]) -> tuple[sa.CTE, Clock]:  # fmt: skip
    """Return the purchases that are known by the watermark: entity, t, day, amount, key, dimensions."""
    amount = amount_of(orders, margin)
    if amount is None:
        raise ExpressionError("margin needs a rate of the orders' value, or a column", 0)
    at = orders.time.node if orders.time else None
    rows = Rows(scope, scope.catalog.datasets[orders.dataset], event=at)
    time = rows.time(at)
    clock = Clock.of([time], rows.translator, when)
    own, moment = rows.entity(entity), clock.moment(time)
    where = [own.is_not(None), *clock.known(moment)]
    where += [rows.condition(orders.where.node)] if orders.where else []
    columns: Mapping[str, ColumnElement[Any]] = {
        "entity": own, "t": moment, "day": rows.translator.day(time), "amount": exact(rows, amount, orders.where),
        **key_columns(rows), **dimension_columns(rows, dimensions),
    }  # fmt: skip
    return rows.select(columns, where).cte("__purchases"), clock


def exact(rows: Rows, amount: Expression, where: Expression | None) -> ColumnElement[Any]:
    """Return an amount of some rows as a decimal; nothing counts as 0."""
    value = rows.value(amount.node)
    if not value.type.number and value.type is not Type.NULL:
        raise ExpressionError(f"a number is wanted here, got {value.type}", amount.node.offset)
    guard_finite(rows, amount.node, (where.node,) if where else ())
    return sa.cast(sa.func.coalesce(value.sql, sa.literal_column("0")), EXACT)


def since_first(bought: sa.CTE) -> sa.Subquery:
    """Return the purchases with their rank within the customer, and the customer's first moment and day."""
    own = [bought.c.entity]
    order = [bought.c.t, *keys_of(bought)]
    rank = sa.func.row_number().over(partition_by=own, order_by=order).label("rank")
    first = sa.func.min(bought.c.t).over(partition_by=own).label("first")
    first_day = sa.func.min(bought.c.day).over(partition_by=own).label("first_day")
    return sa.select(*bought.c, rank, first, first_day).subquery("s")


def of_first(rows: sa.Subquery, dimensions: Iterable[str]) -> list[ColumnElement[Any]]:
    """Return the dimensions of each customer's first purchase, where rows are grouped by customer."""
    return [
        sa.func.max(sa.case((rows.c.rank == 1, rows.c[f"d_{name}"]))).label(f"d_{name}")
        for name in dimensions
    ]


def discounted(clock: Clock, rows: sa.Subquery, discount_rate: float) -> ColumnElement[Any]:
    """Return a purchase's amount as it is worth on the day of the customer's first purchase.

    Each whole day takes its part of a year of 365.25 days: amount / (1 + rate) ** (days / 365.25).
    """
    if not discount_rate:
        return rows.c.amount
    days: ColumnElement[Any] = sa.cast(
        clock.translator.dialect.days(rows.c.day, rows.c.first_day), sa.Double()
    )
    years = days / sa.literal(-YEAR_DAYS, sa.Double())
    factor: ColumnElement[Any] = sa.func.power(
        sa.literal(1.0 + discount_rate, sa.Double()), years, type_=sa.Double()
    )
    return sa.cast(sa.cast(rows.c.amount, sa.Double()) * factor, DISCOUNTED)


def within(clock: Clock, rows: sa.Subquery, horizon: Span) -> ColumnElement[bool]:
    """Tell whether a purchase lies within the horizon of its customer's first one."""
    inside: ColumnElement[bool] = rows.c.t < clock.after(rows.c.first, horizon)
    return inside


def over(clock: Clock, moment: ColumnElement[Any], horizon: Span) -> ColumnElement[Any]:
    """Tell whether a customer's horizon has passed; without a watermark none has."""
    if clock.when.watermark is None:
        return sa.literal(False)
    return clock.over(clock.after(moment, horizon))


def starts(clock: Clock, moment: ColumnElement[Any], grains: Iterable[Grain]) -> list[ColumnElement[Any]]:
    """Return the first day of the period of each dated grain in which a moment lies."""
    return [clock.start_of(moment, grain).label(f"p_{grain}") for grain in grains if grain is not Grain.ALL]


def cells(rows: Any, frame: Frame, dimensions: tuple[str, ...]) -> list[ColumnElement[Any]]:
    """Return the columns that a cell is told by: period starts and dimensions."""
    dated = [rows.c[f"p_{grain}"] for grain in frame.grains if grain is not Grain.ALL]
    return [*dated, *(rows.c[f"d_{name}"] for name in dimensions)]


def grouped(
    rows: sa.Subquery,
    frame: Frame,
    dimensions: tuple[str, ...],
    values: Iterable[ColumnElement[Any]],
    own: Iterable[ColumnElement[Any]] = (),
) -> sa.Select[Any]:
    """Return values per grain, cut and further own columns, by grouping sets over one pass."""
    further, columns = list(own), cells(rows, frame, dimensions)
    sets = [
        sa.tuple_(
            *([rows.c[f"p_{grain}"]] if grain is not Grain.ALL else []), *further,
            *(rows.c[f"d_{name}"] for name in cut),
        )
        for grain in frame.grains
        for cut in frame.cuts
    ]  # fmt: skip
    marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in columns]
    select = sa.select(*columns, *marks, *further, *values).select_from(rows)
    return select.group_by(sa.func.grouping_sets(*sets)) if columns or further else select


def dimensions_of(frame: Frame) -> tuple[str, ...]:
    """Return the dimensions of all cuts, each once."""
    return tuple(dict.fromkeys(name for cut in frame.cuts for name in cut))
