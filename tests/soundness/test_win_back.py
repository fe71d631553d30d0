# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Win-back says what the plain reference says, by silence and by the end of subscriptions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from metrics.catalog.options import Window
from metrics.grain import Grain, Span
from metrics.kinds._shared.customers import Activity, Subscription
from metrics.kinds.win_back.options import Basis, Options
from metrics.observation import Estimate
from tests.soundness import reference as plain
from tests.soundness import reference_lifecycle as lifecycle
from tests.soundness.generators import AFTER, Log, agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

CUTS = ((), ("ch",))
WINDOWS: tuple[plain.Span | None, ...] = (
    None, (36, "hour"), (7, "day"), (14, "day"), (15, "day"), (1, "month"), (2, "month"), (1, "year"),
)  # fmt: skip
GRACES: tuple[plain.Span | None, ...] = (None, None, (1, "day"), (12, "hour"))
BASES = ("cohort", "cohort", "period")


def span(given: plain.Span | None) -> Span:
    return Span.parse(f"{given[0]} {given[1]}") if given else Span.parse("0 days")


def window(given: plain.Span | None) -> Window:
    return Window(span(given) if given else None)


def dataset(log: Log, **more: Any) -> dict[str, Any]:
    return {
        "key": ("id",), "time": E("t"), "timezone": log.timezone, "entities": entities(customer="who"),
        "dimensions": dimensions(ch="ch"), "complete_through": until_now(), **more,
    }  # fmt: skip


@drawn(st.data())
def test_by_silence(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    ask = lifecycle.WinBack(
        data.draw(st.sampled_from(WINDOWS)), data.draw(st.sampled_from(GRACES)),
        data.draw(st.sampled_from(((1, "hour"), (24, "hour"), (7, "day"), (30, "day"), (1, "month")))),
        basis=data.draw(st.sampled_from(BASES)),
    )  # fmt: skip
    log, settle = data.draw(logs(most=40, people=6)), data.draw(st.sampled_from((0, 3)))
    least = data.draw(st.sampled_from((1, 2, 5)))
    world = World(
        {"log": log.table()}, {"log": dataset(log, settle=Span.parse(f"{settle} days"))}, **company(calendar)
    )
    options = Options(
        "customer", Activity("log", where=E("stage = 'a'")), lapse_after=span(ask.lapse_after),
        basis=Basis(ask.basis), grace=span(ask.grace), window=window(ask.window),
    )  # fmt: skip
    one = metric(
        "m", "win_back", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=least
    )
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), settle, least,
                        plain.late(calendar, now, log.read()))  # fmt: skip
    days = log.kind == "date"
    shown = [row for row in log.read() if row["stage"] == "a"]
    episodes = lifecycle.silences(frame, ask, shown, days=days)
    expected = lifecycle.win_back(frame, ask, episodes, days=days)
    agree(
        engine.holding(world).compute(one, now),
        expected,
        parts=True,
        intervals=True,
        maturity=ask.basis == "cohort",
        frame=frame,
    )


@drawn(st.data())
def test_by_subscription(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    ask = lifecycle.WinBack(
        data.draw(st.sampled_from(WINDOWS)), data.draw(st.sampled_from(GRACES)),
        gap=data.draw(st.sampled_from((None, None, (1, "day"), (15, "day"), (1, "month"), (36, "hour")))),
        basis=data.draw(st.sampled_from(BASES)),
    )  # fmt: skip
    log, least = data.draw(logs(most=30, people=5)), data.draw(st.sampled_from((1, 2)))
    long = st.none() | st.sampled_from((*AFTER, timedelta(days=3), timedelta(days=-1)))
    lasts = [data.draw(long) for _ in log.rows]
    stops = Log(
        tuple({**row, "t": None if last is None or row["t"] is None else row["t"] + last}
              for row, last in zip(log.rows, lasts, strict=True)),
        data.draw(st.sampled_from((log.kind, "date"))), log.timezone,
    )  # fmt: skip
    meant = [{**row, "stop": stop["t"]} for row, stop in zip(log.read(), stops.read(), strict=True)]
    types = {"id": "text", "who": "text", "ch": "text", "t": log.kind, "stop": stops.kind}
    stored = [
        [row["id"], row["who"], row["ch"], log._stored("t", row["t"]), stops._stored("t", stop["t"])]
        for row, stop in zip(log.rows, stops.rows, strict=True)
    ]
    world = World({"subs": table(types, stored)}, {"subs": dataset(log)}, **company(calendar))
    options = Options(
        "customer", subscription=Subscription("subs", E("t"), E("stop"), gap=span(ask.gap)),
        basis=Basis(ask.basis), grace=span(ask.grace), window=window(ask.window),
    )  # fmt: skip
    one = metric(
        "m", "win_back", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=least
    )
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), 0, least,
                        plain.late(calendar, now, log.read()))  # fmt: skip
    days = "date" in (log.kind, stops.kind)
    expected = lifecycle.win_back(frame, ask, lifecycle.endings(frame, ask, meant, days=days), days=days)
    agree(
        engine.holding(world).compute(one, now),
        expected,
        parts=True,
        intervals=True,
        maturity=ask.basis == "cohort",
        frame=frame,
    )


ORDERS = {"id": "text", "who": "text", "t": "naive"}


def won_back(*rows: tuple[str, str], now: str = "2024-06-01T00:00", **more: Any) -> dict[str, Estimate]:
    """Compute win-back of orders (who, when): lapse after 30 days, grace 5 days, window 20 days."""
    lines = [(str(index), who, datetime.fromisoformat(when)) for index, (who, when) in enumerate(rows)]
    world = World(
        {"orders": table(ORDERS, lines)},
        {"orders": {"key": ("id",), "time": E("t"), "entities": entities(customer="who"),
                    "complete_through": until_now()}},
    )  # fmt: skip
    grains = more.pop("grains", (Grain.MONTH,))
    asked = {"grace": Span.parse("5 days"), "window": Window.parse("20 days"), **more}
    options = Options("customer", Activity("orders"), lapse_after=Span.parse("30 days"), **asked)
    one = metric("m", "win_back", options, grains=grains, min_sample=1)
    return {str(start)[:7]: each for (_, start, _), each in by_cell(world.compute(one, at(now))).items()}


@pytest.mark.parametrize(
    ("again", "won", "lapsed"),
    [
        # Lapsed on 31 January at 10:00; from 5 February 10:00 to 20 February 10:00 it is a win-back.
        ("2024-01-31T09:59:59", 0, 0),
        ("2024-01-31T10:00", 0, 0),
        ("2024-02-05T09:59:59", 0, 0),
        ("2024-02-05T10:00", 1, 1),
        ("2024-02-20T09:59:59", 1, 1),
        ("2024-02-20T10:00", 0, 1),
    ],
)
def test_the_grace_and_the_window_are_half_open(again: str, won: int, lapsed: int) -> None:
    january = won_back(("a", "2024-01-01T10:00"), ("a", again))["2024-01"]
    assert (january.numerator, january.denominator) == (won, lapsed)


def test_a_second_lapse_is_a_new_episode() -> None:
    found = won_back(("a", "2024-01-01"), ("a", "2024-02-10"), ("a", "2024-03-20"), now="2024-08-01T00:00")
    shown = {month: (each.numerator, each.denominator) for month, each in found.items() if each.denominator}
    assert shown == {"2024-01": (1, 1), "2024-03": (1, 1), "2024-04": (0, 1)}


def test_a_young_cohort_waits_and_then_reads_the_curve() -> None:
    rows = [(f"c{day:02d}", f"2024-01-{day:02d}") for day in range(2, 6)] + [("c02", "2024-02-10")]
    found = won_back(*rows, now="2024-02-21T00:00")
    # Lapses on 1 to 4 February; only that of the 1st has had its 20 days.
    february = found["2024-02"]
    assert (february.numerator, february.denominator, february.maturity) == (1, 4, 0.25)
    assert (february.value, february.state.value) == (pytest.approx(0.25), "provisional")
    assert won_back(*rows, now="2024-03-21T00:00")["2024-02"].state.value == "final"
    assert won_back(*rows, now="2024-03-20T23:59")["2024-02"].state.value == "provisional"


@pytest.mark.parametrize(
    ("last", "lapsed"), [("2024-01-31T00:00", 0), ("2024-01-30T23:59", 1)], ids=["in", "before"]
)
def test_lapsed_when_the_period_began(last: str, lapsed: int) -> None:
    """March began on the 1st; 30 days before it is 31 January: who ordered then had not lapsed."""
    found = won_back(("a", last), ("a", "2024-03-15"), basis=Basis.PERIOD)
    assert (found["2024-03"].numerator, found["2024-03"].denominator) == (lapsed, lapsed)
    assert found["2024-01"].state.value == "no_data"


def test_grain_all_is_every_lapse_there_ever_was() -> None:
    rows = (("a", "2024-01-01"), ("a", "2024-02-10"), ("a", "2024-03-20"), ("b", "2024-02-01"))
    found = won_back(*rows, now="2024-08-01T00:00", grains=(Grain.MONTH, Grain.ALL))
    by_month = [each for start, each in found.items() if start != "None"]
    whole = found["None"]
    assert (whole.value, whole.numerator, whole.denominator) == (0.5, 2, 4)
    assert whole.state.value == "final"
    assert sum(each.denominator or 0 for each in by_month) == 4


@pytest.mark.parametrize("basis", list(Basis))
def test_who_is_named_is_left_out_and_counted_where_lapsed(basis: Basis) -> None:
    """Three lapse: one asked to be left alone once, one is dead and had asked too. One never lapsed."""
    rows = [
        ("a", "2024-01-01", ""), ("b", "2024-01-02", ""), ("b", "2024-01-03", "leave me alone"),
        ("c", "2024-01-03", "dead, leave me alone"), ("d", "2024-05-20", "leave me alone"),
    ]  # fmt: skip
    lines = [
        (str(index), who, datetime.fromisoformat(when), says) for index, (who, when, says) in enumerate(rows)
    ]
    world = World(
        {"orders": table({**ORDERS, "says": "text"}, lines)},
        {"orders": {"key": ("id",), "time": E("t"), "entities": entities(customer="who"),
                    "complete_through": until_now()}},
    )  # fmt: skip
    window = Window.parse("20 days") if basis is Basis.COHORT else Window()
    options = Options(
        "customer", Activity("orders"), lapse_after=Span.parse("30 days"), basis=basis, window=window,
        exclude={"deceased": E("says like 'dead%'"), "opted_out": E("says like '%alone'"), "blocked": E("false")},
    )  # fmt: skip
    one = metric("m", "win_back", options, grains=(Grain.MONTH,), min_sample=1)
    outcome = world.compute(one, at("2024-06-01T00:00"))
    assert outcome.diagnostics == {"excluded": {"deceased": 1, "opted_out": 1, "blocked": 0}}
    assert {each.denominator for each in outcome.estimates} == {0, 1}


def test_nobody_is_left_out_without_a_name() -> None:
    world = World(
        {"orders": table(ORDERS, [("1", "a", datetime(2024, 1, 1))])},
        {"orders": {"key": ("id",), "time": E("t"), "entities": entities(customer="who"),
                    "complete_through": until_now()}},
    )  # fmt: skip
    options = Options("customer", Activity("orders"), lapse_after=Span.parse("30 days"))
    one = metric("m", "win_back", options, grains=(Grain.MONTH,), min_sample=1)
    assert world.compute(one, at("2024-06-01T00:00")).diagnostics == {}


@pytest.mark.parametrize(
    ("ordered", "lapsed"),
    [
        # A month before 30 March begins on 28 February, in a year without its 29th.
        ("2023-02-27T23:59", 1),
        ("2023-02-28T00:00", 0),
        # Counted forward from the order, the month would be over on 28 March.
        ("2023-02-28T12:00", 0),
    ],
)
def test_a_silence_of_months_is_counted_back_from_the_periods_start(ordered: str, lapsed: int) -> None:
    lines = [("1", "ann", datetime.fromisoformat(ordered)), ("2", "ben", datetime(2022, 1, 1))]
    world = World(
        {"orders": table(ORDERS, lines)},
        {"orders": {"key": ("id",), "time": E("t"), "entities": entities(customer="who"),
                    "complete_through": until_now()}},
    )  # fmt: skip
    options = Options("customer", Activity("orders"), lapse_after=Span.parse("1 month"), basis=Basis.PERIOD)
    found = by_cell(
        world.compute(metric("m", "win_back", options, grains=(Grain.DAY,)), at("2023-05-01T00:00"))
    )
    assert found[Grain.DAY, date(2023, 3, 30), ()].denominator == 1 + lapsed
