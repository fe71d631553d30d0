"""An open period is set against as many days of others, on every surface alike."""

import re
from datetime import timedelta

from api.prometheus.exposition import render
from metrics.observation import Offset, State, ToDate
from scorecard.phrasing import why
from scorecard.report_model import EarlierReport, ToDateReport
from scorecard.to_date import to_date_report, to_date_words
from tests.api.northwind import COMPUTED, NOW, a_run

LINES = (
    "£210,000 in 50 days",
    "+5.0% (+£10,000) vs the same days of 2026-Q3",
    "−25.0% (−£70,000) vs the same days of 2025-Q4",
)
WORDS = f"{LINES[0]}: {LINES[1]}; {LINES[2]}"
EARLIER = [
    {"offset": "-1", "period_name": "2026-Q3", "days": 50, "value": 200_000.0, "difference": 10_000.0, "relative": 0.05,
     "period": {"grain": "quarter", "start": "2026-07-01", "end": "2026-10-01"}},
    {"offset": "-1 year", "period_name": "2025-Q4", "days": 50, "value": 280_000.0, "difference": -70_000.0,
     "relative": -0.25, "period": {"grain": "quarter", "start": "2025-10-01", "end": "2026-01-01"}},
]  # fmt: skip


def test_the_report_says_it(northwind):
    report = northwind.report(None, "2026-Q4", NOW)
    revenue = next(one for one in report.indicators if one.metric == "revenue")
    found = revenue.provisional.to_date
    assert to_date_words(found, revenue.unit, report.currency) == WORDS
    assert any(f"To date {WORDS}." in sentence for sentence in why(revenue, report.currency))
    # Nothing is compared of a value that is final.
    assert revenue.scored.to_date is None
    assert revenue.scored.period_name == "2026-Q3"


def test_the_api_says_it(client):
    wanted = {
        "days": 50,
        "over": False,
        "value": 210_000.0,
        "numerator": None,
        "denominator": None,
        "earlier": EARLIER,
    }
    page = client.get("/api/v1/metrics/revenue/observations?grain=quarter&state=provisional").json
    assert [(one["period"], one["to_date"]) for one in page["items"]] == [("2026-Q4", wanted)]
    open_one = client.get("/api/v1/metrics/revenue/changes?period=2026-Q4").json
    assert (open_one["change"], open_one["causes"], open_one["to_date"]) == (None, None, wanted)
    assert client.get("/api/v1/metrics/revenue/changes?period=2026-Q3").json["to_date"] is None
    card = client.get("/api/v1/scorecards/joint?period=2026-Q4")
    if card.status_code == 404:
        name = client.get("/api/v1/scorecards").json["items"][0]["scorecard"]
        card = client.get(f"/api/v1/scorecards/{name}?period=2026-Q4")
    assert str(wanted["earlier"][0]["relative"]) in card.text


def test_the_pages_say_it(client):
    text = client.get("/catalogue/revenue?grain=quarter").text
    assert [line for line in LINES if line in text] == list(LINES)
    brief = re.sub(r"<[^>]*>", "|", client.get("/?period=2026-Q4").text)
    assert "2026-Q4, 50 days|+5.0% vs 2026-Q3||−25.0% vs 2025-Q4||over the same days|" in brief


def test_prometheus_has_it(northwind):
    text = render(northwind, NOW).decode()
    assert 'kpi_to_date_value{grain="quarter",metric="revenue",offset=""} 210000.0' in text
    assert 'kpi_to_date_value{grain="quarter",metric="revenue",offset="-1"} 200000.0' in text
    assert 'kpi_to_date_length{grain="quarter",metric="revenue",offset="-1 year"} 50.0' in text


def test_words(northwind):
    calendar = northwind.catalog.company.calendar
    march, february = calendar.parse("2026-03"), calendar.parse("2026-02")

    def words(days, unit, value, *, shorter=28, then=10.0):
        known = {
            (march, Offset.NONE): ToDate(base=march, offset=Offset.NONE, period=march, days=days,
                                         state=State.PROVISIONAL, value=value),
            (march, Offset.PERIOD): ToDate(base=march, offset=Offset.PERIOD, period=february, days=shorter,
                                           state=State.PROVISIONAL, value=then),
        }  # fmt: skip
        return to_date_words(to_date_report(known, march, calendar), unit, "GBP")

    assert words(30, "", 12.0) == "12 in 30 days: +20.0% (+2) vs the 28 days of 2026-02"
    assert (
        words(1, "ratio", 0.5, shorter=1, then=0.75)
        == "50.0% in 1 day: −25.0 points vs the same days of 2026-02"
    )
    # All its days are over, and those who came in it are still followed.
    assert words(31, "ratio", 0.5, then=0.4) == "50.0% of 31 days: +10.0 points vs 2026-02 at the same age"
    # Of nothing, and of less than nothing, there is no percentage.
    assert words(3, "", 12.0, shorter=3, then=0.0) == "12 in 3 days: +12 vs the same days of 2026-02"
    assert words(3, "", 12.0, shorter=3, then=-4.0) == "12 in 3 days: +16 vs the same days of 2026-02"
    assert words(3, "", 12.0, shorter=3, then=None) == "12 in 3 days"
    assert to_date_report({}, march, calendar) is None


def test_a_year_is_set_against_the_year_before_once(northwind):
    calendar = northwind.catalog.company.calendar
    base, before = calendar.parse("2026"), calendar.parse("2025")
    known = {
        (base, offset): ToDate(
            base=base, offset=offset, period=period, days=9, state=State.PROVISIONAL, value=value
        )
        for offset, period, value in (
            (Offset.NONE, base, 3.0),
            (Offset.PERIOD, before, 2.0),
            (Offset.YEAR, before, 2.0),
        )
    }
    assert to_date_report(known, base, calendar) == ToDateReport(
        9, False, 3.0, None, None, (EarlierReport(Offset.PERIOD, before, "2025", 9, 2.0, 1.0, 0.5),)
    )


def test_the_last_written_holds_and_as_known_is_kept(fresh):
    run, calendar = a_run(fresh, "revenue"), fresh.catalog.company.calendar
    base = calendar.parse("2026-Q4")

    def said(id_, days, value, hours, hash_=run.definition_hash):
        at = COMPUTED + timedelta(hours=hours)
        made = type(run)(**{**run.__dict__, "id": id_, "finished_at": at, "definition_hash": hash_})
        fresh.store.write(made, (), [ToDate(base=base, offset=Offset.NONE, period=base, days=days,
                                            state=State.PROVISIONAL, value=value)])  # fmt: skip

    said("one", 49, 5.0, 0)
    said("two", 49, 5.0, 1)
    said("three", 50, 6.0, 2)
    assert [(one.days, one.value) for one in fresh.store.to_date("revenue").values()] == [(50, 6.0)]
    early = fresh.store.to_date("revenue", COMPUTED + timedelta(hours=2))
    assert [(one.days, one.value) for one in early.values()] == [(49, 5.0)]
    # What another definition said is not said of this one.
    said("four", 51, 7.0, 3, "another")
    assert [one.value for one in fresh.store.to_date("revenue").values()] == [7.0]
    said("five", 50, 6.0, 4)
    assert [one.value for one in fresh.store.to_date("revenue").values()] == [6.0]
