"""The Gamma-Gamma model of spend per purchase, independent of how often a customer buys.

P. S. Fader and B. G. S. Hardie (2013), "The Gamma-Gamma model of monetary value", after R. Colombo and
W. Jiang (1999), "A stochastic RFM model", Journal of Interactive Marketing 13(3). A customer's purchases have
values gamma(p, nu), and nu ~ gamma(q, gamma) over customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.statistics.fitting import Covariance, Point, maximise, require_customers
from metrics.statistics.histories import Levels, Spends
from metrics.statistics.intervals import Floats
from metrics.statistics.special import gammaln, psi, zeta

MODEL = "Gamma-Gamma"
NAMES = ("p", "q", "gamma")
LEAST = 30
# Where the search begins, with values in units of the mean over customers.
_STARTS = ((3.0, 3.0, 1.0), (1.0, 2.0, 1.0), (10.0, 10.0, 1.0))


@dataclass(frozen=True)
class GammaGamma:
    """A fitted Gamma-Gamma model; gamma is in the currency of the values."""

    p: float
    q: float
    gamma: float
    log_likelihood: float
    customers: int
    covariance: Covariance

    @property
    def parameters(self) -> Mapping[str, float]:
        """Return p, q and gamma."""
        return {name: getattr(self, name) for name in NAMES}

    def expected_spend(self) -> float | None:
        """Return the mean value of a purchase of a customer of whom nothing is known, p gamma / (q - 1).

        None where q is at most 1: the mean over customers is then infinite.
        """
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else None

    def conditional_spend(self, frequency: ArrayLike, mean: ArrayLike) -> Floats:
        """Return the expected mean value of a customer's purchases, given x of the mean value z so far.

        p (gamma + x z) / (p x + q - 1), equation 5 of the note: between the customer's own mean and that
        of all. At x = 0 the mean value is not read, and NaN comes back where q is at most 1.
        """
        x = np.asarray(frequency, dtype=np.float64)
        spent = np.where(x > 0, x * np.where(x > 0, mean, 0.0), 0.0)
        divisor = self.p * x + self.q - 1
        known = np.where(divisor > 0, divisor, np.nan)
        return np.asarray(self.p * (self.gamma + spent) / known, dtype=np.float64)


def fit(spends: Spends, at_least: int = LEAST) -> GammaGamma:
    """Return the Gamma-Gamma model of greatest likelihood for these customers.

    The likelihood is equation 1a of the note, a density of the mean value in its currency: in a unit c times
    as large the log-likelihood is greater by log c for each customer.

    Raises:
        FitError: there are fewer than `at_least` customers, or no maximum exists within reach.
    """
    require_customers(MODEL, spends.customers, at_least, "customers who bought again")
    unit = float(spends.count @ spends.mean) / spends.customers
    found = maximise(MODEL, NAMES, Likelihood(spends, unit), _STARTS)
    p, q, gamma = map(float, found.parameters)
    value = found.value - spends.customers * float(np.log(unit))
    return GammaGamma(p, q, gamma * unit, value, spends.customers, found.plain_covariance())


class Likelihood:
    """The log-likelihood of counted spends with its first and second derivatives by p, q, gamma."""

    def __init__(self, spends: Spends, unit: float = 1.0) -> None:
        """Take the spends, their values in multiples of `unit`."""
        self._count = spends.count.astype(np.float64)
        self._x = spends.frequency.astype(np.float64)
        self._spent = self._x * (spends.mean / unit)
        self._frequency = Levels.of(self._x, self._count)
        logs = np.log(self._spent)
        self._powers = float((self._count * self._x) @ logs)
        self._constant = -float(self._count @ (logs - np.log(self._x)))

    def __call__(self, parameters: Floats) -> Point:
        """Return the log-likelihood and its derivatives at (p, q, gamma)."""
        return self._of_frequencies(parameters) + self._of_values(parameters)

    def _of_frequencies(self, parameters: Floats) -> Point:
        """Return the part of x alone: log of gamma(p x + q) / (gamma(p x) gamma(q)) gamma ** q."""
        p, q, gamma = parameters
        x, n = self._frequency.values, self._frequency.count
        shapes = np.stack([p * x + q, p * x])
        customers = n.sum()
        logs = gammaln(shapes) @ n
        value = logs[0] - logs[1] + customers * (q * np.log(gamma) - gammaln(q))
        slopes, bends = psi(shapes) * n, zeta(2, shapes) * n
        gradient = np.array(
            [
                (slopes[0] - slopes[1]) @ x,
                slopes[0].sum() + customers * (np.log(gamma) - psi(q)),
                customers * q / gamma,
            ]
        )
        hessian = np.zeros((3, 3))
        hessian[0, 0] = (bends[0] - bends[1]) @ x**2
        hessian[0, 1] = hessian[1, 0] = bends[0] @ x
        hessian[1, 1] = bends[0].sum() - customers * zeta(2, q)
        hessian[1, 2] = hessian[2, 1] = customers / gamma
        hessian[2, 2] = -customers * q / gamma**2
        return Point(float(value), gradient, hessian)

    def _of_values(self, parameters: Floats) -> Point:
        """Return the part of the mean value z: (p x - 1) log z + p x log x - (p x + q) log(gamma + x z)."""
        p, q, gamma = parameters
        both = gamma + self._spent
        logs, shape = self._count * np.log(both), p * self._x + q
        each = self._count / both
        by_frequency, once, shaped = each @ self._x, each.sum(), each @ shape
        value = p * self._powers + self._constant - logs @ shape
        gradient = np.array([self._powers - logs @ self._x, -logs.sum(), -shaped])
        hessian = np.zeros((3, 3))
        hessian[0, 2] = hessian[2, 0] = -by_frequency
        hessian[1, 2] = hessian[2, 1] = -once
        hessian[2, 2] = each @ (shape / both)
        return Point(float(value), gradient, hessian)
