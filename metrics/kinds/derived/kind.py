"""Derived: a formula over other metrics at the same grain and segment; null propagates.

Where every input is drawn anew by a bootstrap or a model (a ratio with an entity, revenue retained, a
lifetime value), so is the formula, each input by itself: its interval is the 95% between the outer
percentiles of 2,000 draws. Where one is not, there is no interval. While a period is open there is a value only
where all inputs have come equally far: they are read up to the least of their watermarks.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.catalog.walk import inputs
from metrics.frame import Frame
from metrics.grain import Period
from metrics.kind import Additivity, Kind, Uncertainty
from metrics.kinds._shared.additivity import of_formula
from metrics.kinds._shared.joint import joint_state, least_mature, mature_together
from metrics.kinds._shared.whole import whole_formula
from metrics.kinds.derived.formula import drawn, evaluate
from metrics.kinds.derived.options import Options
from metrics.observation import Dimensions, Estimate, State
from metrics.request import Request
from metrics.statistics.intervals import percentile_interval


class Derived(Kind[Options]):
    """A formula over metrics."""

    options = Options
    code_version = 4
    same_days = True
    crosses_sources = True

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return nothing: a formula's unit is what its definition declares."""
        return ""

    @override
    def additivity(self, metric: Metric, catalog: Catalog, seen: frozenset[str] = frozenset()) -> Additivity:
        """Return that a quotient holds, and that what is linear does as its inputs do."""
        return of_formula(self.of(metric).formula.node, catalog, seen | {metric.metric})

    @override
    def is_whole(self, metric: Metric, catalog: Catalog) -> bool:
        """Tell whether whole counts and sums are added up."""
        return whole_formula(self.of(metric).formula.node, catalog)

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return nothing: the inputs bound the metric."""
        return ()

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask nothing of sources."""
        return {}

    @override
    def uncertainty(self, metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
        """Say that a formula is drawn anew where every input is, and has no interval where one is not."""
        return Uncertainty.DRAWS if below and set(below) == {Uncertainty.DRAWS} else Uncertainty.NONE

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate for each period and segment that every input has."""
        read = [frame.inputs.get(name, {}) for name in inputs(metric)]
        wanted = {tuple(sorted(cut)) for cut in frame.cuts}
        shared = [
            key
            for key in (read[0] if read else {})
            if key[0].grain in frame.grains
            and tuple(name for name, _ in key[1]) in wanted
            and all(key in each for each in read)
        ]
        found = []
        for period, segment in shared:
            parts = {name: frame.inputs[name][period, segment] for name in inputs(metric)}
            values = {name: part.value for name, part in parts.items()}
            value = evaluate(self.of(metric).formula.node, values)
            state = joint_state(tuple(parts.values()), value)
            if state is State.PROVISIONAL and not mature_together(tuple(parts.values())):
                value = None
            draws = drawn(self.of(metric).formula.node, parts) if value is not None else None
            interval = percentile_interval(draws(_seed(metric, period, segment))) if draws else None
            found.append(
                Estimate(
                    period,
                    segment,
                    state,
                    value=value,
                    lower=interval.lower if interval else None,
                    upper=interval.upper if interval else None,
                    maturity=least_mature(tuple(parts.values())),
                    draws=draws,
                )
            )
        return found


KIND = Derived()


def _seed(metric: Metric, period: Period, segment: Dimensions) -> int:
    return zlib.crc32(f"{metric.metric}{(period, segment)}".encode())
