"""Integrals to about ten digits, where a hypergeometric function of scipy would lose them.

The trapezoidal rule over the whole real line converges geometrically where the integrand is analytic in a
strip around it: L. N. Trefethen and J. A. C. Weideman (2014), "The exponentially convergent trapezoidal
rule", SIAM Review 56(3). Every term here is positive, so that nothing cancels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike

from metrics.statistics.intervals import Floats
from metrics.statistics.special import log_expit

# Parts of an integral below exp(-_CUT) of it are left out.
_CUT = 27.0
_STEP = 0.3
_LEGENDRE = leggauss(20)


@dataclass(frozen=True, eq=False)
class BetaNodes:
    """Places p with their complements 1 - p and weights that add up to 1: three arrays of one length."""

    p: Floats
    complement: Floats
    weight: Floats


def beta_nodes(a: float, b: float, steepness: float = 1.0) -> BetaNodes:
    """Return nodes such that sum(weight * f(p)) is the mean of f(p) for p ~ beta(a, b).

    f is positive, finite at 0 and 1, analytic in the log-odds of p, and changes near both ends over lengths
    of 1 / steepness or more.
    """
    step = min(_STEP, 0.7 * np.sqrt(1 / a + 1 / b))
    peak = a * np.log(a / (a + b)) + b * np.log(b / (a + b))
    lowest = max((peak - _CUT) / a, -_CUT - np.log1p(steepness + b))
    highest = min((_CUT - peak) / b, _CUT + np.log1p(steepness + a))
    odds = np.arange(lowest, highest + step, step)
    below, above = log_expit(odds), log_expit(-odds)
    exponent = a * below + b * above
    weight = np.exp(exponent - exponent.max())
    # Beyond the ends f is constant, and what is left of the sum is a geometric series.
    weight[0] /= -np.expm1(-a * step)
    weight[-1] /= -np.expm1(-b * step)
    return BetaNodes(np.exp(below), np.exp(above), weight / weight.sum())


def half_line(lowest: float, highest: float, step: float) -> tuple[Floats, Floats]:
    """Return places y > 0 and weights such that sum(weight * f(y)) is the integral of f from 0 to infinity.

    The places go from exp(lowest) to exp(highest), evenly on the logarithm; below them f is constant, above
    them it is negligible.
    """
    places = np.exp(np.arange(lowest, highest + step, step))
    weights = places * step
    # Below the lowest place what is left of the sum is a geometric series.
    weights[0] /= -np.expm1(-step)
    return places, weights


def require_horizon(horizon: ArrayLike, rate: float) -> None:
    """Refuse what `discounted` cannot be asked.

    Raises:
        ValueError: a horizon is not finite and at least 0, or the rate is below 0.
    """
    ends = np.atleast_1d(np.asarray(horizon, dtype=np.float64))
    for end in ends[~(np.isfinite(ends) & (ends >= 0))]:
        raise ValueError(f"a horizon of {end:g} is not a finite time of 0 or more")
    if not (isfinite(rate) and rate >= 0):
        raise ValueError(f"a discount rate of {rate:g} is not a number of 0 or more")


def discounted(expected: Callable[[Floats], Floats], scale: Floats, horizon: Floats, rate: float) -> Floats:
    """Return the integral of (1 + rate) ** -u dE(u) for u from 0 to the horizon, for each scale and horizon.

    `expected(w)` returns E at u = w * scale, for a column of w for each scale; it is smooth in log(1 + w).
    By parts, so that only E is needed, and Gauss-Legendre on log(1 + w).
    """
    force, places, width = float(np.log1p(rate)), _LEGENDRE[0], np.log1p(horizon / scale) / 2
    w = np.append(np.expm1(np.multiply.outer(1 + places, width)), [horizon / scale], axis=0)
    shares = np.exp(-force * scale * w)
    shares[:-1] *= np.multiply.outer(_LEGENDRE[1], width) * force * scale * (1 + w[:-1])
    return np.asarray((shares * expected(w)).sum(axis=0), dtype=np.float64)
