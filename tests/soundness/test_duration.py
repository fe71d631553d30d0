# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""A duration says what the plain reference says, whatever the log."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from metrics.catalog.dataset import Validity
from metrics.catalog.options import Reference
from metrics.describe.units import unit_of
from metrics.errors import ComputationError
from metrics.grain import Grain, Span
from metrics.kinds.duration.options import Basis, Options, Statistic
from metrics.observation import PUBLISHED
from tests.soundness import reference as plain
from tests.soundness import reference_duration as slow
from tests.soundness.generators import Log, agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import (
    E,
    World,
    at,
    by_cell,
    columns,
    dimensions,
    entities,
    metric,
    table,
    until_now,
)

WINDOWS: tuple[plain.Span, ...] = (
    (1, "hour"), (24, "hour"), (36, "hour"), (1, "day"), (7, "day"), (14, "day"), (15, "day"), (1, "month"),
    (1, "year"),
)  # fmt: skip
STANDARDS: tuple[plain.Span | str, ...] = (
    (4, "hour"),
    (24, "hour"),
    (1, "day"),
    (7, "day"),
    (1, "month"),
    "hours",
)
UNITS = {None: 3600, "seconds": 1, "minutes": 60, "days": 86400}
CUTS = ((), ("ch",))


@st.composite
def asks(draw: st.DrawFn) -> tuple[slow.Duration, str | None]:
    """Draw what is asked, and the unit that is declared."""
    statistic = draw(st.sampled_from(("p50", "p90", "mean", "share_within")))
    shared = statistic == "share_within"
    unit = None if shared else draw(st.sampled_from(tuple(UNITS)))
    ask = slow.Duration(
        draw(st.sampled_from(WINDOWS)), statistic, draw(st.sampled_from(("from", "from", "from", "to"))),
        draw(st.sampled_from(STANDARDS)) if shared else None, UNITS[unit],
    )  # fmt: skip
    return ask, unit


def options(ask: slow.Duration, start: Reference, end: Reference) -> Options:
    within = "x * 12" if ask.within == "hours" else f"{ask.within[0]} {ask.within[1]}" if ask.within else None
    window = Span.parse(f"{ask.window[0]} {ask.window[1]}") if ask.basis == "from" else None
    standard = E(within) if within else None
    return Options("case", start, end, Statistic(ask.statistic), window, Basis(ask.basis), standard)


def dataset(log: Log, **more: Any) -> dict[str, Any]:
    return {
        "key": ("id",), "time": E("t"), "timezone": log.timezone, "entities": entities(case="who"),
        "dimensions": dimensions(ch="ch"), "complete_through": until_now(), **more,
    }  # fmt: skip


def read(log: Log) -> list[plain.Row]:
    return [{**row, "hours": None if row["x"] is None else row["x"] * 12} for row in log.read()]


def compared(world: World, data: st.DataObject, calendar: plain.Calendar, starts: Log, ends: Log) -> None:
    """Assert that a drawn question is answered as the reference answers it."""
    (ask, unit), now, wanted = data.draw(asks()), data.draw(nows()), data.draw(grains())
    least = data.draw(st.sampled_from((1, 2, 10)))
    one = metric("m", "duration", options(ask, Reference("starts"), Reference("ends")), dimensions=("ch",),
                 grains=tuple(map(Grain, wanted)), min_sample=least, unit=unit)  # fmt: skip
    first = first_day(calendar, starts.read())
    if ask.basis == "to":
        days = (first, first_day(calendar, ends.read()))
        first = None if None in days else max(day for day in days if day is not None)
    frame = plain.Frame(calendar, wanted, CUTS, now, first, 3, least,
                        plain.late(calendar, now, starts.read(), ends.read()))  # fmt: skip
    expected = slow.duration(frame, ask, read(starts), read(ends), days="date" in (starts.kind, ends.kind))
    agree(world.compute(one, now), expected, parts=True, intervals=True, maturity=True, frame=frame)


def two_logs(calendar: plain.Calendar, starts: Log, ends: Log) -> World:
    return World(
        {"starts": starts.table(), "ends": ends.table()},
        {"starts": dataset(starts, settle=Span.parse("3 days")), "ends": dataset(ends)},
        **company(calendar),
    )


@drawn(st.data(), examples=60)
def test_two_datasets(engine: Engine, data: st.DataObject) -> None:
    calendar, starts, ends = data.draw(calendars()), data.draw(logs(most=20)), data.draw(logs(most=20))
    compared(engine.holding(two_logs(calendar, starts, ends)), data, calendar, starts, ends)


@drawn(st.data())
def test_a_young_cohort_of_many_reads_the_curve(engine: Engine, data: st.DataObject) -> None:
    kinds = ("naive", "instant")
    calendar = data.draw(calendars())
    starts, ends = (data.draw(logs(most=60, people=25, kinds=kinds)) for _ in range(2))
    compared(engine.holding(two_logs(calendar, starts, ends)), data, calendar, starts, ends)


# -- by hand ------------------------------------------------------------------------------------------

TICKETS = {"id": "text", "who": "text", "opened": "naive", "answered": "naive", "hours": "float"}
OPENED = datetime(2024, 1, 5, 10)


def tickets(*answers: timedelta | None, hours: float | None = None) -> World:
    """Return tickets opened on 5 January at 10:00 and answered so long after."""
    rows = [(f"t{index}", f"t{index}", OPENED, None if after is None else OPENED + after, hours)
            for index, after in enumerate(answers)]  # fmt: skip
    each = {"key": ("id",), "time": E("opened"), "entities": entities(case="who"), "complete_through": until_now(),
            "columns": columns(standard="hours * 2")}  # fmt: skip
    return World({"tickets": table(TICKETS, rows)}, {"tickets": each})


def asked(statistic: str, window: str | None = "7 days", within: str | None = None, **more: Any) -> Any:
    more = {"min_sample": 1, "grains": (Grain.MONTH,), **more}
    basis = Basis(more.pop("basis", "from"))
    sides = Reference("tickets"), Reference("tickets", time=E("answered"))
    return metric("m", "duration", Options("case", *sides, Statistic(statistic), Span.parse(window) if window else None,
                                           basis, E(within) if within else None), **more)  # fmt: skip


def never_changes(world: World, one: Any, instants: Sequence[datetime]) -> None:
    """Assert that a value which is final at an instant is so, and the same, at each later one.

    Of a percentile the upper end of the interval and the answers so far go on until no window is open.
    """
    final: dict[Any, Any] = {}
    for instant in instants:
        found = by_cell(world.compute(one, instant))
        for cell, (state, value, entries, lower) in final.items():
            now = found[cell]
            assert (now.state, now.value, now.denominator) == (state, value, entries), (cell, instant)
            assert lower is None or now.lower is None or now.lower == lower, (cell, instant)
        closed = {cell: each for cell, each in found.items() if each.state in PUBLISHED}
        final |= {
            cell: (each.state, each.value, each.denominator, each.lower) for cell, each in closed.items()
        }


LATER = at("2024-03-01T00:00")
JANUARY = (Grain.MONTH, date(2024, 1, 1), ())


def hours(*numbers: float | None) -> tuple[timedelta | None, ...]:
    return tuple(None if number is None else timedelta(hours=number) for number in numbers)


@pytest.mark.parametrize(
    ("statistic", "answers", "value"),
    [
        ("p50", (1, 2, 3, 4), 2.0),
        ("p50", (1, 2, None, None), 2.0),
        ("p50", (1, None, None, None), None),
        ("p90", (*range(1, 10), None), 9.0),
        ("p90", (*range(1, 9), None, None), None),
        ("mean", (2, 4, None), (2 + 4 + 168) / 3),
        # An answer at the window's end is outside, and counts as long as the window.
        ("mean", (168, 2), 85.0),
        ("p90", (1, 168), None),
    ],
)
def test_who_has_no_answer_is_never_left_out(statistic: str, answers: Any, value: float | None) -> None:
    one = by_cell(tickets(*hours(*answers)).compute(asked(statistic), LATER))[JANUARY]
    assert (one.value, one.state.value, one.sample_size) == (value, "final", len(answers))


@pytest.mark.parametrize(
    ("statistic", "answers", "expected"),
    [
        # Of 20 the median lies between the 5th and the 15th; 20 are too few for the 90th percentile.
        ("p50", range(1, 21), (10, 5, 15)),
        ("p90", range(1, 21), (18, None, None)),
        ("p90", range(1, 101), (90, 84, 96)),
        # Who never answers stands after all others, and may leave the interval open above.
        ("p50", (*range(1, 16), *[None] * 5), (10, 5, 15)),
        ("p50", (*range(1, 15), *[None] * 6), (10, None, None)),
    ],
)
def test_a_percentile_has_the_interval_of_two_of_its_durations(
    statistic: str, answers: Any, expected: tuple[float | None, ...]
) -> None:
    one = by_cell(tickets(*hours(*answers)).compute(asked(statistic), LATER))[JANUARY]
    assert (one.value, one.lower, one.upper) == expected


def test_the_interval_of_a_young_cohort_is_read_from_the_curve() -> None:
    # 20 that are known to their end, and 20 of today that wait: the curve goes on as for the first.
    rows = [
        (f"t{index}", f"t{index}", OPENED, OPENED + timedelta(hours=index), None) for index in range(1, 21)
    ]
    today = [(f"n{index}", f"n{index}", datetime(2024, 1, 25), None, None) for index in range(20)]
    world = tickets()
    world.tables = {"tickets": table(TICKETS, [*rows, *today])}
    one = by_cell(world.compute(asked("p50"), at("2024-01-25T03:30")))[JANUARY]
    # At risk are 40 until the new ones are lost at 3 hours, then 17: S(3) = 37/40, and 37/40 * j/17 after it.
    assert (one.state.value, one.value, one.maturity) == ("provisional", 11.0, 0.5)
    assert (one.lower, one.upper) == (7.0, 15.0)


@pytest.mark.parametrize(
    ("after", "kept"),
    [(timedelta(hours=4), 1), (timedelta(hours=4, microseconds=1), 0), (timedelta(0), 1), (None, 0)],
    ids=str,
)
@pytest.mark.parametrize("within", ["4h", "standard", "2 * hours", "240 minutes"])
def test_within_a_standard_is_at_its_end_or_before(after: timedelta | None, kept: int, within: str) -> None:
    one = by_cell(tickets(after, hours=2.0).compute(asked("share_within", within=within), LATER))[JANUARY]
    assert (one.numerator, one.denominator, one.value) == (kept, 1, kept)


def test_without_a_standard_nothing_is_within_it() -> None:
    one = by_cell(tickets(timedelta(0)).compute(asked("share_within", within="hours"), LATER))[JANUARY]
    assert (one.numerator, one.denominator) == (0, 1)


def test_a_standard_that_is_no_number_of_hours_is_refused() -> None:
    with pytest.raises(
        ComputationError, match=r"^metric 'm': within is a span such as 4h, or a number of hours$"
    ):
        tickets(timedelta(0)).compute(asked("share_within", within="opened"), LATER)


@pytest.mark.parametrize(
    ("statistic", "answers", "value", "turn"),
    [
        # Half are answered within an hour: who opened last, at midnight, has been followed for it at one.
        ("p50", (1, None), 1.0, "2024-02-01T01:00"),
        ("share_within", (1, None), 0.5, "2024-02-01T04:00"),
        ("mean", (1, None), (1 + 168) / 2, "2024-02-08T00:00"),
        # A percentile that is not reached is none once no window is open.
        ("p50", (None, None), None, "2024-02-08T00:00"),
        # A part of a second is a whole one.
        ("p50", (1 + 1 / 7200, None), 1 + 1 / 7200, "2024-02-01T01:00:01"),
    ],
)
def test_a_value_is_final_once_nothing_can_change_it(
    statistic: str, answers: Any, value: float | None, turn: str
) -> None:
    one = asked(statistic, within="4h" if statistic == "share_within" else None)
    before, after = (
        by_cell(tickets(*hours(*answers)).compute(one, now))[JANUARY]
        for now in (at(turn) - timedelta(microseconds=1), at(turn))
    )
    assert (before.state.value, before.value) == ("provisional", value)
    assert (after.state.value, after.value, after.maturity) == ("final", value, 1.0)


def many(settle: str = "0 days") -> World:
    """Return 35 tickets, three a day from 1 January, at 9, 10 and 11; answered after 1, 2, 3 hours on, the last not."""
    opened = [datetime(2024, 1, 1 + index // 3, 9 + index % 3) for index in range(35)]
    rows = [(f"t{index}", f"t{index}", start, None if index == 34 else start + timedelta(hours=index + 1), None)
            for index, start in enumerate(opened)]  # fmt: skip
    each = {"key": ("id",), "time": E("opened"), "entities": entities(case="who"), "complete_through": until_now(),
            "settle": Span.parse(settle)}  # fmt: skip
    return World({"tickets": table(TICKETS, rows)}, {"tickets": each})


@pytest.mark.parametrize(
    ("statistic", "now", "state", "value"),
    [
        # Twelve are open or answered, nine of them after 1 to 9 hours; the tenth has waited for six at 15:00.
        ("p50", "2024-01-04T14:59", "provisional", None),
        ("p50", "2024-01-04T15:00", "provisional", 6.0),
        ("p50", "2024-02-03T17:59", "provisional", 18.0),
        ("p50", "2024-02-03T18:00", "final", 18.0),
        ("p90", "2024-01-08T00:00", "provisional", 17.0),
        ("p90", "2024-02-04T07:59", "provisional", 32.0),
        ("p90", "2024-02-04T08:00", "final", 32.0),
        # An answer at the standard's end is within it: the tenth has missed it just after 13:00.
        ("share_within", "2024-01-04T13:00", "provisional", None),
        ("share_within", "2024-01-04T13:01", "provisional", 1 - 10 / 12 * 8 / 9 * 6 / 7),
        ("share_within", "2024-02-03T03:59", "provisional", 4 / 35),
        ("share_within", "2024-02-03T04:00", "final", 4 / 35),
        ("mean", "2024-02-20T00:00", "provisional", None),
    ],
)
def test_a_long_window_withholds_the_mean_alone(
    statistic: str, now: str, state: str, value: float | None
) -> None:
    within = "4h" if statistic == "share_within" else None
    one = asked(statistic, "60 days", within, min_sample=10)
    found = by_cell(many("2 days").compute(one, at(now)))[JANUARY]
    assert (found.state.value, found.value) == (state, None if value is None else pytest.approx(value))


def test_a_percentile_that_is_known_has_the_interval_that_the_window_will_give() -> None:
    young, old = (
        by_cell(many().compute(asked("p50", "60 days", min_sample=10), at(now)))[JANUARY]
        for now in ("2024-02-02T00:00", "2024-06-01T00:00")
    )
    assert (young.state.value, young.numerator, young.maturity) == ("final", 34, 1.0)
    assert (young.value, young.lower, young.upper) == (old.value, old.lower, old.upper) == (18.0, 12.0, 23.0)


TOOK = (None, 0, 1, 3, 20, 24, 25, 48, 50)
"""Hours that a case takes: about a standard, a day, and a day whose clocks change."""


@pytest.mark.parametrize("kind", ["naive", "date"])
@pytest.mark.parametrize(
    ("statistic", "within"),
    [
        ("p50", None),
        ("p90", None),
        ("share_within", "24h"),
        ("share_within", "1 day"),
    ],
)
def test_what_is_final_never_changes(statistic: str, within: str | None, kind: str) -> None:
    """60 companies, each a channel, in the days in which London's clocks go back, looked at again and again."""
    chance, rows = random.Random(f"{statistic} {within} {kind}"), []
    for channel in range(60):
        for _ in range(chance.randint(1, 12)):
            opened = datetime(2016, 10, 28) + timedelta(hours=chance.randrange(96))
            took = chance.choice(TOOK)
            answered = None if took is None else opened + timedelta(hours=took)
            moments = [each.date() if each and kind == "date" else each for each in (opened, answered)]
            rows.append((f"t{len(rows)}", f"t{len(rows)}", *moments, chance.randint(0, 4), f"c{channel}"))
    types = {**TICKETS, "opened": kind, "answered": kind, "x": "integer", "ch": "text"}
    del types["hours"]
    each = {"key": ("id",), "time": E("opened"), "entities": entities(case="who"), "complete_through": until_now(),
            "dimensions": dimensions(ch="ch")}  # fmt: skip
    world = World({"tickets": table(types, rows)}, {"tickets": each}, zone="Europe/London")
    one = asked(
        statistic, "60 days", within, min_sample=3, grains=(Grain.DAY, Grain.MONTH), dimensions=("ch",)
    )
    never_changes(world, one, [at("2016-10-29T00:00") + timedelta(hours=hour) for hour in range(0, 170, 17)])


def test_an_open_case_never_shortens_a_duration() -> None:
    world = tickets(*hours(1, 1, 1, None, None, None, None))
    young = by_cell(world.compute(asked("p50"), at("2024-01-08T00:00")))[JANUARY]
    assert (young.value, young.numerator, young.denominator, young.maturity) == (None, 3, 7, 0.0)


def test_only_the_first_case_of_an_entity_counts_and_only_what_follows_it() -> None:
    each = {"key": ("id",), "time": E("t"), "entities": entities(case="who"), "complete_through": until_now()}
    rows = [("1", "a", datetime(2024, 1, 5)), ("2", "a", datetime(2024, 1, 6))]
    ends = [
        ("1", "a", datetime(2024, 1, 4)),
        ("2", "a", datetime(2024, 1, 5, 5)),
        ("3", "a", datetime(2024, 1, 5, 9)),
    ]
    types = {"id": "text", "who": "text", "t": "naive"}
    world = World({"starts": table(types, rows), "ends": table(types, ends)}, {"starts": each, "ends": each})
    one = metric("m", "duration", Options("case", Reference("starts"), Reference("ends"), Statistic.P50,
                                          Span.parse("7 days")), grains=(Grain.MONTH,), min_sample=1)  # fmt: skip
    assert by_cell(world.compute(one, LATER))[JANUARY].value == 5.0


def test_a_row_of_a_history_that_goes_on_is_no_event() -> None:
    rows = [("1", "a", datetime(2024, 1, 1), "b"), ("2", "a", datetime(2024, 1, 2), "a"),
            ("3", "a", datetime(2024, 1, 4), "b"), ("4", "a", datetime(2024, 1, 5), "b"),
            ("5", "c", datetime(2024, 1, 1), "b"), ("6", "c", datetime(2024, 1, 2), "b")]  # fmt: skip
    world = World(
        {"log": table({"id": "text", "who": "text", "t": "naive", "stage": "text"}, rows)},
        {"log": {"key": ("id",), "entities": entities(case="who"), "valid": Validity(E("t")),
                 "complete_through": until_now()}},
    )  # fmt: skip
    sides = Reference("log", where=E("stage = 'a'")), Reference("log", where=E("stage = 'b'"))
    one = metric("m", "duration", Options("case", *sides, Statistic.P50, Span.parse("7 days")), unit="days",
                 grains=(Grain.MONTH,), min_sample=1)  # fmt: skip
    found = by_cell(world.compute(one, LATER))[JANUARY]
    assert (found.value, found.denominator) == (2.0, 1)


def test_completed_cases_are_labelled_by_their_end() -> None:
    world = tickets(*hours(1, 30 * 24, 31 * 24, None))
    found = by_cell(world.compute(asked("mean", None, basis="to", unit="days"), LATER))
    february = found[Grain.MONTH, date(2024, 2, 1), ()]
    assert (february.value, february.numerator, february.denominator, february.state.value) == (
        30.5,
        2,
        2,
        "final",
    )


@pytest.mark.parametrize(
    ("statistic", "declared", "unit"),
    [("p50", None, "hours"), ("mean", "days", "days"), ("share_within", None, "ratio")],
)
def test_the_unit_is_hours_unless_declared(statistic: str, declared: str | None, unit: str) -> None:
    one = asked(statistic, unit=declared)
    assert unit_of(one, tickets().catalog(one)) == unit


def test_a_unit_without_a_fixed_length_is_refused() -> None:
    message = r"^metric 'm': 'months' is not a unit of durations: seconds, minutes, hours, days, weeks$"
    with pytest.raises(ComputationError, match=message):
        tickets(timedelta(0)).compute(asked("p50", unit="months"), LATER)
