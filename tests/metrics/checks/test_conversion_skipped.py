"""A conversion within one dataset says what a skipped stage means."""

import pytest

from metrics.errors import Level
from tests.metrics.project import CONVERSION, Files, assert_found, edited, findings

UNWRITTEN = (
    "conversion-skipped skipped is not written, so only a recorded entry to `from` starts the clock (implied was the "
    "default here once): write skipped: recorded to keep that, or skipped: implied if nobody in stage_changes reaches "
    "`to` but through `from`, recorded or not"
)


def unwritten(*changes: tuple[str, str]) -> Files:
    return edited(CONVERSION, ("skipped: implied\n", ""), *changes)


def test_one_dataset_from_end_to_end_is_advised() -> None:
    assert_found(unwritten(), [(CONVERSION, "from:", UNWRITTEN)])
    assert [each.level for each in findings(unwritten())] == [Level.ADVICE]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(edited(CONVERSION), id="implied"),
        pytest.param(edited(CONVERSION, ("skipped: implied", "skipped: recorded")), id="recorded"),
        pytest.param(unwritten(("window: 90 days", "reentry: last")), id="never was implied"),
        pytest.param(unwritten(("window: 90 days", "basis: period")), id="a flow"),
        pytest.param(
            unwritten(("to: {dataset: stage_changes", "to: {dataset: stages_too")), id="two datasets"
        ),
    ],
)
def test_what_says_it_or_never_relied_on_it_is_not(files: Files) -> None:
    assert [each for each in findings(files) if each.code == "conversion-skipped"] == []
