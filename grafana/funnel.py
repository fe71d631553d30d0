"""The journey as one cohort: the conversions from stage to stage, all of the same period.

Each conversion has a window of its own, so that the latest final periods of two of them are not the same.
Those with a short window are asked as they were shown so many days ago as the longest window is longer: then
all show the newest period that is final for every one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from grafana.literal import doubled
from grafana.periods import Periods
from grafana.promql import Figures, once, period_end, quoted
from metrics.analysis.finality import Finality
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.describe.series_names import SeriesPart
from metrics.grain import Grain
from metrics.kind import kind_of
from scorecard.model import Board

Selector = Callable[[Figures, int], str]

STEP = "step"
"""The label by which the columns of the table meet."""


def main_path(catalog: Catalog, board: Board) -> tuple[Metric, ...]:
    """Return the conversion out of each stage, in the order of the journey; the last stage leads no further.

    It is a cohort's, led by who leads the stage, and of several the one with the shortest window: who waits
    for years looks at a way round.
    """
    chosen = []
    for stage in board.stages[:-1]:
        here = [(window.approximate_seconds, metric) for metric in catalog.metrics.values()
                if metric.stage == stage.stage and metric.leads == stage.leads
                and (window := kind_of(metric).cohort_window(metric)) is not None]  # fmt: skip
        if here:
            chosen.append(min(here, key=lambda pair: pair[0])[1])
    return tuple(chosen)


@dataclass(frozen=True)
class Funnel:
    """The steps, the period that they share as the label `grain` has it, and how many days each looks back."""

    steps: tuple[Metric, ...]
    grain: str
    days: tuple[int, ...]
    catalog: Catalog

    @classmethod
    def of(cls, steps: tuple[Metric, ...], catalog: Catalog, periods: Periods, on: datetime) -> Funnel | None:
        """Return the funnel; None where the steps have no period in common."""
        shared = [
            grain for grain in Grain if all(grain in each.grains for each in steps) and grain != Grain.ALL
        ]
        if not steps or not shared:
            return None
        fixed = periods.default if periods.default in shared else shared[-1]
        chosen = "$grain" if all(periods.follows(each) for each in steps) else fixed.value
        return cls(steps, chosen, tuple(_days(steps, catalog, fixed, on)), catalog)

    def labelled(self, part: SeriesPart) -> str:
        """Return one part of every step, each under its name."""
        return self._together(lambda figures, days: figures.past_at(days, part))

    def period_ends(self) -> str:
        """Return the end of every step's period in milliseconds: the same one, or it is no funnel."""
        return self._together(
            lambda figures, days: period_end(figures.metric.metric, self.grain, days), " * 1000"
        )

    def _together(self, selector: Selector, after: str = "") -> str:
        found = []
        for number, (metric, days) in enumerate(zip(self.steps, self.days, strict=True), 1):
            asked = once(selector(Figures.of(metric, self.catalog, self.grain), days)) + after
            found.append(
                f'label_replace({asked}, "{STEP}", {quoted(doubled(f"{number}. {metric.label}"))}, "", "")'
            )
        return " or ".join(found)


def _days(steps: tuple[Metric, ...], catalog: Catalog, grain: Grain, on: datetime) -> Iterator[int]:
    """Yield by how many days each step's period is final sooner than the slowest one's."""
    finality, calendar = Finality(catalog), catalog.company.calendar
    period = calendar.period_of(calendar.local_day(on), grain)
    ends = [finality.at(metric.metric, period) for metric in steps]
    days = [calendar.local_day(end) for end in ends if end is not None]
    return ((max(days) - day).days for day in days)
