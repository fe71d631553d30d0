"""A dataset is one of table, files or union, and says its source."""

import pytest

from tests.metrics.project import ORDERS, SPEND, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(SPEND, ("dataset: spend\n", "dataset: spend\nsource: crm\n")),
        [
            (
                SPEND,
                "source",
                "one-of-table-files-union a union lives in the source of its datasets: leave source out",
            )
        ],
        id="source of a union",
    ),
    pytest.param(
        edited(ORDERS, ("table: orders\n", "")),
        [
            (
                ORDERS,
                "dataset: orders",
                ("one-of-table-files-union a dataset has exactly one of table, files and union"),
            )
        ],
        id="none",
    ),
    pytest.param(
        edited(ORDERS, ("table: orders\n", "table: orders\nfiles: orders.csv\n")),
        [
            (
                ORDERS,
                "files: orders.csv",
                (
                    "one-of-table-files-union a dataset has exactly one of table, files"
                    " and union, got table and files"
                ),
            )
        ],
        id="two",
    ),
    pytest.param(
        edited(ORDERS, ("source: crm\n", "")),
        [(ORDERS, "dataset: orders", "one-of-table-files-union missing key 'source'")],
        id="no source",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_one_of_table_files_union(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
