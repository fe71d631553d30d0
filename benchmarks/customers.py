"""Customers who behave as the models of repeat buying say, by numpy's generator and a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Columns = tuple[Floats, Floats, Floats]


def bg_nbd(seed: int, parameters: tuple[float, float, float, float], ages: Floats) -> Columns:
    """Return x, t_x and T of one customer for each age, who may leave after any repeat purchase."""
    r, alpha, a, b = parameters
    generator = np.random.default_rng(seed)
    rate = generator.gamma(r, 1 / alpha, len(ages))
    leaves = generator.beta(a, b, len(ages))
    frequency, recency = np.zeros(len(ages)), np.zeros(len(ages))
    active = np.arange(len(ages))
    while len(active):
        bought = recency[active] + generator.exponential(size=len(active)) / rate[active]
        in_time = bought <= ages[active]
        active = active[in_time]
        recency[active] = bought[in_time]
        frequency[active] += 1
        active = active[generator.random(len(active)) >= leaves[active]]
    return frequency, recency, ages


def pareto_nbd(seed: int, parameters: tuple[float, float, float, float], ages: Floats) -> Columns:
    """Return x, t_x and T of one customer for each age, who leaves at a random time."""
    r, alpha, s, beta = parameters
    generator = np.random.default_rng(seed)
    rate = generator.gamma(r, 1 / alpha, len(ages))
    stayed = np.minimum(ages, generator.exponential(size=len(ages)) / generator.gamma(s, 1 / beta, len(ages)))
    frequency = generator.poisson(rate * stayed).astype(np.float64)
    # The last of x times that are uniform on what the customer stayed.
    last = generator.random(len(ages)) ** (1 / np.maximum(frequency, 1)) * stayed
    return frequency, np.where(frequency > 0, last, 0.0), ages


def gamma_gamma(seed: int, parameters: tuple[float, float, float], frequency: Floats) -> Floats:
    """Return the mean value of the purchases of customers who made so many."""
    p, q, gamma = parameters
    generator = np.random.default_rng(seed)
    each = generator.gamma(q, 1 / gamma, len(frequency))
    return generator.gamma(p * frequency) / (each * frequency)


def sbg(seed: int, parameters: tuple[float, float], customers: int, renewals: int) -> list[int]:
    """Return how many of a cohort are lost at each of its renewals."""
    a, b = parameters
    generator = np.random.default_rng(seed)
    life = generator.geometric(np.maximum(generator.beta(a, b, customers), 1e-12))
    return [int((life == number).sum()) for number in range(1, renewals + 1)]


def by_day(columns: Columns) -> Columns:
    """Return the same customers with times in whole days, as a source that keeps days has them."""
    frequency, recency, ages = columns
    days = np.ceil(ages)
    return frequency, np.minimum(np.ceil(recency), days), days
