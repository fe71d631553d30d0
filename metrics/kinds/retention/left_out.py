"""Counts the customers that a retention leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from metrics.catalog.metric import Metric
from metrics.grain import Grain
from metrics.kinds._shared.customers import LEFT_OUT, orders, subscriptions
from metrics.kinds._shared.left_out import by_condition, read_left_out
from metrics.kinds.retention.options import Options
from metrics.sql.cells import Answers
from metrics.sql.periods import TimeFrame
from metrics.sql.scope import Scope, Selectable


class LeftOutQuery:
    """Counts everybody whom a retention would have as a customer, but for a condition of `exclude`."""

    def __init__(self, metric: Metric) -> None:
        self.options: Options = metric.options

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        return self.options.source_dataset()

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select: customers by condition."""
        options, leaving = self.options, replace(self.options.leaving, only=True)
        if options.subscription is not None:
            rows, _ = subscriptions(scope, when, options.entity, options.subscription, (LEFT_OUT,), leaving)
        else:
            options.source_dataset()
            assert options.activity is not None
            rows, _ = orders(scope, when, options.entity, options.activity, (LEFT_OUT,), leaving)
        return [((), by_condition(rows))]

    def read(self, answers: Answers) -> Mapping[str, int]:
        """Return how many customers each condition takes out, 0 where it takes none."""
        return read_left_out(tuple(self.options.exclude), answers)
