"""Lifetime value: what a customer is worth from its first purchase to the horizon, per acquisition cohort.

A period's value is the mean over the customers whose first purchase lies in it, discounted to that
purchase. `historic` counts what came, of those whose horizon has passed; `simple` is margin over churn;
`bg_nbd` and `pareto_nbd` (with Gamma-Gamma for the spend) and `sbg` add to what came until now what is
expected until the horizon. No customer: no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.frame import Frame
from metrics.grain import Period, Span
from metrics.kind import Kind, Uncertainty
from metrics.kinds.clv.cohorts import finish_valued
from metrics.kinds.clv.contracts import Contracts, TenuresQuery
from metrics.kinds.clv.diagnostics import seen_of_contracts, seen_of_purchases
from metrics.kinds.clv.historic import EarnedQuery, finish_historic
from metrics.kinds.clv.histories import DaysQuery, HeldQuery, HistoriesQuery, holdout
from metrics.kinds.clv.options import Model, Options
from metrics.kinds.clv.repeat_buying import Population
from metrics.kinds.clv.simple import UnitsQuery, finish_simple
from metrics.observation import Dimensions, Estimate
from metrics.request import Request

_MODELS = {
    Model.HISTORIC: "historic",
    Model.SIMPLE: "simple",
    Model.BG_NBD: "BG/NBD and Gamma-Gamma",
    Model.PARETO_NBD: "Pareto/NBD and Gamma-Gamma",
    Model.SBG: "sBG",
}


class LifetimeValue(Kind[Options]):
    """What a new customer is worth."""

    options = Options
    code_version = 4
    follows = True
    says: ClassVar = {
        ("model", "historic"): "what came within the horizon, of customers whose horizon has passed",
        ("model", "simple"): "margin per active customer and unit over churn, capped by the horizon",
        ("model", "bg_nbd"): "what came, and what BG/NBD and Gamma-Gamma expect until the horizon",
        ("model", "pareto_nbd"): "what came, and what Pareto/NBD and Gamma-Gamma expect until the horizon",
        (
            "model",
            "sbg",
        ): "what was paid, and the renewals that a shifted-beta-geometric expects until the horizon",
    }

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return the currency of the report."""
        return catalog.company.currency.report.lower()

    @override
    def assumes(self, metric: Metric, catalog: Catalog) -> str | None:
        """Return horizon, discount rate, currency, margin and model, for the label of every value."""
        options = self.of(metric)
        rate = f"{options.discount_rate * 100:g}% a year" if options.discount_rate else "not discounted"
        currency, model = catalog.company.currency.report, _MODELS[options.model]
        return f"{options.horizon}, {rate}, {currency}, {options.margin}, {model}"

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the references whose rows and times bound the metric."""
        options = self.of(metric)
        return tuple(each.reference for each in (options.orders, options.subscription) if each)

    @override
    def closing(
        self, metric: Metric, period: Period, segment: Dimensions, value: float | None = None
    ) -> Span | None:
        """Return what must pass after a period until it is final: the horizon, or a whole unit after the first.

        What a model expects needs nothing more than the period.
        """
        options = self.of(metric)
        if options.model is Model.HISTORIC:
            return options.horizon
        return options.time_unit.span(2) if options.model is Model.SIMPLE else None

    @override
    def uncertainty(self, metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
        """Say that the value is drawn anew, over customers and where there is a model over its parameters."""
        return Uncertainty.DRAWS

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for what the model counts, per cohort and segment, or of all customers where one is fitted."""
        model = self.of(metric).model
        if model is Model.HISTORIC:
            return {"earned": EarnedQuery(metric, frame)}
        if model is Model.SIMPLE:
            return {"units": UnitsQuery(metric, frame)}
        if model is Model.SBG:
            return {"customers": TenuresQuery(metric, frame)}
        asked: dict[str, Request] = {
            "customers": HistoriesQuery(metric, frame, partial(Population, metric, frame)),
            "days": DaysQuery(metric, frame),
        }
        split = holdout(metric, frame)
        if split is not None:
            asked["held"] = HeldQuery(metric, frame, split[0])
        return asked

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate per cohort and segment; raise ComputationError where a model is not fitted."""
        model = self.of(metric).model
        if model is Model.HISTORIC:
            return finish_historic(metric, frame, results["earned"])
        if model is Model.SIMPLE:
            return finish_simple(metric, frame, results["units"])
        return finish_valued(metric, frame, results["customers"].valued())

    @override
    def fits(self, metric: Metric) -> bool:
        """Tell whether a model is fitted, which may be refused."""
        return self.of(metric).model not in (Model.HISTORIC, Model.SIMPLE)

    @override
    def diagnostics(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the fit with what a person needs to judge it, as plain JSON values; nothing without a model."""
        if not self.fits(metric):
            return {}
        fitted = results["customers"]
        if isinstance(fitted, Contracts):
            return seen_of_contracts(fitted)
        split = holdout(metric, frame)
        held = (split[0], results["held"]) if split is not None else None
        return seen_of_purchases(fitted, results["days"], held)


KIND = LifetimeValue()
