"""Which days' rows stand behind a value, and whether two values share some: then they are not independent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from metrics.catalog.model import Catalog, Metric, Over
from metrics.catalog.walk import inputs
from metrics.grain import Period
from metrics.kind import kind_of
from metrics.sql.periods import covered


def share_rows(catalog: Catalog, one: tuple[Metric, Period], other: tuple[Metric, Period]) -> bool:
    """Tell whether two values, each a metric's at a period, come in part from the same rows.

    Rows are told apart by the metric at the bottom that reads them and by its days: of two metrics over the
    same dataset nothing is known here. A period without an end shares nothing that it could be compared with.
    """
    behind = list(_stretches(catalog, *other))
    return any(
        name == known and begin < until and since < end
        for name, begin, end in _stretches(catalog, *one)
        for known, since, until in behind
    )


def _stretches(catalog: Catalog, metric: Metric, period: Period) -> Iterator[tuple[str, date, date]]:
    """Yield each metric at the bottom of one with the local days [from, to) that it reads for a period."""
    kind, calendar = kind_of(metric), catalog.company.calendar
    if period.start is None or period.end is None:
        return
    if hasattr(kind, "input_periods"):
        below = kind.input_periods(metric, period, calendar)
    else:
        below = [(name, period) for name in inputs(metric)]
    for name, at in below:
        yield from _stretches(catalog, catalog.metric(name), at)
    if below:
        return
    if hasattr(kind, "stretch"):
        yield metric.metric, *kind.stretch(metric, period, calendar)
        return
    over = getattr(metric.options, "over", None)
    yield metric.metric, *covered(period, over if isinstance(over, Over) else Over(), calendar)
