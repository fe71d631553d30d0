"""A list names each thing once."""

import pytest

from tests.metrics.project import CONVERSION, TOUCHES, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(CONVERSION, ("[channel, segment]\ncuts", "[channel, segment, channel]\ncuts")),
        [(CONVERSION, "channel]", "repeated-item the same item stands in dimensions already")],
        id="dimension",
    ),
    pytest.param(
        edited(CONVERSION, ("[[channel, segment]]", "[[channel, segment], [segment, channel]]")),
        [(CONVERSION, "[segment, channel]]", "repeated-item the same item stands in cuts already")],
        id="cut in another order",
    ),
    pytest.param(
        edited(TOUCHES, ("[touch_id]", "[touch_id, touch_id]")),
        [(TOUCHES, "touch_id]", "repeated-item the same item stands in key already")],
        id="key",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_repeated_item(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
