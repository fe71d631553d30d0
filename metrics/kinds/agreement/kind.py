"""Agreement: do two departments judge the same things alike, beyond chance.

Each row that counts is judged twice, yes or no. Cohen's kappa is 1 where both always agree, 0 where they agree
as often as independent judges would, and below 0 where they agree less. Nothing judged, or one and the same
answer for everything: no value. The numerator is the number judged alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.expressions.nodes import Measure
from metrics.frame import Cells, Frame, cells_by_period, covered_only, plain_state
from metrics.kind import RATIO, SCORE, Kind
from metrics.kinds.agreement.options import Options, Statistic
from metrics.kinds.proportion.kind import people_of, rows_of, share_of
from metrics.observation import Estimate
from metrics.request import Request
from metrics.sql.scan import Aggregate
from metrics.statistics.agreement import Agreement


class AgreementKind(Kind[Options]):
    """Two judgements of the same rows, compared."""

    options = Options
    code_version = 4
    names_people = True
    says: ClassVar = {
        ("statistic", "kappa"): "Cohen's kappa: agreement beyond chance, 1 at most",
        ("statistic", "share"): "the share judged alike, chance included",
    }

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return that a share is one, and that kappa is a score."""
        return RATIO if self.of(metric).statistic is Statistic.SHARE else SCORE

    @override
    def counts_rows(self, metric: Metric) -> bool:
        """Tell that rows are counted unless one is kept per entity."""
        return self.of(metric).latest_per is None

    @override
    def is_share(self, metric: Metric) -> bool:
        """Tell that a share is one, and kappa is not."""
        return self.of(metric).statistic is Statistic.SHARE

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        options = self.of(metric)
        return (Reference(options.dataset, where=options.where, time=options.time),)

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for one scan that counts rows by both judgements."""
        return {"rows": rows_of(metric, frame, _items(metric.options))}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Cells]) -> list[Estimate]:
        """Return one estimate per period and segment."""
        items, found = _items(metric.options), []
        for period, segment, row in cells_by_period(frame, results["rows"]):
            n, both, first, second = (int(row[item]) if row else 0 for item in items)
            if not n and segment:
                continue
            people = people_of(metric, frame, items[0], row)
            judged = Agreement(both, first - both, second - both, n - first - second + both)
            if self.of(metric).statistic is Statistic.SHARE:
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
        return covered_only(frame, self.of(metric).over, found)


KIND = AgreementKind()


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
