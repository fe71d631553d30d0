"""No union contains itself."""

import pytest

from tests.metrics.project import DATASET, MORE, REST, SPEND, Files, added, assert_found, edited

CASES = [
    pytest.param(
        edited(SPEND, ("dataset: ads,", "dataset: spend,")),
        [(SPEND, "union:", "union-cycle the dataset contains itself: spend -> spend")],
        id="union of itself",
    ),
    pytest.param(
        added(
            {
                MORE: DATASET + "complete_through: {dataset: rest}\n",
                REST: DATASET.replace("more", "rest") + "complete_through: {dataset: more}\n",
            }
        ),
        [(MORE, "complete_through: {datas", "union-cycle the dataset contains itself: more -> rest -> more")],
        id="waiting for each other",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_union_cycle(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
