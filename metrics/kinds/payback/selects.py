"""The selects of a payback: new customers by cohort and age, and their margin by month of age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.frame import Frame
from metrics.grain import Grain
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.clv.purchases import (
    dimensions_of,
    grouped,
    of_first,
    purchases,
    since_first,
    starts,
)
from metrics.kinds.payback.options import Options
from metrics.sql.cells import Answers, cells_in
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Cell
from metrics.sql.scope import Scope, Selectable


@dataclass(frozen=True)
class Recovered:
    """A cohort: how many customers have completed so many months, and their amounts by month of age.

    The amounts of a month are those of customers who have completed it, before the margin's rate.
    """

    completed: Mapping[int, int]
    amounts: Mapping[int, float]

    @property
    def customers(self) -> int:
        """Return how many customers the cohort has."""
        return sum(self.completed.values())

    def through(self, months: int) -> int:
        """Return how many customers have completed so many months."""
        return sum(count for done, count in self.completed.items() if done >= months)


@dataclass(frozen=True)
class Active:
    """What a period's customers brought, before the margin's rate, and in how many customer-months."""

    customer_months: int
    amount: float


class _Query:
    """What both selects know: the purchases, the customers by their first, and the cells."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.frame = frame
        self.options: Options = metric.options
        self.dimensions = dimensions_of(frame)

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.orders.dataset

    def purchases(self, scope: Scope, when: TimeFrame) -> tuple[sa.CTE, Clock]:
        """Return the purchases that are known by the watermark."""
        options = self.options
        return purchases(scope, when, options.entity, options.orders, options.margin, self.dimensions)


class RecoveredQuery(_Query):
    """Counts new customers by the months that they have completed, and adds up their margin by age."""

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return the customers by completed months, and the amounts by month of age."""
        bought, clock = self.purchases(scope, when)
        rows = since_first(bought)
        who = self._customers(rows, clock)
        counts = grouped(who, self.frame, self.dimensions, [sa.func.count().label("customers")], [who.c.done])
        age = clock.translator.dialect.months(rows.c.day, rows.c.first_day).label("age")
        aged = sa.select(rows.c.entity, rows.c.amount, age).where(age < self.options.months).subquery("a")
        joined = sa.join(aged, who, sa.and_(aged.c.entity == who.c.entity, who.c.done > aged.c.age))
        kept = [column for column in who.c if column.name not in ("entity", "done")]
        each = sa.select(*kept, aged.c.age, aged.c.amount).select_from(joined).subquery("r")
        total = sa.func.sum(each.c.amount).label("amount")
        sums = grouped(each, self.frame, self.dimensions, [total], [each.c.age])
        return [(self.frame.grains, counts), (self.frame.grains, sums)]

    def _customers(self, rows: sa.Subquery, clock: Clock) -> sa.Subquery:
        """Return one row a customer: entity, period starts, dimensions and the months completed."""
        firsts = [sa.func.min(rows.c.first).label("t"), sa.func.min(rows.c.first_day).label("first_day")]
        select = sa.select(rows.c.entity, *firsts, *of_first(rows, self.dimensions))
        each = select.group_by(rows.c.entity).subquery("e")
        done: ColumnElement[Any] = sa.literal_column("0", sa.BigInteger())
        if clock.when.watermark is not None:
            # The days before the one in which the watermark lies are over.
            today = sa.literal(clock.when.calendar.local_day(clock.when.watermark), sa.Date())
            most = sa.literal(self.options.months, sa.BigInteger())
            done = sa.func.least(
                clock.translator.dialect.months(today, each.c.first_day), most, type_=sa.BigInteger()
            )
        dims = [each.c[f"d_{name}"] for name in self.dimensions]
        periods = starts(clock, each.c.t, self.frame.grains)
        return sa.select(each.c.entity, *periods, *dims, done.label("done")).subquery("w")

    def read(self, answers: Answers) -> Mapping[Cell, Recovered]:
        """Return what is known of each cohort."""
        (grains, counts), (_, sums) = answers
        completed: dict[Cell, dict[int, int]] = {}
        amounts: dict[Cell, dict[int, float]] = {}
        for cell, customers, done in zip(
            cells_in(counts, grains), counts["customers"], counts["done"], strict=True
        ):
            # Without a customer some selects still give a row.
            if customers:
                completed.setdefault(cell, {})[int(done)] = int(customers)
        for cell, amount, age in zip(cells_in(sums, grains), sums["amount"], sums["age"], strict=True):
            if amount is not None:
                amounts.setdefault(cell, {})[int(age)] = float(amount)
        return {cell: Recovered(done, amounts.get(cell, {})) for cell, done in completed.items()}


class ActiveQuery(_Query):
    """Adds up what a period's customers brought, and in how many calendar months each was active."""

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select for all grains and cuts."""
        bought, clock = self.purchases(scope, when)
        month = clock.start_of(bought.c.t, Grain.MONTH).label("month")
        dims = [bought.c[f"d_{name}"] for name in self.dimensions]
        periods = starts(clock, bought.c.t, self.frame.grains)
        rows = sa.select(*periods, *dims, bought.c.entity, bought.c.amount, month).subquery("r")
        brought = sa.func.sum(rows.c.amount).label("amount")
        each = grouped(rows, self.frame, self.dimensions, [brought], [rows.c.entity, rows.c.month])
        one = each.subquery("e")
        keys = [column for column in one.c if column.name not in ("entity", "month", "amount")]
        values = [sa.func.count().label("customer_months"), sa.func.sum(one.c.amount).label("amount")]
        select = sa.select(*keys, *values).select_from(one)
        return [(self.frame.grains, select.group_by(*keys) if keys else select)]

    def read(self, answers: Answers) -> Mapping[Cell, Active]:
        """Return what is known of each period."""
        return {
            cell: Active(int(months), float(amount or 0))
            for grains, columns in answers
            for cell, months, amount in zip(
                cells_in(columns, grains), columns["customer_months"], columns["amount"], strict=True
            )
            if months
        }
