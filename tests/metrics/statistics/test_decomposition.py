"""Mix and rate add up to the change, exactly."""

from __future__ import annotations

from math import fsum, isclose

from hypothesis import given
from hypothesis import strategies as st

from metrics.statistics.decomposition import Effect, mix_and_rate

_PARTS = st.dictionaries(
    st.sampled_from("abcdef"),
    # Denominators are counts or money: nothing smaller than a hundredth of a penny, but nothing at all.
    st.tuples(st.floats(-1e6, 1e6, allow_subnormal=False), st.just(0.0) | st.floats(1e-4, 1e6)),
    max_size=6,
)


def ratio(parts):
    total = fsum(d for _, d in parts.values())
    return fsum(n for n, _ in parts.values()) / total if total else None


def test_by_hand():
    # Half web at 40% and half fair at 20% become three quarters web at 40% and one quarter fair at 30%.
    before = {"web": (40.0, 100.0), "fair": (20.0, 100.0)}
    after = {"web": (120.0, 300.0), "fair": (30.0, 100.0)}
    found = mix_and_rate(before, after)
    assert found is not None
    # 30% becomes 37.5%; the middle is 33.75%.
    assert isclose(found["web"].rate, 0.0, abs_tol=1e-15)
    assert isclose(found["web"].mix, (0.40 - 0.3375) * 0.25)
    assert isclose(found["fair"].rate, 0.375 * 0.10)
    assert isclose(found["fair"].mix, (0.25 - 0.3375) * -0.25)
    assert isclose(sum(each.mix + each.rate for each in found.values()), 0.075)


def test_simpsons_paradox_is_all_mix():
    # Each segment rises by a point, and the whole falls.
    before = {"web": (80.0, 100.0), "fair": (2.0, 10.0)}
    after = {"web": (8.1, 10.0), "fair": (21.0, 100.0)}
    found = mix_and_rate(before, after)
    assert found is not None
    assert all(each.rate > 0 for each in found.values())
    assert sum(each.mix for each in found.values()) < -0.4


def test_a_new_segment_and_a_gone_one_are_mix():
    found = mix_and_rate({"old": (10.0, 100.0)}, {"new": (30.0, 100.0)})
    assert found is not None
    assert {name: each.rate for name, each in found.items()} == {"old": 0.0, "new": 0.0}
    assert isclose(sum(each.mix for each in found.values()), 0.2)


def test_nothing_to_divide_by_has_no_parts():
    assert mix_and_rate({}, {"a": (1.0, 2.0)}) is None
    assert mix_and_rate({"a": (1.0, 0.0)}, {"a": (1.0, 2.0)}) is None
    assert mix_and_rate({"a": (1.0, -3.0), "b": (1.0, 9.0)}, {"a": (1.0, 2.0)}) is None


@given(_PARTS, _PARTS)
def test_the_effects_add_up(before, after):
    found = mix_and_rate(before, after)
    first, second = ratio(before), ratio(after)
    if first is None or second is None:
        assert found is None
        return
    assert found is not None
    assert set(found) == {*before, *after}
    total = fsum(each.mix + each.rate for each in found.values())
    parts = (*before.values(), *after.values())
    least = min(fsum(d for _, d in each.values()) for each in (before, after))
    size = max(abs(n) / least for n, _ in parts) + max((abs(n / d) for n, d in parts if d), default=0.0)
    # Cancelling sums leave what rounding the greatest of their terms leaves.
    assert isclose(total, second - first, rel_tol=1e-9, abs_tol=1e-12 * max(1.0, size))


@given(_PARTS)
def test_nothing_changes_where_nothing_changed(parts):
    found = mix_and_rate(parts, parts)
    assert found is None or set(found.values()) <= {Effect(0.0, 0.0), Effect(-0.0, 0.0), Effect(0.0, -0.0)}
