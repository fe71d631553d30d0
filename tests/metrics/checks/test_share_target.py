"""The target of a share is a share: 1 is all of it."""

from __future__ import annotations

import pytest

from tests.metrics.project import CONVERSION, REVENUE, assert_found, base, edited


@pytest.mark.parametrize("given", ["26", "1.5"])
def test_more_than_all_is_advised(given: str) -> None:
    said = f"share-target goal {given} is more than all: a share is at most 1, so that 25% is 0.25"
    assert_found(edited(CONVERSION, ("goal: 0.26", f"goal: {given}")), [(CONVERSION, f"{given}, ramp", said)])


def test_all_of_it_and_what_is_no_share_are_not() -> None:
    assert_found(edited(CONVERSION, ("goal: 0.26", "goal: 1")), [])
    assert "goal: 2000000" in base()[REVENUE].decode()
    assert_found(base(), [])
