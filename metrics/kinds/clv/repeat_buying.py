"""Lifetime value from models of repeat buying: what came until now, and what is expected until the horizon.

The purchase model is fitted once to all customers, Gamma-Gamma to those who bought again. A customer of x
repeat purchases worth s in all, T units old, is worth

    the margin of its purchases within the horizon, discounted
    + margin x p (gamma + s) / (p x + q - 1) x the discounted purchases expected in the horizon's rest
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from metrics.catalog.metric import Metric
from metrics.errors import ComputationError, FitError
from metrics.frame import Frame
from metrics.kinds.clv.cohorts import Valued, horizon_days, horizon_passed
from metrics.kinds.clv.histories import Bought, Repeats, last_day
from metrics.kinds.clv.options import Model, Options
from metrics.kinds.clv.resampling import STEP, moved_by, shifts
from metrics.statistics import bg_nbd, gamma_gamma, pareto_nbd
from metrics.statistics.bg_nbd import BgNbd
from metrics.statistics.gamma_gamma import GammaGamma
from metrics.statistics.histories import Histories, Spends
from metrics.statistics.intervals import Floats
from metrics.statistics.pareto_nbd import ParetoNbd

Purchases = BgNbd | ParetoNbd


def fit_purchases(model: Model, found: Histories) -> Purchases:
    """Return the purchase model that a metric names, fitted; raise FitError."""
    return bg_nbd.fit(found) if model is Model.BG_NBD else pareto_nbd.fit(found)


class Population:
    """All customers of a metric, and what was fitted to them; raises ComputationError with the reason."""

    def __init__(self, metric: Metric, frame: Frame, counted: Bought, spends: Repeats) -> None:
        self.metric, self.frame = metric, frame
        self.options: Options = metric.options
        self.counted = counted
        # Without a value above 0 the mean of repeat purchases says nothing about spend.
        self.spending = spends.amount > 0
        self.spends = spends

    @property
    def last(self) -> date:
        """Return the day on which observation ends."""
        found = last_day(self.frame)
        if found is None:
            raise ComputationError(self.metric.metric, "until when its data is complete is not known")
        return found

    @cached_property
    def age_days(self) -> Floats:
        """Return T in days, row by row."""
        return np.array([(self.last - day).days for day in self.counted.first_day], dtype=np.float64)

    @cached_property
    def histories(self) -> Histories:
        """Return the histories row by row, in time units."""
        counted, unit = self.counted, self.options.time_unit.days
        return Histories(counted.frequency, counted.recency / unit, self.age_days / unit, counted.count)

    @cached_property
    def known_spends(self) -> Spends:
        """Return the spends that Gamma-Gamma is fitted to: of repeat purchases, above 0."""
        x, amount, kept = self.spends.frequency, self.spends.amount, self.spending
        return Spends.of(x[kept], amount[kept] / x[kept], self.spends.count[kept])

    @property
    def without_spend(self) -> int:
        """Return how many of those who bought again did not spend anything by it."""
        return int(self.spends.count[~self.spending].sum())

    @cached_property
    def fitted(self) -> tuple[Purchases, GammaGamma]:
        """Return both models."""
        own = self.histories
        try:
            merged = Histories.of(own.frequency, own.recency, own.age, own.count)
            purchases = fit_purchases(self.options.model, merged)
            self.known_spends.require_independence(self.options.max_correlation)
            spend = gamma_gamma.fit(self.known_spends)
        except FitError as error:
            raise ComputationError(self.metric.metric, f"its model is not fitted: {error}") from error
        if spend.expected_spend() is None:
            detail = f"Gamma-Gamma: the mean spend over customers is infinite (q {spend.q:.3g} is at most 1)"
            raise ComputationError(self.metric.metric, f"its model is not fitted: {detail}")
        return purchases, spend

    @property
    def correlation(self) -> float | None:
        """Return the correlation of frequency and value over those who bought again."""
        found: float | None = self.known_spends.correlation()
        return found

    # -- values -----------------------------------------------------------------------------------

    def valued(self) -> Valued:
        """Return what the customers are worth from their first purchase to the horizon."""
        purchases, spend = self.fitted
        counted, factor = self.counted, self.options.margin.factor
        times = self.discounted(purchases)
        base, per = self._spend(spend)
        sums = {name: counted.sums[name] for name in counted.sums}
        expected = factor * times * (counted.count * base + per * sums["s"])
        total = factor * sums["r"] + expected
        own = counted.count * base**2 + 2 * base * per * sums["s"] + per**2 * sums["ss"]
        both = base * sums["r"] + per * sums["rs"]
        squares = factor**2 * (sums["rr"] + times**2 * own + 2 * times * both)
        return Valued(
            counted.first_day,
            counted.dimensions,
            counted.count,
            total,
            squares,
            expected,
            self._slopes(purchases, spend, times, base, per),
            self.passed,
            self._moved(purchases, spend),
        )

    @cached_property
    def passed(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Tell for each row whether the horizon has passed."""
        return horizon_passed(self.frame, self.options.horizon, self.counted.first_day)

    @cached_property
    def rest(self) -> Floats:
        """Return row by row how much of the horizon lies behind T, in time units."""
        days = horizon_days(self.options.horizon, self.counted.first_day) - self.age_days
        return np.asarray(days / self.options.time_unit.days)

    def discounted(self, model: Purchases) -> Floats:
        """Return the purchases expected in the rest of the horizon, discounted to the first purchase."""
        own, unit_rate = self.histories, self.options.unit_rate
        rest, found = self.rest, np.zeros(len(own.count))
        rows = (rest > 0) & ~self.passed
        if rows.any():
            each = Histories(own.frequency[rows], own.recency[rows], own.age[rows], own.count[rows])
            ahead = model.discounted_purchases(each, rest[rows], unit_rate)
            found[rows] = ahead * (1 + unit_rate) ** -own.age[rows]
        return found

    def _spend(self, model: GammaGamma) -> tuple[Floats, Floats]:
        """Return what a purchase is expected to be worth: a base, and a part of each unit spent so far."""
        divisor = model.p * self.counted.frequency + model.q - 1
        return np.asarray(model.p * model.gamma / divisor), np.asarray(model.p / divisor)

    def _slopes(self, purchases: Purchases, spend: GammaGamma, times: Floats, base: Floats,
                per: Floats) -> Floats:  # fmt: skip
        """Return the derivatives of what is expected by the logarithms of the parameters."""
        count, amount, factor = self.counted.count, self.counted.sums["s"], self.options.margin.factor
        worth = factor * (count * base + per * amount)
        columns = []
        for name in purchases.parameters:
            up, down = (self.discounted(moved_by(purchases, name, side)) for side in (STEP, -STEP))
            columns.append(worth * (up - down) / (2 * STEP))
        for name in spend.parameters:
            sides = []
            for side in (STEP, -STEP):
                moved_base, moved_per = self._spend(moved_by(spend, name, side))
                sides.append(count * moved_base + moved_per * amount)
            columns.append(factor * times * (sides[0] - sides[1]) / (2 * STEP))
        return np.column_stack(columns)

    def _moved(self, purchases: Purchases, spend: GammaGamma) -> Floats:
        covariances = [np.array(model.covariance) for model in (purchases, spend)]
        return shifts(covariances, zlib.crc32(self.metric.metric.encode()))


def parameters_of(model: Any) -> Mapping[str, Any]:
    """Return what is published of a fit: its parameters, log-likelihood and customers."""
    return {**model.parameters, "log_likelihood": model.log_likelihood, "customers": model.customers}
