"""What a query of the history answers, held against a plain reading of the store."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from api.prometheus.remote_read.answer import Histories, answer
from api.prometheus.remote_read.instants import Budget, TooMany, sampling
from api.prometheus.remote_read.wire import Asked, Match, Matcher
from metrics.analysis.finality import Finality
from metrics.analysis.vintages import Track, milliseconds
from metrics.observation import State
from tests.api.northwind import NOW, fill
from tests.api.prometheus.remote_read.agreement import live_series, past_series, plain_reading

END = milliseconds(NOW)
HELD = Histories()


def ask(project, *, at=END, histories=None, **labels):
    """Return the series at one instant by labels; `name` is the family, a regular expression where it has *."""
    matchers = []
    for label, value in {"vintage": "current", **labels}.items():
        match = Match.REGEX if any(sign in value for sign in "*+|") else Match.EQUAL
        matchers.append(Matcher("__name__" if label == "name" else label, match, value))
    asked = Asked(at - 300_000, at, tuple(matchers))
    found = answer(project, histories or HELD, asked)
    for one in found:
        assert one.instants.tolist() == [at - 300_000 + 1]
    keys = [one.labels for one in found]
    assert len(keys) == len(set(keys)), "a series comes once"
    return {one.labels: float(one.values[0]) for one in found}


@pytest.mark.parametrize(
    "at", [NOW, datetime(2026, 6, 29, 22, 59, 59, 999000, tzinfo=UTC), datetime(2026, 6, 29, 23, tzinfo=UTC),
           datetime(2025, 1, 1, tzinfo=UTC), datetime(2024, 2, 10, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)],
)  # fmt: skip
def test_every_series_is_the_latest_period_that_was_final_by_then(northwind, at):
    found = past_series(northwind, at, histories=HELD)
    beside = ("kpi_period_end_timestamp_seconds", "scorecard_target")
    values = {key: value for key, value in found.items() if dict(key)["__name__"] not in beside}
    stored = {name: northwind.store.latest(name) for name in northwind.catalog.metrics}
    expected = plain_reading(northwind, at, stored)
    assert values == expected
    assert bool(expected) is (at.year > 2020)


def test_the_history_of_now_is_what_is_live(northwind):
    live = live_series(northwind, NOW)
    assert live == past_series(northwind, NOW)
    assert len(live) > 100


def test_a_cut_or_grain_that_was_taken_out_leaves_history_and_live_series(fresh):
    fill(fresh, "revenue")
    metric = fresh.catalog.metric("revenue")
    less = replace(
        metric, dimensions=(), cuts=(), grains=tuple(one for one in metric.grains if one != "month")
    )
    assert less.grains
    catalog = replace(fresh.catalog, metrics={**fresh.catalog.metrics, "revenue": less})
    changed = replace(fresh, catalog=catalog)
    before, live, past = live_series(fresh, NOW), live_series(changed, NOW), past_series(changed, NOW)
    assert live == past
    first = past_series(changed, NOW, "first")
    assert {key for key in first if dict(key)["__name__"].startswith("kpi_revenue")} == {
        key for key in live if dict(key)["__name__"].startswith("kpi_revenue")}  # fmt: skip
    assert {dict(key)["grain"] for key in before} - {dict(key)["grain"] for key in live} == {"month"}
    assert not any("channel" in dict(key) for key in live)


def test_a_cohort_is_final_when_its_window_has_passed(northwind):
    (metric,) = [northwind.catalog.metric("lead_to_opportunity")]
    period = northwind.catalog.company.calendar.parse("2026-Q1")
    # 31 March, then 90 days, at midnight in London.
    assert Finality(northwind.catalog).at(metric.metric, period) == datetime(2026, 6, 29, 23, tzinfo=UTC)


def test_the_ends_of_periods_and_their_targets_stand_beside_the_values(northwind):
    shared = {"metric": "lead_to_opportunity", "grain": "quarter"}
    found = ask(northwind, name="kpi_period_end_timestamp_seconds|scorecard_target", **shared)
    assert {dict(key).get("kind", "end"): value for key, value in found.items()} == {
        "end": datetime(2026, 6, 30, 23, tzinfo=UTC).timestamp(), "goal": 0.24, "red_flag": 0.18,
    }  # fmt: skip


@pytest.mark.parametrize("labels", [{"vintage": ""}, {"vintage": ".*"}, {"vintage": "last"}])
def test_a_query_that_does_not_name_a_vintage_gets_nothing(northwind, labels):
    assert ask(northwind, name="kpi_.*", **labels) == {}


def test_a_query_without_a_matcher_of_the_vintage_gets_nothing(northwind):
    asked = Asked(END - 1, END, (Matcher("__name__", Match.REGEX, "kpi_.*"),))
    assert answer(northwind, Histories(), asked) == []


def test_provisional_values_have_no_history(northwind):
    assert ask(northwind, name="kpi_.*_provisional.*") == {}
    assert ask(northwind, name="kpi_lifetime_value_to_cost.*") == {}


def test_what_was_first_published_stays_after_a_restatement(fresh):
    histories = Histories()
    fill(fresh, "kept_promises")
    name, labels = "kpi_kept_promises_ratio", {"grain": "month", "by": ""}
    before = ask(fresh, histories=histories, name=name, **labels)
    (value,) = before.values()
    run = fresh.store.last_success("kept_promises")
    again = replace(run, id="restated")
    old = fresh.store.latest("kept_promises")
    new = [replace(one, run="restated", value=None if one.value is None else one.value / 2) for one in old]
    fresh.store.write(again, [one for one in new if one.state is not State.NO_DATA])
    (restated,) = ask(fresh, histories=histories, name=name, **labels).values()
    (first,) = ask(fresh, histories=histories, name=name, vintage="first", **labels).values()
    assert math.isclose(restated, value / 2)
    assert first == value
    both = ask(fresh, histories=histories, name=name, vintage="current|first", **labels)
    assert {dict(key)["vintage"]: number for key, number in both.items()} == {
        "current": restated, "first": first,
    }  # fmt: skip


def every(steps, vintage="current"):
    """Return a query of everything over so many steps of a day."""
    day = 86_400_000
    matchers = (Matcher("vintage", Match.EQUAL, vintage),)
    return Asked(END - (steps - 1) * day - 300_000, END, matchers, day)


def test_a_request_asks_for_so_many_samples_and_no_more(northwind):
    asked = every(30)
    size = len(sampling(asked).stamps)
    exact = Budget(most=None)
    answer(northwind, HELD, asked, exact)
    series = exact.spent // size
    assert series > 300
    assert answer(northwind, HELD, asked, Budget(series * size))
    says = "^the request asks for more than [0-9,]+ samples: name the family, fix grain, by and segment, or take a"
    with pytest.raises(TooMany, match=says):
        answer(northwind, HELD, asked, Budget(series * size - 1))
    # All queries of a request together.
    twice = Budget(series * size + 1)
    answer(northwind, HELD, asked, twice)
    with pytest.raises(TooMany, match=says):
        answer(northwind, HELD, asked, twice)


def test_what_is_too_much_is_refused_before_it_is_computed(northwind, monkeypatch):
    valued, sizes = Track.valued, []

    def counting(track, part, instants, rows=None):
        found = valued(track, part, instants, rows)
        sizes.append(found.size)
        return found

    monkeypatch.setattr(Track, "valued", counting)
    with pytest.raises(TooMany):
        answer(northwind, HELD, every(11_000), Budget(1_000_000))
    assert sum(sizes) <= 1_000_000
    # One segment of many is valued alone.
    sizes.clear()
    one = Asked(END - 300_000, END, (Matcher("__name__", Match.EQUAL, "kpi_revenue_gbp"),
                                     Matcher("vintage", Match.EQUAL, "current"),
                                     Matcher("channel", Match.EQUAL, "paid search"),
                                     Matcher("grain", Match.EQUAL, "quarter")))  # fmt: skip
    assert len(answer(northwind, HELD, one)) == 1
    assert sum(sizes) == 1
