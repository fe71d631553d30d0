"""Which instants a query is answered at, held against how Prometheus looks for samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.prometheus.remote_read.instants import DAY, LOOKBACK, MOST, TooMany, sampling
from api.prometheus.remote_read.wire import Asked

NOON = 1_790_000_000_000


def seen_at(asked: Asked, instant: int, lookback: int = LOOKBACK) -> int | None:
    """Return for which instant the sample is valued that Prometheus finds when it evaluates at one."""
    found = sampling(asked)
    inside = (found.stamps > instant - lookback) & (found.stamps <= instant)
    return int(found.valued_at[inside][-1]) if inside.any() else None


@given(st.integers(0, 10**9))
def test_an_instant_is_seen_whatever_the_look_back(offset):
    at = NOON + offset
    for lookback in (1_000, LOOKBACK, 3_600_000):
        asked = Asked(at - lookback, at, ())
        assert seen_at(asked, at, lookback) == at


@given(st.integers(0, 10**9), st.integers(LOOKBACK, 40 * DAY), st.integers(0, 60))
def test_each_step_of_a_range_query_is_seen_as_it_was_then(offset, step, steps):
    start = NOON + offset
    asked = Asked(start - LOOKBACK, start + steps * step, (), step)
    for k in range(steps + 1):
        seen = seen_at(asked, start + k * step)
        # A multiple of the step may stand within the look-back too, and is then a few minutes older.
        assert seen is not None
        assert start + k * step - LOOKBACK < seen <= start + k * step


@given(st.integers(0, 10**9), st.integers(1_000, LOOKBACK - 1), st.integers(0, 60))
def test_a_step_shorter_than_the_look_back_has_its_own_sample(offset, step, steps):
    start = NOON + offset
    asked = Asked(start - LOOKBACK, start + steps * step, (), step)
    for k in range(steps + 1):
        assert seen_at(asked, start + k * step) == start + k * step


@given(st.integers(0, 10**9), st.integers(LOOKBACK, 40 * DAY), st.integers(1, 60))
@example(999_999_999, LOOKBACK, 1)
def test_a_subquery_is_seen_at_the_multiples_of_its_step(offset, step, steps):
    end = NOON + offset
    start = end - steps * step - LOOKBACK
    asked = Asked(start, end, (), step)
    first = -(-(start + LOOKBACK) // step) * step
    for at in range(first, end + 1, step):
        seen = seen_at(asked, at)
        assert seen is not None
        assert at - LOOKBACK < seen <= at


@given(st.integers(0, 10**9), st.integers(60_000, 400 * DAY))
def test_a_range_holds_samples_valued_where_they_stand(offset, width):
    end = NOON + offset
    found = sampling(Asked(end - width, end, (), 0, width))
    assert np.array_equal(found.stamps, found.valued_at)
    spacing = DAY if width >= DAY else width // 2
    assert len(found.stamps) in (width // spacing, width // spacing + 1)
    assert (found.stamps % spacing == 0).all()


def test_samples_are_in_order_and_none_stands_twice():
    found = sampling(Asked(NOON - LOOKBACK, NOON + 40 * DAY, (), LOOKBACK))
    assert (np.diff(found.stamps) > 0).all()
    assert found.stamps[0] >= NOON - LOOKBACK
    assert found.stamps[-1] <= NOON + 40 * DAY


def test_a_query_that_ends_before_it_begins_has_no_samples():
    assert len(sampling(Asked(NOON, NOON - 1, ())).stamps) == 0


def test_too_many_samples_are_refused():
    with pytest.raises(
        TooMany, match=r"^the query asks for more than 50,000 samples a series: take a longer"
    ):
        sampling(Asked(NOON, NOON + LOOKBACK + (MOST + 1) * 1_000, (), 1_000))
