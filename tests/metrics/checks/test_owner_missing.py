"""Every metric has an owner."""

import pytest

from metrics.errors import Level
from tests.metrics.project import COMPANY, REVENUE, Files, added, assert_found, base, edited, findings

CASES = [
    pytest.param(
        edited(REVENUE, ("owner: sales-lead\n", "")),
        [(REVENUE, "metric: revenue", "owner-missing nobody owns the metric: write owner")],
        id="metric",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_owner_missing(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)


@pytest.mark.parametrize(("strict", "level"), [("false", Level.ADVICE), ("true", Level.ERROR)])
def test_level_follows_the_company(strict: str, level: Level) -> None:
    company = base()[COMPANY].decode() + f"strict: {strict}\n"
    metric = base()[REVENUE].decode().replace("owner: sales-lead\n", "")
    found = findings(added({COMPANY: company, REVENUE: metric}))
    assert [each.level for each in found] == [level]
