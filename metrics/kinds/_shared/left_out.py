"""Counts the customers that a metric leaves out, by the name of the condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from metrics.catalog.model import Metric
from metrics.grain import Grain
from metrics.kinds._shared.customers import LEFT_OUT, orders, subscriptions
from metrics.kinds.retention.options import Options
from metrics.sql.periods import When
from metrics.sql.rows import Scope, Selectable


class LeftOutQuery:
    """Counts everybody whom a retention would have as a customer, but for a condition of `exclude`."""

    def __init__(self, metric: Metric) -> None:
        self.options: Options = metric.options

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.source_dataset()

    def selects(self, scope: Scope, when: When) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select: customers by condition."""
        options, leaving = self.options, replace(self.options.leaving, only=True)
        if options.subscription is not None:
            rows, _ = subscriptions(scope, when, options.entity, options.subscription, (LEFT_OUT,), leaving)
        else:
            options.source_dataset()
            assert options.activity is not None
            rows, _ = orders(scope, when, options.entity, options.activity, (LEFT_OUT,), leaving)
        return [((), by_condition(rows))]

    def read(
        self, answers: Sequence[tuple[tuple[Grain, ...], Sequence[Mapping[str, Any]]]]
    ) -> Mapping[str, int]:
        """Return how many customers each condition takes out, 0 where it takes none."""
        return read_left_out(tuple(self.options.exclude), answers)


def by_condition(rows: sa.CTE | sa.Subquery) -> Selectable:
    """Count the customers of rows by the condition that takes them out."""
    condition = rows.c[f"d_{LEFT_OUT}"]
    select = sa.select(
        condition.label("condition"), sa.func.count(sa.distinct(rows.c.entity)).label("customers")
    )
    return select.group_by(condition)


def read_left_out(
    names: Sequence[str], answers: Sequence[tuple[tuple[Grain, ...], Sequence[Mapping[str, Any]]]]
) -> Mapping[str, int]:
    """Return customers by condition, in the order in which the definition has them."""
    found = {row["condition"]: int(row["customers"]) for _, rows in answers for row in rows}
    return {name: found.get(name, 0) for name in names}
