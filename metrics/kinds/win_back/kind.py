"""Win-back: how many of the customers who lapsed buy again.

A customer lapses when `lapse_after` has passed since its last order, or when all its subscriptions have
ended; a second lapse is a new episode. Who buys again before the grace is over had not lapsed. A cohort is
followed through a window and never deflated by windows that are still open, as in a conversion.
`basis: period` asks how many of those who had lapsed when a period began bought in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.frame import Frame
from metrics.grain import Period, Span
from metrics.kind import RATIO, Kind
from metrics.kinds._shared.cohorts import cells_of, cohorts
from metrics.kinds.win_back.options import Basis, Options
from metrics.kinds.win_back.selects import LapsedMembers, LapsedOutQuery, LapsedQuery, ReturnedQuery
from metrics.observation import Dimensions, Estimate, State
from metrics.request import Members, Request
from metrics.sql.scan import Cell
from metrics.statistics.intervals import wilson


class WinBack(Kind[Options]):
    """Lost customers who buy again."""

    options = Options
    code_version = 3
    same_days = True
    follows = True
    says: ClassVar = {
        ("basis", "cohort"): "follows the customers who lapsed in a period",
        ("basis", "period"): "compares who came back in a period with who had lapsed at its start",
    }

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return that values are shares."""
        return RATIO

    @override
    def is_share(self, metric: Metric) -> bool:
        """Tell that no more come back than were lost."""
        return True

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        options = self.of(metric)
        return tuple(each.reference for each in (options.activity, options.subscription) if each)

    @override
    def closes(self, metric: Metric) -> bool:
        """Tell whether the window of those who lapsed ever ends."""
        return self.of(metric).basis is Basis.PERIOD or self.of(metric).window.span is not None

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for counted outcomes per cohort, or for those who came back in each period."""
        options = self.of(metric)
        asked: dict[str, Request] = {}
        if options.basis is Basis.PERIOD:
            asked["returned"] = ReturnedQuery(metric, frame)
        else:
            asked["outcomes"] = LapsedQuery(metric, frame)
        if options.exclude:
            asked["left_out"] = LapsedOutQuery(metric)
        return asked

    @override
    def closing(
        self, metric: Metric, period: Period, segment: Dimensions, value: float | None = None
    ) -> Span | None:
        """Return what must pass after a period until it is final: the window from a lapse, or the gap."""
        options = self.of(metric)
        return options.closing

    @override
    def diagnostics(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return how many lapsed customers were left out, by the name of the condition."""
        return {"excluded": results["left_out"]} if "left_out" in results else {}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate per cohort or period and segment."""
        options = self.of(metric)
        if options.basis is Basis.PERIOD:
            return list(_returned(metric, frame, results["returned"]))
        closes = options.window.span is not None
        return list(cohorts(metric, frame, results["outcomes"], closes=closes, window=options.closing))

    @override
    def members(self, metric: Metric, frame: Frame) -> Members | None:
        """Ask who lapsed in each period, where those are followed."""
        return LapsedMembers(metric, frame) if self.of(metric).basis is Basis.COHORT else None


KIND = WinBack()


def _returned(metric: Metric, frame: Frame, found: Mapping[Cell, tuple[int, int]]) -> Iterator[Estimate]:
    for cell, period, segment in cells_of(frame, set(found)):
        k, n = found.get(cell, (0, 0))
        interval = wilson(k, n)
        state = State.SMALL_SAMPLE if n < metric.min_sample else State.FINAL
        if not frame.final(period, metric.options.closing):
            state = State.PROVISIONAL
        yield Estimate(
            period,
            segment,
            state if n else State.NO_DATA,
            value=k / n if n else None,
            numerator=float(k),
            denominator=float(n),
            lower=interval.lower if interval else None,
            upper=interval.upper if interval else None,
            sample_size=n,
            maturity=frame.elapsed_share(period),
        )
