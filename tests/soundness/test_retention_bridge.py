"""The components of retention say what the plain reference says, and add up to the last penny."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import strategies as st

from metrics.catalog.metric import Metric
from metrics.errors import UsageError
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds._shared.customers import Activity, Subscription
from metrics.kinds.retention.options import ActiveIf, Options, Share, Worth
from metrics.operations.components import Components, Line, components
from metrics.operations.query import MetricQuery
from tests.soundness import reference as plain
from tests.soundness import reference_bridge as bridges
from tests.soundness import reference_lifecycle as lifecycle
from tests.soundness.generators import AFTER, Log, calendars, company, first_day, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.test_retention import MEASURES, OVERS, SUBSCRIPTIONS, dataset, over, span
from tests.soundness.world import E, World, at, entities, metric, table, until_now

CUTS = ((), ("ch",))
GRAINS = tuple(str(grain) for grain in Grain)


def asked(world: World, one: Metric, now: datetime, by: tuple[str, ...]) -> Components:
    with world.folder() as root:
        return components(MetricQuery(one.metric, one.grains[0], by), world.catalog(one), root, now)


def check(world: World, one: Metric, now: datetime, expected: dict[plain.Cell, bridges.Amounts]) -> None:
    """Compare the components of the total and of the cut, and hold each line's sum."""
    for by in CUTS:
        lines = asked(world, one, now, by).lines
        found = {(str(line.period.grain), line.period.start, line.dimensions): line for line in lines}
        assert len(found) == len(lines)
        wanted = {cell: amounts for cell, amounts in expected.items() if len(cell[2]) == len(by)}
        assert not {*wanted} - {*found}, ("missing", {*wanted} - {*found})
        for cell, line in found.items():
            nothing = {name: None if one.grains[0] is Grain.ALL else Decimal(0) for name in bridges.NAMES}
            if one.options.measure is Share.LOGO:
                nothing |= {"expansion": None, "contraction": None}
            assert dict(line.amounts) == wanted.get(cell, nothing), (cell, line)
            holds(line)


def holds(line: Line) -> None:
    """Hold what a bridge must add up to, and what it has in common with the value."""
    if line.period.start is not None and all(amount is None for amount in line.amounts.values()):
        # Nobody knows who stood at the start: there is no value either.
        assert line.observation is not None
        assert (line.observation.value, line.observation.denominator) == (None, None)
        assert line.observation.state.value == "no_data"
        return
    amounts = {name: amount or Decimal(0) for name, amount in line.amounts.items()}
    kept = amounts["start"] + amounts["expansion"] - amounts["contraction"] - amounts["churn"]
    assert kept + amounts["new"] + amounts["reactivation"] == amounts["end"], line
    seen = line.observation
    if seen is not None and line.period.start is not None:
        assert seen.denominator == float(amounts["start"]), line
        share = kept - amounts["expansion"] if seen.metric == "grr" else kept
        assert seen.numerator == pytest.approx(float(share), rel=1e-9, abs=1e-9), line


@drawn(st.data())
def test_by_activity(engine: Engine, data: st.DataObject) -> None:
    calendar, now, grain = data.draw(calendars()), data.draw(nows()), data.draw(st.sampled_from(GRAINS))
    ask = lifecycle.Retention(
        data.draw(st.sampled_from(MEASURES)),
        data.draw(st.sampled_from((None, None, (30, "day"), (1, "month"), (36, "hour")))),
        data.draw(st.sampled_from(OVERS)),
    )
    log = data.draw(logs(most=30, people=6))
    paid = data.draw(logs(most=20, people=6)) if data.draw(st.booleans()) else log
    world = World(
        {"log": log.table(), "paid": paid.table()},
        {"log": dataset(log), "paid": dataset(paid)},
        **company(calendar),
    )
    worth = Worth(parse_measure("sum(x)"), dataset="paid" if paid is not log else None)
    options = Options(
        Share(ask.measure), "customer", Activity("log", where=E("stage = 'a'")), ActiveIf(span(ask.within)),
        value=None if ask.measure == "logo" else worth, over=over(ask.over),
    )  # fmt: skip
    one = metric(ask.measure, "retention", options, dimensions=("ch",), grains=(Grain(grain),), min_sample=2)
    frame = plain.Frame(calendar, (grain,), CUTS, now, first_day(calendar, log.read()), 0, 2)
    shown = [row for row in log.read() if row["stage"] == "a"]
    days, value_days = log.kind == "date", paid.kind == "date"
    standing = lifecycle.by_activity(frame, ask, shown, paid.read(), days=days, value_days=value_days)
    check(engine.holding(world), one, now, bridges.bridge(frame, ask, standing, shown, days=days))


@drawn(st.data())
def test_by_subscription(engine: Engine, data: st.DataObject) -> None:
    calendar, now, grain = data.draw(calendars()), data.draw(nows()), data.draw(st.sampled_from(GRAINS))
    ask = lifecycle.Retention(
        data.draw(st.sampled_from(MEASURES)), None, data.draw(st.sampled_from(OVERS)),
        data.draw(st.sampled_from((None, (1, "day"), (15, "day"), (1, "month"), (36, "hour")))),
    )  # fmt: skip
    log = data.draw(logs(most=25, people=4))
    long = st.none() | st.sampled_from((*AFTER, timedelta(days=60), timedelta(days=-1)))
    lasts = [data.draw(long) for _ in log.rows]
    rows = [
        {**row, "stop": None if last is None or row["t"] is None else row["t"] + last}
        for row, last in zip(log.rows, lasts, strict=True)
    ]
    stops = Log(tuple({**row, "t": row["stop"]} for row in rows), log.kind, log.timezone)
    meant = [{**row, "stop": stop["t"]} for row, stop in zip(log.read(), stops.read(), strict=True)]
    types = {"id": "text", "who": "text", "t": log.kind, "x": log.number, "ch": "text", "stop": log.kind}
    stored = [
        [log._stored("t", row[name]) if name in ("t", "stop") else row[name] for name in types]
        for row in rows
    ]
    world = World({"subs": table(types, stored)}, {"subs": dataset(log)}, **company(calendar))
    held = Subscription("subs", E("t"), E("stop"), E("x"), span(ask.gap) or Span.parse("0 days"))
    options = Options(Share(ask.measure), "customer", over=over(ask.over), subscription=held)
    one = metric(ask.measure, "retention", options, dimensions=("ch",), grains=(Grain(grain),), min_sample=2)
    frame = plain.Frame(calendar, (grain,), CUTS, now, first_day(calendar, log.read()), 0, 2)
    days = log.kind == "date"
    standing = lifecycle.by_subscription(frame, ask, meant, days=days)
    running = [row for row in meant if row["stop"] is None or (row["t"] and row["stop"] > row["t"])]
    check(engine.holding(world), one, now, bridges.bridge(frame, ask, standing, running, days=days))


BEGIN, TURN = date(2024, 1, 1), date(2024, 3, 15)
ROWS = [
    ("gone", BEGIN, TURN, 1200),
    ("less", BEGIN, TURN, 5000), ("less", TURN, None, 4200),
    ("more", BEGIN, TURN, 6000), ("more", TURN, None, 9000),
    ("same", BEGIN, None, 7800),
    ("new", TURN, None, 5000),
    ("back", BEGIN, date(2024, 2, 10), 100), ("back", date(2024, 3, 20), None, Decimal("90.10")),
]  # fmt: skip


def bridged(measure: str, **more: object) -> dict[str, Line]:
    lines = [(str(index), *row) for index, row in enumerate(ROWS)]
    world = World(
        {"subs": table(SUBSCRIPTIONS, lines)},
        {"subs": {"key": ("id",), "time": E("since"), "entities": entities(customer="who"),
                  "complete_through": until_now()}},
    )  # fmt: skip
    held = Subscription("subs", E("since"), E("until"), E("mrr"))
    options = Options(Share(measure), "customer", subscription=held)
    one = metric(measure, "retention", options, grains=(Grain.MONTH,), min_sample=1, **more)
    return {str(line.period.start)[:7]: line for line in asked(world, one, at("2024-05-01T00:00"), ()).lines}


@pytest.mark.parametrize(("measure", "value"), [("grr", 0.90), ("nrr", 1.05)])
def test_start_20000_churn_1200_contraction_800_expansion_3000(measure: str, value: float) -> None:
    line = bridged(measure)["2024-03"]
    assert line.observation is not None
    assert line.observation.value == value
    assert dict(line.amounts) == {
        "start": 20000, "new": 5000, "expansion": 3000, "contraction": 800, "churn": 1200,
        "reactivation": Decimal("90.10"), "end": Decimal("26090.10"),
    }  # fmt: skip


def test_customers_are_counted_and_neither_grow_nor_shrink() -> None:
    found = bridged("logo")
    assert dict(found["2024-03"].amounts) == {
        "start": 4, "new": 1, "expansion": None, "contraction": None, "churn": 1, "reactivation": 1, "end": 5,
    }  # fmt: skip
    assert dict(found["2024-01"].amounts) == {
        "start": 0, "new": 5, "expansion": None, "contraction": None, "churn": 0, "reactivation": 0, "end": 5,
    }  # fmt: skip


def test_the_components_of_few_are_not_shown() -> None:
    message = "metric 'nrr' is private: its components could tell who is behind them"
    with pytest.raises(UsageError, match=message):
        bridged("nrr", private=True)
