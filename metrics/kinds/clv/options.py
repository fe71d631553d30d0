"""What a customer lifetime value is made of: orders, margin, model, horizon and discount rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from typing_extensions import override

from metrics.catalog.fields import unhashed
from metrics.catalog.options import KindOptions, Reference
from metrics.expressions.nodes import Expression
from metrics.grain import Grain, Span, Unit
from metrics.kinds._shared.customers import Subscription

YEAR_DAYS = 365.25
MONTH_DAYS = YEAR_DAYS / 12


class Model(StrEnum):
    """How the value of a customer is told: counted, or expected under a model."""

    HISTORIC = "historic"
    SIMPLE = "simple"
    BG_NBD = "bg_nbd"
    PARETO_NBD = "pareto_nbd"
    SBG = "sbg"


class TimeUnit(StrEnum):
    """The unit in which a model counts time; a month is 30.4375 days where days are counted."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def days(self) -> float:
        """Return the mean length of a unit in days."""
        return {TimeUnit.DAY: 1.0, TimeUnit.WEEK: 7.0, TimeUnit.MONTH: MONTH_DAYS}[self]

    @property
    def grain(self) -> Grain:
        """Return the grain whose periods are the unit."""
        return Grain(self.value)

    def span(self, count: int = 1) -> Span:
        """Return a span of so many units."""
        return Span(count, Unit(self.value))


@dataclass(frozen=True)
class Orders:
    """Rows of a dataset that are purchases; `value` is what one is worth, before the margin's rate."""

    dataset: str = field(metadata={"refers": "dataset"})
    value: Expression | None = None
    where: Expression | None = None
    time: Expression | None = None

    @property
    def reference(self) -> Reference:
        """Return the rows as a reference."""
        return Reference(self.dataset, where=self.where, time=self.time)


@dataclass(frozen=True)
class Margin:
    """What remains of a purchase: a share of its value, or an amount in the row itself."""

    rate: float | None = None
    column: Expression | None = None

    @property
    def factor(self) -> float:
        """Return what amounts are multiplied with to be margin."""
        return 1.0 if self.rate is None else self.rate

    @override
    def __str__(self) -> str:
        if self.rate is not None:
            return f"margin {self.rate * 100:g}%"
        return f"margin from rows ({self.column.text})" if self.column is not None else "no margin"


def amount_of(orders: Orders | Subscription, margin: Margin) -> Expression | None:
    """Return the expression that is summed: the margin itself, or the value that its rate applies to."""
    return margin.column if margin.column is not None else orders.value


def days_of(span: Span) -> float:
    """Return the mean length of a span in days: a month is 30.4375, a year 365.25."""
    if span.unit is Unit.YEAR:
        return span.count * YEAR_DAYS
    if span.unit is Unit.MONTH:
        return span.count * MONTH_DAYS
    return span.approximate_seconds / 86400


def rate_per(days: float, discount_rate: float) -> float:
    """Return the discount rate for so many days that makes up a rate a year, compounded."""
    return float((1.0 + discount_rate) ** (days / YEAR_DAYS) - 1.0)


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys: `orders`, or for `model: sbg` `subscription`.

    `holdout` is how much of the history a trial fit does not see; no value depends on it.
    """

    entity: str = field(metadata={"refers": "entity"})
    margin: Margin
    model: Model
    horizon: Span
    discount_rate: float
    orders: Orders | None = None
    subscription: Subscription | None = None
    time_unit: TimeUnit = TimeUnit.MONTH
    max_correlation: float = 0.2
    holdout: Span | None = unhashed()

    @property
    @override
    def reads_besides(self) -> tuple[tuple[tuple[str, ...], str, Any], ...]:
        """Return that a margin is read over the purchases, or over the subscriptions."""
        bought = self.orders or self.subscription
        return ((("margin",), bought.dataset, self.margin),) if bought is not None else ()

    @property
    def horizon_units(self) -> float:
        """Return the mean length of the horizon in time units: a formula's, which has no first day."""
        return days_of(self.horizon) / self.time_unit.days

    @property
    def unit_rate(self) -> float:
        """Return the discount rate of one time unit."""
        return rate_per(self.time_unit.days, self.discount_rate)
