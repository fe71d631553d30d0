"""Retention: what is left of the customers, or of their revenue, that there were at the start.

Logo retention is the share of the customers at the start who are still there at the end (Wilson interval).
Gross revenue retention (grr) takes of each the lesser of then and now, never below 0; net (nrr) takes what
they are worth now, growth and refunds included. New customers and those who come back are no part of it.
Revenue gets a percentile-bootstrap interval over customers. Nobody, or no revenue, at the start, or a look-back
that begins before the first row: no value.
A curve follows those who were won in a period by age: by Kaplan-Meier where a customer stays until it is
lost, as a plain share where it is active by its rows in a period.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.frame import Frame, plain_state
from metrics.grain import Period, Span
from metrics.kind import RATIO, Kind, Uncertainty
from metrics.kinds._shared.cohorts import cells_of
from metrics.kinds.retention.bridge import COMPONENTS, BridgeQuery
from metrics.kinds.retention.curve import age_of, shares, survivals
from metrics.kinds.retention.curve import closing as curve_closing
from metrics.kinds.retention.left_out import LeftOutQuery
from metrics.kinds.retention.membership import looked_back
from metrics.kinds.retention.options import Options, Share
from metrics.kinds.retention.retained import Retained
from metrics.kinds.retention.selects import CustomersQuery, RetentionQuery
from metrics.kinds.retention.share_selects import ShareQuery
from metrics.kinds.retention.survival import SurvivalQuery
from metrics.observation import Dimensions, Estimate, State
from metrics.request import Members, Request
from metrics.sql.scan import Cell
from metrics.statistics.intervals import Interval, bootstrap_ratio, delta_ratio, percentile_interval, wilson


class Retention(Kind[Options]):
    """What is left of the customers at the start."""

    options = Options
    code_version = 5
    same_days = True
    follows = True
    component_names = COMPONENTS
    says: ClassVar = {
        ("measure", "logo"): "customers who stayed, of those at the start",
        ("measure", "grr"): "what customers at the start still bring, no more than they did",
        ("measure", "nrr"): "what customers at the start bring now, growth included",
    }

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return that values are shares."""
        return RATIO

    @override
    def ages(self, metric: Metric) -> range:
        """Return the ages of a curve, the first period's included."""
        options = self.of(metric)
        return range(options.oldest + 1) if options.curve else range(0)

    @override
    def covering(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose first rows say from when there are customers."""
        options = self.of(metric)
        return tuple(each.reference for each in (options.activity, options.subscription) if each)

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        worth, found = self.of(metric).value, self.covering(metric)
        if worth is None or worth.dataset is None or self.of(metric).measure is Share.LOGO:
            return found
        return (*found, Reference(worth.dataset, where=worth.where, time=worth.time))

    @override
    def uncertainty(self, metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
        """Say that a share of customers has limits, and that revenue retained is drawn anew."""
        return Uncertainty.LIMITS if self.of(metric).measure is Share.LOGO else Uncertainty.DRAWS

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for customers at the start and what is left of them, per period and segment, or per cohort and age."""
        options = self.of(metric)
        asked: dict[str, Request] = {}
        if not options.curve:
            asked["retained"] = RetentionQuery(metric, frame)
        elif options.by_period or options.measure is not Share.LOGO:
            asked["shares"] = ShareQuery(metric, frame)
        else:
            asked["followed"] = SurvivalQuery(metric, frame)
        if options.exclude:
            asked["left_out"] = LeftOutQuery(metric)
        return asked

    @override
    def closing(
        self, metric: Metric, period: Period, segment: Dimensions, value: float | None = None
    ) -> Span | None:
        """Return what must pass after a period until it is final: its age, and the gap that may be bridged."""
        options = self.of(metric)
        if options.curve and period.end is not None:
            return curve_closing(options, period, age_of(segment))
        return options.gap

    @override
    def diagnostics(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return how many customers were left out, by the name of the condition."""
        return {"excluded": results["left_out"]} if "left_out" in results else {}

    @override
    def members(self, metric: Metric, frame: Frame) -> Members | None:
        """Ask who was a customer at the start and who stayed; of revenue and of ages it is not asked."""
        options = self.of(metric)
        return CustomersQuery(metric, frame) if options.measure is Share.LOGO and not options.curve else None

    @override
    def components(self, metric: Metric, frame: Frame) -> BridgeQuery:
        """Ask how what there was at the start of each period became what there is at its end."""
        return BridgeQuery(metric, frame)

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate per period and segment, or per cohort, age and segment."""
        if "followed" in results:
            return list(survivals(metric, frame, results["followed"]))
        if "shares" in results:
            return list(shares(metric, frame, results["shares"], partial(_spread, metric)))
        retained: Mapping[Cell, Retained] = results["retained"]
        return [
            _estimate(metric, frame, period, segment, retained.get(cell, Retained(0, 0.0, 0.0)))
            for cell, period, segment in cells_of(frame, set(retained))
        ]


KIND = Retention()


def _estimate(metric: Metric, frame: Frame, period: Period, segment: Dimensions, cell: Retained) -> Estimate:
    if not looked_back(metric.options, frame, period):
        return Estimate(period, segment, State.NO_DATA, maturity=frame.elapsed_share(period))
    value = cell.n / cell.d if cell.d > 0 else None
    interval, draws = _spread(metric, (period, segment), cell) if value is not None else (None, None)
    state = plain_state(frame, period, empty=value is None, small=cell.customers < metric.min_sample)
    # An end is only known to be one when the gap that would be bridged has passed.
    if state is not State.NO_DATA and not frame.final(period, metric.options.gap):
        state = State.PROVISIONAL
    return Estimate(
        period,
        segment,
        state,
        value=value,
        numerator=cell.n,
        denominator=cell.d,
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        sample_size=cell.customers,
        maturity=frame.elapsed_share(period),
        draws=draws,
    )


def _spread(metric: Metric, key: tuple[Period, Dimensions],
            cell: Retained) -> tuple[Interval | None, Callable[[int], np.ndarray] | None]:  # fmt: skip
    """Return the interval of a value, and what draws it anew where it is bootstrapped."""
    if metric.options.measure is Share.LOGO:
        return wilson(int(cell.n), cell.customers), None
    pairs = cell.pairs
    if pairs is None:
        found = delta_ratio(cell.moments) if cell.moments else None
        if found is not None and metric.options.measure is Share.GRR:
            found = Interval(max(0.0, found.lower), min(1.0, found.upper))
        return found, None

    def draws(seed: int) -> np.ndarray:
        return bootstrap_ratio(pairs, None, None, seed)

    return percentile_interval(draws(zlib.crc32(f"{metric.metric}{key}".encode()))), draws
