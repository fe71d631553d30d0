# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Lifetime values say what the plain reference says, and the same on DuckDB and PostgreSQL."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import strategies as st

from metrics.catalog.metric import Metric
from metrics.grain import Grain, Span
from metrics.kinds._shared.customers import Subscription
from metrics.kinds.clv.options import Margin, Model, Options, Orders, TimeUnit
from metrics.observation import FLOATS
from tests.postgres_server import PostgresServer
from tests.soundness import reference as plain
from tests.soundness import reference_clv as clv
from tests.soundness.generators import agree, calendars, company, first_day, grains, logs, nows, same
from tests.soundness.served import Engine, Served, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

CUTS = ((), ("ch",))
RATE = Margin(rate=0.25)
COLUMN = Margin(column=E("x"))


def dataset(zone: str, **more: Any) -> dict[str, Any]:
    return {
        "key": ("id",), "time": E("t"), "timezone": zone, "entities": entities(customer="who"),
        "dimensions": dimensions(ch="ch"), "complete_through": until_now(), **more,
    }  # fmt: skip


@drawn(st.data())
def test_historic(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    log, settle = data.draw(logs(most=30, people=9)), data.draw(st.sampled_from((0, 3)))
    horizon = data.draw(st.sampled_from(((30, "day"), (1, "month"), (36, "hour"), (1, "year"))))
    margin, discount = data.draw(st.sampled_from((RATE, COLUMN))), data.draw(st.sampled_from((0.0, 0.1)))
    world = World(
        {"log": log.table()}, {"log": dataset(log.timezone, settle=Span.parse(f"{settle} days"))},
        **company(calendar),
    )  # fmt: skip
    options = Options(
        "customer", margin, Model.HISTORIC, Span.parse(f"{horizon[0]} {horizon[1]}"), discount,
        Orders("log", E("x"), where=E("stage = 'a'")),
    )  # fmt: skip
    one = metric("m", "clv", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=2)
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), settle, 2,
                        plain.late(calendar, now, log.read()))  # fmt: skip
    days = log.kind == "date"
    people = clv.customers(frame, [row for row in log.read() if row["stage"] == "a"], days=days)
    factor = Fraction(margin.factor)
    expected = clv.historic(frame, people, horizon, factor, discount, days=days)
    agree(engine.holding(world).compute(one, now), expected, parts=True, maturity=True, frame=frame)


@drawn(st.data())
def test_simple(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    log, settle = data.draw(logs(most=40, people=6)), data.draw(st.sampled_from((0, 3)))
    unit = data.draw(st.sampled_from(tuple(TimeUnit)))
    horizon, units = data.draw(
        st.sampled_from((("6 months", None), ("90 days", Fraction(90)), ("2 years", None)))
    )
    months = {"6 months": 6, "2 years": 24}.get(horizon)
    length = units if units is not None else Fraction(months or 0) * clv.UNIT_DAYS["month"]
    discount = data.draw(st.sampled_from((0.0, 0.1)))
    world = World(
        {"log": log.table()}, {"log": dataset(log.timezone, settle=Span.parse(f"{settle} days"))},
        **company(calendar),
    )  # fmt: skip
    options = Options(
        "customer", RATE, Model.SIMPLE, Span.parse(horizon), discount, Orders("log", E("x")), time_unit=unit
    )
    one = metric("m", "clv", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=2)
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), settle, 2,
                        plain.late(calendar, now, log.read()))  # fmt: skip
    people = clv.customers(frame, log.read(), days=log.kind == "date")
    expected = clv.simple(
        frame, people, length / clv.UNIT_DAYS[unit.value], unit.value, Fraction(1, 4), discount
    )
    agree(engine.holding(world).compute(one, now), expected, parts=True, maturity=True, frame=frame)


# -- fitted models, on both engines -----------------------------------------------------------------------------------

ROWS = {"id": "text", "who": "text", "t": "naive", "d": "date", "ch": "text", "amount": "decimal",
        "x": "float"}  # fmt: skip
PLANS = {"id": "text", "who": "text", "t": "instant", "stop": "instant", "ch": "text", "amount": "decimal"}
GRAINS = (Grain.MONTH, Grain.WEEK, Grain.FISCAL_QUARTER, Grain.ALL)


def shop() -> World:
    """Draw customers who buy, and renew, at rates of their own."""
    rng = random.Random(11)
    rows: list[tuple[Any, ...]] = []
    for number in range(260):
        moment = datetime(2016, 1, 1) + timedelta(hours=rng.randrange(24 * 120))
        rate, leaves = rng.gammavariate(0.8, 0.25), rng.betavariate(0.8, 3.0)
        scale = 12 / rng.gammavariate(4.0, 1.0)
        while moment < datetime(2016, 11, 1):
            amount = Decimal(str(round(0.5 + rng.gammavariate(5.0, scale), 2)))
            rows.append((f"r{len(rows):05d}", f"c{number}É", moment, moment.date(),
                         rng.choice(("paid", "Paid", None)), amount, float(amount) * 0.37))  # fmt: skip
            if rng.random() < leaves:
                break
            moment += timedelta(days=rng.expovariate(rate / 7) + rng.choice((0.0, 0.0, 0.01)))
    shared = {
        "key": ("id",), "timezone": "Europe/London", "entities": entities(who="who"),
        "dimensions": dimensions(ch="ch"), "complete_through": until_now(),
    }  # fmt: skip
    plans: list[tuple[Any, ...]] = []
    for number in range(260):
        start, leaves = (
            datetime(2015, 9, 1) + timedelta(hours=rng.randrange(24 * 240)),
            rng.betavariate(0.8, 3.0),
        )
        while start < datetime(2016, 11, 1):
            units = next(unit for unit in itertools.count(1) if unit > 20 or rng.random() < leaves)
            stop = start + timedelta(days=30 * units) if units <= 20 else None
            ends = None if stop is None else at(stop.isoformat())
            plans.append((f"p{len(plans):05d}", f"c{number}", at(start.isoformat()), ends,
                          rng.choice(("paid", None)), Decimal(rng.randrange(500, 9000)) / 100))  # fmt: skip
            start = (stop or datetime(2017, 1, 1)) + timedelta(days=rng.choice((2, 40, 400)))
    return World(
        {"log": table(ROWS, rows), "days": table(ROWS, rows), "plans": table(PLANS, plans)},
        {"log": {"time": E("t"), **shared}, "days": {"time": E("d"), **shared}, "plans": {"time": E("t"), **shared}},
        zone="Europe/London", week_starts="sunday", fiscal_year_starts="april",
    )  # fmt: skip


def asked() -> Iterator[Metric]:
    plain_keys = {"dimensions": ("ch",), "grains": GRAINS, "min_sample": 2}
    for model in (Model.BG_NBD, Model.PARETO_NBD):
        for dataset, margin in (("log", RATE), ("days", Margin(column=E("x")))):
            horizon, rate = ("6 months", 0.1) if dataset == "log" else ("26 weeks", 0.0)
            options = Options(
                "who", margin, model, Span.parse(horizon), rate, Orders(dataset, E("amount"), where=E("amount > 1")),
                time_unit=TimeUnit.WEEK, max_correlation=1.0,
            )  # fmt: skip
            yield metric(f"{model}_{dataset}", "clv", options, **plain_keys)
    for unit in (TimeUnit.WEEK, TimeUnit.MONTH):
        held = Subscription("plans", E("t"), E("stop"), E("amount"), Span.parse("9 days"))
        options = Options(
            "who", RATE, Model.SBG, Span.parse("12 months"), 0.1, subscription=held, time_unit=unit
        )
        yield metric(f"sbg_{unit}", "clv", options, **plain_keys)


@pytest.mark.postgres
def test_engines(server: PostgresServer) -> None:
    one, metrics, now = shop(), list(asked()), at("2016-10-20T09:00")
    other = Served.of(one, server.url)
    found, served = one.outcomes(*metrics, now=now), other.outcomes(*metrics, now=now)
    for each in metrics:
        ours, theirs = found[each.metric], served[each.metric]
        assert (str(ours.error), str(theirs.error)) == ("None", "None"), each.metric
        left, right = by_cell(ours), by_cell(theirs)
        assert left.keys() == right.keys(), each.metric
        assert any(cell.value is not None for cell in left.values()), each.metric
        for cell, mine in left.items():
            for name in ("state", "sample_size"):
                assert getattr(mine, name) == getattr(right[cell], name), (each.metric, cell, name)
            for name in FLOATS:
                assert same(getattr(mine, name), getattr(right[cell], name)), (each.metric, cell, name)
