"""Maximum likelihood of models with positive parameters, and draws of parameters from what it is sure of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from metrics.errors import FitError, FitReason
from metrics.statistics.histories import Histories
from metrics.statistics.intervals import Floats

# The search is in logarithms, in units of the customers' own time or money. A parameter as small or as
# large as this says that the likelihood rises for ever.
_REACH = float(np.log(1e4))
_ITERATIONS = 200
_LONGEST_STEP = 2.0
# Twice what the last Newton step adds to the log-likelihood; that step is taken, but not looked at again.
_TOLERANCE = 1e-8
# The sum over many customers is not known better than this share of itself.
_ROUNDING = 1e-12

Covariance = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, eq=False)
class Point:
    """A log-likelihood with its gradient and its second derivatives, by the parameters themselves."""

    value: float
    gradient: Floats
    hessian: Floats

    def __add__(self, other: Point) -> Point:
        """Return the sum of two log-likelihoods of the same parameters."""
        return Point(self.value + other.value, self.gradient + other.gradient, self.hessian + other.hessian)


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the log-likelihood is greatest, and the covariance of the logarithms of its parameters."""

    parameters: Floats
    value: float
    covariance: Floats

    def plain_covariance(self) -> Covariance:
        """Return the covariance as plain numbers."""
        return tuple(tuple(float(entry) for entry in row) for row in self.covariance)


class Fitted(Protocol):
    """What every fitted model tells: its parameters by name, and how sure they are."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """Return the parameters by name, in the order of the covariance."""
        ...

    @property
    def log_likelihood(self) -> float:
        """Return the log-likelihood at the parameters."""
        ...

    @property
    def customers(self) -> int:
        """Return how many customers the model was fitted to."""
        ...

    @property
    def covariance(self) -> Covariance:
        """Return the covariance of the logarithms of the parameters."""
        ...


class PurchaseModel(Fitted, Protocol):
    """A model of repeat buying, fitted: what it expects. Times are in the unit of the histories."""

    def expected_purchases(self, t: ArrayLike) -> Floats:
        """Return E[X(t)], the repeat purchases of a new customer within t of the first purchase."""
        ...

    def probability_alive(self, histories: Histories) -> Floats:
        """Return for each row the probability that its customers have not left by their age."""
        ...

    def conditional_purchases(self, histories: Histories, t: ArrayLike) -> Floats:
        """Return for each row E[Y(t) | x, t_x, T], the purchases within t after the age.

        t is one number or one for each row.
        """
        ...

    def discounted_purchases(self, histories: Histories, horizon: ArrayLike, rate: float) -> Floats:
        """Return for each row the purchases within the horizon after the age, each discounted.

        The horizon is one number or one for each row. A purchase u after the age counts (1 + rate) ** -u,
        `rate` being the discount rate of one time unit.
        """
        ...

    def expected_lifetime(self) -> float | None:
        """Return the mean time for which a new customer stays, or None where it is infinite."""
        ...


_Model = TypeVar("_Model", bound=Fitted)


def draws(model: _Model, n: int, seed: int) -> tuple[_Model, ...]:
    """Return n models of the same kind, with parameters that the customers do not tell from the fitted ones.

    The logarithms of the parameters are drawn from the normal distribution around the fitted ones, with
    the covariance of the fit: the percentiles of any expectation over the draws are its interval. The same
    model and seed give the same draws. Log-likelihood and covariance remain those of the fit.
    """
    names = list(model.parameters)
    centre = np.log(list(model.parameters.values()))
    generator = np.random.default_rng(seed)
    root = np.linalg.cholesky(np.array(model.covariance))
    drawn = np.exp(centre + generator.standard_normal((n, len(names))) @ root.T)
    return tuple(
        replace(model, **dict(zip(names, map(float, row), strict=True)))  # type: ignore[type-var]
        for row in drawn
    )


def require_customers(model: str, found: int, least: int, what: str) -> None:
    """Refuse to fit a model to fewer customers than asked for.

    Raises:
        FitError: there are fewer.
    """
    if found < least:
        raise FitError(
            model, FitReason.TOO_FEW_CUSTOMERS, f"{found} {what} are fewer than the {least} that a fit needs"
        )


def maximise(
    model: str,
    names: tuple[str, ...],
    likelihood: Callable[[Floats], Point],
    starts: Iterable[tuple[float, ...]],
) -> Maximum:
    """Return the maximum of a log-likelihood over positive parameters, by Newton's method in logarithms.

    Where the curvature is not that of a maximum, its absolute eigenvalues take its place, so that every
    step climbs (J. Nocedal and S. J. Wright (2006), "Numerical optimization", 2nd edition, section 3.4).
    The next start is tried only if a search fails.

    Raises:
        FitError: every search left the range of parameters, or ended without a maximum.
    """
    refusal: FitError | None = None
    for start in starts:
        try:
            return _climb(model, names, likelihood, np.log(start))
        except FitError as error:
            refusal = refusal or error
    assert refusal is not None, "a search needs a start"
    raise refusal


def _climb(
    model: str, names: tuple[str, ...], likelihood: Callable[[Floats], Point], place: Floats
) -> Maximum:
    here = _in_logarithms(likelihood, place)
    if not np.isfinite(here.value) or not np.isfinite(here.hessian).all():
        raise FitError(model, FitReason.NOT_CONVERGED, "the likelihood is not a number")
    for _ in range(_ITERATIONS):
        step, decrement, concave = _newton(here)
        if decrement < max(_TOLERANCE, _ROUNDING * abs(here.value)):
            if not concave:
                detail = (
                    "the likelihood is flat: these customers do not tell one set of parameters from another"
                )
                raise FitError(model, FitReason.NOT_CONVERGED, detail)
            covariance = np.linalg.inv(-here.hessian).astype(np.float64)
            return Maximum(np.exp(place + step), here.value + decrement / 2, covariance)
        climbed = _climbed(likelihood, place, here, step, decrement)
        if climbed is None:
            detail = "the search for a maximum came to a stop below it"
            raise FitError(model, FitReason.NOT_CONVERGED, detail)
        place, here = climbed
        beyond = np.flatnonzero(np.abs(place) > _REACH)
        if len(beyond):
            name, side = names[beyond[0]], "0" if place[beyond[0]] < 0 else "infinity"
            detail = f"the likelihood rises as {name} goes to {side}: these customers do not tell it"
            raise FitError(model, FitReason.ON_A_BOUND, detail)
    raise FitError(model, FitReason.NOT_CONVERGED, f"no maximum was found in {_ITERATIONS} steps")


def _in_logarithms(likelihood: Callable[[Floats], Point], place: Floats) -> Point:
    """Return the likelihood with its derivatives by the logarithms of the parameters."""
    parameters = np.exp(place)
    found = likelihood(parameters)
    gradient = found.gradient * parameters
    hessian = found.hessian * parameters * parameters[:, None] + np.diag(gradient)
    return Point(found.value, gradient, hessian)


def _newton(here: Point) -> tuple[Floats, float, bool]:
    """Return the step, what it promises (twice the gain) and whether the curvature is a maximum's."""
    values, vectors = np.linalg.eigh(-here.hessian)
    least = 1e-10 * max(np.abs(values).max(), np.abs(here.gradient).max()) or 1.0
    sizes = np.maximum(np.abs(values), least)
    along = vectors.T @ here.gradient
    step = vectors @ (along / sizes)
    return step, float(along @ (along / sizes)), bool(values[0] > 1e-10 * abs(values[-1]))


def _climbed(
    likelihood: Callable[[Floats], Point], place: Floats, here: Point, step: Floats, decrement: float
) -> tuple[Floats, Point] | None:
    """Go along the step as far as the likelihood rises, or return None where it does not."""
    share = min(1.0, _LONGEST_STEP / float(np.abs(step).max()))
    shortest = 1e-8 * share
    while share > shortest:
        there = _in_logarithms(likelihood, place + share * step)
        # A step too long may end where the likelihood overflows; it is then shortened.
        climbs = there.value >= here.value + 1e-4 * share * decrement
        if climbs and np.isfinite(there.hessian).all():
            return place + share * step, there
        share /= 3
    return None
