"""What a select gave, by column: rows come by the million, and a dict for each costs more than the select.

A value is what Python has for it: int, float (a NaN stays one), Decimal (exact), str, bool, date, datetime
(aware in UTC; naive where the engine knows no zone), or a list of these; None where it is null.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Column(ABC):
    """The values of one column, as the driver gave them, until somebody asks."""

    @abstractmethod
    def values(self) -> Sequence[Any]:
        """Return the values as Python has them."""

    def floats(self, null: float = math.nan) -> NDArray[np.float64]:
        """Return numbers as doubles, each the nearest to what it is, and `null` where there is none."""
        return np.array(
            [null if value is None else float(value) for value in self.values()], dtype=np.float64
        )

    def integers(self) -> NDArray[np.int64]:
        """Return whole numbers of up to 64 bits, none of them null."""
        return np.array([int(value) for value in self.values()], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Listed(Column):
    """A column whose values stand in a list."""

    listed: Sequence[Any]

    def values(self) -> Sequence[Any]:
        """Return the values."""
        return self.listed


@dataclass(frozen=True, eq=False)
class _Taken(Column):
    """The values of a column at some places."""

    column: Column
    places: NDArray[np.int64]

    def values(self) -> Sequence[Any]:
        """Return the values in the order of the places."""
        values = self.column.values()
        return [values[place] for place in self.places.tolist()]

    def floats(self, null: float = math.nan) -> NDArray[np.float64]:
        """Return numbers as doubles in the order of the places."""
        return self.column.floats(null)[self.places]

    def integers(self) -> NDArray[np.int64]:
        """Return whole numbers in the order of the places."""
        return self.column.integers()[self.places]


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a result in the order of its select, `length` values each."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    length: int

    @classmethod
    def of_rows(cls, names: Iterable[str], rows: Sequence[Sequence[Any]]) -> Columns:
        """Return rows as columns."""
        named = tuple(names)
        columns = (Listed(list(map(itemgetter(place), rows))) for place in range(len(named)))
        return cls(named, tuple(columns), len(rows))

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.length

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def __getitem__(self, name: str) -> Sequence[Any]:
        """Return a column's values; raise KeyError for a name that was not selected."""
        return self.columns[self._places[name]].values()

    def floats(self, name: str, null: float = math.nan) -> NDArray[np.float64]:
        """Return a column of numbers as doubles, `null` where there is none."""
        return self.columns[self._places[name]].floats(null)

    def integers(self, name: str) -> NDArray[np.int64]:
        """Return a column of whole numbers of up to 64 bits, none of them null."""
        return self.columns[self._places[name]].integers()

    def rows(self, *names: str) -> Iterator[tuple[Any, ...]]:
        """Yield each row as the tuple of its values in some columns, all where none is named."""
        return zip(*(self[name] for name in names or self.names), strict=True)

    def one(self) -> Mapping[str, Any]:
        """Return the only row by name; raise ValueError where there is none, or another."""
        if self.length != 1:
            raise ValueError(f"one row is wanted, got {self.length}")
        return {name: self[name][0] for name in self.names}

    def scalar(self) -> Any:
        """Return the only value; raise ValueError where there is none, or another."""
        (value,) = self.one().values()
        return value

    def ordered(self, *names: str) -> Columns:
        """Return the rows in ascending order of some columns, none of whose values is null."""
        keys = list(self.rows(*names))
        places = np.array(sorted(range(self.length), key=keys.__getitem__), dtype=np.int64)
        return Columns(self.names, tuple(_Taken(column, places) for column in self.columns), self.length)
