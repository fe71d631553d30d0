"""Retention curves say what the plain reference says, customer by customer and age by age."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from metrics.expressions.parser import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds._shared.customers import Activity, Subscription
from metrics.kinds.retention.options import ActiveIf, Options, Share, Worth
from metrics.observation import Estimate
from tests.soundness import reference as plain
from tests.soundness import reference_curve as curves
from tests.soundness.generators import (
    AFTER,
    DAYS,
    Log,
    agree,
    calendars,
    company,
    first_day,
    grains,
    logs,
    nows,
)
from tests.soundness.served import Engine, drawn
from tests.soundness.test_retention import SUBSCRIPTIONS, dataset, span
from tests.soundness.world import E, World, at, by_cell, entities, metric, table, until_now

CUTS = ((), ("ch",))
MEASURES = ("logo", "logo", "grr", "nrr")
WITHIN: tuple[plain.Span | None, ...] = (
    None, None, (7, "day"), (30, "day"), (1, "month"), (36, "hour"), (24, "hour"),
)  # fmt: skip


@drawn(st.data())
def test_by_activity(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    within = data.draw(st.sampled_from(WITHIN))
    ask = curves.Curve(data.draw(st.sampled_from(MEASURES)), within, ages=data.draw(st.sampled_from((36, 2))))
    log, settle = data.draw(logs(most=40, people=8)), data.draw(st.sampled_from((0, 3)))
    apart, late = data.draw(st.booleans()), within is not None and data.draw(st.booleans())
    paid = data.draw(logs(most=20, people=8)) if apart else log
    won = {who: data.draw(st.none() | st.sampled_from(DAYS[:8])) for who in {row["who"] for row in log.rows}}
    log = replace(log, rows=tuple({**row, "won": won[row["who"]]} for row in log.rows))
    world = World(
        {"log": log.table({"won": "date"}), "paid": paid.table()},
        {"log": dataset(log, settle=Span.parse(f"{settle} days")), "paid": dataset(paid)},
        **company(calendar),
    )
    worth = Worth(parse_measure("sum(x)"), dataset="paid" if apart else None)
    activity = Activity("log", where=E("stage = 'a'"), acquired=E("won") if late else None)
    options = Options(
        Share(ask.measure), "customer", activity, ActiveIf(span(within)),
        value=None if ask.measure == "logo" else worth, curve=True, ages=ask.ages,
    )  # fmt: skip
    one = metric(
        "m", "retention", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=2
    )
    reads = apart and ask.measure != "logo"
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), settle, 2,
                        plain.late(calendar, now, log.read(), *([paid.read()] if reads else [])))  # fmt: skip
    shown = [row if late else {**row, "won": None} for row in log.read() if row["stage"] == "a"]
    lives = curves.by_rows(frame, ask, shown, days=log.kind == "date")
    survives = within is not None and ask.measure == "logo"
    if survives:
        expected = curves.survival(frame, ask, lives)
    else:
        paid_rows = curves.known(frame, paid.read(), paid.kind == "date")
        expected = curves.shares(frame, ask, lives, paid_rows, by="within" if within else "period")
    outcome = engine.holding(world).compute(one, now)
    agree(outcome, expected, parts=True, intervals=ask.measure == "logo", maturity=survives,
          frame=frame)  # fmt: skip


@drawn(st.data())
def test_by_subscription(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    ask = curves.Curve(
        data.draw(st.sampled_from(MEASURES)), None,
        data.draw(st.sampled_from((None, None, (1, "day"), (15, "day"), (1, "month"), (36, "hour")))),
        data.draw(st.none() | st.sampled_from(DAYS[:8])),
    )  # fmt: skip
    log = data.draw(logs(most=25, people=6))
    long = st.none() | st.sampled_from((*AFTER, timedelta(days=60), timedelta(days=-1)))
    lasts = [data.draw(long) for _ in log.rows]
    rows = [
        {**row, "stop": None if last is None or row["t"] is None else row["t"] + last}
        for row, last in zip(log.rows, lasts, strict=True)
    ]
    stops = Log(tuple({**row, "t": row["stop"]} for row in rows), data.draw(st.sampled_from((log.kind, "date"))),
                log.timezone)  # fmt: skip
    meant = [{**row, "stop": stop["t"]} for row, stop in zip(log.read(), stops.read(), strict=True)]
    types = {"id": "text", "who": "text", "t": log.kind, "x": log.number, "ch": "text", "stop": stops.kind}
    stored = [
        [log._stored("t", row["t"]) if name == "t" else stops._stored("t", row["stop"]) if name == "stop" else row[name]
         for name in types]
        for row in rows
    ]  # fmt: skip
    world = World({"subs": table(types, stored)}, {"subs": dataset(log)}, **company(calendar))
    held = Subscription("subs", E("t"), E("stop"), E("x"), span(ask.gap) or Span.parse("0 days"),
                        observed_from=ask.observed_from)  # fmt: skip
    options = Options(Share(ask.measure), "customer", subscription=held, curve=True)
    one = metric(
        "m", "retention", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=2
    )
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), 0, 2,
                        plain.late(calendar, now, log.read()))  # fmt: skip
    lives = curves.by_stays(frame, ask, meant, days="date" in (log.kind, stops.kind))
    expected = (
        curves.survival(frame, ask, lives)
        if ask.measure == "logo"
        else curves.shares(frame, ask, lives, (), by="subscription")
    )
    logo = ask.measure == "logo"
    outcome = engine.holding(world).compute(one, now)
    agree(outcome, expected, parts=True, intervals=logo, maturity=logo, frame=frame)


# -- by hand ------------------------------------------------------------------------------------------


def triangle(world: World, options: Options, now: str, grain: Grain = Grain.MONTH, **more: Any
             ) -> dict[str, dict[str, Estimate]]:  # fmt: skip
    """Return the estimates by cohort (its first day) and age."""
    one = metric("m", "retention", options, grains=(grain,), **{"min_sample": 1, **more})
    found: dict[str, dict[str, Estimate]] = {}
    for (_, start, segment), each in by_cell(world.compute(one, at(now))).items():
        found.setdefault(str(start), {})[dict(segment)["age"]] = each
    return found


def held(rows: list[tuple[str, str, str | None, int]]) -> World:
    """Return a company with subscriptions: who, since, until, worth a month."""
    lines = [
        (str(index), who, date.fromisoformat(since), date.fromisoformat(until) if until else None, mrr)
        for index, (who, since, until, mrr) in enumerate(rows)
    ]
    return World(
        {"subs": table(SUBSCRIPTIONS, lines)},
        {"subs": {"key": ("id",), "time": E("since"), "entities": entities(customer="who"),
                  "complete_through": until_now()}},
    )  # fmt: skip


def bought(rows: list[tuple[str, str, int]], won: dict[str, str] | None = None) -> World:
    """Return a company with orders: who, on which day, for how much; `won` is when somebody was acquired."""
    types = {"id": "text", "who": "text", "t": "date", "amount": "integer", "won": "date"}
    days = {who: date.fromisoformat(day) for who, day in (won or {}).items()}
    lines = [
        (str(index), who, date.fromisoformat(day), amount, days.get(who))
        for index, (who, day, amount) in enumerate(rows)
    ]
    return World(
        {"orders": table(types, lines)},
        {"orders": {"key": ("id",), "time": E("t"), "entities": entities(customer="who"),
                    "complete_through": until_now()}},
    )  # fmt: skip


def by_subscription_of(measure: str, gap: str = "0 days", **more: Any) -> Options:
    subscription = Subscription("subs", E("since"), E("until"), E("mrr"), Span.parse(gap), **more)
    return Options(Share(measure), "customer", subscription=subscription, curve=True)


def by_orders(measure: str = "logo", active_if: str = "in_period", acquired: str | None = None) -> Options:
    activity = Activity("orders", acquired=E(acquired) if acquired else None)
    value = None if measure == "logo" else Worth(parse_measure("sum(amount)"))
    return Options(
        Share(measure), "customer", activity, ActiveIf.parse(active_if), value=value, curve=True
    )  # fmt: skip


def shown(cells: dict[str, Estimate]) -> dict[str, tuple[float | None, float | None, float | None, str]]:
    return {
        age: (each.value, each.numerator, each.denominator, each.state.value) for age, each in cells.items()
    }


HELD = [
    ("ann", "2024-01-01", None, 100), ("bob", "2024-01-10", "2024-02-20", 50),
    ("cy", "2024-01-20", "2024-02-20", 30), ("dee", "2024-01-31", None, 20),
]  # fmt: skip


def test_survival_by_age() -> None:
    """Bob, won on 10 January, leaves in his second month; Cy leaves when his first is over."""
    january = triangle(held(HELD), by_subscription_of("logo"), "2024-04-21T00:00")["2024-01-01"]
    assert shown(january) == {
        "00": (1.0, 4, 4, "final"),
        # 20 January and a month is 20 February: Cy is gone on the day.
        "01": (0.75, 3, 4, "final"),
        "02": (0.5, 2, 4, "final"),
        # Dee, won on 31 January, has not been here for three months.
        "03": (0.5, 1, 4, "provisional"),
    }
    assert january["03"].maturity == 0.75
    assert (january["00"].lower, january["00"].upper) == (None, None)
    # Log-log Greenwood: V = 1 / 4 + 1 / 12 less what telescopes: 1 / (4 * 3) + 1 / (3 * 2).
    assert january["02"].lower == pytest.approx(0.0578, abs=5e-5)
    assert january["02"].upper == pytest.approx(0.8449, abs=5e-5)


def test_who_has_not_reached_an_age_is_censored() -> None:
    rows = [("a", "2024-01-01", "2024-02-10", 1), ("b", "2024-01-05", None, 1), ("c", "2024-01-20", None, 1)]
    january = triangle(held(rows), by_subscription_of("logo"), "2024-03-12T00:00")["2024-01-01"]
    # On 11 March, a and b are two months old and c is not; all three had been there when a left.
    assert january["02"].value == pytest.approx(2 / 3)
    assert (january["02"].numerator, january["02"].maturity) == (1, pytest.approx(2 / 3))
    assert list(january) == ["00", "01", "02"]


def test_a_young_cohort_has_no_value_yet() -> None:
    january = triangle(held(HELD), by_subscription_of("logo"), "2024-03-12T00:00", min_sample=3)["2024-01-01"]
    assert shown(january)["02"] == (None, 1, 4, "provisional")
    assert shown(january)["01"] == (0.75, 3, 4, "final")


def test_a_cell_is_final_when_everybody_could_have_reached_its_age() -> None:
    states = {
        now: triangle(held(HELD), by_subscription_of("logo", "10 days"), now)["2024-01-01"]["01"].state.value
        for now in ("2024-03-10T23:59", "2024-03-11T00:00")
    }
    assert states == {"2024-03-10T23:59": "provisional", "2024-03-11T00:00": "final"}


def test_who_comes_back_stays_lost() -> None:
    rows = [
        ("a", "2024-01-01", "2024-02-10", 10),
        ("a", "2024-02-15", None, 10),
        ("b", "2024-01-01", None, 10),
    ]
    for measure in ("logo", "grr", "nrr"):
        apart = triangle(held(rows), by_subscription_of(measure, "4 days"), "2024-05-01T00:00")["2024-01-01"]
        bridged = triangle(held(rows), by_subscription_of(measure, "5 days"), "2024-05-01T00:00")[
            "2024-01-01"
        ]
        assert (apart["02"].value, bridged["02"].value) == (0.5, 1.0), measure


def test_a_table_that_begins_late() -> None:
    """Before March nobody was recorded who left: those of January are known from March on, if they stayed."""
    rows = [
        ("a", "2024-01-01", None, 1), ("b", "2024-01-01", "2024-03-01", 1), ("c", "2024-01-15", "2024-03-20", 1),
        ("d", "2024-02-20", "2024-03-10", 1), ("e", "2024-02-25", None, 1),
        ("f", "2024-03-05", "2024-03-25", 1), ("g", "2024-03-06", None, 1),
    ]  # fmt: skip
    options = by_subscription_of("logo", observed_from=date(2024, 3, 1))
    found = triangle(held(rows), options, "2024-06-01T00:00")
    # Nobody saw January's first month; February's began to be seen while it was in its first.
    assert list(found) == ["2024-02-01", "2024-03-01"]
    assert shown(found["2024-02-01"])["01"] == (0.5, 1, 2, "final")
    assert shown(found["2024-03-01"])["01"] == (0.5, 1, 2, "final")
    naive = triangle(held(rows), by_subscription_of("logo"), "2024-06-01T00:00")
    assert naive["2024-01-01"]["01"].value == 1.0
    # Of revenue, those who were won before are left out.
    revenue = by_subscription_of("nrr", observed_from=date(2024, 3, 1))
    assert list(triangle(held(rows), revenue, "2024-06-01T00:00")) == ["2024-03-01"]


def test_late_entries_as_published() -> None:
    """Lost at 2, 10, 5, 4, 3, first seen at 1, 2, 4, 0, 0: .667 .444 .222 .111 0. A unit is two days here."""
    lives = {"a": (1, 2), "b": (2, 10), "c": (4, 5), "d": (0, 4), "e": (0, 3)}
    rows = [
        (who, str(date(2024, 1, 1) + timedelta(days=day)), 1)
        for who, (entry, lost) in lives.items()
        for day in range(2 * entry, 2 * lost - 1)
    ]
    world = bought(rows, dict.fromkeys(lives, "2024-01-01"))
    options = by_orders("logo", "within 2 days", "won")
    cells = triangle(world, options, "2024-03-01T00:00", Grain.DAY)["2024-01-01"]
    values = [cells[f"{2 * age:02d}"].value for age in (0, 1, 2, 3, 4, 5, 9, 10)]
    assert values == pytest.approx([1, 1, 2 / 3, 4 / 9, 2 / 9, 1 / 9, 1 / 9, 0])
    assert cells["05"].denominator == 5
    # Two of them were there in the first day of their age, which the estimate leans on.
    assert cells["05"].sample_size == 2


ORDERED = [
    ("ann", "2024-01-05", 100), ("ann", "2024-02-10", 60), ("ann", "2024-03-01", 80),
    ("bob", "2024-01-25", 40), ("bob", "2024-03-03", 90),
    ("cy", "2024-02-01", 70),
]  # fmt: skip


def test_active_in_the_kth_period() -> None:
    found = triangle(bought(ORDERED), by_orders(), "2024-04-01T00:00")
    assert {start: shown(cells) for start, cells in found.items()} == {
        "2024-01-01": {"00": (1.0, 2, 2, "final"), "01": (0.5, 1, 2, "final"), "02": (1.0, 2, 2, "final")},
        "2024-02-01": {"00": (1.0, 1, 1, "final"), "01": (0.0, 0, 1, "final")},
    }
    assert found["2024-01-01"]["01"].lower == pytest.approx(0.0945, abs=5e-5)
    march = triangle(bought(ORDERED), by_orders(), "2024-03-11T00:00")["2024-01-01"]["02"]
    assert (march.state.value, march.maturity) == ("provisional", pytest.approx(10 / 31))


def test_revenue_by_age() -> None:
    net = triangle(bought(ORDERED), by_orders("nrr"), "2024-04-01T00:00")["2024-01-01"]
    assert shown(net) == {
        "00": (1.0, 140, 140, "final"), "01": (60 / 140, 60, 140, "final"), "02": (170 / 140, 170, 140, "final"),
    }  # fmt: skip
    gross = triangle(bought(ORDERED), by_orders("grr"), "2024-04-01T00:00")["2024-01-01"]
    assert shown(gross)["02"] == (120 / 140, 120, 140, "final")
    assert net["02"].draws is not None
    # By months of a customer's own, from the 5th and from the 25th. Ann is lost on 9 February and Bob on the
    # 29th: what they bring in their second month counts, as they were there when it began.
    own = triangle(bought(ORDERED), by_orders("nrr", "within 35 days"), "2024-05-01T00:00")["2024-01-01"]
    assert shown(own)["00"] == (1.0, 140, 140, "final")
    assert shown(own)["01"] == (230 / 140, 230, 140, "final")
    assert shown(own)["02"] == (0.0, 0, 140, "final")


def test_the_oldest_age() -> None:
    rows = [("a", "2020-01-01", None, 1), ("b", "2020-01-01", "2023-06-01", 1)]
    ages = triangle(held(rows), by_subscription_of("logo"), "2024-05-01T00:00")["2020-01-01"]
    assert (len(ages), max(ages), ages["36"].value) == (37, "36", 1.0)
    more = Options(**{**vars(by_subscription_of("logo")), "ages": 50})
    ages = triangle(held(rows), more, "2024-05-01T00:00")["2020-01-01"]
    assert (len(ages), max(ages), ages["41"].value, ages["50"].value) == (51, "50", 0.5, 0.5)


def test_everybody_named_is_left_out_and_counted() -> None:
    options = Options(
        **{**vars(by_orders()), "exclude": {"tests": E("who = 'bob'"), "staff": E("amount < 0")}}
    )
    one = metric("m", "retention", options, grains=(Grain.MONTH,), min_sample=1)
    outcome = bought(ORDERED).compute(one, at("2024-04-01T00:00"))
    assert outcome.diagnostics == {"excluded": {"tests": 1, "staff": 0}}
    january = next(each for each in outcome.estimates if each.dimensions == (("age", "02"),))
    assert (january.value, january.denominator) == (1.0, 1)
