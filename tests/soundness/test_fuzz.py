"""Spoiled definitions: each is read or refused at a place in its file, and nothing ends in a traceback.

2,000 of the 10,000 that `benchmarks.fuzz` goes through, which also measures how long each takes.
"""

from __future__ import annotations

import pytest

from tests.soundness.mutations import Spoiled, checked, misplaced, read, spoiled

COUNT = 2000
PARTS = 8
WHOLE = 25
"""Every so many a whole project is checked, which takes ten times as long as to read a file."""


@pytest.mark.parametrize("part", range(PARTS))
def test_each_is_read_or_refused_at_its_place(part: int) -> None:
    wrong: list[str] = []
    refused = 0
    for case in spoiled(COUNT):
        if case.number % PARTS != part:
            continue
        found = _attempt(case, wrong, whole=case.number // PARTS % WHOLE == 0)
        refused += found
    assert wrong == []
    # Most of what is done to a file spoils it: were nothing refused, nothing would be shown.
    assert refused > COUNT / PARTS / 2


def _attempt(case: Spoiled, wrong: list[str], *, whole: bool) -> bool:
    try:
        found = read(case).findings
        wrong += misplaced(case, found)
        if whole:
            wrong += misplaced(case, checked(case))
    except Exception as error:
        error.add_note(f"case {case.number} of {case.path}: {', '.join(case.how)}")
        raise
    # Read alone, a file leaves the company's own missing.
    return any(each.code != "missing-file" for each in found)
