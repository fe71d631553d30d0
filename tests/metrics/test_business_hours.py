"""Hours of a week and days of a file: what is read, and what is wrong at which place."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.business_hours import DAYS, MAX_BYTES, MAX_FINDINGS, Hours, problems, read_holidays, week_of


def test_hours_by_weekday() -> None:
    week = week_of({"mon-thu": "09:00-17:30", "fri": ("13:00-16:00", "09:00-12:00"), "sun": "00:00-24:00"})
    assert week == (((540, 1050),),) * 4 + (((540, 720), (780, 960)), (), ((0, 1440),))


def test_hours_that_touch_are_one_stretch() -> None:
    assert week_of({"mon": ("12:00-17:00", "09:00-12:00", "20:00-21:00")})[0] == ((540, 1020), (1200, 1260))


minutes = st.integers(0, 24 * 60)


@given(st.lists(st.tuples(minutes, minutes).filter(lambda each: each[0] < each[1]), min_size=1, max_size=6))
def test_a_day_is_open_at_the_minutes_that_any_of_its_hours_has(stretches: list[tuple[int, int]]) -> None:
    written = tuple(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in stretches)
    found = week_of({"wed": written})[2]
    assert {minute for a, b in found for minute in range(a, b)} == {
        m for a, b in stretches for m in range(a, b)
    }
    assert all(one[1] < other[0] for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ({"mon-fri": "09:00-17:30", "sat": ("10:00-12:00", "12:00-14:00")}, []),
        (
            {"mon-fry": "09:00-17:30"},
            [("mon-fry", None, True, "'mon-fry' are not weekdays such as mon-fri or sat")],
        ),
        (
            {"fri-mon": "09:00-17:30"},
            [("fri-mon", None, True, "'fri-mon' runs backwards or names a day again")],
        ),
        ({"mon": "17:00-09:00"}, [("mon", None, False, "'17:00-09:00' are not hours such as 09:00-17:30")]),
        ({"mon": "09:00-24:30"}, [("mon", None, False, "'09:00-24:30' are not hours such as 09:00-17:30")]),
        ({"mon": "09:00-09:00"}, [("mon", None, False, "'09:00-09:00' are not hours such as 09:00-17:30")]),
        (
            {"mon": ("09:00-12:00", "11:59-13:00", "9-10", "08:00-09:30")},
            [
                ("mon", 1, False, "'11:59-13:00' overlaps '09:00-12:00'"),
                ("mon", 2, False, "'9-10' are not hours such as 09:00-17:30"),
                ("mon", 3, False, "'08:00-09:30' overlaps '09:00-12:00'"),
            ],
        ),
    ],
)
def test_what_is_wrong_with_hours(hours: Hours, expected: list[tuple[str, int | None, bool, str]]) -> None:
    assert [(each.days, each.index, each.key, each.message) for each in problems(hours)] == expected


@given(st.dictionaries(st.text(max_size=7), st.text(max_size=12) | st.lists(st.text(max_size=12)).map(tuple)))
def test_no_text_is_more_than_a_problem(hours: Hours) -> None:
    assert len(week_of(hours)) == len(DAYS)
    assert all(each.message for each in problems(hours))


def read(text: str | bytes) -> tuple[tuple[date, ...], list[str]]:
    content = text if isinstance(text, bytes) else text.encode()
    days, findings = read_holidays(content, "days.csv")
    return days, [str(found) for found in findings]


def test_days_of_a_file() -> None:
    text = '\ufeffname,date\n"Christmas, ""the"" day",2026-12-25\n\nBoxing Day, "2026-12-26"\nagain,2026-12-25\r\n'
    assert read(text) == ((date(2026, 12, 25), date(2026, 12, 26)), [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "days.csv:1:1 holidays-file the file has no column 'date'"),
        ("Date,name\n", "days.csv:1:1 holidays-file the file has no column 'date' (did you mean 'Date'?)"),
        (
            "date;name\n",
            "days.csv:1:1 holidays-file the file has no column 'date' (did you mean 'date;name'?)",
        ),
        ("date\n24/12/2026\n", "days.csv:2:1 holidays-file '24/12/2026' is not a day such as 2026-12-25"),
        ("date\n2026-02-30\n", "days.csv:2:1 holidays-file '2026-02-30' is not a day such as 2026-12-25"),
        ("date\n20261225\n", "days.csv:2:1 holidays-file '20261225' is not a day such as 2026-12-25"),
        ('n,date\n"a,b",x\n', "days.csv:2:7 holidays-file 'x' is not a day such as 2026-12-25"),
        ("n,date\nEaster\n", "days.csv:2:7 holidays-file '' is not a day such as 2026-12-25"),
        (b"date\n\xff\n", "days.csv:1:1 holidays-file the file is not UTF-8"),
        ("x" * (MAX_BYTES + 1), f"days.csv:1:1 holidays-file the file is larger than {MAX_BYTES} bytes"),
    ],
)
def test_what_is_wrong_in_a_file(text: str | bytes, found: str) -> None:
    assert read(text)[1] == [found]


def test_the_wrong_file_is_said_to_be_wrong_a_few_times_only() -> None:
    assert len(read("date\n" + "no\n" * 1000)[1]) == MAX_FINDINGS


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"date\n{text}".encode()))
def test_no_file_is_more_than_findings(content: bytes) -> None:
    days, findings = read_holidays(content, "days.csv")
    assert list(days) == sorted(set(days))
    assert all(found.position.line >= 1 and found.position.column >= 1 for found in findings)
