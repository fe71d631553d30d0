"""Agreement: do two departments judge the same things alike, beyond chance.

Each row that counts is judged twice, yes or no. Cohen's kappa is 1 where both always agree, 0 where they agree
as often as independent judges would, and below 0 where they agree less. Nothing judged, or one and the same
answer for everything: no value. The numerator is the number judged alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference
from metrics.expressions.nodes import Expression, Measure
from metrics.frame import Cells, Frame, cells_by_period, covered_only, plain_state
from metrics.kind import Request
from metrics.kinds.proportion.kind import LatestPer, people_of, rows_of, share_of
from metrics.observation import Estimate
from metrics.sql.scan import Aggregate
from metrics.statistics.agreement import Agreement

CODE_VERSION = 2

SAYS = {
    ("statistic", "kappa"): "Cohen's kappa: agreement beyond chance, 1 at most",
    ("statistic", "share"): "the share judged alike, chance included",
}
"""What the kind's words mean, for people to read."""


class Statistic(StrEnum):
    """What is said of the agreement."""

    KAPPA = "kappa"
    SHARE = "share"


@dataclass(frozen=True)
class Options:
    """The kind's own keys: two conditions on the same rows."""

    dataset: str = field(metadata={"refers": "dataset"})
    first: Expression
    second: Expression
    statistic: Statistic = Statistic.KAPPA
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
    """Return what is counted: all rows, those both say yes to, and those that each does."""
    of = tuple(part.node for part in (options.where, options.of) if part)
    count, first, second = Measure("count", "count"), options.first.node, options.second.node
    return (
        Aggregate("denominator", count, of),
        Aggregate("both", count, (*of, first, second)),
        Aggregate("first", count, (*of, first)),
        Aggregate("second", count, (*of, second)),
    )


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for one scan that counts rows by both judgements."""
    return {"rows": rows_of(metric, frame, _items(metric.options))}


def finish(metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
    """Return one estimate per period and segment."""
    items, found = _items(metric.options), []
    for period, segment, row in cells_by_period(frame, results["rows"]):
        n, both, first, second = (int(row[item]) if row else 0 for item in items)
        if not n and segment:
            continue
        people = people_of(metric, frame, items[0], row)
        judged = Agreement(both, first - both, second - both, n - first - second + both)
        if metric.options.statistic is Statistic.SHARE:
            shared = share_of(metric, frame, period, segment, judged.agreed, n)
            found.append(replace(shared, people=people))
            continue
        kappa, interval = judged.kappa(), judged.interval()
        found.append(
            Estimate(
                period,
                segment,
                plain_state(frame, period, empty=kappa is None, small=n < metric.min_sample),
                value=kappa,
                numerator=float(judged.agreed),
                denominator=float(n),
                lower=interval.lower if interval else None,
                upper=interval.upper if interval else None,
                sample_size=n,
                maturity=frame.elapsed_share(period),
                people=people,
            )
        )
    return covered_only(frame, metric.options.over, found)
