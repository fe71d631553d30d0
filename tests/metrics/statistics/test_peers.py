"""Agreement with the package lifetimes, where the extra `peers` is installed."""

from types import ModuleType

import numpy as np
import pytest

from benchmarks import customers
from metrics.statistics import bg_nbd, gamma_gamma, pareto_nbd
from metrics.statistics.histories import Histories, Spends
from tests.metrics.statistics import cdnow

# Its own warnings are its own.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def lifetimes() -> ModuleType:
    """Import the package where it is read: it takes longer than all else that is collected."""
    return pytest.importorskip("lifetimes", reason="lifetimes is not installed: pip install '.[peers]'")


def on_cdnow() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    log = cdnow.load()
    return log.frequency, log.recency, log.age


def of_bg_nbd() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return customers.bg_nbd(21, (0.6, 4.0, 0.8, 2.5), np.random.default_rng(1).uniform(20, 60, 3_000))


def of_pareto_nbd() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ages = np.random.default_rng(2).uniform(20, 60, 3_000)
    return customers.pareto_nbd(22, (0.8, 5.0, 0.9, 12.0), ages)


@pytest.mark.parametrize("customers_of", [on_cdnow, of_bg_nbd], ids=["cdnow", "simulated"])
def test_bg_nbd(customers_of, lifetimes: ModuleType) -> None:
    x, recency, age = customers_of()
    histories = Histories.of(x, recency, age)
    # Closer to nothing than 1e-9 its gradient is rounding, which differs by processor, and its search never ends.
    ours, theirs = bg_nbd.fit(histories), lifetimes.BetaGeoFitter().fit(x, recency, age, tol=1e-8)
    assert list(ours.parameters.values()) == pytest.approx(theirs.params_.to_numpy(), rel=1e-3)
    each = lifetimes.BetaGeoFitter._negative_log_likelihood
    ones = np.ones(len(x))
    at_ours = -each(np.log(list(ours.parameters.values())), x, recency, age, ones, 0.0) * len(x)
    at_theirs = -each(np.log(theirs.params_.to_numpy()), x, recency, age, ones, 0.0) * len(x)
    assert ours.log_likelihood == pytest.approx(at_ours, abs=1e-6)
    assert ours.log_likelihood == pytest.approx(at_theirs, abs=1e-4)
    assert ours.log_likelihood >= at_theirs - 1e-6
    same = theirs.conditional_expected_number_of_purchases_up_to_time(39, x, recency, age)
    unmerged = Histories(x.astype(np.int64), recency, age, np.ones(len(x), dtype=np.int64))
    assert ours.conditional_purchases(unmerged, 39) == pytest.approx(np.asarray(same), rel=2e-3)
    alive = theirs.conditional_probability_alive(x, recency, age)
    assert ours.probability_alive(unmerged) == pytest.approx(np.asarray(alive), rel=1e-3, abs=1e-6)
    new = theirs.expected_number_of_purchases_up_to_time([1, 10, 78])
    assert ours.expected_purchases([1, 10, 78]) == pytest.approx(np.asarray(new), rel=1e-3)


@pytest.mark.parametrize("customers_of", [on_cdnow, of_pareto_nbd], ids=["cdnow", "simulated"])
def test_pareto_nbd(customers_of, lifetimes: ModuleType) -> None:
    x, recency, age = customers_of()
    ours = pareto_nbd.fit(Histories.of(x, recency, age))
    theirs = lifetimes.ParetoNBDFitter().fit(x, recency, age, tol=1e-10, maxiter=4_000)
    each = lifetimes.ParetoNBDFitter._conditional_log_likelihood
    at_theirs = each(theirs.params_.to_numpy(), x, recency, age).sum()
    at_ours = each(np.array(list(ours.parameters.values())), x, recency, age).sum()
    assert ours.log_likelihood == pytest.approx(at_ours, abs=1e-6)
    assert ours.log_likelihood == pytest.approx(at_theirs, abs=1e-4)
    assert list(ours.parameters.values()) == pytest.approx(theirs.params_.to_numpy(), rel=1e-3)


@pytest.mark.parametrize("source", ["cdnow", "simulated"])
def test_gamma_gamma(source: str, lifetimes: ModuleType) -> None:
    if source == "cdnow":
        log = cdnow.load()
        x, mean = log.frequency[log.frequency > 0], log.mean[log.frequency > 0]
    else:
        x = np.random.default_rng(3).geometric(0.4, 3_000).astype(np.float64)
        mean = customers.gamma_gamma(4, (6.0, 4.0, 15.0), x)
    ours = gamma_gamma.fit(Spends.of(x, mean))
    theirs = lifetimes.GammaGammaFitter().fit(x, mean)
    assert list(ours.parameters.values()) == pytest.approx(theirs.params_.to_numpy(), rel=1e-3)
    each = lifetimes.GammaGammaFitter._negative_log_likelihood
    ones = np.ones(len(x))
    at_ours = -each(np.log(list(ours.parameters.values())), x, mean, ones, 0.0) * len(x)
    at_theirs = -each(np.log(theirs.params_.to_numpy()), x, mean, ones, 0.0) * len(x)
    assert ours.log_likelihood == pytest.approx(at_ours, abs=1e-6)
    assert ours.log_likelihood == pytest.approx(at_theirs, abs=1e-4)
    spend = theirs.conditional_expected_average_profit(x, mean)
    assert ours.conditional_spend(x, mean) == pytest.approx(np.asarray(spend), rel=1e-3)
