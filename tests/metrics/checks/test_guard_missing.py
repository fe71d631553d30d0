"""A metric of volume has a counter-metric, so that nobody gains by doing more of worse."""

import pytest

from metrics.errors import Level
from tests.metrics.project import COMPANY, REVENUE, Files, added, assert_found, base, edited, findings

CASES = [
    pytest.param(
        edited(REVENUE, ("guards: [csat]\n", "")),
        [
            (
                REVENUE,
                "metric: revenue",
                "guard-missing a metric of volume has no counter-metric: write guards",
            )
        ],
        id="sum",
    ),
    pytest.param(edited(REVENUE, ("guards: [csat]\n", ""), ("sum(amount)", "avg(amount)")), [], id="average"),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_guard_missing(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)


@pytest.mark.parametrize(("strict", "level"), [("false", Level.ADVICE), ("true", Level.ERROR)])
def test_level_follows_the_company(strict: str, level: Level) -> None:
    company = base()[COMPANY].decode() + f"strict: {strict}\n"
    metric = base()[REVENUE].decode().replace("guards: [csat]\n", "")
    found = findings(added({COMPANY: company, REVENUE: metric}))
    assert [each.level for each in found] == [level]
