"""Every metric with a direction has a target."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from metrics.errors import Level
from tests.metrics.project import base_files, edited, findings, listed, loaded

CASES = [
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue.yml",
            ("targets: [{from: 2025-04-01, goal: 2000000, red_flag: 1500000}]\n", ""),
        ),
        [
            "definitions/metrics/sales/revenue.yml:1:1 target-missing the metric has no target, so it is not scored: write targets, or direction: none"
        ],
        id="scored",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue.yml",
            ("direction: up", "direction: none"),
            ("targets: [{from: 2025-04-01, goal: 2000000, red_flag: 1500000}]\n", ""),
        ),
        [],
        id="context",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_target_missing(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected


@pytest.mark.parametrize(("strict", "level"), [("false", Level.ADVICE), ("true", Level.ERROR)])
def test_level_follows_the_company(strict: str, level: Level) -> None:
    company = base_files()["company.yml"].decode() + f"strict: {strict}\n"
    metric = (
        base_files()["metrics/sales/revenue.yml"]
        .decode()
        .replace("targets: [{from: 2025-04-01, goal: 2000000, red_flag: 1500000}]\n", "")
    )
    project = loaded({"company.yml": company, "metrics/sales/revenue.yml": metric})
    assert [found.level for found in findings(project)] == [level]
