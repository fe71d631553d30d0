"""The likelihood of the Pareto/NBD model, by integrals that hold for alpha above and below beta alike.

A customer with (x, t_x, T) is active at T, or left at some y in (t_x, T) and bought nothing in between:

    L = gamma(r + x) / gamma(r) alpha ** r beta ** s exp(u) Z,
    u = -(r + x) log(alpha + T) - s log(beta + T),
    Z = 1 + s (F(t_x) - F(T)) exp(-u), of which the customer is active at T with the share 1,
    F(t) = integral of (alpha + y) ** -(r + x) (beta + y) ** -(s + 1) for y from t to infinity.

The papers write F with one of two hypergeometric functions, by whether alpha exceeds beta. The integral
needs no such choice, overflows nowhere and gives the derivatives with the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.statistics.fitting import Point
from metrics.statistics.histories import Histories, Levels
from metrics.statistics.intervals import Floats
from metrics.statistics.quadrature import half_line
from metrics.statistics.special import gammaln, psi, zeta

NAMES = ("r", "alpha", "s", "beta")
# Numbers in one block of the integrals' places: 16 MB for each of a dozen arrays.
_BLOCK = 500_000
_STEP = 0.32


@dataclass(frozen=True, eq=False)
class _Logs:
    """Logarithms of n likelihoods and their derivatives by r, alpha, s, beta: (n), (n, 4), (n, 4, 4)."""

    value: Floats
    gradient: Floats
    hessian: Floats

    def at(self, index: NDArray[np.intp]) -> _Logs:
        """Return those at the places of an index."""
        return _Logs(self.value[index], self.gradient[index], self.hessian[index])

    def over(self, other: _Logs) -> _Logs:
        """Return the logarithms of the quotients."""
        return _Logs(self.value - other.value, self.gradient - other.gradient, self.hessian - other.hessian)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Frequency and time, each pair that occurs once, and where each row finds its own."""

    x: Floats
    time: Floats
    index: NDArray[np.intp]

    @classmethod
    def of(cls, x: Floats, time: Floats) -> _Pairs:
        """Take the pairs out of two long columns."""
        # Complex numbers are sorted by their real part, then by the other.
        pairs, index = np.unique(x + 1j * time, return_inverse=True)
        return cls(pairs.real, pairs.imag, index)


class Likelihood:
    """The log-likelihood of counted histories with its first and second derivatives by r, alpha, s, beta."""

    def __init__(self, histories: Histories, unit: float = 1.0) -> None:
        """Take the histories, their times in multiples of `unit`."""
        self._count = histories.count.astype(np.float64)
        x = histories.frequency.astype(np.float64)
        self._frequency = Levels.of(x, self._count)
        self._last = _Pairs.of(x, histories.recency / unit)
        self._end = _Pairs.of(x, histories.age / unit)

    def __call__(self, parameters: Floats) -> Point:
        """Return the log-likelihood and its derivatives at (r, alpha, s, beta)."""
        return self._of_frequencies(parameters) + self._of_times(parameters)

    def log_excess(self, parameters: Floats) -> Floats:
        """Return log Z of each row: 1 / Z is the probability of being active."""
        active = _active(parameters, self._end).value[self._end.index]
        gone = _gone(parameters, self._last).value[self._last.index]
        later = _gone(parameters, self._end).value[self._end.index]
        return _log_z(gone - active, later - active)

    def _of_frequencies(self, parameters: Floats) -> Point:
        """Return the part of x alone: log of gamma(r + x) / gamma(r) alpha ** r beta ** s."""
        r, alpha, s, beta = parameters
        x, count = self._frequency.values, self._frequency.count
        n = count.sum()
        value = count @ gammaln(r + x) + n * (r * np.log(alpha) + s * np.log(beta) - gammaln(r))
        slope = count @ psi(r + x) - n * psi(r)
        gradient = np.array([slope + n * np.log(alpha), n * r / alpha, n * np.log(beta), n * s / beta])
        hessian = np.zeros((4, 4))
        hessian[0, 0] = count @ zeta(2, r + x) - n * zeta(2, r)
        hessian[0, 1] = hessian[1, 0] = n / alpha
        hessian[1, 1] = -n * r / alpha**2
        hessian[2, 3] = hessian[3, 2] = n / beta
        hessian[3, 3] = -n * s / beta**2
        return Point(float(value), gradient, hessian)

    def _of_times(self, parameters: Floats) -> Point:
        """Return the part of t_x and T: u + log Z."""
        active = _active(parameters, self._end)
        later = _gone(parameters, self._end).over(active).at(self._end.index)
        active = active.at(self._end.index)
        gone = _gone(parameters, self._last).at(self._last.index).over(active)
        log_z = _log_z(gone.value, later.value)
        value = self._count @ (active.value + log_z)
        slope = active.gradient.copy()
        bend = self._count @ active.hessian.reshape(-1, 16)
        excess = np.zeros_like(slope)
        for sign, part in ((1.0, gone), (-1.0, later)):
            share = sign * np.exp(part.value - log_z)
            excess += share[:, None] * part.gradient
            weight = self._count * share
            bend += weight @ part.hessian.reshape(-1, 16)
            bend += ((part.gradient * weight[:, None]).T @ part.gradient).ravel()
        bend -= ((excess * self._count[:, None]).T @ excess).ravel()
        return Point(float(value), self._count @ (slope + excess), bend.reshape(4, 4))


def _log_z(gone: Floats, later: Floats) -> Floats:
    """Return log(1 + exp(gone) - exp(later)), which is never below 0."""
    # Rounding may take exp(later), which is a share, to 1 or beyond.
    rest = np.log1p(-np.minimum(np.exp(later), 1 - 1e-16))
    return np.asarray(np.maximum(np.logaddexp(rest, gone), 0.0), dtype=np.float64)


def _active(parameters: Floats, pairs: _Pairs) -> _Logs:
    """Return u at the pairs of x and T."""
    r, alpha, s, beta = parameters
    shape, bought, stayed = r + pairs.x, alpha + pairs.time, beta + pairs.time
    gradient = np.stack([-np.log(bought), -shape / bought, -np.log(stayed), -s / stayed], axis=1)
    value = shape * gradient[:, 0] + s * gradient[:, 2]
    hessian = np.zeros((len(shape), 4, 4))
    hessian[:, 0, 1] = hessian[:, 1, 0] = -1 / bought
    hessian[:, 1, 1] = shape / bought**2
    hessian[:, 2, 3] = hessian[:, 3, 2] = -1 / stayed
    hessian[:, 3, 3] = s / stayed**2
    return _Logs(value, gradient, hessian)


def _gone(parameters: Floats, pairs: _Pairs) -> _Logs:
    """Return the logarithm of s F at the pairs of x and t."""
    found = _Logs(np.empty(len(pairs.x)), np.empty((len(pairs.x), 4)), np.empty((len(pairs.x), 4, 4)))
    for rows in _alike(pairs):
        part = _tails(parameters, pairs.x[rows], pairs.time[rows])
        found.value[rows], found.gradient[rows], found.hessian[rows] = part.value, part.gradient, part.hessian
    s = parameters[2]
    found.value[:] += np.log(s)
    found.gradient[:, 2] += 1 / s
    found.hessian[:, 2, 2] -= 1 / s**2
    return found


def _alike(pairs: _Pairs) -> Iterator[NDArray[np.intp]]:
    """Yield blocks of pairs that share the places of their integrals: no repeat, and some."""
    for rows in (np.flatnonzero(pairs.x == 0), np.flatnonzero(pairs.x > 0)):
        for start in range(0, len(rows), _BLOCK // 128):
            yield rows[start : start + _BLOCK // 128]


def _tails(parameters: Floats, x: Floats, time: Floats) -> _Logs:
    """Return the logarithm of F and its derivatives: moments of the derivatives of what is integrated."""
    r, alpha, s, beta = parameters
    shape, bought, stayed = r + x, alpha + time, beta + time
    steepest = np.max(shape / bought + (s + 1) / stayed)
    widest = np.log(np.max(np.maximum(bought, stayed)))
    highest = widest + min(28 / (np.min(shape) + s), 600.0)
    place, weight = half_line(-14 - np.log(steepest), highest, _STEP)
    levels = Levels.of(time, np.ones_like(time))
    later = np.add.outer(levels.values, place)
    log_bought, log_stayed = np.log(alpha + later)[levels.index], np.log(beta + later)[levels.index]
    exponent = -shape[:, None] * log_bought - (s + 1) * log_stayed
    top = exponent[:, 0]
    density = np.exp(exponent - top[:, None]) * weight
    whole = density.sum(axis=1)
    density /= whole[:, None]
    slopes = np.stack(
        [-log_bought, -shape[:, None] * np.exp(-log_bought), -log_stayed, -(s + 1) * np.exp(-log_stayed)],
        axis=1,
    )
    weighted = slopes * density[:, None, :]
    mean = weighted.sum(axis=2)
    squares = weighted @ slopes.transpose(0, 2, 1)
    hessian = squares - mean[:, :, None] * mean[:, None, :]
    hessian[:, 0, 1] += mean[:, 1] / shape
    hessian[:, 1, 0] += mean[:, 1] / shape
    hessian[:, 1, 1] += squares[:, 1, 1] / shape
    hessian[:, 2, 3] += mean[:, 3] / (s + 1)
    hessian[:, 3, 2] += mean[:, 3] / (s + 1)
    hessian[:, 3, 3] += squares[:, 3, 3] / (s + 1)
    return _Logs(top + np.log(whole), mean, hessian)
