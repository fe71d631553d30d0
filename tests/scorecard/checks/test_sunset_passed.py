from datetime import UTC, datetime

from scorecard.check import check
from scorecard.checks.sunset_passed import CODE
from tests.scorecard.project import definitions, found, texts

KEPT = "metrics/service/kept_promises.yml"
GONE = (KEPT, "direction: up", "direction: up\nstatus: deprecated\nsunset: 2027-03-31\nreplaced_by: breaches")


def told(now):
    listed = check(definitions(texts(GONE)), now)
    return [f"{one.level} {one.message}" for one in listed if one.code == CODE]


def test_without_a_clock_nothing_is_said():
    assert found(CODE, GONE) == []


def test_the_day_begins_where_the_company_is():
    # British summer time begins on 28 March: midnight of the 31st is an hour before that of UTC.
    assert told(datetime(2027, 3, 30, 22, 59, tzinfo=UTC)) == []
    assert told(datetime(2027, 3, 30, 23, 0, tzinfo=UTC)) == [
        "advice metric 'kept_promises' was to be gone on 2027-03-31: take it out of the definitions, "
        "and use 'breaches'"
    ]
