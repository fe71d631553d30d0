"""Student's t: its distribution and its quantiles, in plain Python, for what every report asks."""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log, log1p, pi
from statistics import NormalDist

_TINY = 1e-300
_PRECISION = 1e-16


def stdtr(freedom: float, t: float) -> float:
    """Return the probability of a value of at most `t`."""
    if freedom <= 0:
        raise ValueError(f"no distribution with {freedom} degrees of freedom")
    tail = 0.5 * _beta(freedom / 2, 0.5, freedom / (freedom + t * t), t * t / (freedom + t * t))
    return tail if t <= 0 else 1 - tail


@lru_cache(maxsize=1024)
def stdtrit(freedom: float, p: float) -> float:
    """Return the value below which a share `p` lies: between 0 and 1."""
    if not 0 < p < 1:
        raise ValueError(f"no quantile of {p}")
    if p == 0.5:
        return 0.0
    tail, low, high = min(p, 1 - p), 0.0, 1.0
    while stdtr(freedom, -high) > tail:
        low, high = high, 2 * high
    found = min(max(-NormalDist().inv_cdf(tail), low), high)
    constant = lgamma((freedom + 1) / 2) - lgamma(freedom / 2) - 0.5 * log(freedom * pi)
    for _ in range(100):
        off = stdtr(freedom, -found) - tail
        low, high = (found, high) if off > 0 else (low, found)
        following = found + off / exp(constant - (freedom + 1) / 2 * log1p(found * found / freedom))
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - found) <= 4 * _PRECISION * following:
            break
        found = following
    return found if p > 0.5 else -found


def _beta(a: float, b: float, x: float, rest: float) -> float:
    """Return the regularised incomplete beta function of x, which is 1 - rest."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, rest, x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(rest))
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method (DLMF 8.17.22)."""
    c, d = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _apart(1 + term * d), _apart(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < _PRECISION * 4:
            return value
    return value


def _apart(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
