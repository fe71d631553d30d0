"""Proportion: the share of rows that satisfy a condition, with its Wilson interval.

Empty (n = 0) has no value. Every row counts, unless `latest_per` keeps one row per entity or `per` counts
entities: one for each period in which it has rows, by what their measures say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.expressions.nodes import Measure, Node
from metrics.frame import Cells, Frame, cells_by_period, covered_only, plain_state
from metrics.grain import Period
from metrics.kind import RATIO, Kind
from metrics.kinds._shared import people
from metrics.kinds._shared.members import ScanMembers
from metrics.kinds.proportion import proportion_shape
from metrics.kinds.proportion.options import LatestPer, Options, Within
from metrics.kinds.proportion.per_entity import PerEntity
from metrics.observation import Dimensions, Estimate
from metrics.request import Members, Request
from metrics.sql.scan import Aggregate, Latest, Scan
from metrics.statistics.intervals import wilson


class Proportion(Kind[Options]):
    """A share of rows or entities."""

    options = Options
    code_version = 4
    same_days = True
    names_people = True
    says: ClassVar = {
        ("within", "period"): "looked for in each period",
        ("within", "all"): "looked for in all rows",
    }
    rules = (proportion_shape,)

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return that values are shares."""
        return RATIO

    @override
    def counts_rows(self, metric: Metric) -> bool:
        """Tell whether rows are counted, and not entities."""
        options = self.of(metric)
        return options.latest_per is None and options.per is None

    @override
    def counted_entity(self, metric: Metric) -> str | None:
        """Return the entity of `per`."""
        return self.of(metric).per

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
        """Ask for one scan that counts rows or entities, and those that satisfy the share."""
        options = self.of(metric)
        items = _items(options)
        if options.per is not None:
            where, time = (part.node if part else None for part in (options.where, options.time))
            return {"rows": PerEntity(frame, options.dataset, options.per, *items, where, time, options.over)}
        return {"rows": rows_of(metric, frame, items)}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
        """Return one estimate per period and segment."""
        denominator, numerator = _items(metric.options)
        found = []
        for period, segment, row in cells_by_period(frame, results["rows"]):
            n = int(row[denominator]) if row else 0
            k = int(row[numerator]) if row else 0
            if n or not segment:
                people = n if self.of(metric).per else people_of(metric, frame, denominator, row)
                found.append(replace(share_of(metric, frame, period, segment, k, n), people=people))
        return covered_only(frame, self.of(metric).over, found)

    @override
    def members(self, metric: Metric, frame: Frame) -> Members | None:
        """Ask which rows, or whose, are counted; what is said of an entity by its rows is not asked again."""
        options = self.of(metric)
        dataset = frame.catalog.datasets[options.dataset]
        if options.per is not None or not dataset.key:
            return None
        return ScanMembers(rows_of(metric, frame, _items(options)), dataset, "met the condition")


KIND = Proportion()


def _items(options: Options) -> tuple[Aggregate, Aggregate]:
    """Return what is counted: rows, or under `per` entities, of which `where` says nothing."""
    where = None if options.per else options.where
    of = tuple(part.node for part in (where, options.of) if part)
    count = Measure("count", "count")
    return Aggregate("denominator", count, of), Aggregate("numerator", count, (*of, options.share.node))


def _latest(options: Any, of: tuple[Node, ...]) -> Latest | None:
    """Return which rows `latest_per` keeps, None where every row counts."""
    per: LatestPer | None = options.latest_per
    if per is None:
        return None
    return Latest(per.entity, per.by.node if per.by else None, of, per.within is Within.PERIOD)


def rows_of(metric: Metric, frame: Frame, items: tuple[Aggregate, ...]) -> Scan:
    """Return the scan that counts items, the first of which is the denominator, and the people behind it."""
    options = metric.options
    time = options.time.node if options.time else None
    latest = _latest(options, items[0].where)
    items = (*items, *people.asked(metric, frame.catalog.datasets[options.dataset], items[0]))
    return Scan(options.dataset, items, frame.grains, frame.cuts, time=time, over=options.over, latest=latest)


def people_of(
    metric: Metric, frame: Frame, item: Aggregate, row: Mapping[Aggregate, Any] | None
) -> int | None:
    """Return how many people stand behind a cell of the scan of `rows_of`."""
    return people.counted(metric, frame.catalog.datasets[metric.options.dataset], item, row)


def share_of(metric: Metric, frame: Frame, period: Period, segment: Dimensions, k: int, n: int) -> Estimate:
    """Return the estimate of k of n, with its Wilson interval; no value where n is 0."""
    interval = wilson(k, n)
    return Estimate(
        period,
        segment,
        plain_state(frame, period, empty=not n, small=n < metric.min_sample),
        value=k / n if n else None,
        numerator=float(k),
        denominator=float(n),
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        sample_size=n,
        maturity=frame.elapsed_share(period),
    )
