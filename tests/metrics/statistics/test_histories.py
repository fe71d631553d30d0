import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import FitError, FitReason
from metrics.statistics.histories import Histories, Levels, Spends, by_frequency
from tests.metrics.statistics import cdnow

rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(3, 5), st.integers(0, 4)), max_size=12
)


def test_rows_are_merged_and_sorted() -> None:
    found = Histories.of([2, 0, 2, 1, 0], [3, 0, 3, 1, 0], [5, 4, 5, 4, 2])
    assert found.frequency.tolist() == [0, 0, 1, 2]
    assert found.recency.tolist() == [0, 0, 1, 3]
    assert found.age.tolist() == [2, 4, 4, 5]
    assert found.count.tolist() == [1, 1, 1, 2]
    assert (found.customers, found.repeat_customers, found.purchases, found.mean_age) == (5, 3, 5, 4)


@given(rows, st.randoms(use_true_random=False))
def test_order_and_split_do_not_matter(table: list[tuple[int, int, int, int]], random) -> None:
    table = [(x, t_x if x else 0, age, count) for x, t_x, age, count in table]
    split = [(x, t_x, age, 1) for x, t_x, age, count in table for _ in range(count)]
    random.shuffle(split)
    one, other = (
        Histories.of(*(np.array([row[column] for row in rows]) for column in range(4)))
        for rows in (table, split)
    )
    for name in ("frequency", "recency", "age", "count"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([1], [1, 2], [3]), "the columns are not of one length"),
        (([1], [1], [3], [1, 1]), "the columns are not of one length"),
        (([[1]], [1], [3]), "frequency is not a row of finite numbers"),
        (([1], [1], [float("nan")]), "age is not a row of finite numbers"),
        (([1.5], [1], [3]), "a frequency is not a whole number of 0 or more"),
        (([-1], [1], [3]), "a frequency is not a whole number of 0 or more"),
        (([1], [4], [3]), "a recency is not within 0 and the age"),
        (([1], [-1], [3]), "a recency is not within 0 and the age"),
        (
            ([0], [1], [3]),
            "a recency is above 0 exactly where there is a repeat purchase, and this is not so",
        ),
        (
            ([1], [0], [3]),
            "a recency is above 0 exactly where there is a repeat purchase, and this is not so",
        ),
        (([1], [1], [3], [0.5]), "a count is not a whole number of 0 or more"),
        (([1], [1], [3], [-1]), "a count is not a whole number of 0 or more"),
    ],
)
def test_what_is_no_history_is_refused(columns: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Histories.of(*columns)


def test_spends_are_merged_and_sorted() -> None:
    found = Spends.of([2, 1, 2], [10.0, 5.0, 10.0], [1, 2, 3])
    assert (found.frequency.tolist(), found.mean.tolist(), found.count.tolist()) == ([1, 2], [5, 10], [2, 4])
    assert found.customers == 6


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([0], [1.0]), "a frequency is not a whole number above 0"),
        (([1], [0.0]), "a mean value is not above 0"),
        (([1], [float("inf")]), "mean is not a row of finite numbers"),
    ],
)
def test_what_is_no_spend_is_refused(columns: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Spends.of(*columns)


def test_correlation_is_over_customers() -> None:
    frequency, mean, count = np.array([1, 1, 2, 5]), np.array([3.0, 4.0, 9.0, 2.0]), np.array([2, 1, 3, 1])
    expected = np.corrcoef(np.repeat(frequency, count), np.repeat(mean, count))[0, 1]
    assert Spends.of(frequency, mean, count).correlation() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("columns", [([], []), ([2], [1.0]), ([1, 1], [1.0, 2.0]), ([1, 2], [3.0, 3.0])])
def test_no_correlation_where_nothing_varies(columns: tuple[list[int], list[float]]) -> None:
    spends = Spends.of(*columns)
    assert spends.correlation() is None
    spends.require_independence(0.0)


def test_customers_whose_frequency_and_value_go_together_are_refused() -> None:
    spends = Spends.of([1, 2, 3], [30.0, 20.0, 10.0])
    with pytest.raises(FitError) as refused:
        spends.require_independence(0.3)
    assert refused.value.reason is FitReason.CORRELATED
    assert str(refused.value) == (
        "Gamma-Gamma: the correlation of frequency and value, -1.000, lies beyond the limit of 0.3"
    )
    spends.require_independence(1.0)


@pytest.mark.real_data
def test_cdnow_counts() -> None:
    customers = cdnow.load()
    assert (customers.rows, customers.customer_days) == (6919, 6696)
    histories = customers.histories()
    assert (histories.customers, histories.purchases, customers.later.sum()) == (2357, 2457, 1882)
    assert histories.customers - histories.repeat_customers == 1411
    assert customers.spends().customers == 946
    assert customers.spends().correlation() == pytest.approx(0.11389, abs=5e-6)


def test_levels_count_each_value_once() -> None:
    found = Levels.of([3, 1, 3], [1, 2, 4])
    assert (found.values.tolist(), found.count.tolist()) == ([1, 3], [2, 5])
    assert found.values[found.index].tolist() == [3, 1, 3]


def test_expectations_come_in_the_order_of_the_rows() -> None:
    unsorted = Histories(
        np.array([2, 0, 2]), np.array([1.0, 0.0, 2.0]), np.array([9.0, 4.0, 7.0]), np.array([1, 1, 1])
    )
    found = by_frequency(unsorted, [0.25, 0.5, 0.75], lambda x, age, ahead: 100 * x + age + ahead)
    assert found.tolist() == [209.25, 4.5, 207.75]
    assert by_frequency(unsorted, 0.5, lambda x, age, ahead: 100 * x + age + ahead).tolist() == [
        209.5,
        4.5,
        207.5,
    ]
