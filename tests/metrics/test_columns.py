from __future__ import annotations

import math
from decimal import Decimal

import pytest

from metrics.columns import Columns

SHOP = Columns.of_rows(
    ("day", "n", "amount"),
    [("b", 2, Decimal("0.10")), ("a", 1, None), ("a", 0, Decimal("99999999999999.99"))],
)
NOTHING = Columns.of_rows(("day", "n"), [])


def test_rows_become_columns() -> None:
    assert SHOP.names == ("day", "n", "amount")
    assert len(SHOP) == 3
    assert list(SHOP["amount"]) == [Decimal("0.10"), None, Decimal("99999999999999.99")]
    assert "n" in SHOP
    assert "m" not in SHOP


def test_rows_are_tuples_of_the_columns_that_are_named() -> None:
    assert list(SHOP.rows("n", "day")) == [(2, "b"), (1, "a"), (0, "a")]
    assert list(SHOP.rows()) == list(SHOP.rows(*SHOP.names))
    assert list(NOTHING.rows()) == []


def test_numbers_are_arrays() -> None:
    assert SHOP.integers("n").tolist() == [2, 1, 0]
    assert SHOP.floats("amount", null=0.0).tolist() == [0.1, 0.0, 99999999999999.99]
    assert math.isnan(SHOP.floats("amount")[1])
    assert NOTHING.floats("n").tolist() == []


def test_rows_can_be_put_in_order() -> None:
    ordered = SHOP.ordered("day", "n")
    assert list(ordered.rows("day", "n")) == [("a", 0), ("a", 1), ("b", 2)]
    assert ordered.integers("n").tolist() == [0, 1, 2]
    assert ordered.floats("amount", null=0.0).tolist() == [99999999999999.99, 0.0, 0.1]
    assert len(NOTHING.ordered("n")) == 0


def test_one_row_is_asked_for_by_name() -> None:
    one = Columns.of_rows(("n", "day"), [(3, "c")])
    assert one.one() == {"n": 3, "day": "c"}
    assert Columns.of_rows(("n",), [(3,)]).scalar() == 3


@pytest.mark.parametrize(("columns", "rows"), [(SHOP, 3), (NOTHING, 0)])
def test_one_row_is_no_other_number_of_rows(columns: Columns, rows: int) -> None:
    with pytest.raises(ValueError, match=f"one row is wanted, got {rows}"):
        columns.one()


def test_a_column_that_was_not_selected_is_an_error() -> None:
    with pytest.raises(KeyError):
        SHOP["m"]
