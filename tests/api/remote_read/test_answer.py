"""What a query of the history answers, held against a plain reading of the store."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

import pytest

from api.remote_read.answer import Histories, answer
from api.remote_read.wire import Asked, Match, Matcher
from metrics.finality import Finality
from metrics.history import milliseconds
from metrics.observation import State
from metrics.series import PARTS, base_of, family_name
from tests.api.northwind import NOW, fill

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


def plainly(project, at):
    """Read the store for every series at one instant, one observation after the other."""
    finality, expected = Finality(project.catalog), {}
    ends = lru_cache(maxsize=None)(finality.at)
    for metric in project.catalog.metrics.values():
        base = base_of(metric, project.catalog)
        closed = [one for one in project.store.latest(metric.metric)
                  if one.state in (State.FINAL, State.SMALL_SAMPLE) and one.period.end is not None]  # fmt: skip
        for grain in {one.grain for one in closed}:
            there = [one for one in closed if one.grain is grain
                     and milliseconds(ends(metric.metric, one.period)) <= at]  # fmt: skip
            newest = max((one.period.start for one in there), default=None)
            for one in there:
                if one.period.start != newest:
                    continue
                for part in PARTS:
                    number = getattr(one, part.name)
                    if number is not None:
                        labels = {"__name__": family_name(metric, base, part), "grain": grain.value,
                                  "by": ",".join(one.by), "vintage": "current", **dict(one.dimensions)}  # fmt: skip
                        key = tuple(sorted((name, value) for name, value in labels.items() if value))
                        expected[key] = number * part.factor(metric, base)
    return expected


@pytest.mark.parametrize(
    "at", [NOW, datetime(2026, 6, 29, 22, 59, 59, 999000, tzinfo=UTC), datetime(2026, 6, 29, 23, tzinfo=UTC),
           datetime(2025, 1, 1, tzinfo=UTC), datetime(2024, 2, 10, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)],
)  # fmt: skip
def test_every_series_is_the_latest_period_that_was_final_by_then(northwind, at):
    found = ask(northwind, at=milliseconds(at), name="kpi_.*")
    values = {key: value for key, value in found.items() if ("__name__", "kpi_period_end_timestamp_seconds")
              not in key}  # fmt: skip
    expected = plainly(northwind, milliseconds(at))
    assert values == expected
    assert bool(expected) is (at.year > 2020)


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
