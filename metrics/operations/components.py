"""The components of values: how what there was at a period's start became what there is at its end.

A kind that has them offers `component_names`, in order, and `components(metric, frame)`: a query that
is answered by `Mapping[Cell, Mapping[str, Decimal | None]]` and says what there is where there is `nothing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.engine.planner import Planner
from metrics.engine.schedule import MetricRequest
from metrics.engine.session import Session
from metrics.errors import UsageError
from metrics.grain import Period
from metrics.kind import kind_of, kinds
from metrics.observation import Dimensions, Observation
from metrics.operations.query import Answer, MetricQuery, live_in, whole, within
from metrics.sql.scan import Cell

Amounts = Mapping[str, Decimal | None]


@dataclass(frozen=True)
class Line:
    """One period and segment: its value, None where nobody was there at the start, and its components.

    `amounts` are exact, in the order of the kind's `component_names`; None for what does not apply.
    """

    period: Period
    dimensions: Dimensions
    observation: Observation | None
    amounts: Amounts


@dataclass(frozen=True)
class Components:
    """The values of a query with their components, computed live."""

    answer: Answer
    lines: tuple[Line, ...]


def component_names(metric: Metric) -> tuple[str, ...]:
    """Return the names of a metric's components; raise UsageError where it has none to show."""
    names = kind_of(metric).component_names
    if not names:
        have = ", ".join(sorted(name for name, kind in kinds().items() if kind.component_names))
        raise UsageError(
            f"metric {metric.metric!r} is of kind {metric.kind}, which has no components: only {have} has"
        )
    if metric.own_dimensions:
        raise UsageError(f"metric {metric.metric!r} is a curve, which has no components")
    if metric.private:
        raise UsageError(f"metric {metric.metric!r} is private: its components could tell who is behind them")
    return names


def components(query: MetricQuery, catalog: Catalog, root: Path, now: datetime) -> Components:
    """Compute a metric's values with their components; nothing is stored.

    Raises UnknownMetric, UnknownDimension, UsageError for a metric without components, and what a
    computation raises.
    """
    metric, query = catalog.metric(query.metric), whole(query, catalog)
    names = component_names(metric)
    with Session(catalog, root, now, query.as_of) as session:
        planner = Planner(session)
        answer = live_in(planner, query)
        [plan] = planner.plan([MetricRequest(query.metric, (query.grain,), (query.by,))])
        bridge = kind_of(metric).components(metric, plan.frame)
        found: Mapping[Cell, Amounts] = planner.answer_query(plan, bridge)
    nothing: Amounts = bridge.nothing
    seen = {(each.period.start, each.dimensions): each for each in answer.observations}
    cells = {(start, segment): amounts for (_, start, segment), amounts in found.items()}
    wanted = {*seen, *(key for key in cells if within(key[0], query))}
    lines = []
    for start, segment in sorted(wanted, key=lambda key: (key[0] or date.min, key[1])):
        period = catalog.company.calendar.period_starting(start, query.grain)
        # The whole has no start that it could go on from.
        amounts = dict.fromkeys(names) if start is None else cells.get((start, segment), nothing)
        lines.append(Line(period, segment, seen.get((start, segment)), amounts))
    return Components(answer, tuple(lines))
