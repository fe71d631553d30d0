# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Conversion says what the plain reference says, whatever the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import strategies as st

from metrics.catalog.dataset import Validity
from metrics.catalog.options import Reference, Window
from metrics.grain import Grain, Span
from metrics.kinds.conversion.options import Basis, Options, PeriodBy, Reentry, Skipped
from tests.soundness import reference as plain
from tests.soundness.generators import Log, agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

WINDOWS: tuple[plain.Span | None, ...] = (
    None, (1, "hour"), (24, "hour"), (36, "hour"), (1, "day"), (7, "day"), (14, "day"), (15, "day"), (2, "week"),
    (1, "month"), (2, "month"), (1, "year"),
)  # fmt: skip
asks = st.builds(
    plain.Conversion,
    st.sampled_from(WINDOWS),
    st.sampled_from(("cohort", "cohort", "cohort", "period")),
    st.sampled_from(("entered", "entered", "matured")),
    st.sampled_from(("first", "first", "last", "every")),
    st.just(False),
)


def window(span: plain.Span | None) -> Window:
    return Window(Span.parse(f"{span[0]} {span[1]}") if span else None)


def options(ask: plain.Conversion, start: Reference, success: Reference) -> Options:
    return Options(
        "lead", start, success, window(ask.window), Basis(ask.basis), PeriodBy(ask.period_by), Reentry(ask.reentry),
        Skipped.IMPLIED if ask.implied else Skipped.RECORDED,
    )  # fmt: skip


def dataset(log: Log, **more: Any) -> dict[str, Any]:
    return {
        "key": ("id",), "time": E("t"), "timezone": log.timezone, "entities": entities(lead="who"),
        "dimensions": dimensions(ch="ch"), **more,
    }  # fmt: skip


CUTS = ((), ("ch",))


@drawn(st.data())
def test_two_datasets(engine: Engine, data: st.DataObject) -> None:
    calendar, ask, now = data.draw(calendars()), data.draw(asks), data.draw(nows())
    starts, successes = data.draw(logs(most=20)), data.draw(logs(most=12))
    wanted, settle = data.draw(grains()), data.draw(st.sampled_from((0, 0, 3)))
    least = data.draw(st.sampled_from((1, 2, 10)))
    lag = data.draw(st.sampled_from((0, 0, 2)))
    world = World(
        {"starts": starts.table(), "successes": successes.table()},
        {
            "starts": dataset(
                starts, complete_through=until_now(f"{lag} days"), settle=Span.parse(f"{settle} days")
            ),
            "successes": dataset(successes, complete_through=until_now()),
        },
        **company(calendar),
    )
    one = metric("m", "conversion", options(ask, Reference("starts"), Reference("successes")),
                 dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=least)  # fmt: skip
    t = plain.plus(now, (lag, "day"), calendar.zone, -1)
    assert isinstance(t, datetime)
    frame = plain.Frame(calendar, wanted, CUTS, t, first_day(calendar, starts.read()), settle, least,
                        plain.late(calendar, now, starts.read(), successes.read()))  # fmt: skip
    expected = plain.conversion(
        frame, ask, starts.read(), successes.read(), days="date" in (starts.kind, successes.kind)
    )
    agree(engine.holding(world).compute(one, now), expected, parts=True, intervals=ask.basis == "cohort",
          maturity=ask.basis == "cohort", frame=frame)  # fmt: skip


@drawn(st.data())
def test_one_log_of_stages(engine: Engine, data: st.DataObject) -> None:
    calendar, now = data.draw(calendars()), data.draw(nows())
    log, wanted, least = data.draw(logs(most=25)), data.draw(grains()), data.draw(st.sampled_from((1, 3)))
    ask = data.draw(
        st.builds(
            plain.Conversion,
            st.sampled_from(WINDOWS),
            st.just("cohort"),
            st.sampled_from(("entered", "matured")),
            st.just("first"),
            st.booleans(),
        )
    )
    world = World(
        {"log": log.table()}, {"log": dataset(log, complete_through=until_now())}, **company(calendar)
    )
    sides = Reference("log", where=E("stage = 'a'")), Reference("log", where=E("stage = 'b'"))
    one = metric("m", "conversion", options(ask, *sides), dimensions=("ch",), grains=tuple(map(Grain, wanted)),
                 min_sample=least)  # fmt: skip
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), 0, least,
                        plain.late(calendar, now, log.read()))  # fmt: skip
    starts = [row for row in log.read() if row["stage"] == "a"]
    successes = [row for row in log.read() if row["stage"] == "b"]
    expected = plain.conversion(frame, ask, starts, successes, days=log.kind == "date")
    agree(
        engine.holding(world).compute(one, now),
        expected,
        parts=True,
        intervals=True,
        maturity=True,
        frame=frame,
    )


@drawn(st.data(), examples=25)
def test_a_young_cohort_of_many_reads_the_kaplan_meier_curve(engine: Engine, data: st.DataObject) -> None:
    calendar, now = data.draw(calendars()), data.draw(nows())
    span = data.draw(st.sampled_from(((24, "hour"), (7, "day"), (14, "day"), (15, "day"), (1, "month"))))
    starts = data.draw(logs(most=40, people=12, kinds=("naive", "instant")))
    successes = data.draw(logs(most=25, people=12, kinds=("naive", "instant")))
    ask = plain.Conversion(span, reentry=data.draw(st.sampled_from(("first", "every"))))
    world = World(
        {"starts": starts.table(), "successes": successes.table()},
        {name: dataset(log, complete_through=until_now()) for name, log in
         (("starts", starts), ("successes", successes))},
        **company(calendar),
    )  # fmt: skip
    wanted = ("year", "all")
    one = metric("m", "conversion", options(ask, Reference("starts"), Reference("successes")),
                 grains=(Grain.YEAR, Grain.ALL), min_sample=1)  # fmt: skip
    frame = plain.Frame(calendar, wanted, ((),), now, first_day(calendar, starts.read()), 0, 1,
                        plain.late(calendar, now, starts.read(), successes.read()))  # fmt: skip
    expected = plain.conversion(
        frame, ask, starts.read(), successes.read(), days="date" in (starts.kind, successes.kind)
    )
    agree(
        engine.holding(world).compute(one, now),
        expected,
        parts=True,
        intervals=True,
        maturity=True,
        frame=frame,
    )


VISITS = {"id": "text", "who": "text", "t": "naive"}


def visits(*texts: str, who: str = "u") -> list[tuple[str, str, datetime]]:
    return [(f"{who}{index}", who, datetime.fromisoformat(text)) for index, text in enumerate(texts)]


def pair(starts: Any, successes: Any, **more: Any) -> World:
    each = {
        "key": ("id",),
        "time": E("t"),
        "entities": entities(lead="who"),
        "complete_through": until_now(),
        **more,
    }
    return World({"starts": table(VISITS, starts), "successes": table(VISITS, successes)},
                 {"starts": each, "successes": each})  # fmt: skip


def asked(span: str, **more: Any) -> Any:
    more = {"min_sample": 1, "grains": (Grain.MONTH,), **more}
    kept = {name: more.pop(name) for name in ("reentry", "period_by", "skipped") if name in more}
    return metric("m", "conversion", Options("lead", Reference("starts"), Reference("successes"), Window.parse(span),
                                             **kept), **more)  # fmt: skip


@pytest.mark.parametrize(
    ("reentry", "converted", "entries"), [("every", 2, 3), ("first", 1, 1), ("last", 1, 1)], ids=str
)
def test_event_matching(reentry: str, converted: int, entries: int) -> None:
    world = pair(visits("2024-01-01", "2024-01-04", "2024-01-07"), visits("2024-01-02", "2024-01-07"))
    [one] = by_cell(world.compute(asked("7 days", reentry=Reentry(reentry)), at("2024-01-31T00:00"))).values()
    assert (one.numerator, one.denominator) == (converted, entries)


def test_only_a_recorded_entry_counts_in_one_log_unless_implied_is_asked_for() -> None:
    """Five buy and one of them cancels; a sixth cancels what was bought before the log began."""
    stages = {**VISITS, "stage": "text"}
    rows = [
        (f"b{number}", f"u{number}", at("2024-01-03T10:00").replace(tzinfo=None), "bought")
        for number in range(5)
    ]
    rows += [
        (f"c{who}", who, at("2024-01-09T10:00").replace(tzinfo=None), "cancelled") for who in ("u0", "old")
    ]
    log = {"key": ("id",), "time": E("t"), "entities": entities(lead="who"), "complete_through": until_now()}
    world = World({"log": table(stages, rows)}, {"log": log})
    sides = [Reference("log", where=E(f"stage = '{stage}'")) for stage in ("bought", "cancelled")]
    found = {}
    for name, more in (("default", {}), ("implied", {"skipped": Skipped.IMPLIED})):
        options = Options("lead", *sides, Window.parse("30 days"), **more)
        one = metric("m", "conversion", options, min_sample=1, grains=(Grain.MONTH,))
        [*_, january] = [
            each for each in world.compute(one, at("2024-03-01T00:00")).estimates
            if each.period.start == at("2024-01-01T00:00").date()
        ]  # fmt: skip
        found[name] = january.value
    assert found == {"default": 1 / 5, "implied": 2 / 6}


@pytest.mark.parametrize(
    ("success", "converted"),
    [
        ("2024-01-05T10:00", 1),
        ("2024-01-12T09:59:59.999999", 1),
        ("2024-01-12T10:00", 0),
        ("2024-01-05T09:59", 0),
    ],
)
def test_the_window_is_half_open(success: str, converted: int) -> None:
    world = pair(visits("2024-01-05T10:00"), visits(success))
    [one] = by_cell(world.compute(asked("7 days"), at("2024-01-31T00:00"))).values()
    assert one.numerator == converted


def test_a_window_of_a_month_is_clamped_at_the_months_end() -> None:
    world = pair(visits("2024-01-31T10:00", who="in") + visits("2024-01-31T10:00", who="out"),
                 visits("2024-02-29T09:59", who="in") + visits("2024-02-29T10:00", who="out"))  # fmt: skip
    found = by_cell(world.compute(asked("1 month"), at("2024-02-29T10:00")))
    january = found[Grain.MONTH, at("2024-01-01T00:00").date(), ()]
    assert (january.numerator, january.denominator, january.maturity) == (1, 2, 1.0)


@pytest.mark.parametrize(
    ("now", "state"),
    [("2024-02-02T11:59", "provisional"), ("2024-02-02T12:00", "final")],
    ids=["before", "at"],
)
def test_a_window_in_hours_is_over_on_the_hour(now: str, state: str) -> None:
    world = pair(visits("2024-01-05T10:00"), visits("2024-01-06T10:00"))
    found = by_cell(world.compute(asked("36 hours"), at(now)))
    assert found[Grain.MONTH, at("2024-01-01T00:00").date(), ()].state.value == state


def test_maturity_waits_for_min_sample_and_settling() -> None:
    starts = [row for number in range(12) for row in visits(f"2024-01-{number + 1:02d}", who=f"u{number}")]
    successes = [
        row for number in range(0, 12, 2) for row in visits(f"2024-01-{number + 2:02d}", who=f"u{number}")
    ]
    world = pair(starts, successes, settle=Span.parse("3 days"))
    one = asked("7 days", min_sample=10)
    seen = {}
    for now in ("2024-01-16T23:00", "2024-01-17T00:00", "2024-02-10T23:59", "2024-02-11T00:00"):
        [*_, last] = [each for each in world.compute(one, at(now)).estimates if each.period.start.month == 1]  # type: ignore[union-attr]
        seen[now] = (last.state.value, None if last.value is None else round(last.value, 9), last.maturity)
    assert seen == {
        "2024-01-16T23:00": ("provisional", None, 9 / 12),
        "2024-01-17T00:00": ("provisional", 0.5, 10 / 12),
        "2024-02-10T23:59": ("provisional", 0.5, 1.0),
        "2024-02-11T00:00": ("final", 0.5, 1.0),
    }


def test_a_history_table_counts_a_stay_once() -> None:
    rows = [("1", "u", datetime(2024, 1, 1), "a"), ("2", "u", datetime(2024, 1, 3), "a"),
            ("3", "u", datetime(2024, 1, 5), "b"), ("4", "u", datetime(2024, 1, 8), "a"),
            ("5", "v", datetime(2024, 1, 9), "a")]  # fmt: skip
    world = World(
        {"log": table({**VISITS, "stage": "text"}, rows)},
        {"log": {"key": ("id",), "entities": entities(lead="who"), "valid": Validity(E("t")),
                 "complete_through": until_now()}},
    )  # fmt: skip
    sides = Reference("log", where=E("stage = 'a'")), Reference("log", where=E("stage = 'b'"))
    one = metric("m", "conversion", Options("lead", *sides, Window.parse("30 days"), reentry=Reentry.EVERY),
                 grains=(Grain.MONTH,), min_sample=1)  # fmt: skip
    found = by_cell(world.compute(one, at("2024-03-15T00:00")))
    january = found[Grain.MONTH, at("2024-01-01T00:00").date(), ()]
    assert (january.numerator, january.denominator) == (1, 3)


def test_a_flow_asks_for_its_dimension_on_both_sides() -> None:
    world = World(
        {"starts": table({**VISITS, "ch": "text"}, [("1", "u", datetime(2024, 1, 1), "p")]),
         "successes": table(VISITS, visits("2024-01-03"))},
        {"starts": {"key": ("id",), "time": E("t"), "entities": entities(lead="who"),
                    "dimensions": dimensions(ch="ch"), "complete_through": until_now()},
         "successes": {"key": ("id",), "time": E("t"), "entities": entities(lead="who"),
                       "complete_through": until_now()}},
    )  # fmt: skip
    one = metric("m", "conversion", Options("lead", Reference("starts"), Reference("successes"), basis=Basis.PERIOD),
                 dimensions=("ch",), grains=(Grain.MONTH,))  # fmt: skip
    # Whatever is decided about the segments, the total stands and nothing foreign is raised.
    outcome = world.outcomes(one, now=at("2024-02-15T00:00"))["m"]
    if outcome.error is None:
        assert by_cell(outcome)[Grain.MONTH, at("2024-01-01T00:00").date(), ()].value == 1.0
