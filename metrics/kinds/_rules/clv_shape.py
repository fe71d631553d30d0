"""The keys of a lifetime value and of a payback fit together."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.errors import Finding, Level
from metrics.grain import Grain
from metrics.kinds.clv import options as clv
from metrics.kinds.clv.options import Margin, Model
from metrics.kinds.payback import options as payback
from metrics.loading.loader import Places

CODE = "clv-shape"

Problem = tuple[tuple[str | int, ...], bool, str]
"""The path that a finding points at, whether at the key itself, and what it says."""


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each key that is missing, wrong or contradicts another; advice for needless ones."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        found: list[Problem] = []
        if isinstance(options, clv.Options):
            found = [*_bought(options), *_rates(options), *_margin(options.margin, *_value(options))]
        elif isinstance(options, payback.Options):
            found = [
                *_payback(metric, options),
                *_margin(options.margin, "orders", options.orders.value is not None),
            ]
        for path, key, message in found:
            yield Finding(at("metric", name, *path, key=key), CODE, message)
        if isinstance(options, clv.Options):
            for needless in ("time_unit", "max_correlation"):
                if needless in _needless(options) and at.written("metric", name, needless):
                    message = f"{needless} has no meaning with model: {options.model}"
                    yield Finding(at("metric", name, needless, key=True), CODE, message, Level.ADVICE)


def _needless(options: clv.Options) -> tuple[str, ...]:
    if options.model is Model.HISTORIC:
        return ("time_unit", "max_correlation")
    return ("max_correlation",) if options.model in (Model.SIMPLE, Model.SBG) else ()


def _bought(options: clv.Options) -> Iterator[Problem]:
    contractual = options.model is Model.SBG
    needed, other = ("subscription", "orders") if contractual else ("orders", "subscription")
    if getattr(options, needed) is None:
        yield ("model",), False, f"model: {options.model} needs {needed}"
    if getattr(options, other) is not None:
        yield (other,), True, f"{other} has no meaning with model: {options.model}, which is told by {needed}"


def _value(options: clv.Options) -> tuple[str, bool]:
    key = "subscription" if options.model is Model.SBG else "orders"
    rows = getattr(options, key)
    return key, rows is None or rows.value is not None


def _rates(options: clv.Options) -> Iterator[Problem]:
    if options.horizon.count == 0:
        yield ("horizon",), False, "the horizon has no length"
    elif options.model is Model.SBG and options.horizon_units < 1:
        yield ("horizon",), False, f"the horizon is shorter than one {options.time_unit}"
    if not 0 <= options.discount_rate < 1:
        yield ("discount_rate",), False, "the discount rate is a share a year, such as 0.1"
    if not 0 < options.max_correlation <= 1:
        yield ("max_correlation",), False, "a correlation's limit lies above 0, up to 1"


def _margin(margin: Margin, rows: str, valued: bool) -> Iterator[Problem]:
    if margin.rate is None and margin.column is None:
        yield ("margin",), False, "the margin is missing: write a rate, or the column that holds it"
    elif margin.rate is not None and margin.column is not None:
        yield ("margin",), False, "a margin is a rate of the value or a column, not both"
    if margin.rate is not None:
        if not 0 < margin.rate <= 1:
            yield ("margin", "rate"), False, "the rate of a margin lies above 0, up to 1"
        if not valued:
            yield (rows,), False, f"margin: {{rate}} is a share of a value: write {rows}.value"


def _payback(metric: Metric, options: payback.Options) -> Iterator[Problem]:
    if options.months == 0:
        yield (
            ("horizon",),
            False,
            "a payback is followed month by month: write months or years, such as 24 months",
        )
    measure = options.cost.measure
    if measure is None:
        yield ("cost",), False, "missing key 'measure'"
    elif not measure.additive:
        yield ("cost", "measure"), False, f"a cost adds up: {measure.function} cannot be added up"
    if options.cost.at is not None:
        yield ("cost", "at"), True, "a cost is what was spent in a period: leave at out"
    if options.form is payback.Form.SIMPLE:
        for index, grain in enumerate(metric.grains):
            if grain in (Grain.DAY, Grain.WEEK):
                message = f"form: simple divides by what a customer brings a month: a {grain} is shorter"
                yield ("grains", index), False, message
