"""A retention curve has a value for each age, and none of its own."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import walk_fields
from metrics.errors import Finding
from metrics.expressions.nodes import Expression, names
from metrics.grain import Grain
from metrics.kinds.retention import options as retention
from metrics.kinds.win_back import options as win_back
from metrics.loading.loader import Places

CODE = "curve-shape"

OLDEST = 99

Says = tuple[tuple[str | int, ...], bool, str]
"""Where in the metric a finding points, whether at the key itself, and what it says."""


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each key that only a curve has or cannot have, and where one value is wanted."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        said = list(_wants_one(catalog, metric))
        if isinstance(options, retention.Options):
            said += [*(_curve(metric, options) if options.curve else _no_curve(options))]
        elif isinstance(options, win_back.Options):
            said += _told_apart(options)
        for path, points_at_key, message in said:
            yield Finding(at("metric", name, *path, key=points_at_key), CODE, message)


def _curve(metric: Metric, options: retention.Options) -> Iterator[Says]:
    if metric.targets:
        yield ("targets",), True, "a curve has a value for each age, and none that a target could be for"
    if str(options.over) != "period":
        yield ("over",), True, f"over has no meaning with curve, which goes by {retention.AGE}"
    if not 1 <= options.oldest <= OLDEST:
        yield ("ages",), False, f"the oldest age is a number from 1 to {OLDEST}"
    if options.by_period and options.activity is not None and options.activity.acquired is not None:
        message = "acquired goes with active_if: within ..., which tells when a customer is lost"
        yield ("activity", "acquired"), True, message
    for index, grain in enumerate(metric.grains):
        if grain is Grain.ALL:
            yield ("grains", index), False, "grain all has no ages: a curve has grains with an end"
    for index, dimension in enumerate(metric.dimensions):
        if dimension == retention.AGE:
            message = f"a curve has a dimension {retention.AGE!r} of its own: rename the dataset's"
            yield ("dimensions", index), False, message


def _no_curve(options: retention.Options) -> Iterator[Says]:
    if options.ages is not None:
        yield ("ages",), True, "ages has no meaning without curve: true"
    yield from _told_apart(options)


def _told_apart(options: retention.Options | win_back.Options) -> Iterator[Says]:
    if options.activity is not None and options.activity.acquired is not None:
        yield ("activity", "acquired"), True, "acquired has no meaning without curve: true"
    if options.subscription is not None and options.subscription.observed_from is not None:
        yield ("subscription", "observed_from"), True, "observed_from has no meaning without curve: true"


def _wants_one(catalog: Catalog, metric: Metric) -> Iterator[Says]:
    """Yield where a metric needs the one value of another that has a value for each age."""
    for part in walk_fields(metric):
        if part.refers == "metric":
            read = names(part.value.node) if isinstance(part.value, Expression) else ()
            for name in (".".join(each.parts) for each in read) if read else (str(part.value),):
                if _is_curve(catalog, name):
                    message = f"{name!r} is a curve, which has a value for each age and none of its own"
                    yield part.path, False, message


def _is_curve(catalog: Catalog, name: str) -> bool:
    found = catalog.metrics.get(name)
    return found is not None and bool(found.own_dimensions)
