"""A private metric that counts rows names the people whose rows they are; one that follows people does not."""

import pytest

from metrics.errors import Level
from tests.metrics.project import CONVERSION, CSAT, NEW, Files, added, assert_found, edited, findings

LATEST = "latest_per: {entity: customer, within: period}\n"
ADVICE = (
    "private-rows one person may stand behind several rows: name whose rows they are, as in private: customer"
)
OF_ITSELF = (
    "private-rows a metric of kind conversion is private by what it follows itself: write private: true"
)
SUM = """\
metric: new
label: New
owner: somebody
direction: none
kind: aggregate
dataset: tickets
measure: {measure}
private: {private}
"""
RATIO = """\
metric: new
label: New
owner: somebody
direction: none
kind: ratio
numerator: {{dataset: spend, measure: sum(cost)}}
denominator: {{dataset: {dataset}, measure: {measure}}}
private: {private}
"""

CASES = [
    pytest.param(edited(CSAT, (LATEST, "")), [(CSAT, "true", ADVICE)], id="rows"),
    pytest.param(edited(CSAT, (LATEST, ""), ("private: true", "private: customer")), [], id="named"),
    pytest.param(
        edited(CSAT, ("private: true", "private: custmer")),
        [(CSAT, "custmer", "private-rows dataset 'tickets' has no entity 'custmer' (did you mean 'customer'?)")],
        id="unknown",
    ),
    pytest.param(
        added({NEW: SUM.format(measure="max(score)", private="true")}), [(NEW, "true", ADVICE)], id="greatest"),
    pytest.param(added({NEW: SUM.format(measure="max(score)", private="customer")}), [], id="greatest-named"),
    pytest.param(added({NEW: SUM.format(measure="count_distinct(customer)", private="true")}), [], id="distinct"),
    pytest.param(
        added({NEW: RATIO.format(dataset="orders", measure="count", private="true")}), [(NEW, "true", ADVICE)],
        id="ratio",
    ),
    pytest.param(
        added({NEW: RATIO.format(dataset="orders", measure="count", private="customer")}), [], id="one-side",
    ),
    pytest.param(
        edited(CONVERSION, ("kind: conversion", "kind: conversion\nprivate: lead")), [(CONVERSION, "lead", OF_ITSELF)],
        id="followed",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_private_rows(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)


def test_rows_are_advice_and_a_wrong_name_is_an_error() -> None:
    assert [each.level for each in findings(edited(CSAT, (LATEST, "")))] == [Level.ADVICE]
    wrong = findings(edited(CSAT, ("private: true", "private: custmer")))
    assert [each.level for each in wrong] == [Level.ERROR]
