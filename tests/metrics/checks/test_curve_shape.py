"""A retention curve has a value for each age, and none of its own."""

import pytest

from tests.metrics.project import NEW, added, assert_found

HEAD = "metric: new\nlabel: New\nowner: me\ndirection: up\nentity: customer\n"
LOGO = HEAD + "kind: retention\nmeasure: logo\n"
CURVE = LOGO + "curve: true\n"
SCORED = LOGO.replace("up", "none")
WIN_BACK = HEAD.replace("up", "none") + "kind: win_back\nlapse_after: 90 days\n"
ORDERS = "activity: {dataset: orders}\n"
WON = "activity: {dataset: orders, acquired: ordered_at}\n"
HELD = "subscription: {dataset: orders, start: ordered_at, end: ended_at, observed_from: 2024-01-01}\n"
OTHER = "metrics/sales/other.yml"
CODE = "curve-shape"
NONE_OF_ITS_OWN = "'new' is a curve, which has a value for each age and none of its own"

WRONG = [
    (
        CURVE + ORDERS + "targets: [{from: 2024-01-01, goal: 0.9}]\n",
        "targets",
        "a curve has a value for each age, and none that a target could be for",
    ),
    (
        CURVE + ORDERS + "over: trailing 12 months\n",
        "over",
        "over has no meaning with curve, which goes by age",
    ),
    (CURVE + ORDERS + "ages: 0\n", "0", "the oldest age is a number from 1 to 99"),
    (CURVE + ORDERS + "ages: 100\n", "100", "the oldest age is a number from 1 to 99"),
    (
        CURVE + WON,
        "acquired",
        "acquired goes with active_if: within ..., which tells when a customer is lost",
    ),
    (
        CURVE + ORDERS + "grains: [month, all]\n",
        "all",
        "grain all has no ages: a curve has grains with an end",
    ),
    (SCORED + ORDERS + "ages: 12\n", "ages", "ages has no meaning without curve: true"),
    (SCORED + WON, "acquired", "acquired has no meaning without curve: true"),
    (WIN_BACK + WON, "acquired", "acquired has no meaning without curve: true"),
    (SCORED + HELD, "observed_from", "observed_from has no meaning without curve: true"),
]
RIGHT = [
    CURVE + ORDERS,
    CURVE + ORDERS + "ages: 99\ngrains: [day, fiscal_year]\ndimensions: [segment]\n",
    CURVE + WON + "active_if: within 90 days\n",
    CURVE + HELD,
]


@pytest.mark.parametrize(("text", "pointed", "message"), WRONG)
def test_curve_shape(text: str, pointed: str, message: str) -> None:
    assert_found(added({NEW: text}), [(NEW, pointed, f"{CODE} {message}")])


@pytest.mark.parametrize("text", RIGHT)
def test_what_fits_is_not_refused(text: str) -> None:
    assert_found(added({NEW: text}), [])


def test_its_dimension_is_its_own() -> None:
    orders = added({})["datasets/orders.yml"].decode()
    assert "dimensions: {" in orders
    files = {"datasets/orders.yml": orders.replace("dimensions: {", "dimensions: {age: price, ", 1)}
    text = CURVE + ORDERS + "dimensions: [age]\n"
    message = f"{CODE} a curve has a dimension 'age' of its own: rename the dataset's"
    assert_found(added({**files, NEW: text}), [(NEW, "age]", message)])


@pytest.mark.parametrize(
    ("text", "pointed"),
    [
        ("kind: derived\nformula: revenue * new\n", "revenue * new"),
        ("kind: difference\nof: new\nshift: 1 year\n", "new"),
        ("kind: difference\nof: revenue\nminus: new\n", "new"),
        ("kind: aggregate\ndataset: orders\nmeasure: count\nguards: [new]\n", "new]"),
    ],
)
def test_nothing_is_computed_from_it_or_guarded_by_it(text: str, pointed: str) -> None:
    other = "metric: other\nlabel: Other\nowner: me\ndirection: none\n" + text
    found = [(OTHER, pointed, f"{CODE} {NONE_OF_ITS_OWN}")]
    assert_found(added({NEW: CURVE + ORDERS, OTHER: other}), found)
