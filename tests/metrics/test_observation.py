"""The figures of a value are named once; all that holds, stores or shows them has these and no others."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from metrics.grain import Calendar, Grain
from metrics.observation import FIGURES, FLOATS, PUBLISHED, Estimate, Figures, Observation, State
from metrics.store.tables import observations

JANUARY = Calendar().parse("2026-01")
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "value": 0.5, "numerator": 6.0, "denominator": 12.0, "lower": 0.25, "upper": 0.75, "sample_size": 12,
    "maturity": 1.0,
}  # fmt: skip


def observed(**figures: Any) -> Observation:
    return Observation("won", "h", 1, Grain.MONTH, JANUARY, (), State.FINAL, None, NOON, **figures)


def test_the_figures_are_these_in_this_order() -> None:
    assert tuple(GIVEN) == FIGURES
    assert set(FIGURES) - set(FLOATS) == {"sample_size"}
    assert Figures().figures() == dict.fromkeys(FIGURES)


def test_figures_pass_from_one_record_to_another() -> None:
    estimate = Estimate(JANUARY, (), State.FINAL, **GIVEN)
    assert estimate.figures() == GIVEN
    assert observed(**estimate.figures()).figures() == GIVEN


def test_figures_are_given_by_name_alone() -> None:
    with pytest.raises(TypeError, match="positional argument"):
        Figures(0.5)  # type: ignore[misc]


def test_the_store_has_a_column_for_each_figure() -> None:
    assert set(FIGURES) <= {column.name for column in observations.c}


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_tells_two_results_apart(name: str) -> None:
    first = observed(**GIVEN)
    assert first.same_result(dataclasses.replace(first, computed_at=NOON.replace(hour=13), run="later"))
    assert not first.same_result(observed(**GIVEN | {name: None}))
    assert not first.same_result(observed(**GIVEN | {name: GIVEN[name] + 1}))


@pytest.mark.parametrize("name", FLOATS)
def test_what_is_measured_may_differ_in_its_last_digits(name: str) -> None:
    near, far = GIVEN[name] * (1 + 1e-10), GIVEN[name] * (1 + 1e-8)
    assert observed(**GIVEN).same_result(observed(**GIVEN | {name: near}))
    assert not observed(**GIVEN).same_result(observed(**GIVEN | {name: far}))


def test_a_count_is_the_same_or_another() -> None:
    many = observed(**GIVEN | {"sample_size": 10**10})
    assert not many.same_result(observed(**GIVEN | {"sample_size": 10**10 + 1}))


def test_a_small_sample_is_published_too() -> None:
    assert {state for state in State if state in PUBLISHED} == {State.FINAL, State.SMALL_SAMPLE}
