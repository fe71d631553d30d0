"""The keys of a duration fit together."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.errors import Finding, Level
from metrics.expressions.nodes import Literal, SpanLiteral
from metrics.kinds.duration.options import UNITS, Basis, Options, Statistic
from metrics.loading.loader import Places

CODE = "duration-shape"

Problem = tuple[tuple[str, ...], bool, str]


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each key that is missing, needless or too short; advice for a needless window."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        if not isinstance(options, Options):
            continue
        found = (*_window(options), *_standard(options), *_clock(metric, options), *_rest(metric, options))
        for path, key, message in found:
            yield Finding(at("metric", name, *path, key=key), CODE, message)
        if options.basis is Basis.TO and options.window is not None:
            message = "window has no meaning with basis: to, which has completed cases only"
            yield Finding(at("metric", name, "window", key=True), CODE, message, Level.ADVICE)


def _window(options: Options) -> Iterator[Problem]:
    if options.window is None:
        if options.basis is Basis.FROM:
            yield (), False, "missing key 'window': until when a case without an answer is waited for"
    elif options.window.count == 0:
        yield ("window",), False, "the window has no length"


def _standard(options: Options) -> Iterator[Problem]:
    shared = options.statistic is Statistic.SHARE_WITHIN
    if options.within is None:
        if shared:
            yield (), False, "missing key 'within': the standard of share_within"
        return
    if not shared:
        yield ("within",), True, f"within has no meaning with statistic: {options.statistic}"
    standard, window, node = options.standard, options.window, options.within.node
    if standard is None or window is None or options.basis is Basis.TO:
        return
    # A case is waited for until its window's end: one that takes longer is a miss, whatever the standard says.
    if standard.approximate_seconds > window.approximate_seconds:
        said = f"a standard of {node.value} hours" if isinstance(node, Literal) else str(standard)
        yield ("within",), False, f"{said} is longer than the window of {window}"


def _clock(metric: Metric, options: Options) -> Iterator[Problem]:
    if options.clock is None:
        return
    if options.clock.calendar is None and options.clock.pause is None:
        yield ("clock",), True, "the clock says nothing: write calendar, pause or both"
    node = options.within.node if options.within is not None else None
    if isinstance(node, SpanLiteral) and not node.span.unit.elapsed:
        yield ("within",), False, f"{node.span} has no length on a clock: write hours or minutes"
    if options.clock.calendar is not None and metric.unit in ("days", "weeks"):
        message = f"{metric.unit} have no length on a business calendar: write hours, minutes or seconds"
        yield ("unit",), False, message


def _rest(metric: Metric, options: Options) -> Iterator[Problem]:
    for key, reference in (("from", options.from_), ("to", options.to)):
        if reference.measure is not None:
            yield (key, "measure"), False, "a duration is of entities: leave the measure out"
    if metric.unit is None:
        return
    if options.statistic is Statistic.SHARE_WITHIN:
        yield ("unit",), True, "unit has no meaning with statistic: share_within, which is a share"
    elif metric.unit not in UNITS:
        yield ("unit",), False, f"{metric.unit!r} is not a unit of durations: {', '.join(UNITS)}"
