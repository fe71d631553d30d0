# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Retention says what the plain reference says, by activity and by subscription."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from metrics.catalog.options import Over
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds._shared.customers import Activity, Subscription
from metrics.kinds.retention.options import ActiveIf, Options, Share, Worth
from metrics.observation import Estimate
from tests.soundness import reference as plain
from tests.soundness import reference_lifecycle as lifecycle
from tests.soundness.generators import AFTER, Log, agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

CUTS = ((), ("ch",))
MEASURES = ("logo", "grr", "nrr")
OVERS: tuple[str | plain.Span, ...] = ("period", "period", (12, "month"), (45, "day"), "to_date")


def span(given: plain.Span | None) -> Span | None:
    return Span.parse(f"{given[0]} {given[1]}") if given else None


def over(given: str | plain.Span) -> Over:
    return Over(trailing=span(given)) if isinstance(given, tuple) else Over.parse(given)


def dataset(log: Log, **more: Any) -> dict[str, Any]:
    return {
        "key": ("id",), "time": E("t"), "timezone": log.timezone, "entities": entities(customer="who"),
        "dimensions": dimensions(ch="ch"), "complete_through": until_now(), **more,
    }  # fmt: skip


@drawn(st.data())
def test_by_activity(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    ask = lifecycle.Retention(
        data.draw(st.sampled_from(MEASURES)),
        data.draw(st.sampled_from((None, None, (30, "day"), (1, "month"), (36, "hour")))),
        data.draw(st.sampled_from(OVERS)),
    )
    log, settle = data.draw(logs(most=40, people=8)), data.draw(st.sampled_from((0, 3)))
    apart = data.draw(st.booleans())
    paid = data.draw(logs(most=20, people=8)) if apart else log
    world = World(
        {"log": log.table(), "paid": paid.table()},
        {"log": dataset(log, settle=Span.parse(f"{settle} days")), "paid": dataset(paid)},
        **company(calendar),
    )
    worth = Worth(parse_measure("sum(x)"), dataset="paid" if apart else None)
    # Some rows are worth something without showing activity: refunds are.
    options = Options(
        Share(ask.measure), "customer", Activity("log", where=E("stage = 'a'")), ActiveIf(span(ask.within)),
        value=None if ask.measure == "logo" else worth, over=over(ask.over),
    )  # fmt: skip
    one = metric(
        "m", "retention", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=2
    )
    reads = apart and ask.measure != "logo"
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), settle, 2,
                        plain.late(calendar, now, log.read(), *([paid.read()] if reads else [])))  # fmt: skip
    shown = [row for row in log.read() if row["stage"] == "a"]
    standing = lifecycle.by_activity(
        frame, ask, shown, paid.read(), days=log.kind == "date", value_days=paid.kind == "date"
    )
    expected = lifecycle.retention(frame, ask, standing)
    agree(engine.holding(world).compute(one, now), expected, parts=True, intervals=ask.measure == "logo",
          frame=frame, over=ask.over)  # fmt: skip


@drawn(st.data())
def test_by_subscription(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
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
    options = Options(
        Share(ask.measure), "customer", over=over(ask.over),
        subscription=Subscription("subs", E("t"), E("stop"), E("x"), span(ask.gap) or Span.parse("0 days")),
    )  # fmt: skip
    one = metric(
        "m", "retention", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=2
    )
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), 0, 2,
                        plain.late(calendar, now, log.read()))  # fmt: skip
    days = "date" in (log.kind, stops.kind)
    expected = lifecycle.retention(frame, ask, lifecycle.by_subscription(frame, ask, meant, days=days))
    agree(engine.holding(world).compute(one, now), expected, parts=True, intervals=ask.measure == "logo",
          frame=frame, over=ask.over)  # fmt: skip


SUBSCRIPTIONS = {"id": "text", "who": "text", "since": "date", "until": "date", "mrr": "decimal"}


def subscribed(rows: list[tuple[str, date, date | None, int]], measure: str, gap: str = "0 days",
               now: str = "2024-05-01T00:00", **more: Any) -> dict[str, Estimate]:  # fmt: skip
    lines = [(str(index), who, since, until, mrr) for index, (who, since, until, mrr) in enumerate(rows)]
    world = World(
        {"subs": table(SUBSCRIPTIONS, lines)},
        {"subs": {"key": ("id",), "time": E("since"), "entities": entities(customer="who"),
                  "complete_through": until_now()}},
    )  # fmt: skip
    subscription = Subscription("subs", E("since"), E("until"), E("mrr"), Span.parse(gap))
    grains = more.pop("grains", (Grain.MONTH,))
    options = Options(Share(measure), "customer", subscription=subscription, **more)
    one = metric("m", "retention", options, grains=grains, min_sample=1)
    return {str(start)[:7]: each for (_, start, _), each in by_cell(world.compute(one, at(now))).items()}


def test_churn_contraction_and_expansion() -> None:
    """Start 20000, churn 1200, contraction 800, expansion 3000: .90 and 1.05."""
    begin, turn = date(2024, 1, 1), date(2024, 3, 15)
    rows = [
        ("gone", begin, turn, 1200),
        ("less", begin, turn, 5000), ("less", turn, None, 4200),
        ("more", begin, turn, 6000), ("more", turn, None, 9000),
        ("same", begin, None, 7800),
        ("new", turn, None, 5000),
    ]  # fmt: skip
    gross, net, logo = (subscribed(rows, measure)["2024-03"] for measure in MEASURES[1:] + MEASURES[:1])
    assert (gross.value, gross.numerator, gross.denominator) == (0.90, 18000, 20000)
    assert (net.value, net.numerator, net.denominator) == (1.05, 21000, 20000)
    assert (logo.value, logo.numerator, logo.denominator, logo.sample_size) == (0.75, 3, 4, 4)
    assert gross.lower is not None
    assert gross.upper is not None
    assert gross.lower <= 0.90 <= gross.upper <= 1.0
    assert net.draws is not None
    assert logo.draws is None


@pytest.mark.parametrize(
    ("until", "march", "april"),
    [(date(2024, 3, 31), 0.0, None), (date(2024, 4, 1), 1.0, 0.0), (date(2024, 4, 2), 1.0, 0.0)],
)
def test_an_end_on_the_first_belongs_to_the_month_that_begins(
    until: date, march: float, april: float | None
) -> None:
    found = subscribed([("a", date(2024, 1, 10), until, 10)], "logo")
    assert (found["2024-03"].value, found["2024-04"].value) == (march, april)


@pytest.mark.parametrize(("gap", "value"), [("0 days", 0.0), ("19 days", 0.0), ("20 days", 1.0)])
def test_a_gap_is_bridged_and_what_was_paid_stands(gap: str, value: float) -> None:
    rows = [("a", date(2024, 1, 10), date(2024, 2, 20), 30), ("a", date(2024, 3, 11), None, 50)]
    found = subscribed(rows, "nrr", gap)
    assert found["2024-02"].value == value
    # January had nobody at its start.
    assert (found["2024-01"].value, found["2024-01"].state.value) == (None, "no_data")


def test_an_end_that_may_still_be_bridged_is_not_a_loss() -> None:
    rows = [("a", date(2024, 1, 10), date(2024, 3, 20), 30)]
    found = subscribed(rows, "logo", "20 days", "2024-04-08T00:00")
    assert (found["2024-03"].value, found["2024-03"].state.value) == (1.0, "provisional")
    found = subscribed(rows, "logo", "20 days", "2024-04-21T00:00")
    assert (found["2024-03"].value, found["2024-03"].state.value) == (0.0, "final")


def test_all_subscriptions_must_end_for_a_customer_to_churn() -> None:
    rows = [("a", date(2024, 1, 1), date(2024, 3, 10), 60), ("a", date(2024, 2, 1), None, 40)]
    found = {measure: subscribed(rows, measure)["2024-03"] for measure in MEASURES}
    assert {measure: each.value for measure, each in found.items()} == {"logo": 1.0, "grr": 0.4, "nrr": 0.4}


def test_trailing_months_compare_with_the_start_set_of_then() -> None:
    rows = [("a", date(2023, 1, 1), None, 10), ("b", date(2023, 1, 1), date(2023, 9, 1), 10),
            ("c", date(2023, 12, 1), None, 90)]  # fmt: skip
    found = subscribed(rows, "logo", over=Over.parse("trailing 12 months"))
    assert (found["2024-03"].value, found["2024-03"].denominator) == (0.5, 2)
    assert found["2023-12"].state.value == "no_data"


ORDERS = {"id": "text", "who": "text", "t": "naive", "amount": "decimal", "status": "text"}


def ordered(rows: list[tuple[str, datetime, int, str]], measure: str, **more: Any) -> dict[str, Estimate]:
    lines = [(str(index), *row) for index, row in enumerate(rows)]
    world = World(
        {"orders": table(ORDERS, lines)},
        {"orders": {"key": ("id",), "time": E("t"), "entities": entities(customer="who"),
                    "complete_through": until_now()}},
    )  # fmt: skip
    value = None if measure == "logo" else Worth(parse_measure("sum(amount)"))
    grains = more.pop("grains", (Grain.MONTH,))
    options = Options(
        Share(measure), "customer", Activity("orders", where=E("status = 'paid'")), value=value, **more
    )
    one = metric("m", "retention", options, grains=grains, min_sample=1)
    return {
        str(start)[:7]: each
        for (_, start, _), each in by_cell(world.compute(one, at("2024-04-01T00:00"))).items()
    }


def test_a_refund_after_leaving_counts_in_net_and_not_in_gross() -> None:
    rows = [
        ("a", datetime(2024, 1, 5), 100, "paid"), ("a", datetime(2024, 2, 5), 150, "paid"),
        ("b", datetime(2024, 1, 6), 100, "paid"), ("b", datetime(2024, 2, 6), -40, "refund"),
        ("c", datetime(2024, 1, 7), 50, "paid"), ("c", datetime(2024, 2, 7), 20, "paid"),
        ("c", datetime(2024, 2, 8), -50, "refund"), ("d", datetime(2024, 2, 9), 500, "paid"),
    ]  # fmt: skip
    net, gross, logo = (ordered(rows, measure)["2024-02"] for measure in ("nrr", "grr", "logo"))
    assert (net.numerator, net.denominator) == (150 - 40 - 30, 250)
    assert (gross.numerator, gross.denominator) == (100, 250)
    assert (logo.numerator, logo.denominator) == (2, 3)


@pytest.mark.parametrize(
    ("last", "value"), [(datetime(2024, 1, 30), 1.0), (datetime(2024, 1, 29, 23, 59), 0.0)]
)
def test_active_within_a_span_before_the_end(last: datetime, value: float) -> None:
    rows = [("a", datetime(2024, 1, 1), 10, "paid"), ("a", last, 10, "paid")]
    found = ordered(rows, "logo", active_if=ActiveIf.parse("within 31 days"))
    # At the end of February, 31 days reach back to 30 January.
    assert found["2024-02"].value == value


@pytest.mark.parametrize("text", ["", "within", "in_periods", "within 90", "90 days"])
def test_active_if_is_one_of_two(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        ActiveIf.parse(text)


def test_active_if_reads_back_as_it_is_written() -> None:
    assert [str(ActiveIf.parse(text)) for text in ("in_period", "within 90 days")] == [
        "in_period",
        "within 90 days",
    ]


@pytest.mark.parametrize("measure", ["grr", "nrr"])
def test_too_many_pairs_fall_back_to_moments(measure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, turn = date(2024, 1, 1), date(2024, 3, 15)
    rows = []
    for number in range(200):
        rows.append((f"c{number}", begin, turn, 100 + number))
        rows.append((f"c{number}", turn, None, 90 + number + 3 * (number % 7)))
    drawn = subscribed(rows, measure)["2024-03"]
    monkeypatch.setattr("metrics.kinds.retention.retained.PAIRS_LIMIT", 50)
    moments = subscribed(rows, measure)["2024-03"]
    assert moments.draws is None
    assert (moments.value, moments.numerator, moments.sample_size) == (
        drawn.value,
        drawn.numerator,
        drawn.sample_size,
    )
    assert drawn.lower is not None
    assert drawn.upper is not None
    assert moments.lower == pytest.approx(drawn.lower, abs=1e-3)
    assert moments.upper == pytest.approx(drawn.upper, abs=1e-3)


def test_a_stretch_that_has_not_begun_has_no_value_yet() -> None:
    """March is what the first quarter's trailing month covers: in February it has no start to go on from."""
    rows = [("a", date(2024, 1, 1), None, 10)]
    options: dict[str, Any] = {"over": Over.parse("trailing 1 month"), "grains": (Grain.QUARTER,)}
    states = {
        now: subscribed(rows, "logo", now=now, **options)["2024-01"].state.value
        for now in ("2024-03-01T00:00", "2024-03-01T00:01", "2024-04-01T00:00")
    }
    assert list(states.values()) == ["no_data", "provisional", "final"]


BUYERS = [
    ("a", datetime(2023, 12, 1), 100, "paid"), ("a", datetime(2023, 12, 20), 20, "paid"),
    ("b", datetime(2023, 12, 3), 80, "paid"), ("a", datetime(2024, 2, 10), 148, "paid"),
    ("b", datetime(2024, 3, 9), 40, "paid"),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "value"), [("logo", 1.0), ("grr", 188 / 248), ("nrr", 188 / 248)])
def test_who_stood_at_the_start_is_not_known_before_the_rows_cover_the_look_back(
    measure: str, value: float
) -> None:
    found = ordered(BUYERS, measure, active_if=ActiveIf.parse("within 90 days"))
    # On 1 January 90 days go back to 3 October, on 1 February to 3 November, and on 1 March to 2 December.
    assert [(month, each.state.value) for month, each in found.items()] == [
        ("2023-12", "no_data"), ("2024-01", "no_data"), ("2024-02", "no_data"), ("2024-03", "final"),
    ]  # fmt: skip
    for month in ("2023-12", "2024-01", "2024-02"):
        each = found[month]
        parts = (each.value, each.numerator, each.denominator, each.lower, each.upper, each.sample_size)
        assert (*parts, each.draws, each.maturity) == (None,) * 7 + (1.0,)
    assert found["2024-03"].value == value
    # A longer past, even of one row, says that there were rows.
    longer = ordered(
        [("c", datetime(2023, 9, 1), 1, "paid"), *BUYERS], measure, active_if=ActiveIf.parse("within 90 days")
    )
    assert longer["2024-01"].value is not None


def test_the_look_back_goes_by_days_whatever_the_grain() -> None:
    """A quarter whose look-back begins before the first row's day is not known, though that row's own quarter is."""
    rows = [("a", datetime(2023, 12, 1, 15), 10, "paid"), ("a", datetime(2024, 2, 1), 10, "paid")]
    options: dict[str, Any] = {"active_if": ActiveIf.parse("within 31 days"), "grains": (Grain.QUARTER,)}
    assert ordered(rows, "logo", **options)["2024-01"].value == 0.0
    options["active_if"] = ActiveIf.parse("within 32 days")
    assert ordered(rows, "logo", **options)["2024-01"].state.value == "no_data"
