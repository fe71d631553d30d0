"""A proportion counts rows, or under `per` entities, of which only measures say anything."""

import pytest

from tests.metrics.project import NEW, ORDERS, Files, added, assert_found, edited

HEAD = "metric: new\nlabel: New\nowner: me\ndirection: none\nkind: proportion\ndataset: orders\n"


def share(text: str) -> Files:
    return added({NEW: HEAD + text})


CASES = [
    pytest.param(share("per: customer\nshare: count() >= 2\n"), [], id="repeat customers"),
    pytest.param(
        share('per: customer\nshare: "sum(amount) > 100 and max(ordered_at) >= period_start()"\nof: count() > 1\n'),
        [],
        id="several measures",
    ),
    pytest.param(
        share("share: price > 1 and sum(price) > 2\n"),
        [(NEW, "sum(price)", "proportion-shape sum is a measure: without per, share and of are said of one row")],
        id="a measure of one row",
    ),
    pytest.param(
        share("per: customer\nshare: count() > 1 and price > 2\nof: quantity > 1\n"),
        [
            (
                NEW,
                "price > 2",
                "proportion-shape 'price' is a column of rows: say it of the customer, as in max(price)",
            ),
            (
                NEW,
                "quantity > 1",
                "proportion-shape 'quantity' is a column of rows: say it of the customer, as in max(quantity)",
            ),
        ],
        id="a column of many rows",
    ),
    pytest.param(
        share("per: customer\nshare: count_new(customer) > 0\n"),
        [
            (
                NEW,
                "count_new(customer)",
                "proportion-shape count_new has no meaning with per, which looks at one entity at a time",
            )
        ],
        id="new ones",
    ),
    pytest.param(
        share("per: customer\nlatest_per: {entity: customer}\nshare: count() >= 2\n"),
        [
            (
                NEW,
                "latest_per",
                "proportion-shape latest_per has no meaning with per, which counts each entity once already",
            )
        ],
        id="two ways to count once",
    ),
    pytest.param(
        share("per: lead\nshare: count() >= 2\n"),
        [(NEW, "lead", "entity-missing dataset 'orders' has no entity 'lead'")],
        id="nobody",
    ),
    pytest.param(
        share("per: customer\nshare: sum(sum(price)) > 1\n"),
        [(NEW, "sum(price)) > 1", "bad-expression sum cannot stand inside sum")],
        id="a measure in a measure",
    ),
    pytest.param(
        {**share("per: customer\nshare: count() >= 2\ndimensions: [segment]\n"),
         ORDERS: edited(ORDERS, ("key: order_id\n", ""))[ORDERS]},
        [(NEW, "per: customer", "latest-per-key dataset 'orders' has no key, so rows of one instant have no order")],
        id="no key",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_proportion_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
