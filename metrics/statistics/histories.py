"""Purchase histories and spends of customers, counted: what the models of repeat buying are fitted to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.errors import FitError, FitReason
from metrics.statistics.intervals import Counts, Floats


@dataclass(frozen=True, eq=False)
class Histories:
    """Purchase histories and how many customers have each: four arrays of one length.

    `frequency` is x, the purchases after the first; `recency` is t_x, the time from the first purchase to
    the last (0 where x is 0); `age` is T, the time from the first purchase to the end of observation.
    Times are in one unit of the caller's choice, which becomes the unit of every fitted time and rate.
    `of` merges equal rows and sorts them, so that the order and split of rows change no fit. Expectations
    come in the order of the rows.
    """

    frequency: Counts
    recency: Floats
    age: Floats
    count: Counts

    @classmethod
    def of(
        cls, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, count: ArrayLike | None = None
    ) -> Histories:
        """Check the rows, merge equal ones and sort them by (x, t_x, T); without `count` each is one customer.

        Raises:
            ValueError: the arrays are not of one length, or a row is not a history.
        """
        columns = [
            _numbers(values, name)
            for values, name in ((frequency, "frequency"), (recency, "recency"), (age, "age"))
        ]
        counts = _counts(count, columns[0])
        x, t_x, big_t = _kept(columns, counts)
        if np.any((x < 0) | (x != np.floor(x))):
            raise ValueError("a frequency is not a whole number of 0 or more")
        if np.any((t_x < 0) | (t_x > big_t)):
            raise ValueError("a recency is not within 0 and the age")
        if np.any((x == 0) != (t_x == 0)):
            raise ValueError(
                "a recency is above 0 exactly where there is a repeat purchase, and this is not so"
            )
        (x, t_x, big_t), merged = _merged([x, t_x, big_t], counts[counts > 0])
        return cls(x.astype(np.int64), t_x, big_t, merged)

    @property
    def customers(self) -> int:
        """Return how many customers there are."""
        return int(self.count.sum())

    @property
    def repeat_customers(self) -> int:
        """Return how many customers bought again."""
        return int(self.count[self.frequency > 0].sum())

    @property
    def purchases(self) -> int:
        """Return how many repeat purchases there are."""
        return int(self.count @ self.frequency)

    @property
    def mean_age(self) -> float:
        """Return the mean age over customers, of whom there must be one."""
        return float(self.count @ self.age) / self.customers


@dataclass(frozen=True, eq=False)
class Spends:
    """Customers who bought again: repeat purchases, their mean value, and how many customers have both.

    Three arrays of one length. `frequency` is x > 0; `mean` is the mean value of the x repeat purchases,
    the first purchase left out, above 0 and in one currency.
    """

    frequency: Counts
    mean: Floats
    count: Counts

    @classmethod
    def of(cls, frequency: ArrayLike, mean: ArrayLike, count: ArrayLike | None = None) -> Spends:
        """Check the rows, merge equal ones and sort them by (x, mean); without `count` each is one customer.

        Raises:
            ValueError: the arrays are not of one length, a frequency is not a whole number above 0 or a
                mean is not above 0.
        """
        columns = [_numbers(frequency, "frequency"), _numbers(mean, "mean")]
        counts = _counts(count, columns[0])
        x, value = _kept(columns, counts)
        if np.any((x < 1) | (x != np.floor(x))):
            raise ValueError("a frequency is not a whole number above 0")
        if np.any(value <= 0):
            raise ValueError("a mean value is not above 0")
        (x, value), merged = _merged([x, value], counts[counts > 0])
        return cls(x.astype(np.int64), value, merged)

    @property
    def customers(self) -> int:
        """Return how many customers there are."""
        return int(self.count.sum())

    def correlation(self) -> float | None:
        """Return Pearson's correlation of frequency and mean value over customers.

        None where there are fewer than two customers or one of the two does not vary.
        """
        if self.customers < 2 or len(set(self.frequency)) < 2 or len(set(self.mean)) < 2:
            return None
        share = self.count / self.customers
        x = self.frequency - share @ self.frequency
        value = self.mean - share @ self.mean
        return float(share @ (x * value) / np.sqrt((share @ (x * x)) * (share @ (value * value))))

    def require_independence(self, limit: float) -> None:
        """Refuse customers whose frequency and value go together more than the model allows.

        Raises:
            FitError: the correlation lies beyond `limit` on either side.
        """
        found = self.correlation()
        if found is not None and abs(found) > limit:
            raise FitError(
                "Gamma-Gamma",
                FitReason.CORRELATED,
                f"the correlation of frequency and value, {found:.3f}, lies beyond the limit of {limit:g}",
            )


@dataclass(frozen=True, eq=False)
class Levels:
    """The few values of a long column: each once, how many customers have it, and where each row finds it."""

    values: Floats
    count: Floats
    index: NDArray[np.intp]

    @classmethod
    def of(cls, column: ArrayLike, count: ArrayLike) -> Levels:
        """Take the column apart; `count` is of customers, one number for each row."""
        values, index = np.unique(np.asarray(column, dtype=np.float64), return_inverse=True)
        weights = np.asarray(count, dtype=np.float64)
        sums = np.bincount(index, weights=weights, minlength=len(values)).astype(np.float64)
        return cls(values, sums, index)


def by_frequency(
    histories: Histories, ahead: ArrayLike, expected: Callable[[int, Floats, Floats], Floats]
) -> Floats:
    """Return expected(x, T, t) for each row, asked once for each x with the pairs of T and t that occur.

    `ahead` is t, one number or one for each row.
    """
    found = np.empty(len(histories.frequency))
    # Complex numbers are sorted by their real part, then by the other.
    pairs = histories.age + 1j * np.asarray(ahead, dtype=np.float64)
    for x in np.unique(histories.frequency):
        rows = np.flatnonzero(histories.frequency == x)
        once, index = np.unique(pairs[rows], return_inverse=True)
        found[rows] = expected(int(x), once.real, once.imag)[index]
    return found


def _numbers(values: ArrayLike, name: str) -> Floats:
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise ValueError(f"{name} is not a row of finite numbers")
    return numbers


def _counts(count: ArrayLike | None, like: Floats) -> Counts:
    """Return the counts as integers, one each where there are none."""
    if count is None:
        return np.ones(like.shape, dtype=np.int64)
    numbers = _numbers(count, "count")
    if np.any((numbers < 0) | (numbers != np.floor(numbers))):
        raise ValueError("a count is not a whole number of 0 or more")
    return numbers.astype(np.int64)


def _kept(columns: list[Floats], counts: Counts) -> list[Floats]:
    """Leave out the rows that nobody has."""
    if any(column.shape != counts.shape for column in columns):
        raise ValueError("the columns are not of one length")
    return [column[counts > 0] for column in columns]


def _merged(columns: list[Floats], counts: Counts) -> tuple[list[Floats], Counts]:
    """Sort rows by the first column, then the next, and add up the counts of equal ones."""
    order = np.lexsort(columns[::-1])
    columns, counts = [column[order] for column in columns], counts[order]
    differs = np.zeros(len(counts), dtype=bool)
    differs[:1] = True
    for column in columns:
        differs[1:] |= np.diff(column) != 0
    first = np.flatnonzero(differs)
    if len(first) == 0:
        return columns, counts
    return [column[first] for column in columns], np.add.reduceat(counts, first)
