# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import BadPeriod
from metrics.grain import WHOLE, Calendar, Grain, Period, Span, Unit, add_months, to_instant, unit_named

LONDON = ZoneInfo("Europe/London")
DATED = [grain for grain in Grain if grain is not Grain.ALL]
days = st.dates(date(1990, 1, 1), date(2060, 12, 31))
calendars = st.builds(
    Calendar, st.sampled_from(("UTC", "Europe/London", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia")),
    st.integers(0, 6), st.integers(1, 12),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "span", "written"),
    [("90 days", Span(90, Unit.DAY), "90 days"), ("26h", Span(26, Unit.HOUR), "26 hours"),
     ("60s", Span(60, Unit.SECOND), "60 seconds"), ("1 year", Span(1, Unit.YEAR), "1 year"),
     (" 5 MIN ", Span(5, Unit.MINUTE), "5 minutes"), ("2 weeks", Span(2, Unit.WEEK), "2 weeks"),
     ("0 days", Span(0, Unit.DAY), "0 days"), ("3 months", Span(3, Unit.MONTH), "3 months")],
)  # fmt: skip
def test_spans_are_read_and_written(text: str, span: Span, written: str) -> None:
    assert Span.parse(text) == span
    assert str(span) == written
    assert Span.parse(str(span)) == span


@pytest.mark.parametrize(
    "text",
    ["", "days", "5", "-5 days", "1.5 days", "5 fortnights", "5 days ago", "5 quarters", "9999999 days"],
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a span such as 90 days, 26h or 2 years"):
        Span.parse(text)


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("h", Unit.HOUR),
        ("Days", Unit.DAY),
        ("month", Unit.MONTH),
        ("s", Unit.SECOND),
        ("", None),
        ("dayss", None),
    ],
)
def test_units(word: str, unit: Unit | None) -> None:
    assert unit_named(word) is unit


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [("2023-08-31", 6, "2024-02-29"), ("2024-08-31", 6, "2025-02-28"), ("2024-01-31", 1, "2024-02-29"),
     ("2024-03-31", -1, "2024-02-29"), ("2024-02-29", 12, "2025-02-28"), ("2024-02-29", 48, "2028-02-29"),
     ("2024-12-15", 1, "2025-01-15"), ("2024-01-15", -1, "2023-12-15"), ("2024-05-31", 0, "2024-05-31")],
)  # fmt: skip
def test_months_are_clamped_at_their_ends(day: str, months: int, wanted: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(wanted)


def test_days_are_calendar_days_and_hours_are_elapsed() -> None:
    before = datetime(2024, 3, 30, 12, tzinfo=UTC)
    assert Span.parse("1 day").after(before, LONDON) == datetime(2024, 3, 31, 11, tzinfo=UTC)
    assert Span.parse("24 hours").after(before, LONDON) == datetime(2024, 3, 31, 12, tzinfo=UTC)
    assert Span.parse("1 day").after(datetime(2024, 3, 31, 11, tzinfo=UTC), LONDON, -1) == before
    # A local hour that does not exist moves forward.
    assert Span.parse("1 day").after(datetime(2024, 3, 30, 1, 30, tzinfo=UTC), LONDON) == datetime(
        2024, 3, 31, 1, 30, tzinfo=UTC
    )
    assert Span.parse("36 hours").after_day(date(2024, 1, 1)) == date(2024, 1, 3)
    assert Span.parse("36 hours").after_day(date(2024, 1, 3), -1) == date(2024, 1, 1)


@given(
    days, st.integers(0, 24 * 60 - 1), st.sampled_from(("Europe/London", "America/Sao_Paulo", "Pacific/Apia"))
)
def test_a_local_time_and_its_instant_agree_but_for_the_gap(day: date, minute: int, zone: str) -> None:
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    instant = to_instant(naive, ZoneInfo(zone))
    back = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert back >= naive
    # Of two instants with this local time it is the later: an hour on, the clock shows something else.
    assert all(
        (instant + timedelta(minutes=more)).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != naive
        for more in (30, 60)
    )


@given(calendars, days, st.sampled_from(DATED))
def test_periods_tile_the_days(calendar: Calendar, day: date, grain: Grain) -> None:
    period = calendar.period_of(day, grain)
    assert period.start is not None
    assert period.end is not None
    assert period.start <= day < period.end
    assert calendar.period_of(period.start, grain) == period
    assert calendar.next(period).start == period.end
    assert calendar.previous(calendar.next(period)) == period
    assert calendar.previous(period).end == period.start
    assert calendar.period_starting(period.start, grain) == period


@given(calendars, days, st.sampled_from(list(Grain)))
def test_names_are_read_back(calendar: Calendar, day: date, grain: Grain) -> None:
    period = calendar.period_of(day, grain)
    assert calendar.parse(calendar.name(period)) == period


@given(calendars, days, st.integers(0, 800), st.sampled_from(DATED))
def test_a_run_of_periods_has_no_gap_and_holds_both_ends(
    calendar: Calendar, first: date, more: int, grain: Grain
) -> None:
    last = first + timedelta(days=more)
    run = list(calendar.periods(grain, first, last))
    assert run[0] == calendar.period_of(first, grain)
    assert run[-1] == calendar.period_of(last, grain)
    assert all(one.end == other.start for one, other in pairwise(run))


@given(calendars, days)
def test_bounds_are_the_instants_of_local_midnights(calendar: Calendar, day: date) -> None:
    bounds = calendar.bounds(calendar.period_of(day, Grain.DAY))
    assert bounds is not None
    assert calendar.local_day(bounds[0]) == day or calendar.timezone == "Pacific/Apia"
    assert (
        calendar.local_day(bounds[1] - timedelta(microseconds=1)) == day
        or calendar.timezone == "Pacific/Apia"
    )


APRIL = Calendar("Europe/London", 0, 4)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("2026-03-01", "2026-03-01", "2026-03-02"), ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2020-W53", "2020-12-28", "2021-01-04"), ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-Q3", "2026-07-01", "2026-10-01"), ("2026", "2026-01-01", "2027-01-01"),
        ("FY2026", "2025-04-01", "2026-04-01"), ("FY2026-Q1", "2025-04-01", "2025-07-01"),
        ("FY2026-Q4", "2026-01-01", "2026-04-01"),
    ],
)  # fmt: skip
def test_periods_by_name(name: str, start: str, end: str) -> None:
    period = APRIL.parse(name)
    assert (period.start, period.end) == (date.fromisoformat(start), date.fromisoformat(end))
    assert APRIL.name(period) == name


def test_a_fiscal_year_that_starts_in_january_is_the_calendar_year() -> None:
    calendar = Calendar()
    assert calendar.name(calendar.period_of(date(2026, 5, 1), Grain.FISCAL_QUARTER)) == "FY2026-Q2"
    assert calendar.parse("FY2026") == Period(Grain.FISCAL_YEAR, date(2026, 1, 1), date(2027, 1, 1))


def test_weeks_may_start_on_sunday() -> None:
    calendar = Calendar(week_starts=6)
    week = calendar.period_of(date(2026, 1, 3), Grain.WEEK)
    assert (week.start, week.end) == (date(2025, 12, 28), date(2026, 1, 4))
    assert calendar.name(week) == "2025-W53" or calendar.parse(calendar.name(week)) == week


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-00", "2026-02-30", "2026-W54", "2025-W53", "2026-W00", "2026-Q5", "26",
    "FY26", "2026-3",
             "2026-03-1", "Q3", "2026-Q3 ", "all ", "last month", "0000", "FY0000", "2026-W7"],
)  # fmt: skip
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(BadPeriod) as error:
        APRIL.parse(text)
    assert str(error.value) == (
        f"{text!r} is not a period: write 2026-03-01, 2026-W07, 2026-03, 2026-Q3, 2026, FY2026-Q3, FY2026 or all"
    )


@given(st.text(max_size=12))
def test_any_text_is_a_period_or_refused(text: str) -> None:
    try:
        period = APRIL.parse(text)
    except BadPeriod:
        return
    assert APRIL.parse(APRIL.name(period)) == period


def test_the_whole() -> None:
    calendar = Calendar()
    assert calendar.parse("all") == WHOLE == calendar.period_of(date(2026, 1, 1), Grain.ALL)
    assert calendar.bounds(WHOLE) is None
    assert calendar.name(WHOLE) == "all"
    assert calendar.shift(WHOLE, Span.parse("1 year")) == WHOLE


@pytest.mark.parametrize(
    ("name", "span", "earlier"),
    [("2026-03", "1 year", "2025-03"), ("2026-Q1", "1 year", "2025-Q1"), ("2026", "1 year", "2025"),
     ("FY2026-Q4", "1 year", "FY2025-Q4"), ("2024-02-29", "1 year", "2023-02-28"), ("2026-W01", "1 year", "2025-W01"),
     ("2020-W53", "1 year", "2020-W01"), ("2026-01", "1 month", "2025-12"), ("2026-W10", "4 weeks", "2026-W06")],
)  # fmt: skip
def test_the_same_period_a_span_earlier(name: str, span: str, earlier: str) -> None:
    assert APRIL.name(APRIL.shift(APRIL.parse(name), Span.parse(span))) == earlier


def test_a_day_of_a_clock_change() -> None:
    begin, end = APRIL.bounds(APRIL.parse("2026-03-29")) or (None, None)
    assert (begin, end) == (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, 23, tzinfo=UTC))
    saopaulo = Calendar("America/Sao_Paulo")
    assert saopaulo.instant(date(2018, 11, 4)) == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert saopaulo.instant(date(2018, 2, 18)) == datetime(2018, 2, 18, 3, tzinfo=UTC)


def test_spans_are_ordered_by_their_length() -> None:
    texts = ["90 minutes", "1 day", "1 week", "1 month", "90 days", "1 year"]
    assert sorted(texts, key=lambda text: Span.parse(text).approximate_seconds) == texts


def test_a_span_stays_within_the_years_that_dates_have():
    assert Span.parse("1000 years") == Span(1000, Unit.YEAR)
    with pytest.raises(ValueError, match=r"^'400000 days' is longer than 1,000 years$"):
        Span.parse("400000 days")
