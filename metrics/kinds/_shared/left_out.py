"""Counts the customers that a metric leaves out, by the name of the condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from metrics.kinds._shared.customers import LEFT_OUT
from metrics.sql.cells import Answers
from metrics.sql.scope import Selectable


def by_condition(rows: sa.CTE | sa.Subquery) -> Selectable:
    """Count the customers of rows by the condition that takes them out."""
    condition = rows.c[f"d_{LEFT_OUT}"]
    select = sa.select(
        condition.label("condition"), sa.func.count(sa.distinct(rows.c.entity)).label("customers")
    )
    return select.group_by(condition)


def read_left_out(names: Sequence[str], answers: Answers) -> Mapping[str, int]:
    """Return customers by condition, in the order in which the definition has them."""
    found = {
        condition: int(customers)
        for _, columns in answers
        for condition, customers in columns.rows("condition", "customers")
    }
    return {name: found.get(name, 0) for name in names}
