"""Whether a count stands above its baseline, with a stated rate of false alarms."""

from __future__ import annotations

from math import inf

from metrics.statistics.intervals import Interval
from metrics.statistics.special import betaincinv


def rate_ratio_limits(count: int, baseline: int, periods: float, false_alarm: float) -> Interval | None:
    """Return the limits of (count per period now) / (count per period in the baseline).

    Given the sum of both, the count is binomial with the share ratio / (ratio + periods) (Przyborowski &
    Wilenski 1940), and its limits are Clopper & Pearson's (1934), each side at `false_alarm`: where nothing has
    changed, the lower limit lies above 1 in at most this share of periods. The upper one is infinite without a
    baseline; None without either count.

    Raises:
        ValueError: a count is negative, there is no baseline period, or the rate is not between 0 and 1/2.
    """
    if count < 0 or baseline < 0 or periods <= 0 or not 0 < false_alarm < 0.5:
        raise ValueError(f"no limits for {count} now, {baseline} in {periods} periods at {false_alarm}")
    if count + baseline == 0:
        return None
    lower = 0.0 if count == 0 else float(betaincinv(count, baseline + 1, false_alarm))
    upper = 1.0 if baseline == 0 else float(betaincinv(count + 1, baseline, 1 - false_alarm))
    return Interval(_ratio(lower, periods), _ratio(upper, periods))


def _ratio(share: float, periods: float) -> float:
    return inf if share >= 1 else periods * share / (1 - share)
