"""Proportion: the share of rows that satisfy a condition, with its Wilson interval.

Empty (n = 0) has no value. Every row counts, unless `latest_per` keeps one row per entity or `per` counts
entities: one for each period in which it has rows, by what their measures say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference
from metrics.expressions.nodes import Expression, Measure, Node
from metrics.frame import Cells, Frame, cells_by_period, covered_only, plain_state
from metrics.grain import Period
from metrics.kind import Request
from metrics.kinds._shared import people
from metrics.kinds.proportion.per_entity import PerEntity
from metrics.observation import Dimensions, Estimate
from metrics.sql.scan import Aggregate, Latest, Scan
from metrics.statistics.intervals import wilson

CODE_VERSION = 2

SAYS = {
    ("within", "period"): "looked for in each period",
    ("within", "all"): "looked for in all rows",
}
"""What the kind's words mean, for people to read."""


class Within(StrEnum):
    """Where the latest row of an entity is looked for."""

    PERIOD = "period"
    ALL = "all"


@dataclass(frozen=True)
class LatestPer:
    """Count one row per entity: the latest `by` a time; at ties the greatest key."""

    entity: str = field(metadata={"refers": "entity"})
    by: Expression | None = None
    within: Within = Within.PERIOD


@dataclass(frozen=True)
class Options:
    """The kind's own keys."""

    dataset: str = field(metadata={"refers": "dataset"})
    share: Expression = field(metadata={"measures": True})
    of: Expression | None = field(default=None, metadata={"measures": True})
    where: Expression | None = None
    time: Expression | None = None
    latest_per: LatestPer | None = None
    over: Over = Over()
    per: str | None = field(default=None, metadata={"refers": "entity"})


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose rows and times bound the metric."""
    options: Options = metric.options
    return (Reference(options.dataset, where=options.where, time=options.time),)


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


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for one scan that counts rows or entities, and those that satisfy the share."""
    options: Options = metric.options
    items = _items(options)
    if options.per is not None:
        where, time = (part.node if part else None for part in (options.where, options.time))
        return {"rows": PerEntity(frame, options.dataset, options.per, *items, where, time, options.over)}
    return {"rows": rows_of(metric, frame, items)}


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


def finish(metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
    """Return one estimate per period and segment."""
    denominator, numerator = _items(metric.options)
    found = []
    for period, segment, row in cells_by_period(frame, results["rows"]):
        n = int(row[denominator]) if row else 0
        k = int(row[numerator]) if row else 0
        if n or not segment:
            people = n if metric.options.per else people_of(metric, frame, denominator, row)
            found.append(replace(share_of(metric, frame, period, segment, k, n), people=people))
    return covered_only(frame, metric.options.over, found)


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
