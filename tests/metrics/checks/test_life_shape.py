"""What comes after a definition is said of a deprecated one, and what came before by its hash."""

import pytest

from tests.metrics.project import CSAT, GROWTH, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(CSAT, ("kind: proportion", "kind: proportion\nreplaced_by: revenue\nsunset: 2027-03-31")),
        [
            (CSAT, "revenue", "life-shape replaced_by is said of a deprecated metric, and 'csat' is approved: "
             "write status: deprecated"),
            (CSAT, "2027-03-31", "life-shape sunset is said of a deprecated metric, and 'csat' is approved: "
             "write status: deprecated"),
        ],
        id="approved",
    ),
    pytest.param(
        edited(GROWTH, ("direction: none", "direction: none\nstatus: deprecated\nreplaced_by: revenue_growth")),
        [(GROWTH, "revenue_growth", "life-shape metric 'revenue_growth' cannot replace itself")],
        id="itself",
    ),
    pytest.param(
        edited(CSAT, ("kind: proportion", "kind: proportion\nsupersedes: csat")),
        [(CSAT, "csat", "life-shape supersedes takes the 16 hexadecimal digits of the earlier definition's hash, "
          "got 'csat'")],
        id="no hash",
    ),
    pytest.param(
        edited(GROWTH, ("direction: none", "direction: none\nstatus: deprecated\nreplaced_by: revenues")),
        [(GROWTH, "revenues", "unknown-reference no metric is called 'revenues' (did you mean 'revenue'?)")],
        id="unknown",
    ),
    pytest.param(
        edited(CSAT, ("kind: proportion", "kind: proportion\nstatus: proposed\nsupersedes: 3fa9c04411d2be70")), [],
        id="proposed",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_life_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
