import re
from pathlib import Path

import pytest

from metrics.errors import Level
from scorecard.check import all_findings, check, checks
from tests.scorecard.project import FILES, definitions, texts

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "scorecard-checks.md").read_text(encoding="utf-8")


def test_a_valid_project_has_no_findings():
    assert check(definitions(FILES)) == ()


def test_findings_stand_in_order_and_once_each():
    loaded = definitions(
        texts(
            ("scorecards/joint.yml", "breaches: 40}\n", "breaches: 30}\n"),
            ("journey.yml", "leads: marketing", "leads: finance"),
            ("scorecards/joint.yml", "weight: 30", "weight: 0"),
        )
    )
    assert [(one.position.file.split("/")[-1], one.code, one.level) for one in check(loaded)] == [
        ("journey.yml", "unknown-department", Level.ERROR),
        ("joint.yml", "department-weights", Level.ADVICE),
        ("joint.yml", "positive-weight", Level.ERROR),
    ]


def test_all_findings_are_those_of_files_metrics_and_scorecards():
    loaded = definitions(
        texts(
            ("company.yml", "sales: {label: Sales}", "sales: {label: Sales, name: x}"),
            ("metrics/service/breaches.yml", "dataset: orders", "dataset: order"),
            ("scorecards/joint.yml", "weight: 30", "weight: 0"),
        )
    )
    codes = {one.code for one in all_findings(loaded)}
    assert {"unknown-key", "unknown-reference", "positive-weight"} <= codes


def test_every_code_is_its_module_s_name():
    for name, module in checks().items():
        assert name.replace("_", "-") == module.CODE


@pytest.mark.parametrize("name", sorted(checks()))
def test_every_check_has_a_test_and_a_section(name):
    assert (Path(__file__).parent / "checks" / f"test_{name}.py").exists()
    code = name.replace("_", "-")
    section = re.search(rf"^## {code}$(.*?)(?=^## |\Z)", DOCS, re.MULTILINE | re.DOTALL)
    assert section, f"docs/scorecard-checks.md has no section {code}"
    assert len(section[1].split()) >= 15


def test_every_section_is_a_check_s():
    titles = re.findall(r"^## (.*)$", DOCS, re.MULTILINE)
    assert titles == sorted(name.replace("_", "-") for name in checks())
