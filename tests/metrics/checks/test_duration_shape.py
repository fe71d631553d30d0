"""The keys of a duration fit together."""

import pytest

from tests.metrics.project import Files, added, assert_found

ANSWER = "metrics/service/first_answer.yml"
METRIC = """\
metric: first_answer
label: First answer
owner: me
direction: none
kind: duration
entity: customer
from: {dataset: tickets, time: opened_at}
to: {dataset: tickets}
"""


def answer(more: str) -> Files:
    return added({ANSWER: METRIC + more})


WINDOW = "window: 7 days\n"
CASES = [
    pytest.param(answer(WINDOW + "statistic: p50\n"), [], id="fine"),
    pytest.param(answer(WINDOW + "statistic: share_within\nwithin: 4h\n"), [], id="a standard"),
    pytest.param(answer(WINDOW + "statistic: share_within\nwithin: hours * 2\n"), [], id="a standard of its own"),
    pytest.param(answer("basis: to\nstatistic: mean\nunit: days\n"), [], id="completed cases"),
    pytest.param(
        answer("statistic: p50\n"),
        [(ANSWER, "metric", "duration-shape missing key 'window': until when a case without an answer is waited for")],
        id="no window",
    ),
    pytest.param(
        answer("window: 0 days\nstatistic: p50\n"),
        [(ANSWER, "0 days", "duration-shape the window has no length")],
        id="a window without a length",
    ),
    pytest.param(
        answer(WINDOW + "basis: to\nstatistic: p50\n"),
        [(ANSWER, "window", "duration-shape window has no meaning with basis: to, which has completed cases only")],
        id="a window for completed cases",
    ),
    pytest.param(
        answer(WINDOW + "statistic: share_within\n"),
        [(ANSWER, "metric", "duration-shape missing key 'within': the standard of share_within")],
        id="no standard",
    ),
    pytest.param(
        answer(WINDOW + "statistic: p90\nwithin: 4h\n"),
        [(ANSWER, "within", "duration-shape within has no meaning with statistic: p90")],
        id="a needless standard",
    ),
    pytest.param(
        answer(WINDOW + "statistic: share_within\nwithin: 8 days\n"),
        [(ANSWER, "8 days", "duration-shape 8 days is longer than the window of 7 days")],
        id="a standard beyond the window",
    ),
    pytest.param(
        answer(WINDOW + "statistic: share_within\nwithin: 168.5\n"),
        [(ANSWER, "168.5", "duration-shape a standard of 168.5 hours is longer than the window of 7 days")],
        id="hours beyond the window",
    ),
    pytest.param(answer(WINDOW + "statistic: share_within\nwithin: 168\n"), [], id="hours of the window"),
    pytest.param(
        answer(WINDOW + "statistic: share_within\nwithin: 4h\nunit: hours\n"),
        [(ANSWER, "unit", "duration-shape unit has no meaning with statistic: share_within, which is a share")],
        id="the unit of a share",
    ),
    pytest.param(
        answer(WINDOW + "statistic: p50\nunit: months\n"),
        [
            (
                ANSWER,
                "months",
                "duration-shape 'months' is not a unit of durations: seconds, minutes, hours, days, weeks",
            )
        ],
        id="no unit of durations",
    ),
    pytest.param(
        answer(WINDOW + "statistic: share_within\nwithin: 4h\nclock: {calendar: uk}\n"), [], id="a business clock"
    ),
    pytest.param(
        answer(WINDOW + "statistic: p50\nunit: days\nclock: {pause: {dataset: tickets, start: opened_at, "
               "end: closed_at}}\n"),
        [],
        id="pauses",
    ),
    pytest.param(
        answer(WINDOW + "statistic: p50\nclock: {}\n"),
        [(ANSWER, "clock", "duration-shape the clock says nothing: write calendar, pause or both")],
        id="a clock that says nothing",
    ),
    pytest.param(
        answer(WINDOW + "statistic: share_within\nwithin: 2 days\nclock: {calendar: uk}\n"),
        [(ANSWER, "2 days", "duration-shape 2 days has no length on a clock: write hours or minutes")],
        id="a standard in days of a clock",
    ),
    pytest.param(
        answer(WINDOW + "statistic: p50\nunit: days\nclock: {calendar: uk}\n"),
        [
            (
                ANSWER,
                "days",
                "duration-shape days have no length on a business calendar: write hours, minutes or seconds",
            )
        ],
        id="days of a business calendar",
    ),
    pytest.param(
        answer(WINDOW + "statistic: p50\nclock: {calendar: ukk}\n"),
        [(ANSWER, "ukk}", "unknown-reference no calendar is called 'ukk' (did you mean 'uk'?)")],
        id="no calendar of the company",
    ),
    pytest.param(
        answer(WINDOW + "statistic: p50\nclock: {pause: {dataset: customer_ids, start: since, end: until}}\n"),
        [(ANSWER, "customer", "entity-missing dataset 'customer_ids' has no entity 'customer'")],
        id="pauses of somebody else",
    ),
    pytest.param(
        added({ANSWER: METRIC.replace("{dataset: tickets}", "{dataset: tickets, measure: count}") + WINDOW
               + "statistic: p50\n"}),
        [(ANSWER, "count", "duration-shape a duration is of entities: leave the measure out")],
        id="a measure",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_duration_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
