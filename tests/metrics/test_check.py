"""Every rule is found, documented and tested, and reports what it finds in order."""

import re
from pathlib import Path

import pytest

from metrics.check import check, rules
from metrics.errors import sort_findings
from tests.metrics.project import ORDERS, REVENUE, SOURCES, added, base, edited, listed, loaded

ROOT = Path(__file__).parent.parent.parent
SECTIONS = dict(
    re.findall(r"^## ([a-z-]+)\n\n(.*)$", (ROOT / "docs" / "checks.md").read_text(), re.MULTILINE)
)


@pytest.mark.parametrize("name", rules())
def test_rule_has_a_code_a_section_and_a_test(name: str) -> None:
    rule = rules()[name]
    assert name.replace("_", "-") == rule.CODE
    assert SECTIONS.get(rule.CODE) == (rule.__doc__ or "").splitlines()[0]
    assert (ROOT / "tests" / "metrics" / "checks" / f"test_{name}.py").is_file()


def test_every_section_has_a_rule() -> None:
    assert set(SECTIONS) == {rule.CODE for rule in rules().values()}


def test_findings_come_in_the_order_of_the_files() -> None:
    project = loaded(edited(REVENUE, ("owner: sales-lead\n", ""), ("guards: [csat]\n", "")))
    found = check(project)
    assert found == sort_findings(found)
    assert [each.code for each in found] == ["guard-missing", "owner-missing"]


def test_nothing_is_checked_without_a_company() -> None:
    files = added({"company.yml": "company: 5\n", ORDERS: "dataset: orders\n"})
    assert check(loaded(files)) == ()


def test_what_follows_from_a_broken_file_is_not_reported() -> None:
    broken = base()[ORDERS].replace(b"table: orders", b"tabel: orders")
    misnamed = base()[SOURCES].replace(b"sources:", b"source:")
    assert listed(added({ORDERS: broken, SOURCES: misnamed})) == [
        "definitions/datasets/orders.yml:3:1 unknown-key unknown key 'tabel' (did you mean 'table'?)",
        "definitions/sources.yml:1:1 missing-key missing key 'sources'",
        "definitions/sources.yml:1:1 unknown-key unknown key 'source' (did you mean 'sources'?)",
    ]


def test_place_with_a_finding_of_the_yaml_reader_has_no_second_one() -> None:
    files = edited(REVENUE, ("dataset: orders", "dataset: no"))
    assert listed(files) == [
        'definitions/metrics/sales/revenue.yml:6:10 yaml-ambiguous no is ambiguous: write false, or quote it: "no"'
    ]
