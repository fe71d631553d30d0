"""A measure stands where a kind needs one, and nowhere else."""

import pytest

from tests.metrics.project import CAC, CONVERSION, NEW, Files, added, assert_found, edited

CASES = [
    pytest.param(
        edited(CONVERSION, ("to: {dataset: stage_changes,", "to: {dataset: stage_changes, measure: count,")),
        [
            (
                CONVERSION,
                "count, where: \"stage = '",
                "measure-shape a conversion counts entities: leave the measure out",
            )
        ],
        id="conversion",
    ),
    pytest.param(
        edited(CAC, (", measure: sum(paid)", "")),
        [(CAC, "{dataset: spend}", "measure-shape missing key 'measure'")],
        id="ratio without",
    ),
    pytest.param(
        added(
            {
                NEW: """\
metric: new
label: New
owner: me
direction: none
kind: ratio
entity: customer
numerator: {dataset: orders, measure: median(amount)}
denominator: {dataset: orders, measure: count}
"""
            }
        ),
        [
            (
                NEW,
                "median(amount)}",
                (
                    "measure-shape a ratio with an entity adds up its measures per "
                    "entity: percentile cannot be added up"
                ),
            )
        ],
        id="ratio per entity",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_measure_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
