"""A metric's dimensions are dimensions of every dataset that gives them, or a ratio allocates them."""

import pytest

from tests.metrics.project import CAC, CONVERSION, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(CAC, ("kind: ratio", "kind: ratio\ndimensions: [channel]")),
        [(CAC, "channel]", "unknown-dimension dataset 'orders' has no dimension 'channel'")],
        id="either side of a ratio",
    ),
    pytest.param(
        edited(
            CONVERSION,
            ("to: {dataset: stage_changes, where: \"stage = 'opportunity'\"}", "to: {dataset: touches}"),
        ),
        [],
        id="target of a conversion needs none",
    ),
    pytest.param(
        edited(CONVERSION, ("[channel, segment]\ncuts: [[channel, segment]]", "[chanel, segment]")),
        [
            (
                CONVERSION,
                "chanel, segment]",
                (
                    "unknown-dimension dataset 'stage_changes' has no dimension "
                    "'chanel' (did you mean 'channel'?)"
                ),
            )
        ],
        id="start of a conversion",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_unknown_dimension(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
