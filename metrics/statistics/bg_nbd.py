"""The BG/NBD model of repeat buying: customers buy at random and may leave after any repeat purchase.

P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "'Counting your customers' the easy way: an alternative to
the Pareto/NBD model", Marketing Science 24(2). A customer buys at rate lambda ~ gamma(r, alpha) and leaves
after each repeat purchase with probability p ~ beta(a, b).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.statistics.fitting import Covariance, Point, maximise, require_customers
from metrics.statistics.histories import Histories, Levels, by_frequency
from metrics.statistics.intervals import Floats
from metrics.statistics.quadrature import beta_nodes, discounted, require_horizon
from metrics.statistics.special import betaln, expit, gammaln, log_expit, psi, zeta

MODEL = "BG/NBD"
NAMES = ("r", "alpha", "a", "b")
LEAST = 30
# Where the search begins, with times in units of the mean age.
_STARTS = ((0.5, 0.3, 0.8, 2.5), (2.0, 2.0, 0.3, 5.0), (0.1, 0.05, 2.0, 2.0))


@dataclass(frozen=True)
class BgNbd:
    """A fitted BG/NBD model; alpha is in the time unit of the histories."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int
    covariance: Covariance

    @property
    def parameters(self) -> Mapping[str, float]:
        """Return r, alpha, a and b."""
        return {name: getattr(self, name) for name in NAMES}

    def expected_purchases(self, t: ArrayLike) -> Floats:
        """Return E[X(t)], the repeat purchases of a new customer within t: equation 9 of the paper."""
        times = np.asarray(t, dtype=np.float64)
        return self._while_active(0, times / self.alpha)

    def probability_alive(self, histories: Histories) -> Floats:
        """Return for each row the probability that its customers are active; exactly 1 at x = 0.

        1 / (1 + a / (b + x - 1) ((alpha + T) / (alpha + t_x)) ** (r + x)) where x > 0.
        """
        x, repeated = histories.frequency, histories.frequency > 0
        waited = (self.r + x) * np.log((self.alpha + histories.age) / (self.alpha + histories.recency))
        left = np.log(self.a / np.where(repeated, self.b + x - 1, 1.0))
        return np.where(repeated, expit(-left - waited), 1.0)

    def conditional_purchases(self, histories: Histories, t: ArrayLike) -> Floats:
        """Return for each row E[Y(t) | x, t_x, T], the purchases within t: equation 10 of the paper.

        t is one number or one for each row.
        """

        def at_ages(x: int, age: Floats, ahead: Floats) -> Floats:
            return self._while_active(x, ahead / (self.alpha + age))

        return self.probability_alive(histories) * by_frequency(histories, t, at_ages)

    def discounted_purchases(self, histories: Histories, horizon: ArrayLike, rate: float) -> Floats:
        """Return for each row the purchases within the horizon, one after u counting (1 + rate) ** -u.

        The integral of (1 + rate) ** -u dE[Y(u)] from 0 to the horizon, which is one number or one for each
        row; `rate` is the discount rate of one time unit. A new customer has x = t_x = T = 0. The horizon is
        finite, as the sum without an end need not be.

        Raises:
            ValueError: a horizon is not finite and at least 0, or the rate is below 0.
        """
        require_horizon(horizon, rate)

        def at_ages(x: int, age: Floats, ahead: Floats) -> Floats:
            return discounted(lambda w: self._while_active(x, w), self.alpha + age, ahead, rate)

        return self.probability_alive(histories) * by_frequency(histories, horizon, at_ages)

    def expected_lifetime(self) -> float | None:
        """Return the mean time until a new customer leaves, or None where it is infinite.

        A customer leaves after a mean time of 1 / (lambda p): alpha / (r - 1) (a + b - 1) / (a - 1), finite
        only for r > 1 and a > 1.
        """
        if self.r <= 1 or self.a <= 1:
            return None
        return self.alpha / (self.r - 1) * (self.a + self.b - 1) / (self.a - 1)

    def frequencies(self, t: float, most: int) -> Floats:
        """Return P(X(t) = 0) to P(X(t) = most) of a new customer, t > 0: equation 8 of the paper."""
        x = np.arange(most + 1)
        # Purchases without anybody leaving: negative binomial.
        bought = gammaln(self.r + x) - gammaln(self.r) - gammaln(x + 1)
        bought = np.exp(bought - self.r * np.log1p(t / self.alpha) + x * np.log(t / (self.alpha + t)))
        whole = betaln(self.a, self.b)
        found: Floats = np.exp(betaln(self.a, self.b + x) - whole) * bought
        more = np.maximum(0.0, 1 - np.cumsum(bought)[:-1])
        found[1:] += np.exp(betaln(self.a + 1, self.b + x[:-1]) - whole) * more
        return found

    def _while_active(self, x: int, w: Floats) -> Floats:
        """Return what an active customer with x repeats buys within w (alpha + T).

        With A = r + x it is the mean of (1 - (1 + p w) ** -A) / p over p ~ beta(a, b + x), the paper's
        (a + b + x - 1) / (a - 1) (1 - (1 + w) ** -A 2F1(A, b + x; a + b + x - 1; w / (1 + w))).
        """
        shape = self.r + x
        nodes = beta_nodes(self.a, self.b + x, steepness=shape * float(np.max(w, initial=0.0)))
        within = -np.expm1(-shape * np.log1p(np.multiply.outer(w, nodes.p)))
        return np.asarray(within @ (nodes.weight / nodes.p), dtype=np.float64)


def fit(histories: Histories, at_least: int = LEAST) -> BgNbd:
    """Return the BG/NBD model of greatest likelihood for these customers.

    The likelihood is the paper's equation 6, a density in the time unit of the histories: in a unit c times
    as long the log-likelihood is greater by log c for each repeat purchase.

    Raises:
        FitError: fewer than `at_least` customers bought again, or no maximum exists within reach.
    """
    require_customers(MODEL, histories.repeat_customers, at_least, "customers who bought again")
    unit = histories.mean_age
    found = maximise(MODEL, NAMES, Likelihood(histories, unit), _STARTS)
    r, alpha, a, b = map(float, found.parameters)
    value = found.value - histories.purchases * float(np.log(unit))
    return BgNbd(r, alpha * unit, a, b, value, histories.customers, found.plain_covariance())


class Likelihood:
    """The log-likelihood of counted histories with its first and second derivatives by r, alpha, a, b."""

    def __init__(self, histories: Histories, unit: float = 1.0) -> None:
        """Take the histories, their times in multiples of `unit`."""
        again = histories.frequency > 0
        self._once = histories.age[~again] / unit
        self._once_count = histories.count[~again].astype(np.float64)
        self._count = histories.count[again].astype(np.float64)
        self._x = histories.frequency[again].astype(np.float64)
        levels = Levels.of(self._x, self._count)
        # The functions of x are differences from those of x = 0.
        self._levels = np.append(0.0, levels.values)
        self._level_count = np.append(-levels.count.sum(), levels.count)
        self._recency = histories.recency[again] / unit
        self._age = histories.age[again] / unit
        self._customers = histories.customers

    def __call__(self, parameters: Floats) -> Point:
        """Return the log-likelihood and its derivatives at (r, alpha, a, b)."""
        return self._of_frequencies(parameters) + self._of_once(parameters) + self._of_again(parameters)

    def _of_frequencies(self, parameters: Floats) -> Point:
        """Return the part of x alone: log of gamma(r + x) / gamma(r) B(a, b + x) / B(a, b)."""
        r, _, a, b = parameters
        shapes, count = np.array([[r], [b], [a + b]]) + self._levels, self._level_count
        of_r, of_b, of_both = gammaln(shapes) @ count
        slope_r, slope_b, slope_both = psi(shapes) @ count
        bend_r, bend_b, bend_both = zeta(2, shapes) @ count
        hessian = np.zeros((4, 4))
        hessian[0, 0] = bend_r
        hessian[2:, 2:] = -bend_both
        hessian[3, 3] += bend_b
        gradient = np.array([slope_r, 0.0, -slope_both, slope_b - slope_both])
        return Point(float(of_r + of_b - of_both), gradient, hessian)

    def _of_once(self, parameters: Floats) -> Point:
        """Return r log(alpha) of all customers and -r log(alpha + T) of those who bought once."""
        r, alpha, _, _ = parameters
        age, count = alpha + self._once, self._once_count
        logs = self._customers * np.log(alpha) - count @ np.log(age)
        slope = self._customers / alpha - count @ (1 / age)
        bend = -self._customers / alpha**2 + count @ (1 / age**2)
        hessian = np.zeros((4, 4))
        hessian[0, 1] = hessian[1, 0] = slope
        hessian[1, 1] = r * bend
        return Point(float(r * logs), np.array([logs, r * slope, 0.0, 0.0]), hessian)

    def _of_again(self, parameters: Floats) -> Point:
        """Return the log of exp(u) + exp(v) of those who bought again: still active, or gone after t_x.

        u = -(r + x) log(alpha + T), v = log(a / (b + x - 1)) - (r + x) log(alpha + t_x).
        """
        r, alpha, a, b = parameters
        count, shape, before = self._count, r + self._x, b + self._x - 1
        shapes = count * shape
        per_age, per_recency = 1 / (alpha + self._age), 1 / (alpha + self._recency)
        log_age = -np.log(per_age)
        waited = np.log(per_recency) + log_age
        slower = per_age - per_recency
        odds = np.log(a / before) + shape * waited
        gone = expit(odds)
        value = -shapes @ log_age - count @ log_expit(-odds)
        # The derivatives of v - u, weighted by the probability that the customers are gone.
        apart = np.array([waited, shape * slower, np.full_like(odds, 1 / a), -1 / before])
        weight = count * gone
        gradient = apart @ weight - np.array([count @ log_age, shapes @ per_age, 0.0, 0.0])
        hessian = (apart * (weight * (1 - gone))) @ apart.T
        hessian[0, 1] += weight @ slower - count @ per_age
        hessian[1, 0] = hessian[0, 1]
        hessian[1, 1] += (weight * shape) @ (per_recency**2 - per_age**2) + shapes @ per_age**2
        hessian[2, 2] -= weight.sum() / a**2
        hessian[3, 3] += weight @ apart[3] ** 2
        return Point(float(value), gradient, hessian)
