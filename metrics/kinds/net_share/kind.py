"""Net share: the share of rows that satisfy one condition, less the share that satisfies another.

The net promoter score is one. Rows that satisfy neither count in both denominators. The variance of a row
is p + d - (p - d)^2; the interval is the normal one, clipped to [-1, 1]. Empty (n = 0) has no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference
from metrics.expressions.nodes import Expression, Measure
from metrics.frame import Cells, Frame, cells_by_period, covered_only, plain_state
from metrics.kind import Request
from metrics.kinds.proportion.kind import LatestPer, people_of, rows_of
from metrics.observation import Estimate
from metrics.sql.scan import Aggregate
from metrics.statistics.intervals import Interval, Z

CODE_VERSION = 2


@dataclass(frozen=True)
class Options:
    """The kind's own keys."""

    dataset: str = field(metadata={"refers": "dataset"})
    positive: Expression
    negative: Expression
    of: Expression | None = None
    where: Expression | None = None
    time: Expression | None = None
    latest_per: LatestPer | None = None
    over: Over = Over()


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose rows and times bound the metric."""
    options: Options = metric.options
    return (Reference(options.dataset, where=options.where, time=options.time),)


def _items(options: Options) -> tuple[Aggregate, Aggregate, Aggregate, Aggregate]:
    """Return what is counted: all rows, the positive, the negative, and those that are both."""
    of = tuple(part.node for part in (options.where, options.of) if part)
    count, positive, negative = Measure("count", "count"), options.positive.node, options.negative.node
    return (
        Aggregate("denominator", count, of),
        Aggregate("positive", count, (*of, positive)),
        Aggregate("negative", count, (*of, negative)),
        Aggregate("both", count, (*of, positive, negative)),
    )


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for one scan that counts rows, the positive and the negative ones."""
    return {"rows": rows_of(metric, frame, _items(metric.options))}


def finish(metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
    """Return one estimate per period and segment; the numerator is positives less negatives."""
    items = _items(metric.options)
    found = []
    for period, segment, row in cells_by_period(frame, results["rows"]):
        n, positive, negative, both = (int(row[item]) if row else 0 for item in items)
        if not n and segment:
            continue
        people = people_of(metric, frame, items[0], row)
        interval = net_interval(positive - both, negative - both, n)
        found.append(
            Estimate(
                period,
                segment,
                plain_state(frame, period, empty=not n, small=n < metric.min_sample),
                value=(positive - negative) / n if n else None,
                numerator=float(positive - negative),
                denominator=float(n),
                lower=interval.lower if interval else None,
                upper=interval.upper if interval else None,
                sample_size=n,
                maturity=frame.elapsed_share(period),
                people=people,
            )
        )
    return covered_only(frame, metric.options.over, found)


def net_interval(positive: int, negative: int, n: int, z: float = Z) -> Interval | None:
    """Return the normal interval of (positive - negative) / n, clipped to [-1, 1]; None where n is 0.

    Var = p + d - (p - d)^2 and SE = sqrt(Var / n), no row being both. Where all rows say the same, the
    interval has no width.
    """
    if n == 0:
        return None
    value = (positive - negative) / n
    # Rounding can leave a variance of nothing slightly below zero.
    variance = max(0.0, (positive + negative) / n - value * value)
    reach = z * sqrt(variance / n)
    return Interval(max(-1.0, value - reach), min(1.0, value + reach))
