"""Proportion: the share of rows that satisfy a condition, with its Wilson interval.

Empty (n = 0) has no value. Every row counts, unless `latest_per` keeps one row per entity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from metrics.expression import Expression, Measure
from metrics.kind import Cells, Frame, Request, cells_by_period, plain_state
from metrics.model import Metric, Over, Reference
from metrics.observation import Estimate
from metrics.scan import Item, Latest, Scan
from metrics.statistics.intervals import wilson

CODE_VERSION = 1


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
    share: Expression
    of: Expression | None = None
    where: Expression | None = None
    time: Expression | None = None
    latest_per: LatestPer | None = None
    over: Over = Over()


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose rows and times bound the metric."""
    options: Options = metric.options
    return (Reference(options.dataset, where=options.where, time=options.time),)


def _items(options: Options) -> tuple[Item, Item]:
    of = tuple(part.node for part in (options.where, options.of) if part)
    count = Measure("count", "count")
    return Item("denominator", count, of), Item("numerator", count, (*of, options.share.node))


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for one scan that counts rows, and those that satisfy the share."""
    options: Options = metric.options
    items, latest = _items(options), None
    if options.latest_per:
        per = options.latest_per
        by = per.by.node if per.by else None
        latest = Latest(per.entity, by, items[0].where, per.within is Within.PERIOD)
    time = options.time.node if options.time else None
    return {
        "rows": Scan(
            options.dataset, items, frame.grains, frame.cuts, time=time, over=options.over, latest=latest
        )
    }


def finish(metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
    """Return one estimate per period and segment."""
    denominator, numerator = _items(metric.options)
    found = []
    for period, segment, row in cells_by_period(frame, results["rows"]):
        n = int(row[denominator]) if row else 0
        k = int(row[numerator]) if row else 0
        if not n and segment:
            continue
        interval = wilson(k, n)
        found.append(
            Estimate(
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
        )
    return found
