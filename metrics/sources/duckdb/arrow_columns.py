"""DuckDB's results as Arrow, read into the values that its rows have: days, instants and exact decimals.

Arrow keeps a DECIMAL as a scaled integer of 128 bits, where numpy would make it a double. pyarrow itself is
imported by DuckDB when it gives the first table, not before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.columns import Column

_FLOATS = ("DOUBLE", "FLOAT")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_PLAIN = ("VARCHAR", "BOOLEAN", "UBIGINT", "BIGINT[]", "INTEGER[]", "DOUBLE[]", "VARCHAR[]")
_MOMENTS = {"DATE": "D", "TIMESTAMP": "us", "TIMESTAMP WITH TIME ZONE": "us"}
_WHOLE = "HUGEINT"

_EARLIEST, _LATEST = np.datetime64(date.min, "D"), np.datetime64(date.max, "D")
_EXACT = Context(prec=60)
# Up to here a whole number and a power of ten are doubles themselves, and their quotient the nearest one.
_EXACT_WHOLE, _EXACT_SCALE = 2**53, 22


def known(type_: str) -> bool:
    """Tell whether a column of one of DuckDB's types can be read from Arrow."""
    plain = type_ in (*_FLOATS, *_INTEGERS, *_PLAIN, *_MOMENTS, _WHOLE)
    return plain or type_.startswith(("DECIMAL(", "ENUM("))


def column_of(type_: str, array: Any) -> Column:
    """Return a chunked Arrow array as a column of one of DuckDB's types."""
    if type_ in _MOMENTS:
        return Moments(array, _MOMENTS[type_], aware=type_.endswith("TIME ZONE"))
    if type_ == _WHOLE:
        return Wide(array, None)
    if type_.startswith("DECIMAL("):
        return Wide(array, array.type.scale)
    return Numbers(array) if type_ in (*_FLOATS, *_INTEGERS) else Plain(array)


@dataclass(frozen=True, eq=False)
class Plain(Column):
    """A column whose values Arrow gives as Python has them."""

    array: Any

    @cached_property
    def _values(self) -> Sequence[Any]:
        values: list[Any] = self.array.to_pylist()
        return values

    def values(self) -> Sequence[Any]:
        """Return the values."""
        return self._values

    @cached_property
    def _nulls(self) -> NDArray[np.bool_] | None:
        """Return which values are null; None where none is."""
        return np.asarray(self.array.is_null()) if self.array.null_count else None


@dataclass(frozen=True, eq=False)
class Numbers(Plain):
    """A column of doubles or of integers up to 64 bits."""

    def floats(self, null: float = math.nan) -> NDArray[np.float64]:
        """Return numbers as doubles, and `null` where there is none."""
        numbers = np.asarray(self.array.fill_null(0)).astype(np.float64)
        if self._nulls is not None:
            numbers[self._nulls] = null
        return numbers

    def integers(self) -> NDArray[np.int64]:
        """Return whole numbers, none of them null."""
        if self._nulls is not None or self.array.type.bit_width > 64:
            return super().integers()
        return np.asarray(self.array).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Moments(Plain):
    """A column of days, or of instants or naive timestamps in microseconds."""

    unit: str
    aware: bool

    @cached_property
    def _moments(self) -> NDArray[Any]:
        width = "int32" if self.unit == "D" else "int64"
        counted = np.asarray(self.array.cast(width).fill_null(0))
        return counted.astype(np.int64).view(f"datetime64[{self.unit}]")

    @property
    def possible(self) -> bool:
        """Tell whether Python's calendar holds all of them: from year 1 to 9999, none infinite."""
        days = self._moments.astype("datetime64[D]")
        return not len(days) or bool(days.min() >= _EARLIEST and days.max() <= _LATEST)

    @cached_property
    def _values(self) -> Sequence[Any]:
        moments: list[Any] = self._moments.tolist()
        if self.aware:
            moments = [datetime.replace(moment, tzinfo=UTC) for moment in moments]
        return _without(moments, self._nulls)


@dataclass(frozen=True, eq=False)
class Wide(Plain):
    """A column of integers of 128 bits: a DECIMAL of a scale, or a HUGEINT, whose scale is None."""

    scale: int | None

    @cached_property
    def _halves(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the lower and the upper 64 bits; 0 where there is nothing."""
        parts = []
        for chunk in filter(len, self.array.chunks):
            many, start = 2 * len(chunk), 16 * chunk.offset
            parts.append(np.frombuffer(chunk.buffers()[1], "<i8", many, start).reshape(-1, 2))
        whole = np.concatenate(parts) if parts else np.empty((0, 2), dtype=np.int64)
        if self._nulls is not None:
            whole = np.where(self._nulls[:, None], 0, whole)
        return whole[:, 0], whole[:, 1]

    @cached_property
    def _short(self) -> bool:
        """Tell whether all fit into 64 bits."""
        lower, upper = self._halves
        return bool(np.array_equal(upper, lower >> 63))

    def _integers(self) -> list[Any]:
        lower, upper = (half.tolist() for half in self._halves)
        if self._short:
            whole: list[Any] = lower
            return whole
        return [(high << 64) | (low & 0xFFFFFFFFFFFFFFFF) for low, high in zip(lower, upper, strict=True)]

    @cached_property
    def _values(self) -> Sequence[Any]:
        whole = self._integers()
        if self.scale is not None:
            whole = [_EXACT.scaleb(Decimal(number), -self.scale) for number in whole]
        return _without(whole, self._nulls)

    def floats(self, null: float = math.nan) -> NDArray[np.float64]:
        """Return numbers as the nearest doubles, and `null` where there is none."""
        lower, scale = self._halves[0], self.scale or 0
        small = self._short and scale <= _EXACT_SCALE
        if not small or (len(lower) and (lower.max() > _EXACT_WHOLE or lower.min() < -_EXACT_WHOLE)):
            return super().floats(null)
        numbers = lower.astype(np.float64) / 10.0**scale
        if self._nulls is not None:
            numbers[self._nulls] = null
        return numbers

    def integers(self) -> NDArray[np.int64]:
        """Return whole numbers of up to 64 bits, none of them null."""
        if self.scale or not self._short or self._nulls is not None:
            return super().integers()
        return self._halves[0].copy()


def _without(values: list[Any], nulls: NDArray[np.bool_] | None) -> list[Any]:
    for place in np.flatnonzero(nulls).tolist() if nulls is not None else ():
        values[place] = None
    return values
