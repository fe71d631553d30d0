"""The selects of retention: who was a customer at the start, and what is left of it at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.errors import ExpressionError
from metrics.expression import Expression, Measure
from metrics.grain import Grain, Period, Span
from metrics.kind import Frame
from metrics.kinds._clock import Clock
from metrics.kinds._customers import EXACT, Activity, Subscription, bridged, keys_of, orders, subscriptions
from metrics.model import Metric, Over
from metrics.relation import Rows, Scope, Selectable
from metrics.scan import Cell, aggregate, argument, cell_of
from metrics.statistics.intervals import PAIRS_LIMIT, Moments, Pairs
from metrics.stretch import When, covered


class Share(StrEnum):
    """What is retained: customers, their revenue without growth, or their revenue with growth."""

    LOGO = "logo"
    GRR = "grr"
    NRR = "nrr"


@dataclass(frozen=True)
class ActiveIf:
    """When activity makes a customer active: within the stretch itself, or within a span before a moment."""

    within: Span | None = None

    @classmethod
    def parse(cls, text: str) -> ActiveIf:
        """Read `in_period` or `within 90 days`; raise ValueError on anything else."""
        words = text.split(maxsplit=1)
        if text == "in_period":
            return cls()
        if len(words) == 2 and words[0] == "within":
            return cls(Span.parse(words[1]))
        raise ValueError(f"{text!r} is not one of in_period, within 90 days")

    def __str__(self) -> str:
        return f"within {self.within}" if self.within else "in_period"


@dataclass(frozen=True)
class Worth:
    """What a customer's rows are worth, over the activity's dataset unless another is named."""

    measure: Measure
    where: Expression | None = None
    time: Expression | None = None
    dataset: str | None = field(default=None, metadata={"refers": "dataset"})


@dataclass(frozen=True)
class Options:
    """The kind's own keys: either `activity` or `subscription`."""

    measure: Share
    entity: str = field(metadata={"refers": "entity"})
    activity: Activity | None = None
    active_if: ActiveIf = ActiveIf()
    subscription: Subscription | None = None
    value: Worth | None = None
    over: Over = Over()

    def __post_init__(self) -> None:
        """Read the value from the activity's dataset and by its time, unless it says otherwise."""
        if self.value is not None and self.activity is not None and self.value.dataset is None:
            time = self.value.time or self.activity.time
            value = replace(self.value, dataset=self.activity.dataset, time=time)
            object.__setattr__(self, "value", value)

    @property
    def gap(self) -> Span | None:
        """Return how long it takes until an end is known to be one."""
        return self.subscription.gap if self.subscription and self.subscription.gap.count else None


Moment = date | datetime


def stretches(options: Options, period: Period, clock: Clock) -> tuple[Moment, Moment, Moment, Moment]:
    """Return the half-open stretches of activity that make a customer active at the start and at the end."""
    assert period.end is not None
    calendar, over = clock.when.calendar, options.over
    begin = covered(period, over, calendar)[0]
    back = options.active_if.within
    if back is not None:
        return (clock.boundary(begin, back), clock.boundary(begin), clock.reached(period.end, back),
                clock.reached(period.end))  # fmt: skip
    if over.trailing is not None:
        before = over.trailing.after_day(begin, -1)
    else:
        whole = calendar.period_of(begin, Grain.FISCAL_YEAR) if over.to_date else period
        start = calendar.previous(whole).start
        assert start is not None
        before = start
    return clock.boundary(before), clock.boundary(begin), clock.boundary(begin), clock.boundary(period.end)


class RetentionQuery:
    """Counts customers at the start, and what they were worth then and are worth at the end."""

    def __init__(self, metric: Metric, frame: Frame) -> None:
        self.metric, self.frame = metric, frame
        self.options: Options = metric.options
        self.dimensions = tuple(dict.fromkeys(name for cut in frame.cuts for name in cut))

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""
        used = self.options.activity or self.options.subscription
        if used is None:
            raise ExpressionError("retention needs activity or subscription", 0)
        return used.dataset

    def selects(self, scope: Scope, when: When) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return sums per cell or, for revenue, counted pairs and the moments of cells that have too many."""
        per, grains = self._contributions(*self._standing(scope, when)), self.frame.grains
        if self.options.measure is Share.LOGO:
            sums = {"sum_n": per.c.n, "sum_d": per.c.d}
            return [(grains, self._grouped(per, [], _sums(sums)))]
        counted = self._grouped(per, [per.c.n, per.c.d], [sa.func.count().label("customers")]).subquery("c")
        cell = [column for column in counted.c if column.name not in ("n", "d", "customers")]
        unique = sa.func.count().over(partition_by=cell).label("unique_pairs")
        pairs = sa.select(*counted.c, unique).subquery("u")
        few = sa.select(*pairs.c).where(pairs.c.unique_pairs <= PAIRS_LIMIT)
        n: ColumnElement[float] = sa.cast(per.c.n, sa.Double())
        d: ColumnElement[float] = sa.cast(per.c.d, sa.Double())
        terms = {"sum_n": per.c.n, "sum_d": per.c.d, "sum_nn": n * n, "sum_nd": n * d, "sum_dd": d * d}
        many = self._grouped(per, [], _sums(terms)).having(sa.func.count() > PAIRS_LIMIT)
        return [(grains, few), (grains, many)]

    def _grouped(self, rows: sa.Subquery, own: list[Any], values: list[Any]) -> Selectable:
        cell = [rows.c.p_grain, rows.c.p_start]
        dims = [rows.c[f"d_{name}"] for name in self.dimensions]
        marks = [sa.func.grouping(column).label(f"g_{column.name}") for column in dims]
        sets = [sa.tuple_(*cell, *own, *(rows.c[f"d_{name}"] for name in cut)) for cut in self.frame.cuts]
        return sa.select(*cell, *dims, *marks, *own, *values).group_by(sa.func.grouping_sets(*sets))

    # -- one row a customer at the start ----------------------------------------------------------

    def _standing(self, scope: Scope, when: When) -> tuple[sa.Subquery, sa.Subquery]:
        """Return who stands at the start (with dimensions) and who at the end, each with its worth."""
        if self.options.subscription is not None:
            return self._subscribed(scope, when, self.options.subscription)
        assert self.options.activity is not None
        rows, clock = orders(scope, when, self.options.entity, self.options.activity, self.dimensions)
        periods = self._periods(when, clock)
        start, end = (
            self._latest(rows, periods, sa.and_(rows.c.t >= periods.c[low], rows.c.t < periods.c[high]))
            for low, high in (("a_from", "a_to"), ("b_from", "b_to"))
        )
        if self.options.measure is Share.LOGO:
            return start, end
        values = self._values(scope, when)
        return (self._with_worth(start, values[0], inner=True), self._with_worth(end, values[1], inner=False))

    def _periods(self, when: When, clock: Clock, label: str = "__periods") -> sa.CTE:
        lines = [
            (str(grain), period.start, *stretches(self.options, period, clock))
            for grain in self.frame.grains
            for period in when.periods.get(grain, ())
            if grain is not Grain.ALL
        ]
        return clock.table(("a_from", "a_to", "b_from", "b_to"), lines, label)

    def _latest(self, rows: sa.CTE, periods: sa.CTE, within: ColumnElement[bool],
                *more: ColumnElement[Any]) -> sa.Subquery:  # fmt: skip
        """Return each customer's latest row of a period: p_grain, p_start, entity, dimensions and more."""
        customer = [periods.c.p_grain, periods.c.p_start, rows.c.entity]
        order = [rows.c.t.desc(), *(column.desc() for column in keys_of(rows))]
        rank = sa.func.row_number().over(partition_by=customer, order_by=order).label("rank")
        dims = [rows.c[f"d_{name}"] for name in self.dimensions]
        totals = [sa.func.sum(each).over(partition_by=customer).label("worth") for each in more]
        select = sa.select(*customer, *dims, *totals, rank).select_from(sa.join(rows, periods, within))
        ranked = select.subquery()
        kept = [column for column in ranked.c if column.name != "rank"]
        return sa.select(*kept).where(ranked.c.rank == 1).subquery()

    def _subscribed(
        self, scope: Scope, when: When, subscription: Subscription
    ) -> tuple[sa.Subquery, sa.Subquery]:
        rows, clock = subscriptions(scope, when, self.options.entity, subscription, self.dimensions)
        rows = bridged(rows, clock, subscription.gap)
        lines = [
            (str(grain), period.start, clock.boundary(covered(period, self.options.over, when.calendar)[0]),
             clock.reached(period.end))
            for grain in self.frame.grains
            for period in when.periods.get(grain, ())
            if period.end is not None
        ]  # fmt: skip
        periods = clock.table(("a_at", "b_at"), lines)
        # What begins or ends at a moment is an event of the period that begins there.
        start, end = (
            self._latest(
                rows, periods, sa.and_(rows.c.t < periods.c[at], rows.c.stop >= periods.c[at]), rows.c.worth
            )
            for at in ("a_at", "b_at")
        )
        return start, end

    def _values(self, scope: Scope, when: When) -> tuple[sa.Subquery, sa.Subquery]:
        """Return what every customer's rows are worth in the stretch of the start and in that of the end."""
        worth = self.options.value
        if worth is None or worth.dataset is None:
            raise ExpressionError(f"retention of {self.options.measure} needs a value", 0)
        rows = Rows(scope, scope.catalog.datasets[worth.dataset])
        time = rows.time(worth.time.node if worth.time else None)
        clock = Clock.of([time], rows.translator, when)
        own, moment = rows.entity(self.options.entity), clock.moment(time)
        where = [own.is_not(None), *clock.known(moment)]
        where += [rows.condition(worth.where.node)] if worth.where else []
        columns = {"entity": own, "t": moment}
        if worth.measure.argument is not None:
            columns["a"] = argument(rows, worth.measure)
        valued, periods = (
            rows.select(columns, where).cte("__values"),
            self._periods(when, clock, "__value_periods"),
        )
        total = aggregate(worth.measure, valued.c.get("a"), scope)
        customer = [periods.c.p_grain, periods.c.p_start, valued.c.entity]
        found = []
        for low, high in (("a_from", "a_to"), ("b_from", "b_to")):
            within = sa.and_(valued.c.t >= periods.c[low], valued.c.t < periods.c[high])
            select = sa.select(*customer, sa.cast(sa.func.coalesce(total, 0), EXACT).label("worth"))
            found.append(select.select_from(sa.join(valued, periods, within)).group_by(*customer).subquery())
        return found[0], found[1]

    @staticmethod
    def _with_worth(standing: sa.Subquery, worth: sa.Subquery, *, inner: bool) -> sa.Subquery:
        """Return those who stand with what they are worth; not inner: also what the others are worth."""
        join = sa.outerjoin(standing, worth, _same(standing, worth), full=not inner)
        keys = [
            standing.c[name] if inner else sa.func.coalesce(standing.c[name], worth.c[name]).label(name)
            for name in ("p_grain", "p_start", "entity")
        ]
        dims = [column for column in standing.c if column.name.startswith("d_")]
        active = standing.c.entity.is_not(None).label("active")
        return sa.select(*keys, *dims, worth.c.worth, active).select_from(join).subquery()

    def _contributions(self, start: sa.Subquery, end: sa.Subquery) -> sa.Subquery:
        """Return what each customer at the start adds to numerator n and denominator d."""
        nought, one = (sa.literal_column(each, EXACT) for each in ("0", "1"))
        active = end.c.active if "active" in end.c else end.c.entity.is_not(None)
        if self.options.measure is Share.LOGO:
            d: ColumnElement[Any] = one
            n: ColumnElement[Any] = sa.case((end.c.entity.is_not(None), one), else_=nought)
        else:
            d, later = (sa.func.coalesce(each.c.worth, nought, type_=EXACT) for each in (start, end))
            floored = sa.func.greatest(later, nought, type_=EXACT)
            still = sa.func.coalesce(active, sa.false())
            if self.options.measure is Share.GRR:
                d = sa.func.greatest(d, nought, type_=EXACT)
                n = sa.case((still, sa.func.least(d, floored, type_=EXACT)), else_=nought)
            else:
                # Of a customer who is no longer active, only what was paid back counts.
                n = sa.case((still, later), else_=sa.func.least(later, nought, type_=EXACT))
        dims = [start.c[f"d_{name}"] for name in self.dimensions]
        select = sa.select(start.c.p_grain, start.c.p_start, *dims, sa.cast(n, EXACT).label("n"),
                           sa.cast(d, EXACT).label("d"))  # fmt: skip
        return select.select_from(sa.outerjoin(start, end, _same(start, end))).subquery("r")

    def read(
        self, answers: Sequence[tuple[tuple[Grain, ...], Sequence[Mapping[str, Any]]]]
    ) -> Mapping[Cell, Retained]:
        """Return what is known of each cell."""
        found: dict[Cell, Retained] = {}
        pairs: dict[Cell, list[tuple[Decimal, Decimal, int]]] = {}
        for grains, rows in answers:
            for row in rows:
                cell = cell_of(row, grains)
                if "size" not in row:
                    line = (Decimal(row["n"]), Decimal(row["d"]), int(row["customers"]))
                    pairs.setdefault(cell, []).append(line)
                    continue
                sums = {name: float(value) for name, value in row.items() if name.startswith("sum_")}
                moments = Moments(int(row["size"]), **sums) if "sum_nn" in sums else None
                found[cell] = Retained(int(row["size"]), sums["sum_n"], sums["sum_d"], moments=moments)
        # Many customers may share few pairs: then the pairs say more than the moments.
        return {**found, **{cell: _of_pairs(lines) for cell, lines in pairs.items()}}


def _sums(terms: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [sa.func.count().label("size"), *(sa.func.sum(each).label(name) for name, each in terms.items())]


def _of_pairs(lines: list[tuple[Decimal, Decimal, int]]) -> Retained:
    table = np.array(lines, dtype=float)
    return Retained(
        sum(count for *_, count in lines),
        float(sum(n * count for n, _, count in lines)),
        float(sum(d * count for _, d, count in lines)),
        pairs=Pairs(table[:, 0], table[:, 1], table[:, 2].astype(np.int64)),
    )


def _same(one: sa.Subquery, other: sa.Subquery) -> ColumnElement[bool]:
    return sa.and_(*(one.c[name] == other.c[name] for name in ("p_grain", "p_start", "entity")))


@dataclass(frozen=True, eq=False)
class Retained:
    """Customers at the start, both sides of the share, and what the interval of revenue is made from."""

    customers: int
    n: float
    d: float
    pairs: Pairs | None = None
    moments: Moments | None = None
