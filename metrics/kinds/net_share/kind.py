"""Net share: the share of rows that satisfy one condition, less the share that satisfies another.

The net promoter score is one. Rows that satisfy neither count in both denominators. The variance of a row
is p + d - (p - d)^2; the interval is the normal one, clipped to [-1, 1]. Empty (n = 0) has no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.expressions.nodes import Measure
from metrics.frame import Cells, Frame, cells_by_period, covered_only, plain_state
from metrics.kind import RATIO, Kind
from metrics.kinds.net_share.options import Options
from metrics.kinds.proportion.kind import people_of, rows_of
from metrics.observation import Estimate
from metrics.request import Request
from metrics.sql.scan import Aggregate
from metrics.statistics.intervals import Interval, Z


class NetShare(Kind[Options]):
    """A share of rows less another."""

    options = Options
    code_version = 4
    same_days = True
    names_people = True

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return that values are shares."""
        return RATIO

    @override
    def counts_rows(self, metric: Metric) -> bool:
        """Tell that rows are counted unless one is kept per entity."""
        return self.of(metric).latest_per is None

    @override
    def is_share(self, metric: Metric) -> bool:
        """Tell that it is part of a whole."""
        return True

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        options = self.of(metric)
        return (Reference(options.dataset, where=options.where, time=options.time),)

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for one scan that counts rows, the positive and the negative ones."""
        return {"rows": rows_of(metric, frame, _items(metric.options))}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
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
        return covered_only(frame, self.of(metric).over, found)


KIND = NetShare()


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
