"""Every metric with a direction has a target."""

import pytest

from metrics.errors import Level
from tests.metrics.project import COMPANY, REVENUE, Files, added, assert_found, base, edited, findings

CASES = [
    pytest.param(
        edited(REVENUE, ("targets: [{from: 2025-04-01, goal: 2000000, red_flag: 1500000}]\n", "")),
        [
            (
                REVENUE,
                "metric: revenue",
                (
                    "target-missing the metric has no target, so it is not scored: "
                    "write targets, or direction: none"
                ),
            )
        ],
        id="scored",
    ),
    pytest.param(
        edited(
            REVENUE,
            ("direction: up", "direction: none"),
            ("targets: [{from: 2025-04-01, goal: 2000000, red_flag: 1500000}]\n", ""),
        ),
        [],
        id="context",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_target_missing(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)


@pytest.mark.parametrize(("strict", "level"), [("false", Level.ADVICE), ("true", Level.ERROR)])
def test_level_follows_the_company(strict: str, level: Level) -> None:
    company = base()[COMPANY].decode() + f"strict: {strict}\n"
    metric = (
        base()[REVENUE]
        .decode()
        .replace("targets: [{from: 2025-04-01, goal: 2000000, red_flag: 1500000}]\n", "")
    )
    found = findings(added({COMPANY: company, REVENUE: metric}))
    assert [each.level for each in found] == [level]
