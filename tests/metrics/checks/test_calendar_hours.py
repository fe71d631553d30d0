"""Business calendars have weekdays, and hours that end after they start."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("company.yml", ("mon-fri:", "mon-fry:")),
        ["definitions/company.yml:9:25 calendar-hours 'mon-fry' are not weekdays such as mon-fri or sat"],
        id="weekday",
    ),
    pytest.param(
        lambda: edited("company.yml", ("mon-fri:", "fri-mon:")),
        ["definitions/company.yml:9:25 calendar-hours 'fri-mon' runs backwards or names a day again"],
        id="backwards",
    ),
    pytest.param(
        lambda: edited("company.yml", ("sat:", "fri:")),
        ["definitions/company.yml:9:45 calendar-hours 'fri' runs backwards or names a day again"],
        id="day again",
    ),
    pytest.param(
        lambda: edited("company.yml", ("09:00-17:30", "9-17")),
        ["definitions/company.yml:9:25 calendar-hours '9-17' are not hours such as 09:00-17:30"],
        id="hours",
    ),
    pytest.param(
        lambda: edited("company.yml", ("09:00-17:30", "17:30-09:00")),
        ["definitions/company.yml:9:25 calendar-hours '17:30-09:00' are not hours such as 09:00-17:30"],
        id="end before start",
    ),
    pytest.param(lambda: edited("company.yml", ("09:00-17:30", "00:00-24:00")), [], id="whole day"),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_calendar_hours(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
