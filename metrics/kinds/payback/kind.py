"""Payback: the first month in which a cohort's margin per customer reaches what a customer cost.

A period's customers are those whose first purchase lies in it, their cost is the cost of the period.
`observed` follows their margin month by month of age; an age counts once all have completed it, or at
least `min_sample`, each age over those who have. Not yet is no value: provisional while months are still
to come, final once the horizon has passed without it; the parts tell how much has come back of the cost.
`simple` divides the cost of a customer by what one brings a month. No cost or no customer: no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.expressions.nodes import Measure
from metrics.frame import Cells, Frame, number, plain_state
from metrics.grain import Period, Span, Unit
from metrics.kind import MONTHS, Kind, Uncertainty
from metrics.kinds._shared.cohorts import cells_of
from metrics.kinds.payback.options import Form, Options
from metrics.kinds.payback.selects import Active, ActiveQuery, Recovered, RecoveredQuery
from metrics.observation import PUBLISHED, Dimensions, Estimate, State
from metrics.request import Request
from metrics.sql.scan import Aggregate, Cell, Scan


class Payback(Kind[Options]):
    """When a cohort has brought back what it cost."""

    options = Options
    code_version = 3
    follows = True
    crosses_sources = True
    closes_by_value = True
    rests_on_money = True
    says: ClassVar = {
        ("form", "observed"): "follows a cohort's margin month by month until it reaches its cost",
        (
            "form",
            "simple",
        ): "the cost of a new customer over the margin that an active customer brings a month",
    }

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return months."""
        return MONTHS

    @override
    def assumes(self, metric: Metric, catalog: Catalog) -> str | None:
        """Return horizon, discount rate, currency, margin and form, for the label of every value."""
        options = self.of(metric)
        form = ", simple form" if options.form is Form.SIMPLE else ""
        return f"{options.horizon}, not discounted, {catalog.company.currency.report}, {options.margin}{form}"

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        options = self.of(metric)
        return options.orders.reference, options.cost

    @override
    def covering(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose first rows say from when there are cohorts: purchases."""
        return (self.of(metric).orders.reference,)

    @override
    def closing(
        self, metric: Metric, period: Period, segment: Dimensions, value: float | None = None
    ) -> Span | None:
        """Return what must pass after a period until it is final: the months that its value counts.

        Without a value it takes the horizon, the simple form nothing.
        """
        options = self.of(metric)
        if options.form is Form.SIMPLE:
            return None
        return Span(options.months if value is None else round(value), Unit.MONTH)

    @override
    def uncertainty(self, metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
        """Say that a number of months has no interval."""
        return Uncertainty.NONE

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for the cost, for the cohorts and, in the simple form, for what customers bring a month."""
        options = self.of(metric)
        time = options.cost.time.node if options.cost.time else None
        asked: dict[str, Request] = {
            "cost": Scan(options.cost.dataset, (_item(metric),), frame.grains, frame.cuts, time=time),
            "recovered": RecoveredQuery(metric, frame),
        }
        if options.form is Form.SIMPLE:
            asked["active"] = ActiveQuery(metric, frame)
        return asked

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate per cohort and segment."""
        recovered: Mapping[Cell, Recovered] = results["recovered"]
        costs: Cells = results["cost"]
        item, active = _item(metric), results.get("active", {})
        found = []
        for cell, period, segment in cells_of(frame, {*recovered, *costs}):
            cost = number(costs[cell][item]) if cell in costs else None
            cohort = Cohort(cost or 0.0, recovered.get(cell, Recovered({}, {})))
            if self.of(metric).form is Form.SIMPLE:
                found.append(_simple(metric, frame, (period, segment), cohort, active.get(cell)))
            else:
                found.append(_observed(metric, frame, (period, segment), cohort))
        return found

    @override
    def absent(self, metric: Metric, state: State) -> str | None:
        """Say in words what no value means: not yet, not within the horizon, or nothing to say."""
        options = self.of(metric)
        if state is not State.PROVISIONAL and state not in PUBLISHED:
            return None
        if options.form is Form.SIMPLE:
            return "never at this margin"
        return "not yet" if state is State.PROVISIONAL else f"not within {options.horizon}"

    @override
    def at_least(self, metric: Metric, state: State) -> float | None:
        """Return the first month behind the horizon for a cohort that has not paid back within it."""
        options = self.of(metric)
        observed = options.form is Form.OBSERVED and state is State.FINAL
        return options.months + 1.0 if observed else None

    @override
    def diagnostics(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return how the total's cohorts stand, by grain: paid back, not yet, not within the horizon, no cost."""
        standing: dict[str, dict[str, int]] = {}
        for each in self.finish(metric, frame, results):
            if not each.dimensions:
                counts = standing.setdefault(
                    str(each.period.grain),
                    {"paid_back": 0, "not_yet": 0, "not_within_horizon": 0, "nothing_to_pay_back": 0},
                )
                counts[_standing(each)] += 1
        return {"cohorts": standing, "horizon": str(self.of(metric).horizon)}


KIND = Payback()


def _item(metric: Metric) -> Aggregate:
    cost: Reference = metric.options.cost
    where = (cost.where.node,) if cost.where else ()
    return Aggregate("cost", cost.measure or Measure("count", "count"), where)


@dataclass(frozen=True)
class Cohort:
    """A period's cost and its new customers."""

    cost: float
    recovered: Recovered

    @property
    def open(self) -> bool:
        """Tell whether there is something to be paid back."""
        return self.cost > 0 and self.recovered.customers > 0

    @property
    def cac(self) -> float:
        """Return the cost per customer."""
        return self.cost / self.recovered.customers


def _standing(each: Estimate) -> str:
    if each.value is not None:
        return "paid_back"
    if each.state is State.NO_DATA:
        return "nothing_to_pay_back"
    return "not_yet" if each.state is State.PROVISIONAL else "not_within_horizon"


def _observed(metric: Metric, frame: Frame, key: tuple[Period, Dimensions], cohort: Cohort) -> Estimate:
    period, segment = key
    recovered, options = cohort.recovered, metric.options
    if not cohort.open:
        return _nothing(key, cohort)
    margins = _margins(metric, recovered)
    month = _reached(margins, cohort.cac)
    upto = len(margins) if month is None else month
    months = options.months if month is None else month
    size = recovered.through(upto) if upto else 0
    # Until all have completed the month that decides, it may still be another.
    closed = recovered.through(months) == recovered.customers and frame.final(
        period, Span(months, Unit.MONTH)
    )
    state = State.PROVISIONAL
    if closed:
        state = State.SMALL_SAMPLE if recovered.customers < metric.min_sample else State.FINAL
    return Estimate(
        period,
        segment,
        state,
        value=float(month) if month is not None else None,
        numerator=sum(margins[:upto]) * recovered.customers,
        denominator=cohort.cost,
        sample_size=size,
        maturity=recovered.through(months) / recovered.customers,
    )


def _margins(metric: Metric, recovered: Recovered) -> list[float]:
    """Return the margin per customer of each month of age that is known."""
    options: Options = metric.options
    found = []
    for age in range(options.months):
        completed = recovered.through(age + 1)
        if completed < recovered.customers and completed < metric.min_sample:
            break
        found.append(recovered.amounts.get(age, 0.0) * options.margin.factor / completed)
    return found


def _reached(margins: Iterable[float], cac: float) -> int | None:
    total = 0.0
    for month, margin in enumerate(margins, start=1):
        total += margin
        # What is equal but for rounding has been reached.
        if total >= cac * (1 - 1e-12):
            return month
    return None


def _simple(metric: Metric, frame: Frame, key: tuple[Period, Dimensions], cohort: Cohort,
            active: Active | None) -> Estimate:  # fmt: skip
    if not cohort.open:
        return _nothing(key, cohort)
    period, segment = key
    margin = active.amount * metric.options.margin.factor / active.customer_months if active else 0.0
    customers = cohort.recovered.customers
    value = cohort.cac / margin if margin > 0 else None
    small = customers < metric.min_sample
    return Estimate(
        period,
        segment,
        plain_state(frame, period, empty=False, small=small),
        value=value,
        numerator=cohort.cac,
        denominator=margin,
        sample_size=customers,
        maturity=frame.elapsed_share(period),
    )


def _nothing(key: tuple[Period, Dimensions], cohort: Cohort) -> Estimate:
    period, segment = key
    customers = cohort.recovered.customers
    return Estimate(
        period, segment, State.NO_DATA, numerator=0.0, denominator=cohort.cost, sample_size=customers
    )
