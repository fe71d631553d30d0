"""At which period a metric is shown: the one that the reader chooses, or one of its own where it lacks that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from grafana.variables import GRAIN
from metrics.catalog.metric import Metric
from metrics.grain import Grain


@dataclass(frozen=True)
class Periods:
    """The period that a dashboard opens with, and those that its reader can choose; none where it is fixed."""

    default: Grain
    offered: tuple[Grain, ...] = ()

    def follows(self, metric: Metric) -> bool:
        """Tell whether a metric has every period that can be chosen."""
        return bool(self.offered) and set(self.offered) <= set(metric.grains)

    def grain(self, metric: Metric) -> str:
        """Return the value of the label `grain`: the variable, or the period that the metric stands at."""
        return f"${GRAIN}" if self.follows(metric) else self._own(metric).value

    def shown(self, metric: Metric) -> tuple[Grain, ...]:
        """Return the periods that a metric may be seen at."""
        return self.offered if self.follows(metric) else (self._own(metric),)

    def says(self, metric: Metric) -> str:
        """Return what a title adds about a metric that does not follow the choice."""
        own = self._own(metric)
        if self.follows(metric) or (own is self.default and not self.offered):
            return ""
        return " (of all time)" if own is Grain.ALL else f" (by {own.value.replace('_', ' ')})"

    def _own(self, metric: Metric) -> Grain:
        if self.default in metric.grains:
            return self.default
        order = list(Grain)
        far = {grain: abs(order.index(grain) - order.index(self.default)) for grain in metric.grains}
        return min(metric.grains, key=lambda grain: (grain is Grain.ALL, far[grain], order.index(grain)))


def offered(metrics: Iterable[Metric], default: Grain) -> Periods:
    """Return the choice of periods that moves the most: a metric follows it where it has them all.

    A period that a single metric has would hold all the others still, so that it is not offered.
    """
    known = [set(metric.grains) for metric in metrics if default in metric.grains]
    others = sorted(set().union(*known) - {default, Grain.ALL}, key=list(Grain).index)
    sets = [chosen for size in range(1, len(others) + 1) for chosen in combinations(others, size)]

    def moved(chosen: tuple[Grain, ...]) -> int:
        return len(chosen) * sum(set(chosen) <= each for each in known)

    best = max(sets, key=moved, default=())
    return Periods(default, tuple(grain for grain in Grain if grain in {default, *best}) if best else ())
