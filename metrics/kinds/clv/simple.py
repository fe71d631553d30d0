"""Lifetime value by the simple formula: margin per active customer and unit over churn, capped by the horizon."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import floor
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.metric import Metric
from metrics.dialect import NAIVE
from metrics.frame import Frame
from metrics.grain import Grain, Period
from metrics.kinds._shared.cohorts import cells_of
from metrics.kinds._shared.customers import EXACT
from metrics.kinds._shared.time_axis import Clock
from metrics.kinds.clv.options import Options
from metrics.kinds.clv.purchases import dimensions_of, grouped, of_first, purchases, since_first, starts
from metrics.observation import Dimensions, Estimate, State
from metrics.sql.cells import Answers, cells_in
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Cell
from metrics.sql.scope import Scope, Selectable
from metrics.statistics.intervals import DRAWS, Floats, percentile_interval

SIDES = ("amount", "active", "at_risk", "lost")
"""Of one customer: the amount in whole units, active units, those followed by a whole unit, those not."""


_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Units:
    """A cohort's sums of `SIDES`, the sums of their products, and how many customers were at risk."""

    customers: int
    followed: int
    sums: Floats
    products: Floats


class UnitsQuery:
    """Adds up, by cohort, in which whole units customers were active and after which they were not."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.frame = frame
        self.options: Options = metric.options
        self.dimensions = dimensions_of(frame)

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        assert self.options.orders is not None
        return self.options.orders.dataset

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return one select of sums for all grains and cuts."""
        rows = self._customers(scope, when)
        floats: dict[str, ColumnElement[Any]] = {name: sa.cast(rows.c[name], sa.Double()) for name in SIDES}
        values: list[ColumnElement[Any]] = [
            sa.func.count().label("customers"),
            sa.func.count().filter(rows.c.at_risk > 0).label("followed"),
            *(sa.func.sum(rows.c[name]).label(f"sum_{name}") for name in SIDES),
            *(sa.func.sum(floats[one] * floats[other]).label(f"sum_{one}_{other}") for one, other in _PAIRS),
        ]
        return [(self.frame.grains, grouped(rows, self.frame, self.dimensions, values))]

    def _customers(self, scope: Scope, when: TimeFrame) -> sa.Subquery:
        """Return one row a customer: period starts, dimensions and `SIDES`."""
        options = self.options
        assert options.orders is not None
        bought, clock = purchases(
            scope, when, options.entity, options.orders, options.margin, self.dimensions
        )
        rows = since_first(bought)
        first = sa.select(
            rows.c.entity, sa.func.min(rows.c.first).label("t"), *of_first(rows, self.dimensions)
        )
        who = first.group_by(rows.c.entity).subquery("w")
        units = self._units(bought, clock)
        joined = sa.outerjoin(who, units, who.c.entity == units.c.entity)
        sides = [
            sa.func.coalesce(units.c[name], sa.literal_column("0"), type_=units.c[name].type).label(name)
            for name in SIDES
        ]
        dims = [who.c[f"d_{name}"] for name in self.dimensions]
        columns = [*starts(clock, who.c.t, self.frame.grains), *dims, *sides]
        return sa.select(*columns).select_from(joined).subquery("r")

    def _units(self, bought: sa.CTE, clock: Clock) -> sa.Subquery:
        """Return each customer's `SIDES`, over the units that are over."""
        dialect, calendar, span = clock.translator.dialect, clock.when.calendar, self.options.time_unit.span()
        watermark = clock.when.watermark
        unit = clock.start_of(bought.c.t, self.options.time_unit.grain).label("unit")
        inner = sa.select(bought.c.entity, bought.c.amount, unit).subquery()
        active = sa.select(inner.c.entity, inner.c.unit, sa.func.sum(inner.c.amount).label("amount"))
        if watermark is not None:
            # The units that are over are those before the one in which the watermark lies.
            running = calendar.period_of(calendar.local_day(watermark), self.options.time_unit.grain).start
            assert running is not None
            last = calendar.period_of(running - timedelta(days=1), self.options.time_unit.grain).start
            active = active.where(inner.c.unit < sa.literal(running, sa.Date()))
        each = active.group_by(inner.c.entity, inner.c.unit).subquery()
        following = sa.func.lead(each.c.unit).over(partition_by=[each.c.entity], order_by=[each.c.unit])
        after = sa.cast(dialect.plus(each.c.unit, span, 1, NAIVE), sa.Date())
        at_risk = each.c.unit < sa.literal(last, sa.Date()) if watermark is not None else sa.true()
        marked = sa.select(
            each.c.entity,
            each.c.amount,
            sa.case((at_risk, 1), else_=0).label("at_risk"),
            sa.case((sa.and_(at_risk, sa.or_(following.is_(None), following > after)), 1), else_=0).label(
                "lost"
            ),
        ).subquery()
        sums = [
            sa.cast(sa.func.sum(marked.c.amount), EXACT).label("amount"),
            sa.func.count().label("active"),
            *(
                sa.cast(sa.func.sum(marked.c[name]), sa.BigInteger()).label(name)
                for name in ("at_risk", "lost")
            ),
        ]
        return sa.select(marked.c.entity, *sums).group_by(marked.c.entity).subquery("u")

    def read(self, answers: Answers) -> Mapping[Cell, Units]:
        """Return what is known of each cohort."""
        return {
            cell: _units(row)
            for grains, columns in answers
            for cell, row in zip(cells_in(columns, grains), columns.rows(*_SUMMED), strict=True)
            if row[0]
        }


_PAIRS = tuple((one, other) for index, one in enumerate(SIDES) for other in SIDES[index:])


_SUMMED = (
    "customers", "followed", *(f"sum_{name}" for name in SIDES), *(f"sum_{one}_{other}" for one, other in _PAIRS)
)  # fmt: skip


def _units(row: Sequence[Any]) -> Units:
    customers, followed, *values = row
    singles, pairs = values[: len(SIDES)], values[len(SIDES) :]
    products = np.zeros((len(SIDES), len(SIDES)))
    for (one, other), value in zip(_PAIRS, pairs, strict=True):
        i, j = SIDES.index(one), SIDES.index(other)
        products[i, j] = products[j, i] = float(value)
    return Units(int(customers), int(followed), np.array([float(value) for value in singles]), products)


def simple_value(margin: Any, churn: Any, units: float, unit_rate: float) -> Any:
    """Return margin per unit times the units that a customer stays, at most `units` of them.

    The sum of (1 - churn) ** k / (1 + unit_rate) ** k over k = 0, 1, .. before the horizon, its last part
    counted by its share of a unit; without discount and without end it is margin / churn. Margin and churn
    may be arrays. Never infinite: a churn of 0 gives the horizon's units.
    """
    stay = (1.0 - churn) / (1.0 + unit_rate)
    whole = floor(units + 1e-9)
    powers = sum((stay**k for k in range(whole)), start=stay * 0.0)
    return margin * (powers + max(0.0, units - whole) * stay**whole)


def finish_simple(metric: Metric, frame: Frame, found: Mapping[Cell, Units]) -> list[Estimate]:
    """Return one estimate per cohort and segment."""
    return [
        _estimate(metric, frame, period, segment, found.get(cell))
        for cell, period, segment in cells_of(frame, set(found))
    ]


def _estimate(
    metric: Metric, frame: Frame, period: Period, segment: Dimensions, cohort: Units | None
) -> Estimate:
    if cohort is None:
        return Estimate(period, segment, State.NO_DATA, numerator=0.0, denominator=0.0, sample_size=0)
    options: Options = metric.options
    # By then every customer of the cohort has had one whole unit after that of the first purchase.
    final = frame.final(period, options.time_unit.span(2))
    shown = cohort.followed > 0 and (final or cohort.followed >= metric.min_sample)
    state = State.PROVISIONAL
    if final:
        state = State.SMALL_SAMPLE if cohort.followed < metric.min_sample else State.FINAL
        state = state if shown else State.NO_DATA
    value, draws = None, None
    if shown:
        value = float(_value(options, cohort.sums[None, :])[0])
        draws = _draws(options, cohort)
    seed = zlib.crc32(f"{metric.metric}{(period, segment)}".encode())
    interval = percentile_interval(draws(seed)) if draws is not None else None
    return Estimate(
        period,
        segment,
        state,
        value=value,
        numerator=value * cohort.customers if value is not None else None,
        denominator=float(cohort.customers),
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        sample_size=cohort.followed,
        maturity=cohort.followed / cohort.customers,
        draws=draws,
    )


def _value(options: Options, sums: Floats) -> Floats:
    """Return the value of each row of sums."""
    amount, active, at_risk, lost = sums.T
    churn = np.clip(lost / at_risk, 0.0, 1.0)
    margin = options.margin.factor * amount / active
    found: Floats = simple_value(margin, churn, options.horizon_units, options.unit_rate)
    return found


def _draws(options: Options, cohort: Units) -> Callable[[int], Floats] | None:
    """Return what draws the value anew: the sums over customers are drawn from their joint normal."""
    if cohort.customers < 2:
        return None
    # Customers carry Poisson weights, so the variance of a sum is the sum of squares.
    scale = np.sqrt(np.diag(cohort.products))
    scale[scale == 0] = 1.0
    values, vectors = np.linalg.eigh(cohort.products / np.outer(scale, scale))
    # An eigenvalue as small as this is rounding, whose root would be none.
    values[values < _ROUNDING] = 0.0
    root = (vectors * np.sqrt(values)) @ vectors.T * scale

    def draws(seed: int) -> Floats:
        normal = np.random.default_rng(seed).standard_normal((DRAWS, len(SIDES)))
        drawn = cohort.sums + normal @ root
        kept = drawn[(drawn[:, 1] > 0) & (drawn[:, 2] > 0)]
        return _value(options, kept)

    return draws


__all__ = ["UnitsQuery", "finish_simple", "simple_value"]
