"""The keys of retention and win-back fit together."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.kinds.retention import options as retention
from metrics.kinds.win_back import options as win_back
from metrics.loading.loader import Places

CODE = "lifecycle-shape"

Says = tuple[str, bool, str]
"""The key that a finding points at, whether at the key itself, and what it says."""

ADDED = ("count", "sum")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each key that is missing, has no meaning or contradicts another."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        written = tuple(
            key
            for key in ("active_if", "value", "lapse_after", "grace", "window")
            if at.written("metric", name, key)
        )
        said: list[Says] = []
        if isinstance(options, retention.Options):
            said = [*_one_of(options), *_retention(options, written)]
        elif isinstance(options, win_back.Options):
            said = [*_one_of(options), *_win_back(options, written)]
        for key, points_at_key, message in said:
            yield Finding(at("metric", name, key, key=points_at_key), CODE, message)


def _one_of(options: retention.Options | win_back.Options) -> Iterator[Says]:
    if options.activity is None and options.subscription is None:
        yield "kind", False, "what makes a customer is missing: write activity or subscription"
    elif options.activity is not None and options.subscription is not None:
        yield "subscription", True, "a customer is told by activity or by subscription, not by both"


def _retention(options: retention.Options, written: tuple[str, ...]) -> Iterator[Says]:
    subscription, value = options.subscription, options.value
    revenue = options.measure is not retention.Share.LOGO
    if subscription is not None:
        for key in ("active_if", "value"):
            if key in written and options.activity is None:
                yield key, True, f"{key} has no meaning with subscription, which has its own"
        if revenue and subscription.value is None:
            yield "measure", False, f"{options.measure} needs the subscription's value"
    elif options.activity is not None:
        if revenue and value is None:
            yield "measure", False, f"{options.measure} needs a value: what a customer is worth"
        if not revenue and value is not None:
            yield "value", True, "value has no meaning with measure: logo, which counts customers"
    if value is not None and value.measure.function not in ADDED:
        yield "value", True, f"a customer's value is a {' or a '.join(ADDED)}, not {value.measure.function}"
    if options.active_if.within is not None and options.active_if.within.count == 0:
        yield "active_if", False, "the span has no length"


def _win_back(options: win_back.Options, written: tuple[str, ...]) -> Iterator[Says]:
    if options.activity is not None and options.lapse_after is None:
        yield "activity", True, "activity needs lapse_after: how long a silence is a lapse"
    if options.subscription is not None and "lapse_after" in written and options.activity is None:
        yield "lapse_after", True, "lapse_after has no meaning with subscription, whose end is the lapse"
    if options.lapse_after is not None and options.lapse_after.count == 0:
        yield "lapse_after", False, "the span has no length"
    window = options.window.span
    if options.basis is win_back.Basis.PERIOD:
        for key in ("grace", "window"):
            if key in written:
                yield key, True, f"{key} has no meaning with basis: period, which follows no cohort"
    elif window is not None and window.approximate_seconds <= options.grace.approximate_seconds:
        yield (
            "window",
            False,
            "the window is over before anybody can be won back: it must be longer than grace",
        )
