"""A dataset is one of table, files or union, and says its source."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("datasets/orders.yml", ("table: orders\n", "")),
        [
            "definitions/datasets/orders.yml:1:1 one-of-table-files-union a dataset has exactly one of table, files and union"
        ],
        id="none",
    ),
    pytest.param(
        lambda: edited("datasets/orders.yml", ("table: orders\n", "table: orders\nfiles: orders.csv\n")),
        [
            "definitions/datasets/orders.yml:4:1 one-of-table-files-union a dataset has exactly one of table, files and union, got table and files"
        ],
        id="two",
    ),
    pytest.param(
        lambda: edited("datasets/orders.yml", ("source: crm\n", "")),
        ["definitions/datasets/orders.yml:1:1 one-of-table-files-union missing key 'source'"],
        id="no source",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_one_of_table_files_union(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
