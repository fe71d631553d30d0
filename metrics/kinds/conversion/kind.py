"""Conversion: how many entities go from one stage to another within a window.

A cohort is never deflated by windows that are still open: until the last has closed the value is the
Kaplan-Meier estimate over right-censored entities, and the state is provisional. An empty cohort has no
value. `basis: period` compares what entered both stages in one period: different entities, may exceed 1.
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
from metrics.kinds.conversion import conversion_shape, conversion_skipped
from metrics.kinds.conversion.options import Basis, Options, PeriodBy
from metrics.kinds.conversion.selects import CohortQuery, EntrantQuery, EntryQuery
from metrics.observation import Dimensions, Estimate, State
from metrics.request import Members, Request
from metrics.sql.scan import Cell


class Conversion(Kind[Options]):
    """Entities that go from one stage to another."""

    options = Options
    code_version = 3
    same_days = True
    follows = True
    says: ClassVar = {
        ("basis", "cohort"): "follows the entities that enter in a period",
        (
            "basis",
            "period",
        ): "compares what entered either stage in one period: not the same entities, may exceed 1",
        ("period_by", "entered"): "a cohort bears the period in which it entered",
        ("period_by", "matured"): "a cohort bears the period in which its window closed",
        ("reentry", "first"): "an entity's first entry starts its clock",
        ("reentry", "last"): "an entity's last entry starts its clock",
        ("reentry", "every"): "every entry counts; a success belongs to the latest entry before it",
        ("skipped", "implied"): "a later stage implies the earlier one",
        ("skipped", "recorded"): "only a recorded entry counts",
    }
    rules = (conversion_shape, conversion_skipped)

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return that values are shares."""
        return RATIO

    @override
    def cohort_window(self, metric: Metric) -> Span | None:
        """Return the window of a cohort that bears the period in which it entered."""
        options = self.of(metric)
        follows = options.basis is Basis.COHORT and options.period_by is PeriodBy.ENTERED
        return options.window.span if follows else None

    @override
    def stages(self, metric: Metric) -> tuple[Reference, Reference] | None:
        """Return the rows from which and to which entities go."""
        return self.of(metric).from_, self.of(metric).to

    @override
    def is_share(self, metric: Metric) -> bool:
        """Tell that no more come than set out."""
        return True

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        return self.of(metric).from_, self.of(metric).to

    @override
    def covering(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose first rows say from when there are cohorts: entries, not successes."""
        return (self.of(metric).from_,)

    @override
    def closing(
        self, metric: Metric, period: Period, segment: Dimensions, value: float | None = None
    ) -> Span | None:
        """Return what must pass after a period until its cohort is final; `ever` never closes."""
        options = self.of(metric)
        follows = options.basis is Basis.COHORT and options.period_by is PeriodBy.ENTERED
        return options.window.span if follows else None

    @override
    def closes(self, metric: Metric) -> bool:
        """Tell whether the window of a cohort ever ends."""
        return self.of(metric).basis is Basis.PERIOD or self.of(metric).window.span is not None

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for counted outcomes per cohort, or for entries on both sides."""
        if self.of(metric).basis is Basis.PERIOD:
            return {name: EntryQuery(metric, frame, name) for name in ("from", "to")}
        return {"outcomes": CohortQuery(metric, frame)}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate per cohort or period and segment."""
        if self.of(metric).basis is Basis.PERIOD:
            return list(_flows(frame, results["from"], results["to"]))
        options = self.of(metric)
        span = options.window.span
        window = span if options.period_by is PeriodBy.ENTERED else None
        outcomes = results["outcomes"]
        return list(cohorts(metric, frame, outcomes, closes=span is not None, window=window))

    @override
    def members(self, metric: Metric, frame: Frame) -> Members | None:
        """Ask who entered in each period; what enters both stages in one period is not the same entities."""
        return EntrantQuery(metric, frame) if self.of(metric).basis is Basis.COHORT else None


KIND = Conversion()


def _flows(frame: Frame, entered: Mapping[Cell, int], moved: Mapping[Cell, int]) -> Iterator[Estimate]:
    for cell, period, segment in cells_of(frame, {*entered, *moved}):
        n, k = entered.get(cell, 0), moved.get(cell, 0)
        value = k / n if n else None
        state = State.NO_DATA if value is None else State.FINAL if frame.final(period) else State.PROVISIONAL
        yield Estimate(
            period,
            segment,
            state,
            value=value,
            numerator=float(k),
            denominator=float(n),
            sample_size=n,
            maturity=frame.elapsed_share(period),
        )
