"""Every metric has an owner."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from metrics.errors import Level
from tests.metrics.project import base_files, edited, findings, listed, loaded

CASES = [
    pytest.param(
        lambda: edited("metrics/sales/revenue.yml", ("owner: sales-lead\n", "")),
        ["definitions/metrics/sales/revenue.yml:1:1 owner-missing nobody owns the metric: write owner"],
        id="metric",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_owner_missing(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected


@pytest.mark.parametrize(("strict", "level"), [("false", Level.ADVICE), ("true", Level.ERROR)])
def test_level_follows_the_company(strict: str, level: Level) -> None:
    company = base_files()["company.yml"].decode() + f"strict: {strict}\n"
    metric = base_files()["metrics/sales/revenue.yml"].decode().replace("owner: sales-lead\n", "")
    project = loaded({"company.yml": company, "metrics/sales/revenue.yml": metric})
    assert [found.level for found in findings(project)] == [level]
