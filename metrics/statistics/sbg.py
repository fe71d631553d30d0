"""The shifted-beta-geometric model of renewals: each customer ends a contract with an own, fixed probability.

P. S. Fader and B. G. S. Hardie (2007), "How to project customer retention", Journal of Interactive Marketing
21(1); of what is still to come, by the same (2010), "Customer-base valuation in a contractual setting: the
perils of ignoring heterogeneity", Marketing Science 29(1). A customer does not renew with probability
theta ~ beta(a, b), at each renewal anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.statistics.fitting import Covariance, Point, maximise, require_customers
from metrics.statistics.intervals import Counts, Floats
from metrics.statistics.quadrature import beta_nodes
from metrics.statistics.special import betaln

MODEL = "sBG"
NAMES = ("a", "b")
LEAST = 30
_STARTS = ((1.0, 3.0), (0.3, 1.0), (5.0, 20.0))


@dataclass(frozen=True, eq=False)
class Renewals:
    """How many customers came to their first, second, ... renewal, and how many of them did not renew.

    Two arrays of one length. All that the model learns of cohorts of any number and age is in them.
    """

    due: Counts
    lost: Counts

    @classmethod
    def of(cls, cohorts: Iterable[tuple[int, Sequence[int]]]) -> Renewals:
        """Add up cohorts, each of the customers at its start and those lost at the first, second, ... renewal.

        Raises:
            ValueError: a count is below 0, or a cohort loses more customers than it has.
        """
        due: list[int] = []
        lost: list[int] = []
        for start, losses in cohorts:
            left = start
            for number, gone in enumerate(losses):
                if not 0 <= gone <= left:
                    raise ValueError(
                        f"{gone} customers lost at renewal {number + 1} of {left} who came to it"
                    )
                if number == len(due):
                    due.append(0)
                    lost.append(0)
                due[number] += left
                lost[number] += gone
                left -= gone
        return cls(np.array(due, dtype=np.int64), np.array(lost, dtype=np.int64))

    @property
    def customers(self) -> int:
        """Return how many customers came to a first renewal."""
        return int(self.due[0]) if len(self.due) else 0


@dataclass(frozen=True)
class Sbg:
    """A fitted sBG model; time is counted in renewals."""

    a: float
    b: float
    log_likelihood: float
    customers: int
    covariance: Covariance

    @property
    def parameters(self) -> Mapping[str, float]:
        """Return a and b."""
        return {name: getattr(self, name) for name in NAMES}

    def survival(self, t: ArrayLike) -> Floats:
        """Return S(t) = B(a, b + t) / B(a, b), the share of a cohort that makes t renewals."""
        renewals = np.asarray(t, dtype=np.float64)
        return np.asarray(np.exp(betaln(self.a, self.b + renewals) - betaln(self.a, self.b)), np.float64)

    def retention(self, t: ArrayLike) -> Floats:
        """Return r_t = (b + t - 1) / (a + b + t - 1), the share of those at renewal t >= 1 who renew."""
        before = np.asarray(t, dtype=np.float64) - 1
        return np.asarray((self.b + before) / (self.a + self.b + before), dtype=np.float64)

    def discounted_lifetime(self, n: int, rate: float) -> float | None:
        """Return DERL, the renewals still to come of a customer active in period n >= 1, all discounted.

        The customer made n - 1 renewals and is about to decide on the next, which counts 1 if made; each
        later one counts 1 / (1 + rate) of the one before. (b + n - 1) / (a + b + n - 1) times
        2F1(1, b + n; a + b + n; 1 / (1 + rate)), as the mean of (1 - theta) (1 + rate) / (rate + theta) over
        theta ~ beta(a, b + n - 1). None where it is infinite: without discount and with a at most 1.

        Raises:
            ValueError: the period is below 1 or the rate below 0.
        """
        _require(n, rate)
        if rate == 0:
            return (self.b + n - 1) / (self.a - 1) if self.a > 1 else None
        nodes = beta_nodes(self.a, self.b + n - 1, steepness=1 / rate)
        return float(nodes.weight @ (nodes.complement * (1 + rate) / (rate + nodes.p)))

    def discounted_renewals(self, n: int, horizon: int, rate: float) -> float:
        """Return the same over the next `horizon` renewals: the sum of S(n + k) / S(n - 1) (1 + rate) ** -k.

        k runs from 0 to horizon - 1.

        Raises:
            ValueError: the period is below 1, the horizon or the rate below 0.
        """
        _require(n, rate)
        if horizon < 0:
            raise ValueError(f"a horizon of {horizon} renewals is below 0")
        renewed = self.retention(np.arange(n, n + horizon))
        return float((np.cumprod(renewed) * (1 + rate) ** -np.arange(horizon, dtype=np.float64)).sum())

    def expected_lifetime(self) -> float | None:
        """Return the mean number of periods for which a new customer pays, or None where it is infinite.

        (a + b - 1) / (a - 1), finite only for a > 1.
        """
        return (self.a + self.b - 1) / (self.a - 1) if self.a > 1 else None


def fit(renewals: Renewals, at_least: int = LEAST) -> Sbg:
    """Return the sBG model of greatest likelihood for one or several cohorts.

    A cohort's likelihood is a product over renewals of a / (a + b + t - 1) for each customer lost at renewal t
    and of (b + t - 1) / (a + b + t - 1) for each who renewed: equation 6 of the paper of 2007.

    Raises:
        FitError: there are fewer than `at_least` customers, or no maximum exists within reach: with a single
            renewal, or where retention does not rise from one to the next.
    """
    require_customers(MODEL, renewals.customers, at_least, "customers")
    found = maximise(MODEL, NAMES, Likelihood(renewals), _STARTS)
    a, b = map(float, found.parameters)
    return Sbg(a, b, found.value, renewals.customers, found.plain_covariance())


class Likelihood:
    """The log-likelihood of counted renewals with its first and second derivatives by a and b."""

    def __init__(self, renewals: Renewals) -> None:
        """Take the renewals."""
        self._due = renewals.due.astype(np.float64)
        self._lost = float(renewals.lost.sum())
        self._renewed = (renewals.due - renewals.lost).astype(np.float64)
        self._before = np.arange(len(renewals.due), dtype=np.float64)

    def __call__(self, parameters: Floats) -> Point:
        """Return the log-likelihood and its derivatives at (a, b)."""
        a, b = parameters
        stay, whole = b + self._before, a + b + self._before
        value = self._lost * np.log(a) + self._renewed @ np.log(stay) - self._due @ np.log(whole)
        both = self._due @ (1 / whole)
        gradient = np.array([self._lost / a - both, self._renewed @ (1 / stay) - both])
        hessian = np.full((2, 2), self._due @ (1 / whole**2))
        hessian[0, 0] -= self._lost / a**2
        hessian[1, 1] -= self._renewed @ (1 / stay**2)
        return Point(float(value), gradient, hessian)


def _require(n: int, rate: float) -> None:
    if n < 1:
        raise ValueError(f"period {n} is below 1")
    if not rate >= 0:
        raise ValueError(f"a discount rate of {rate:g} is not a number of 0 or more")
