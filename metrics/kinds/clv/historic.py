"""Lifetime value as counted: the margin within the horizon of those whose horizon has passed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.frame import Frame
from metrics.grain import Grain, Period
from metrics.kinds._shared.cohorts import cells_of
from metrics.kinds.clv.options import Options
from metrics.kinds.clv.purchases import (
    dimensions_of,
    discounted,
    grouped,
    of_first,
    over,
    purchases,
    since_first,
    starts,
    within,
)
from metrics.observation import Dimensions, Estimate, State
from metrics.sql.cells import Answers, cells_in, places_of
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Cell
from metrics.sql.scope import Scope, Selectable
from metrics.statistics.intervals import (
    PAIRS_LIMIT,
    Interval,
    Pairs,
    bootstrap_ratio,
    mean_interval,
    percentile_interval,
)


@dataclass(frozen=True, eq=False)
class Earned:
    """A cohort: its customers, those whose horizon has passed, and what these brought within it.

    Sums are of amounts before the margin's rate; `pairs` counts unique amounts unless they are too many.
    """

    customers: int
    mature: int
    total: float
    squares: float
    pairs: Pairs | None = None


class EarnedQuery:
    """Counts customers by cohort, and what those whose horizon has passed brought within it."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.frame = frame
        self.options: Options = metric.options
        self.dimensions = dimensions_of(frame)

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        assert self.options.orders is not None
        return self.options.orders.dataset

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return the sums of every cohort, and the counted amounts of those that have not too many."""
        rows, grains = self._customers(scope, when), self.frame.grains
        brought = rows.c.amount
        exact: ColumnElement[float] = sa.cast(brought, sa.Double())
        sums: list[ColumnElement[Any]] = [
            sa.func.count().label("customers"),
            sa.func.count().filter(rows.c.mature).label("mature"),
            sa.func.sum(brought).filter(rows.c.mature).label("total"),
            sa.func.sum(exact * exact).filter(rows.c.mature).label("squares"),
        ]
        whole = grouped(rows, self.frame, self.dimensions, sums)
        done = sa.select(*rows.c).where(rows.c.mature).subquery("m")
        each = grouped(
            done, self.frame, self.dimensions, [sa.func.count().label("entities")], [done.c.amount]
        )
        counted = each.subquery("c")
        keys = [column for column in counted.c if column.name not in ("amount", "entities")]
        unique = sa.func.count().over(partition_by=keys) if keys else sa.func.count().over()
        lines = sa.select(*counted.c, unique.label("unique_amounts")).subquery("u")
        few = sa.select(*lines.c).where(lines.c.unique_amounts <= PAIRS_LIMIT)
        return [(grains, whole), (grains, few)]

    def _customers(self, scope: Scope, when: TimeFrame) -> sa.Subquery:
        """Return one row a customer: period starts, dimensions, amount within the horizon, mature."""
        options = self.options
        assert options.orders is not None
        bought, clock = purchases(
            scope, when, options.entity, options.orders, options.margin, self.dimensions
        )
        rows = since_first(bought)
        worth = discounted(clock, rows, options.discount_rate)
        nought = sa.literal_column("0", worth.type)
        amount = sa.func.sum(sa.case((within(clock, rows, options.horizon), worth), else_=nought))
        first = sa.func.min(rows.c.first).label("t")
        select = sa.select(rows.c.entity, first, amount.label("amount"), *of_first(rows, self.dimensions))
        each = select.group_by(rows.c.entity).subquery("e")
        mature = over(clock, each.c.t, options.horizon).label("mature")
        dims = [each.c[f"d_{name}"] for name in self.dimensions]
        return sa.select(*starts(clock, each.c.t, self.frame.grains), *dims, each.c.amount, mature).subquery(
            "r"
        )

    def read(self, answers: Answers) -> Mapping[Cell, Earned]:
        """Return what is known of each cohort."""
        (grains, sums), (_, counted) = answers
        amounts, entities = counted.floats("amount"), counted.integers("entities")
        pairs = {
            cell: Pairs(amounts[places], np.ones(len(places)), entities[places])
            for cell, places in places_of(cells_in(counted, grains)).items()
        }
        rows = sums.rows("customers", "mature", "total", "squares")
        return {
            cell: Earned(int(customers), int(mature), float(total or 0), float(squares or 0), pairs.get(cell))
            for cell, (customers, mature, total, squares) in zip(cells_in(sums, grains), rows, strict=True)
            if customers
        }


def finish_historic(metric: Metric, frame: Frame, found: Mapping[Cell, Earned]) -> list[Estimate]:
    """Return one estimate per cohort and segment."""
    nobody = Earned(0, 0, 0.0, 0.0)
    return [
        _estimate(metric, frame, period, segment, found.get(cell, nobody))
        for cell, period, segment in cells_of(frame, set(found))
    ]


def _estimate(metric: Metric, frame: Frame, period: Period, segment: Dimensions, cohort: Earned) -> Estimate:
    options: Options = metric.options
    factor = options.margin.factor
    if not cohort.customers:
        return Estimate(
            period, segment, State.NO_DATA, numerator=0.0, denominator=0.0, sample_size=0, maturity=None
        )
    whole = cohort.mature == cohort.customers
    final = whole and frame.final(period, options.horizon)
    state = State.PROVISIONAL
    if final:
        state = State.SMALL_SAMPLE if cohort.mature < metric.min_sample else State.FINAL
    # A few early customers do not tell what the cohort will be worth.
    shown = cohort.mature > 0 and (final or cohort.mature >= metric.min_sample)
    interval, draws = _spread(metric, (period, segment), cohort) if shown else (None, None)
    return Estimate(
        period,
        segment,
        state,
        value=cohort.total * factor / cohort.mature if shown else None,
        numerator=cohort.total * factor,
        denominator=float(cohort.mature),
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        sample_size=cohort.mature,
        maturity=cohort.mature / cohort.customers,
        draws=draws,
    )


def _spread(
    metric: Metric, key: tuple[Period, Dimensions], cohort: Earned
) -> tuple[Interval | None, Callable[[int], np.ndarray] | None]:
    """Return the interval of a cohort's mean, and what draws it anew where it is bootstrapped."""
    factor, pairs = metric.options.margin.factor, cohort.pairs
    if pairs is None:
        found = mean_interval(cohort.mature, cohort.total, cohort.squares)
        return (Interval(found.lower * factor, found.upper * factor) if found else None), None

    def draws(seed: int) -> np.ndarray:
        return np.asarray(bootstrap_ratio(pairs, None, None, seed) * factor)

    return percentile_interval(draws(zlib.crc32(f"{metric.metric}{key}".encode()))), draws
