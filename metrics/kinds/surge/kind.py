"""Surge: is something asked about more than usual, with a stated rate of false alarms.

The count of a period over the mean count of the periods before it, its baseline. Where nothing has changed,
the lower limit lies above 1 in at most `false_alarm` of the periods: that is the alarm. No value without a
baseline: the first periods, and a segment that nobody has asked about before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import isinf

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference
from metrics.expressions.nodes import Measure
from metrics.frame import Cells, Frame, cells_by_period, plain_state
from metrics.grain import Calendar, Period
from metrics.kind import TIMES, Kind
from metrics.kinds.surge import surge_shape
from metrics.kinds.surge.options import Options
from metrics.observation import Dimensions, Estimate
from metrics.request import Request
from metrics.sql.scan import Aggregate, Scan
from metrics.statistics.surge import rate_ratio_limits


class Surge(Kind[Options]):
    """A count against its baseline."""

    options = Options
    code_version = 3
    rules = (surge_shape,)

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return that values are multiples of what is usual."""
        return TIMES

    @override
    def counts_rows(self, metric: Metric) -> bool:
        """Tell that rows are counted."""
        return True

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        options = self.of(metric)
        return (Reference(options.dataset, where=options.where, time=options.time),)

    @override
    def covered_days(self, metric: Metric, period: Period, calendar: Calendar) -> tuple[date, date]:
        """Return the local days [from, to) behind a value: its period and its baseline."""
        assert period.start is not None
        assert period.end is not None
        first = period
        for _ in range(self.of(metric).baseline):
            first = calendar.previous(first)
        return first.start or period.start, period.end

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for one scan that counts rows."""
        options = self.of(metric)
        time = options.time.node if options.time else None
        item = (_item(options),)
        return {"rows": Scan(options.dataset, item, frame.grains, frame.cuts, time=time, over=Over())}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
        """Return one estimate per period and segment; the numerator is the count, the denominator its baseline."""
        item, counts = _item(metric.options), dict[tuple[Period, Dimensions], int]()
        for period, segment, row in cells_by_period(frame, results["rows"]):
            counts[period, segment] = int(row[item]) if row else 0
        return [
            _estimate(
                metric, frame, period, segment, count, _baseline(metric, frame, counts, period, segment)
            )
            for (period, segment), count in counts.items()
        ]


KIND = Surge()


def _item(options: Options) -> Aggregate:
    where = (options.where.node,) if options.where else ()
    return Aggregate("rows", Measure("count", "count"), where)


def _baseline(metric: Metric, frame: Frame, counts: Mapping[tuple[Period, Dimensions], int], period: Period,
              segment: Dimensions) -> int | None:  # fmt: skip
    """Return how many there were in the periods before, None where they are not all covered."""
    total = 0
    for _ in range(metric.options.baseline):
        if period.start is None:
            return None
        period = frame.calendar.previous(period)
        # The total has every covered period; of a segment, one without rows counts as 0.
        if (period, ()) not in counts and period not in frame.periods(period.grain):
            return None
        total += counts.get((period, segment), 0)
    return total


def _estimate(metric: Metric, frame: Frame, period: Period, segment: Dimensions, count: int,
              baseline: int | None) -> Estimate:  # fmt: skip
    options: Options = metric.options
    # An open period has had less time: what it should have by now is its elapsed share.
    share = frame.elapsed_share(period)
    value = limits = None
    if baseline and share > 0:
        value = count / (baseline / options.baseline * share)
        limits = rate_ratio_limits(count, baseline, options.baseline / share, options.false_alarm)
    known = limits is not None and not isinf(limits.upper)
    return Estimate(
        period,
        segment,
        plain_state(frame, period, empty=value is None, small=False),
        value=value,
        numerator=float(count),
        denominator=None if baseline is None else baseline / options.baseline * share,
        lower=limits.lower if limits and known else None,
        upper=limits.upper if limits and known else None,
        sample_size=None if baseline is None else count + baseline,
        maturity=share,
    )
