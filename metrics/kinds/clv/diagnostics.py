"""What a person can see of a fit: observed beside expected, over time, by frequency and in a holdout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from metrics.errors import FitError
from metrics.kinds.clv.contracts import Contracts
from metrics.kinds.clv.histories import Held
from metrics.kinds.clv.repeat_buying import Population, Purchases, fit_purchases, parameters_of
from metrics.statistics.bg_nbd import BgNbd
from metrics.statistics.histories import Histories

POINTS = 260
"""So many points in time are shown at most: five years of weeks."""

MOST = 7
"""Frequencies are shown one by one below this, and as `7 or more` from there."""

RENEWALS = 60
"""So many renewals are shown at most."""


def seen_of_purchases(
    population: Population, days: Mapping[date, int], held: tuple[date, Held] | None
) -> Mapping[str, Any]:
    """Return a fit of repeat buying with its diagnostics, as plain JSON values."""
    purchases, spend = population.fitted
    return {
        "fit": {
            str(population.options.model): parameters_of(purchases),
            "gamma_gamma": parameters_of(spend),
        },
        "fitted_at": _instant(population),
        "correlation": population.correlation,
        "max_correlation": population.options.max_correlation,
        "without_spend": population.without_spend,
        "observed_expected": tracked(population, purchases, days),
        "frequency": frequency(population, purchases),
        "holdout": held_out(population, *held) if held is not None else None,
    }


def seen_of_contracts(contracts: Contracts) -> Mapping[str, Any]:
    """Return a fit of renewals with its diagnostics, as plain JSON values."""
    model, renewals = contracts.fitted, contracts.renewals
    shown = min(RENEWALS, len(renewals.due))
    expected = renewals.due[:shown] * (1 - model.retention(np.arange(1, shown + 1)))
    mark = contracts.frame.watermark
    return {
        "fit": {"sbg": parameters_of(model)},
        "fitted_at": mark.isoformat() if mark else None,
        "renewals": {
            "due": [int(each) for each in renewals.due[:shown]],
            "lost": [int(each) for each in renewals.lost[:shown]],
            "expected_lost": _plain(expected),
        },
    }


def _instant(population: Population) -> str | None:
    mark = population.frame.watermark
    return mark.isoformat() if mark else None


def tracked(population: Population, model: Purchases, days: Mapping[date, int]) -> Mapping[str, Any]:
    """Return repeat purchases by stretches of weeks, seen and expected, each by itself and added up.

    Expected are E[X(t)] of every customer since its first purchase. A stretch is one week, or as many as
    keep it to `POINTS` stretches.
    """
    ends, bought = _ends(population), sorted(days)
    seen = [sum(days[day] for day in bought if day <= end) for end in ends]
    expected = _expected(population, model, ends)
    return {
        "ends": [each.isoformat() for each in ends],
        "observed": [int(each) for each in np.diff([0, *seen])],
        "expected": _plain(np.diff([0.0, *expected])),
        "observed_cumulative": seen,
        "expected_cumulative": expected,
    }


def _ends(population: Population) -> list[date]:
    """Return the last days of the stretches, the last of which may be shorter."""
    first = min(population.counted.first_day)
    whole = (population.last - first).days
    stride = max(1, -(-whole // (7 * POINTS))) * 7
    ends = [first + timedelta(days=each) for each in range(stride - 1, whole, stride)]
    return ends if ends and ends[-1] == population.last else [*ends, population.last]


def _expected(population: Population, model: Purchases, ends: Sequence[date]) -> list[float]:
    """Return the sum of E[X(t)] over all customers at the end of each day."""
    counted, unit = population.counted, population.options.time_unit.days
    customers = sorted(set(counted.first_day))
    place = {day: index for index, day in enumerate(customers)}
    number = np.bincount([place[day] for day in counted.first_day], weights=counted.count)
    born = np.array([day.toordinal() for day in customers], dtype=np.float64)
    ages = (np.maximum(end.toordinal() - born, 0.0) / unit for end in ends)
    return [float(number @ model.expected_purchases(age)) for age in ages]


def frequency(population: Population, model: Purchases) -> Mapping[str, Any]:
    """Return how many customers bought again 0, 1, .. times, seen and (BG/NBD) expected."""
    own = population.histories
    observed = np.bincount(np.minimum(own.frequency, MOST), weights=own.count, minlength=MOST + 1)
    expected: list[float] | None = None
    if isinstance(model, BgNbd):
        ages, index = np.unique(own.age, return_inverse=True)
        number = np.bincount(index, weights=own.count)
        total = np.zeros(MOST + 1)
        for age, count in zip(ages, number, strict=True):
            shares = model.frequencies(float(age), MOST - 1) if age > 0 else np.eye(MOST)[0]
            total += count * np.append(shares, max(0.0, 1 - shares.sum()))
        expected = _plain(total)
    labels = [*(str(each) for each in range(MOST)), f"{MOST}+"]
    return {"repeats": labels, "observed": [int(each) for each in observed], "expected": expected}


def held_out(population: Population, until: date, held: Held) -> Mapping[str, Any]:
    """Return what a model of the history up to a day expects of the days after it, and what came.

    `conditional` is what each customer's own history lets expect, `unconditional` E[X(t)] of all; an error
    is that over what came, less 1. `expected_cumulative` follows all customers at `observed_expected`'s ends.
    """
    unit = population.options.time_unit.days
    length = (population.last - until).days / unit
    said: dict[str, Any] = {
        "from": (until + timedelta(days=1)).isoformat(),
        "until": (population.last + timedelta(days=1)).isoformat(),
        "customers": int(held.count.sum()),
        "observed": float(held.bought.sum()),
    }
    ages, recency = held.age / unit, held.recency / unit
    try:
        own = Histories.of(held.frequency, recency, ages, held.count)
        model = fit_purchases(population.options.model, own)
    except FitError as error:
        return {**said, "refused": str(error)}
    rows = Histories(held.frequency, recency, ages, held.count)
    each = held.count * model.conditional_purchases(rows, length)
    whole = held.count @ (model.expected_purchases(ages + length) - model.expected_purchases(ages))
    group = np.minimum(held.frequency, MOST)
    by = [np.bincount(group, weights=part, minlength=MOST + 1) for part in (held.count, held.bought, each)]
    return {
        **said,
        "conditional": float(each.sum()),
        "conditional_error": _error(float(each.sum()), said["observed"]),
        "unconditional": float(whole),
        "unconditional_error": _error(float(whole), said["observed"]),
        "expected_cumulative": _expected(population, model, _ends(population)),
        "by_frequency": {
            "repeats": [*(str(number) for number in range(MOST)), f"{MOST}+"],
            "customers": [int(number) for number in by[0]],
            "observed": _plain(by[1]),
            "expected": _plain(by[2]),
        },
    }


def _error(expected: float, observed: float) -> float | None:
    return expected / observed - 1 if observed else None


def _plain(values: Any) -> list[float]:
    return [float(each) for each in values]
