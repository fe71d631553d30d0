"""Small catalogs, boards and observations for the tests of the scorecard."""

from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType

from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.dataset import Dataset
from metrics.catalog.metric import Direction, Metric, Target
from metrics.expressions.parser import parse, parse_measure
from metrics.grain import Calendar, Grain
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.derived import options as derived
from metrics.kinds.proportion import options as proportion
from metrics.observation import Observation, State
from scorecard.model import Board, Department, Indicator, Objective, Perspective, Phase, Scorecard, Stage

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
COMPUTED = datetime(2026, 11, 20, 7, tzinfo=UTC)


def metric(name, options=None, **changes):
    """Return a proportion (the direction up), unless told otherwise."""
    options = options or proportion.Options(dataset="orders", share=parse("kept"))
    kind = changes.pop("kind", type(options).__module__.split(".")[-2])
    plain = Metric(metric=name, label=name.replace("_", " ").capitalize(), kind=kind,
                   direction=Direction.UP, options=options)  # fmt: skip
    return replace(plain, **changes)


def count(name, measure="count", **changes):
    options = {key: changes.pop(key) for key in ("over", "at") if key in changes}
    return metric(
        name, aggregate.Options(dataset="orders", measure=parse_measure(measure), **options), **changes
    )


def formula(name, text, **changes):
    return metric(name, derived.Options(formula=parse(text)), **changes)


def target(from_, goal=None, red_flag=None, **more):
    return Target(from_=date.fromisoformat(from_), goal=goal, red_flag=red_flag, **more)


def catalog(*metrics, fiscal="january", strict=False, freshness=None):
    company = Company("Northwind Teas", "UTC", Currency("GBP"), fiscal_year_starts=fiscal, strict=strict)
    orders = Dataset(dataset="orders", source="crm", table="orders", time=parse("day"), freshness=freshness)
    return Catalog(
        company,
        datasets=MappingProxyType({"orders": orders}),
        metrics=MappingProxyType({one.metric: one for one in metrics}),
    )


def board(*scorecards, departments=("marketing", "sales", "service"), **changes):
    stages = (
        Stage("awareness", Phase.TAPS, "marketing", ("sales", "service")),
        Stage("evaluation", Phase.FUNNELS, "sales", ("marketing",)),
        Stage("loyalty", Phase.BUCKETS, "service"),
    )
    plain = Board(
        departments=MappingProxyType({name: Department(name, name.capitalize()) for name in departments}),
        stages=stages,
        scorecards=MappingProxyType({one.scorecard: one for one in scorecards}),
    )
    return replace(plain, **changes)


def scorecard(*indicators, **changes):
    """Return a scorecard of one perspective and one objective with (metric, weight) indicators."""
    measured = tuple(Indicator(name, weight) for name, weight in indicators)
    objective = Objective("keep_promises", "Sales promises what service can keep", indicators=measured)
    return replace(Scorecard("joint", (Perspective("customer", 30, (objective,)),)), **changes)


def observation(name, period, value=None, state=State.FINAL, **more):
    where = more.pop("calendar", Calendar()).parse(period)
    given = {"watermark": NOW, "computed_at": COMPUTED} | more
    return Observation(metric=name, definition_hash="f00d", code_version=1, grain=where.grain, period=where,
                       dimensions=(), state=state, value=value, **given)  # fmt: skip


__all__ = [
    "COMPUTED",
    "NOW",
    "Grain",
    "board",
    "catalog",
    "count",
    "formula",
    "metric",
    "observation",
    "scorecard",
    "target",
]
