"""Drift: how far what customers are stands from what was thought of them, such as a persona.

Rows are counted by the value of an attribute and compared with the shares that the definition expects. Total
variation is the share of customers that would have to be others for the two to be equal. What the definition
does not name is one more category, of which it expects what its shares leave of 1. Nothing counted: no value.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import ClassVar

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.expressions.nodes import Literal, Measure, Operation
from metrics.frame import Cells, Frame, cells_by_period, covered_only, plain_state
from metrics.kind import RATIO, SCORE, Kind
from metrics.kinds.drift import drift_shape
from metrics.kinds.drift.options import Options, Statistic
from metrics.kinds.proportion.kind import people_of, rows_of
from metrics.observation import Estimate
from metrics.request import Request
from metrics.sql.scan import Aggregate
from metrics.statistics.drift import drift_interval, stability_index, total_variation


class Drift(Kind[Options]):
    """A distribution against the one that is expected."""

    options = Options
    code_version = 4
    names_people = True
    says: ClassVar = {
        ("statistic", "total_variation"): "the share of customers that would have to be others",
        (
            "statistic",
            "stability_index",
        ): "population stability index: above 0.25 is read as another population",
    }
    rules = (drift_shape,)

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return that total variation is a share, and the stability index a score."""
        return RATIO if self.of(metric).statistic is Statistic.TOTAL_VARIATION else SCORE

    @override
    def counts_rows(self, metric: Metric) -> bool:
        """Tell that rows are counted unless one is kept per entity."""
        return self.of(metric).latest_per is None

    @override
    def is_share(self, metric: Metric) -> bool:
        """Tell that total variation is one."""
        return self.of(metric).statistic is Statistic.TOTAL_VARIATION

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        options = self.of(metric)
        return (Reference(options.dataset, where=options.where, time=options.time),)

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for one scan that counts rows by value."""
        return {"rows": rows_of(metric, frame, _items(metric.options))}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
        """Return one estimate per period and segment."""
        options = self.of(metric)
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
        return covered_only(frame, self.of(metric).over, found)


KIND = Drift()


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
