"""BG/NBD and Gamma-Gamma beside lifetimes, and how often the intervals of the models hold what is true.

    python -m benchmarks.clv cdnow       # both fits on CDNOW's sample, against lifetimes
    python -m benchmarks.clv million     # the same on a million simulated customers
    python -m benchmarks.clv recovery    # the coverage of the intervals, over simulated customers
    python -m benchmarks.clv cohorts     # the coverage of the published interval of a cohort's value

The first two need lifetimes (the extra `peers`), which ships CDNOW's customers.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from benchmarks import customers
from benchmarks.harness import compare
from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.metric import Direction, Metric
from metrics.expressions.parser import parse
from metrics.frame import Frame
from metrics.grain import Grain, Period, Span
from metrics.kinds.clv.cohorts import finish_valued
from metrics.kinds.clv.histories import Bought, Repeats
from metrics.kinds.clv.options import Margin, Model, Options, Orders, TimeUnit
from metrics.kinds.clv.repeat_buying import Population
from metrics.observation import Estimate
from metrics.statistics import bg_nbd, gamma_gamma, pareto_nbd, sbg
from metrics.statistics.fitting import Fitted, draws
from metrics.statistics.histories import Histories, Spends
from metrics.statistics.sbg import Renewals

Z = 1.959964
BG_NBD = (0.6, 4.0, 0.8, 2.5)
PARETO_NBD = (0.8, 5.0, 0.9, 12.0)
GAMMA_GAMMA = (6.0, 4.0, 15.0)
SBG = (0.8, 3.0)


@dataclass(frozen=True, eq=False)
class _Buyers:
    """One element for each customer: x, t_x, T and the mean value of the repeat purchases."""

    frequency: customers.Floats
    recency: customers.Floats
    age: customers.Floats
    mean: customers.Floats


def cdnow() -> None:
    """Fit both models to CDNOW's 2,357 customers, from the columns that lifetimes ships."""
    from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value

    table = load_cdnow_summary_data_with_monetary_value()
    names = ("frequency", "recency", "T", "monetary_value")
    _beside("CDNOW", _Buyers(*(table[name].to_numpy(dtype=np.float64) for name in names)), rounds=15)


def million() -> None:
    """Fit both models to a million simulated customers, with times in whole days and values in cents."""
    rates = (BG_NBD[0], BG_NBD[1] * 7, *BG_NBD[2:])
    ages = np.random.default_rng(1).integers(7, 366, 1_000_000).astype(np.float64)
    frequency, recency, age = customers.by_day(customers.bg_nbd(2, rates, ages))
    mean = np.zeros_like(age)
    again = frequency > 0
    mean[again] = np.maximum(0.01, np.round(customers.gamma_gamma(3, GAMMA_GAMMA, frequency[again]), 2))
    _beside("a million customers", _Buyers(frequency, recency, age, mean), rounds=2)


def _beside(name: str, buyers: _Buyers, rounds: int) -> None:
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    warnings.simplefilter("ignore")
    again = buyers.frequency > 0
    frequency, mean = buyers.frequency[again], buyers.mean[again]

    def ours() -> tuple[bg_nbd.BgNbd, gamma_gamma.GammaGamma]:
        histories = Histories.of(buyers.frequency, buyers.recency, buyers.age)
        return bg_nbd.fit(histories), gamma_gamma.fit(Spends.of(frequency, mean))

    def theirs() -> tuple[BetaGeoFitter, GammaGammaFitter]:
        bought = BetaGeoFitter().fit(buyers.frequency, buyers.recency, buyers.age)
        return bought, GammaGammaFitter().fit(frequency, mean)

    found = compare(f"BG/NBD and Gamma-Gamma on {name}", ours, theirs, rounds=rounds)
    print(f"  lifetimes / ours {1 / found.ratio:.0f}")
    (bought, spent), (peer_bought, peer_spent) = ours(), theirs()
    likelihood = bg_nbd.Likelihood(Histories.of(buyers.frequency, buyers.recency, buyers.age))
    _say("BG/NBD", bought, peer_bought.params_.to_numpy(), likelihood)
    _say(
        "Gamma-Gamma",
        spent,
        peer_spent.params_.to_numpy(),
        gamma_gamma.Likelihood(Spends.of(frequency, mean)),
    )


def _say(name: str, ours: Fitted, theirs: customers.Floats, likelihood: Callable[..., object]) -> None:
    at_theirs = likelihood(theirs).value  # type: ignore[attr-defined]
    print(
        f"  {name} log-likelihood: ours {ours.log_likelihood:.6f}, at lifetimes' parameters {at_theirs:.6f}"
    )
    print(f"  {name} parameters: ours {np.array(list(ours.parameters.values()))}, lifetimes {theirs}")


def recovery(repetitions: int = 400, size: int = 4_000) -> None:
    """Print how often the 95% intervals of each model hold the parameters and expectations that are true."""
    truths: dict[str, tuple[Callable[[int], Fitted], Fitted, Callable[..., float]]] = {
        "BG/NBD": (
            lambda seed: bg_nbd.fit(Histories.of(*customers.bg_nbd(seed, BG_NBD, _ages(seed, size)))),
            bg_nbd.BgNbd(*BG_NBD, 0.0, 0, ()),
            lambda model: float(model.expected_purchases(52)),
        ),
        "Gamma-Gamma": (
            lambda seed: gamma_gamma.fit(_spends(seed, size)),
            gamma_gamma.GammaGamma(*GAMMA_GAMMA, 0.0, 0, ()),
            lambda model: model.expected_spend(),
        ),
        "sBG": (
            lambda seed: sbg.fit(Renewals.of([(size, customers.sbg(seed, SBG, size, 6))])),
            sbg.Sbg(*SBG, 0.0, 0, ()),
            lambda model: float(model.discounted_lifetime(1, 0.1)),
        ),
        "Pareto/NBD": (
            lambda seed: pareto_nbd.fit(
                Histories.of(*customers.pareto_nbd(seed, PARETO_NBD, _ages(seed, size)))
            ),
            pareto_nbd.ParetoNbd(*PARETO_NBD, 0.0, 0, ()),
            lambda model: float(model.expected_purchases(52)),
        ),
    }
    for name, (fit, truth, expected) in truths.items():
        held = np.array([_held(fit(seed), truth, expected, seed) for seed in range(repetitions)])
        shares = ", ".join(
            f"{what} {share:.3f}"
            for what, share in zip([*truth.parameters, "expectation"], held.mean(axis=0), strict=True)
        )
        print(f"{name}: {repetitions} times {size} customers: {shares}")


def _held(found: Fitted, truth: Fitted, expected: Callable[..., float], seed: int) -> list[bool]:
    """Return for each parameter and for the expectation whether its interval holds the true value."""
    apart = np.log(list(found.parameters.values())) - np.log(list(truth.parameters.values()))
    inside = np.abs(apart) <= Z * np.sqrt(np.diag(np.array(found.covariance)))
    lower, upper = np.quantile([expected(one) for one in draws(found, 400, seed)], [0.025, 0.975])
    return [*inside, lower <= expected(truth) <= upper]


HORIZON = 104
MARK = datetime(2024, 7, 1, tzinfo=UTC)
COHORTS = {
    "the first quarter": Period(Grain.QUARTER, date(2023, 7, 1), date(2023, 10, 1)),
    "the last quarter": Period(Grain.QUARTER, date(2024, 4, 1), date(2024, 7, 1)),
    "all customers": Period(Grain.ALL, None, None),
}


def cohorts(repetitions: int = 200, size: int = 1_500) -> None:
    """Print how often the published interval of a cohort's mean value holds what is true of such customers.

    It is drawn over customers and over parameters; the mean is that of the population they come from: the
    first purchase and all within two years, without a discount.
    """
    purchases, spend = bg_nbd.BgNbd(*BG_NBD, 0.0, 0, ()), gamma_gamma.GammaGamma(*GAMMA_GAMMA, 0.0, 0, ())
    truth = (spend.expected_spend() or 0.0) * (1 + float(purchases.expected_purchases(HORIZON)))
    held: dict[str, list[bool]] = {name: [] for name in COHORTS}
    counted: dict[str, list[int]] = {name: [] for name in COHORTS}
    for seed in range(repetitions):
        found = {each.period: each for each in _published(seed, size)}
        for name, period in COHORTS.items():
            one = found[period]
            assert one.lower is not None
            assert one.upper is not None
            held[name].append(one.lower <= truth <= one.upper)
            counted[name].append(one.sample_size or 0)
    print(f"{repetitions} times {size} customers over a year, each worth {truth:.2f}:")
    for name in COHORTS:
        print(f"  {name} ({np.mean(counted[name]):.0f} customers): {np.mean(held[name]):.3f}")


def _published(seed: int, size: int) -> list[Estimate]:
    """Return the estimates of simulated customers, by the code that publishes them."""
    ages = np.random.default_rng(seed + 10**6).integers(1, 366, size).astype(np.float64)
    frequency, recency, age = customers.by_day(
        customers.bg_nbd(seed, (BG_NBD[0], BG_NBD[1] * 7, *BG_NBD[2:]), ages)
    )
    first, repeats = _spent(seed, frequency)
    came = first + repeats
    sums = {"s": repeats, "r": came, "rr": came**2, "ss": repeats**2, "rs": came * repeats}
    days = np.array([MARK.date() - timedelta(days=1 + int(each)) for each in age], dtype=object)
    ones, again = np.ones(size, dtype=np.int64), frequency > 0
    bought = Bought(days, frequency.astype(np.int64), recency, ones, sums, {})
    options = Options(
        "customer", Margin(1.0), Model.BG_NBD, Span.parse(f"{HORIZON} weeks"), 0.0,
        orders=Orders("orders", parse("amount")), time_unit=TimeUnit.WEEK,
    )  # fmt: skip
    metric = Metric("clv", "CLV", "clv", Direction.NONE, options)
    catalog = Catalog(Company("Simulated", "UTC", Currency("GBP")))
    frame = Frame(catalog, (Grain.QUARTER, Grain.ALL), ((),), MARK, min(days))
    spends = Repeats(bought.frequency[again], repeats[again], ones[again])
    return finish_valued(metric, frame, Population(metric, frame, bought, spends).valued())


def _spent(seed: int, frequency: customers.Floats) -> tuple[customers.Floats, customers.Floats]:
    """Return what each customer's first purchase and all repeat purchases were worth, by Gamma-Gamma."""
    p, q, gamma = GAMMA_GAMMA
    generator = np.random.default_rng(seed + 2 * 10**6)
    each = generator.gamma(q, 1 / gamma, len(frequency))
    repeats = np.where(frequency > 0, generator.gamma(p * np.maximum(frequency, 1)), 0.0)
    return generator.gamma(p, size=len(frequency)) / each, repeats / each


def _ages(seed: int, size: int) -> customers.Floats:
    return np.random.default_rng(seed + 10**6).uniform(20, 60, size)


def _spends(seed: int, size: int) -> Spends:
    frequency = np.random.default_rng(seed + 10**6).geometric(0.4, size).astype(np.float64)
    return Spends.of(frequency, customers.gamma_gamma(seed, GAMMA_GAMMA, frequency))


if __name__ == "__main__":
    {"cdnow": cdnow, "million": million, "recovery": recovery, "cohorts": cohorts}[sys.argv[1]]()
