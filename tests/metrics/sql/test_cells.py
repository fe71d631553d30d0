from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from metrics.columns import Columns
from metrics.grain import Grain
from metrics.sql.cells import cells_in, places_of, possible

DAY = date(2026, 1, 1)


def test_marks_say_what_a_row_is_grouped_by() -> None:
    columns = Columns.of_rows(
        ("p_month", "p_year", "d_b", "d_a", "g_p_month", "g_p_year", "g_d_b", "g_d_a"),
        [
            (DAY, None, "x", "y", 0, 1, 0, 0),
            (None, DAY, None, "y", 1, 0, 1, 0),
            (None, None, "x", None, 1, 1, 0, 1),
            (None, None, None, None, 1, 1, 1, 1),
        ],
    )
    assert cells_in(columns, (Grain.MONTH, Grain.YEAR, Grain.ALL)) == [
        (Grain.MONTH, DAY, (("a", "y"), ("b", "x"))),
        (Grain.YEAR, DAY, (("a", "y"),)),
        (Grain.ALL, None, (("b", "x"),)),
        (Grain.ALL, None, ()),
    ]


def test_rows_that_were_joined_to_periods_say_their_grain() -> None:
    columns = Columns.of_rows(
        ("p_grain", "p_start", "d_a", "g_d_a"), [("month", DAY, "y", 0), ("all", DAY, None, 1)]
    )
    assert cells_in(columns, (Grain.MONTH, Grain.ALL)) == [
        (Grain.MONTH, DAY, (("a", "y"),)),
        (Grain.ALL, None, ()),
    ]


def test_rows_without_anything_to_be_grouped_by_are_the_total() -> None:
    assert cells_in(Columns.of_rows(("m0",), [(1,)]), (Grain.ALL,)) == [(Grain.ALL, None, ())]
    assert cells_in(Columns.of_rows(("p_day", "g_p_day"), []), (Grain.DAY,)) == []


def test_a_day_that_no_calendar_holds_is_no_cell() -> None:
    assert possible((Grain.DAY, DAY, ()))
    assert possible((Grain.ALL, None, ()))
    assert not possible((Grain.DAY, "20260-01-01", ()))  # type: ignore[arg-type]


def test_rows_of_one_cell_are_found_in_order() -> None:
    one, other = (Grain.ALL, None, ()), (Grain.DAY, DAY, ())
    assert places_of([one, other, one]) == {one: [0, 2], other: [1]}


def _cell(row: dict[str, Any], grains: tuple[Grain, ...]) -> tuple[Any, ...]:
    """Return the cell of one row, as it is told from the row alone."""
    names = sorted(name for name in row if name.startswith("d_"))
    segment = tuple((name[2:], row[name]) for name in names if row[f"g_{name}"] == 0)
    for grain in grains:
        if grain is not Grain.ALL and row[f"g_p_{grain}"] == 0:
            return grain, row[f"p_{grain}"], segment
    return Grain.ALL, None, segment


@given(
    st.lists(
        st.tuples(*[st.sampled_from((0, 1))] * 4, *[st.sampled_from(("u", "v", None))] * 2), max_size=30
    ),
    st.permutations((Grain.DAY, Grain.QUARTER, Grain.ALL)),
)
def test_whole_columns_give_what_each_row_gives(rows: list[tuple[Any, ...]], order: list[Grain]) -> None:
    names = ("g_p_day", "g_p_quarter", "g_d_a", "g_d_b", "d_a", "d_b", "p_day", "p_quarter")
    whole = [(*row, DAY, date(2026, 4, 1)) for row in rows]
    columns, grains = Columns.of_rows(names, whole), tuple(order)
    assert cells_in(columns, grains) == [_cell(dict(zip(names, row, strict=True)), grains) for row in whole]
