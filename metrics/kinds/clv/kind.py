"""Lifetime value: what a customer is worth from its first purchase to the horizon, per acquisition cohort.

A period's value is the mean over the customers whose first purchase lies in it, discounted to that
purchase. `historic` counts what came, of those whose horizon has passed; `simple` is margin over churn;
`bg_nbd` and `pareto_nbd` (with Gamma-Gamma for the spend) and `sbg` add to what came until now what is
expected until the horizon. No customer: no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.frame import Frame
from metrics.grain import Period, Span
from metrics.kind import Request, Uncertainty
from metrics.kinds._shared.customers import Subscription
from metrics.kinds.clv.cohorts import finish_valued
from metrics.kinds.clv.contracts import Contracts, TenuresQuery
from metrics.kinds.clv.diagnostics import seen_of_contracts, seen_of_purchases
from metrics.kinds.clv.historic import EarnedQuery, finish_historic
from metrics.kinds.clv.histories import DaysQuery, HeldQuery, HistoriesQuery, holdout
from metrics.kinds.clv.options import Margin, Model, Options, Orders, TimeUnit
from metrics.kinds.clv.repeat_buying import Population
from metrics.kinds.clv.simple import UnitsQuery, finish_simple
from metrics.observation import Dimensions, Estimate

__all__ = [
    "CODE_VERSION",
    "Margin",
    "Model",
    "Options",
    "Orders",
    "Subscription",
    "TimeUnit",
    "assumes",
    "bases",
    "beside",
    "closing",
    "finish",
    "fits",
    "requests",
]

CODE_VERSION = 1

SAYS = {
    ("model", "historic"): "what came within the horizon, of customers whose horizon has passed",
    ("model", "simple"): "margin per active customer and unit over churn, capped by the horizon",
    ("model", "bg_nbd"): "what came, and what BG/NBD and Gamma-Gamma expect until the horizon",
    ("model", "pareto_nbd"): "what came, and what Pareto/NBD and Gamma-Gamma expect until the horizon",
    (
        "model",
        "sbg",
    ): "what was paid, and the renewals that a shifted-beta-geometric expects until the horizon",
}
"""What the kind's words mean, for people to read."""


def assumes(metric: Metric, currency: str) -> str:
    """Return horizon, discount rate, currency, margin and model, for the label of every value."""
    options: Options = metric.options
    rate = f"{options.discount_rate * 100:g}% a year" if options.discount_rate else "not discounted"
    return f"{options.horizon}, {rate}, {currency}, {options.margin}, {_MODELS[options.model]}"


_MODELS = {
    Model.HISTORIC: "historic",
    Model.SIMPLE: "simple",
    Model.BG_NBD: "BG/NBD and Gamma-Gamma",
    Model.PARETO_NBD: "Pareto/NBD and Gamma-Gamma",
    Model.SBG: "sBG",
}


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose rows and times bound the metric."""
    options: Options = metric.options
    return tuple(each.reference for each in (options.orders, options.subscription) if each)


def closing(metric: Metric, segment: Dimensions, period: Period) -> Span | None:
    """Return what must pass after a period until it is final: the horizon, or a whole unit after the first.

    What a model expects needs nothing more than the period.
    """
    options: Options = metric.options
    if options.model is Model.HISTORIC:
        return options.horizon
    return options.time_unit.span(2) if options.model is Model.SIMPLE else None


def uncertainty(metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
    """Say that the value is drawn anew, over customers and where there is a model over its parameters."""
    return Uncertainty.DRAWS


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for what the model counts, per cohort and segment, or of all customers where one is fitted."""
    model = metric.options.model
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


def finish(metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
    """Return one estimate per cohort and segment; raise ComputationError where a model is not fitted."""
    model = metric.options.model
    if model is Model.HISTORIC:
        return finish_historic(metric, frame, results["earned"])
    if model is Model.SIMPLE:
        return finish_simple(metric, frame, results["units"])
    return finish_valued(metric, frame, results["customers"].valued())


def fits(metric: Metric) -> bool:
    """Tell whether a model is fitted, which may be refused."""
    return metric.options.model not in (Model.HISTORIC, Model.SIMPLE)


def beside(metric: Metric, frame: Frame, results: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fit with what a person needs to judge it, as plain JSON values; nothing without a model."""
    if not fits(metric):
        return {}
    fitted = results["customers"]
    if isinstance(fitted, Contracts):
        return seen_of_contracts(fitted)
    split = holdout(metric, frame)
    held = (split[0], results["held"]) if split is not None else None
    return seen_of_purchases(fitted, results["days"], held)
