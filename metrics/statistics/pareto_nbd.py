"""The Pareto/NBD model of repeat buying: customers buy at random and leave at a random time.

D. C. Schmittlein, D. G. Morrison and R. Colombo (1987), "Counting your customers: who are they and what will
they do next?", Management Science 33(1); in the notation of P. S. Fader and B. G. S. Hardie (2005), "A note on
deriving the Pareto/NBD model and related expressions". A customer buys at rate lambda ~ gamma(r, alpha) and
stays for an exponential time of rate mu ~ gamma(s, beta).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.statistics.fitting import Covariance, maximise, require_customers
from metrics.statistics.histories import Histories
from metrics.statistics.intervals import Floats
from metrics.statistics.pareto_likelihood import NAMES, Likelihood
from metrics.statistics.quadrature import discounted, half_line, require_horizon

MODEL = "Pareto/NBD"
LEAST = 30
# Where the search begins, with times in units of the mean age.
_STARTS = ((0.5, 0.3, 0.6, 0.4), (2.0, 2.0, 1.0, 2.0), (0.1, 0.05, 2.0, 4.0))


@dataclass(frozen=True)
class ParetoNbd:
    """A fitted Pareto/NBD model; alpha and beta are in the time unit of the histories."""

    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float
    customers: int
    covariance: Covariance

    @property
    def parameters(self) -> Mapping[str, float]:
        """Return r, alpha, s and beta."""
        return {name: getattr(self, name) for name in NAMES}

    def expected_purchases(self, t: ArrayLike) -> Floats:
        """Return E[X(t)], the repeat purchases of a new customer within t.

        r beta / (alpha (s - 1)) (1 - (beta / (beta + t)) ** (s - 1)), and its limit at s = 1.
        """
        times = np.asarray(t, dtype=np.float64)
        return self.r * self.beta / self.alpha * self._while_active(times / self.beta)

    def probability_alive(self, histories: Histories) -> Floats:
        """Return for each row the probability that its customers are active at their age."""
        parameters = np.array([self.r, self.alpha, self.s, self.beta])
        return np.asarray(np.exp(-Likelihood(histories).log_excess(parameters)), dtype=np.float64)

    def conditional_purchases(self, histories: Histories, t: ArrayLike) -> Floats:
        """Return for each row E[Y(t) | x, t_x, T], the purchases within t after the age.

        t is one number or one for each row.
        """
        ahead = np.asarray(t, dtype=np.float64)
        return self._rate_now(histories) * self._while_active(ahead / (self.beta + histories.age))

    def discounted_purchases(self, histories: Histories, horizon: ArrayLike, rate: float) -> Floats:
        """Return for each row the purchases within the horizon, one after u counting (1 + rate) ** -u.

        The integral of (1 + rate) ** -u dE[Y(u)] from 0 to the horizon, which is one number or one for each
        row; `rate` is the discount rate of one time unit. A new customer has x = t_x = T = 0.

        Raises:
            ValueError: a horizon is not finite and at least 0, or the rate is below 0.
        """
        require_horizon(horizon, rate)
        pairs = histories.age + 1j * np.asarray(horizon, dtype=np.float64)
        once, index = np.unique(pairs, return_inverse=True)
        whole = discounted(self._while_active, self.beta + once.real, once.imag, rate)
        return self._rate_now(histories) * whole[index]

    def discounted_purchases_forever(self, histories: Histories, rate: float) -> Floats:
        """Return for each row the purchases of all time to come, one after u counting (1 + rate) ** -u.

        DERT, with d = log(1 + rate) and Tricomi's function U the closed form alpha ** r beta ** s d ** (s - 1)
        gamma(r + x + 1) U(s, s; d (beta + T)) / (gamma(r) (alpha + T) ** (r + x + 1) L): P. S. Fader,
        B. G. S. Hardie and K. L. Lee (2005), "RFM and CLV: using iso-value curves for customer base analysis",
        Journal of Marketing Research 42(4). U is computed as the integral that it is.

        Raises:
            ValueError: the rate is not above 0.
        """
        if not rate > 0:
            raise ValueError(f"a sum without an end needs a discount rate above 0, not {rate:g}")
        ages, index = np.unique(histories.age, return_inverse=True)
        falls = np.log1p(rate) * (self.beta + ages)
        place, weight = half_line(
            -14 - np.log(falls.max(initial=1) + self.s), np.log(40 / falls.min(initial=40)), 0.3
        )
        whole: Floats = np.exp(-np.multiply.outer(falls, place) - self.s * np.log1p(place)) @ weight
        return self._rate_now(histories) * whole[index]

    def expected_lifetime(self) -> float | None:
        """Return the mean time until a new customer leaves, beta / (s - 1), or None where it is infinite."""
        return self.beta / (self.s - 1) if self.s > 1 else None

    def _rate_now(self, histories: Histories) -> Floats:
        """Return the purchases that a time of beta + T would hold if nobody left any more."""
        speed = (self.r + histories.frequency) * (self.beta + histories.age) / (self.alpha + histories.age)
        return self.probability_alive(histories) * speed

    def _while_active(self, w: Floats) -> Floats:
        """Return the mean time that a customer stays within w (beta + T), in multiples of beta + T.

        (1 - (1 + w) ** -(s - 1)) / (s - 1), and log(1 + w) at s = 1.
        """
        logs = np.log1p(w)
        if abs(self.s - 1) < 1e-9:
            return np.asarray(logs, dtype=np.float64)
        return np.asarray(-np.expm1(-(self.s - 1) * logs) / (self.s - 1), dtype=np.float64)


def fit(histories: Histories, at_least: int = LEAST) -> ParetoNbd:
    """Return the Pareto/NBD model of greatest likelihood for these customers.

    The likelihood is a density in the time unit of the histories: in a unit c times as long the
    log-likelihood is greater by log c for each repeat purchase.

    Raises:
        FitError: fewer than `at_least` customers bought again, or no maximum exists within reach.
    """
    require_customers(MODEL, histories.repeat_customers, at_least, "customers who bought again")
    unit = histories.mean_age
    found = maximise(MODEL, NAMES, Likelihood(histories, unit), _STARTS)
    r, alpha, s, beta = map(float, found.parameters)
    value = found.value - histories.purchases * float(np.log(unit))
    customers = histories.customers
    return ParetoNbd(r, alpha * unit, s, beta * unit, value, customers, found.plain_covariance())
