"""The keys of retention and win-back fit together."""

import pytest

from tests.metrics.project import NEW, added, assert_found

HEAD = "metric: new\nlabel: New\nowner: me\ndirection: none\nentity: customer\n"
RETENTION = HEAD + "kind: retention\n"
WIN_BACK = HEAD + "kind: win_back\n"
ORDERS = "activity: {dataset: orders}\n"
HELD = "subscription: {dataset: orders, start: ordered_at, end: ended_at}\n"
CODE = "lifecycle-shape"

WRONG = [
    (
        RETENTION + "measure: logo\n",
        "retention",
        "what makes a customer is missing: write activity or subscription",
    ),
    (WIN_BACK, "win_back", "what makes a customer is missing: write activity or subscription"),
    (
        RETENTION + "measure: logo\n" + ORDERS + HELD,
        "subscription",
        "a customer is told by activity or by subscription, not by both",
    ),
    (
        RETENTION + "measure: logo\nactive_if: in_period\n" + HELD,
        "active_if",
        "active_if has no meaning with subscription, which has its own",
    ),
    (RETENTION + "measure: grr\n" + HELD, "grr", "grr needs the subscription's value"),
    (RETENTION + "measure: nrr\n" + ORDERS, "nrr", "nrr needs a value: what a customer is worth"),
    (
        RETENTION + "measure: logo\nvalue: {measure: sum(amount)}\n" + ORDERS,
        "value",
        "value has no meaning with measure: logo, which counts customers",
    ),
    (
        RETENTION + "measure: nrr\nvalue: {measure: avg(amount)}\n" + ORDERS,
        "value",
        "a customer's value is a count or a sum, not avg",
    ),
    (
        RETENTION + "measure: logo\nactive_if: within 0 days\n" + ORDERS,
        "within 0 days",
        "the span has no length",
    ),
    (WIN_BACK + ORDERS, "activity", "activity needs lapse_after: how long a silence is a lapse"),
    (
        WIN_BACK + "lapse_after: 1 month\n" + HELD,
        "lapse_after",
        "lapse_after has no meaning with subscription, whose end is the lapse",
    ),
    (WIN_BACK + "lapse_after: 0 days\n" + ORDERS, "0 days", "the span has no length"),
    (
        WIN_BACK + "lapse_after: 1 month\nbasis: period\ngrace: 2 days\n" + ORDERS,
        "grace",
        "grace has no meaning with basis: period, which follows no cohort",
    ),
    (
        WIN_BACK + "lapse_after: 1 month\ngrace: 2 days\nwindow: 48 hours\n" + ORDERS,
        "48 hours",
        "the window is over before anybody can be won back: it must be longer than grace",
    ),
]
RIGHT = [
    RETENTION + "measure: logo\nactive_if: within 90 days\n" + ORDERS,
    RETENTION + "measure: nrr\nvalue: {measure: sum(amount)}\n" + ORDERS,
    RETENTION
    + "measure: grr\nsubscription: {dataset: orders, start: ordered_at, end: ended_at, value: amount}\n",
    WIN_BACK + "lapse_after: 1 month\ngrace: 2 days\nwindow: 1 year\n" + ORDERS,
    WIN_BACK + "basis: period\n" + HELD,
]


@pytest.mark.parametrize(("text", "pointed", "message"), WRONG)
def test_lifecycle_shape(text: str, pointed: str, message: str) -> None:
    assert_found(added({NEW: text}), [(NEW, pointed, f"{CODE} {message}")])


@pytest.mark.parametrize("text", RIGHT)
def test_what_fits_is_not_refused(text: str) -> None:
    assert_found(added({NEW: text}), [])
