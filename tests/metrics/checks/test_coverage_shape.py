"""A coverage compares two or more datasets, each once."""

import pytest

from tests.metrics.project import ORDERS, Files, added, assert_found, edited

JOINED = "metrics/sales/joined_up.yml"


def joined(of: str, more: str = "") -> Files:
    text = f"metric: joined_up\nlabel: Joined up\nowner: me\ndirection: none\nkind: coverage\nentity: customer\n{of}\n"
    return added({JOINED: text + more})


CASES = [
    pytest.param(joined("of: [orders, {dataset: orders, where: price > 0}]"), [], id="fine"),
    pytest.param(
        joined("of: [orders, {dataset: orders, where: price > 0}]", "share: pairwise\n"), [], id="a pair"
    ),
    pytest.param(
        joined("of: [orders]"),
        [(JOINED, "[orders]", "coverage-shape coverage is of two datasets or more")],
        id="one dataset",
    ),
    pytest.param(
        joined(
            "of: [orders, {dataset: orders, where: price > 0}, {dataset: orders, where: price > 9}]",
            "share: pairwise\n",
        ),
        [],
        id="three pairs",
    ),
    pytest.param(
        joined("of: [orders]", "share: pairwise\n"),
        [(JOINED, "[orders]", "coverage-shape coverage is of two datasets or more")],
        id="one of a pair",
    ),
    pytest.param(
        {
            **joined(
                "of: [orders, {dataset: orders, where: price > 0}]", "share: directed\ndimensions: [pair]\n"
            ),
            ORDERS: edited(
                ORDERS, ("{segment: accounts.segment}", "{segment: accounts.segment, pair: accounts.segment}")
            )[ORDERS],
        },
        [(JOINED, "pair]", "coverage-shape 'pair' is the dimension of share: directed itself: leave it out")],
        id="its own dimension",
    ),
    pytest.param(
        joined("of: [orders, orders]"),
        [(JOINED, "orders]", "coverage-shape dataset 'orders' stands in of already")],
        id="the same twice",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_coverage_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
