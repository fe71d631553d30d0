"""Business calendars have weekdays, and hours that end after they start and do not overlap."""

import pytest

from tests.metrics.project import COMPANY, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(COMPANY, ("mon-fri:", "mon-fry:")),
        [
            (
                COMPANY,
                'mon-fry: "09:00-17:30", ',
                "calendar-hours 'mon-fry' are not weekdays such as mon-fri or sat",
            )
        ],
        id="weekday",
    ),
    pytest.param(
        edited(COMPANY, ("mon-fri:", "fri-mon:")),
        [
            (
                COMPANY,
                'fri-mon: "09:00-17:30", ',
                "calendar-hours 'fri-mon' runs backwards or names a day again",
            )
        ],
        id="backwards",
    ),
    pytest.param(
        edited(COMPANY, ("sat:", "fri:")),
        [(COMPANY, 'fri: "10:00-14:00"}, tim', "calendar-hours 'fri' runs backwards or names a day again")],
        id="day again",
    ),
    pytest.param(
        edited(COMPANY, ("09:00-17:30", "9-17")),
        [(COMPANY, '"9-17", sat: "10:00-14:0', "calendar-hours '9-17' are not hours such as 09:00-17:30")],
        id="hours",
    ),
    pytest.param(
        edited(COMPANY, ("09:00-17:30", "17:30-09:00")),
        [
            (
                COMPANY,
                '"17:30-09:00", sat: "10:',
                "calendar-hours '17:30-09:00' are not hours such as 09:00-17:30",
            )
        ],
        id="end before start",
    ),
    pytest.param(edited(COMPANY, ("09:00-17:30", "00:00-24:00")), [], id="whole day"),
    pytest.param(
        edited(COMPANY, ('"09:00-17:30"', '["09:00-12:00", "12:30-17:00", "20:00-21:00"]')), [], id="a list"
    ),
    pytest.param(
        edited(COMPANY, ('"09:00-17:30"', '["09:00-12:00", "11:00-17:00"]')),
        [(COMPANY, '"11:00-17:00"]', "calendar-hours '11:00-17:00' overlaps '09:00-12:00'")],
        id="overlap",
    ),
    pytest.param(
        edited(COMPANY, ('{mon-fri: "09:00-17:30", sat: "10:00-14:00"}', "{}")),
        [(COMPANY, "{}, timezone", "calendar-hours the calendar is never open: write hours")],
        id="never open",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_calendar_hours(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
