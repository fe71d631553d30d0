"""Drift: how far what customers are stands from what was thought of them, such as a persona.

Rows are counted by the value of an attribute and compared with the shares that the definition expects. Total
variation is the share of customers that would have to be others for the two to be equal. What the definition
does not name is one more category, of which it expects what its shares leave of 1. Nothing counted: no value.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference
from metrics.expressions.nodes import Expression, Literal, Measure, Operation
from metrics.frame import Cells, Frame, cells_by_period, covered_only, plain_state
from metrics.kind import Request
from metrics.kinds.proportion.kind import LatestPer, people_of, rows_of
from metrics.observation import Estimate
from metrics.sql.scan import Aggregate
from metrics.statistics.drift import drift_interval, stability_index, total_variation

CODE_VERSION = 2

SAYS = {
    ("statistic", "total_variation"): "the share of customers that would have to be others",
    ("statistic", "stability_index"): "population stability index: above 0.25 is read as another population",
}
"""What the kind's words mean, for people to read."""


class Statistic(StrEnum):
    """How the distance is measured."""

    TOTAL_VARIATION = "total_variation"
    STABILITY_INDEX = "stability_index"


@dataclass(frozen=True)
class Expected:
    """One value of the attribute and the share that is expected of it, 0 to 1."""

    value: str
    share: float


@dataclass(frozen=True)
class Options:
    """The kind's own keys: an attribute (a text) and what is expected of it."""

    dataset: str = field(metadata={"refers": "dataset"})
    attribute: Expression
    expected: tuple[Expected, ...]
    statistic: Statistic = Statistic.TOTAL_VARIATION
    where: Expression | None = None
    time: Expression | None = None
    latest_per: LatestPer | None = None
    over: Over = Over()
    # A row without an answer says nothing of the distribution.
    of: Expression | None = None


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose rows and times bound the metric."""
    options: Options = metric.options
    return (Reference(options.dataset, where=options.where, time=options.time),)


def _items(options: Options) -> tuple[Aggregate, ...]:
    """Return what is counted: rows with an answer, and those of each expected value."""
    attribute = options.attribute.node
    of = tuple(part.node for part in (options.where, options.of) if part)
    each = (
        Aggregate(
            f"value_{place}",
            Measure("count", "count"),
            (*of, Operation("=", (attribute, Literal(one.value)))),
        )
        for place, one in enumerate(options.expected)
    )
    return (Aggregate("denominator", Measure("count", "count", attribute), of), *each)


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for one scan that counts rows by value."""
    return {"rows": rows_of(metric, frame, _items(metric.options))}


def finish(metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
    """Return one estimate per period and segment."""
    options: Options = metric.options
    items, found = _items(options), []
    index = options.statistic is Statistic.STABILITY_INDEX
    shares = [one.share for one in options.expected]
    expected = [*shares, max(0.0, 1 - sum(shares))]
    for period, segment, row in cells_by_period(frame, results["rows"]):
        n, *counts = (int(row[item]) if row else 0 for item in items)
        if not n and segment:
            continue
        counts.append(n - sum(counts))
        people = people_of(metric, frame, items[0], row)
        seed = zlib.crc32(f"{metric.metric}{period}{segment}".encode())
        interval = drift_interval(counts, expected, index=index, seed=seed)
        found.append(
            Estimate(
                period,
                segment,
                plain_state(frame, period, empty=not n, small=n < metric.min_sample),
                value=(stability_index if index else total_variation)(counts, expected),
                lower=interval.lower if interval else None,
                upper=interval.upper if interval else None,
                sample_size=n,
                maturity=frame.elapsed_share(period),
                people=people,
            )
        )
    return covered_only(frame, metric.options.over, found)
