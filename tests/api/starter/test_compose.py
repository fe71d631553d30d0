"""Which files a starter holds, and that its page in docs/ names all that it reads and says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.starter import compose

PAGE = (Path(__file__).parents[3] / "docs" / "starters.md").read_text(encoding="utf-8")
SYSTEMS = compose.systems("fivetran")
WHOLE = compose.composed("fivetran", SYSTEMS)


def test_the_systems_and_layouts_are_the_folders() -> None:
    assert compose.layouts() == ("fivetran",)
    assert SYSTEMS == ("google_ads", "hubspot", "salesforce", "stripe", "zendesk")


def test_what_needs_two_systems_is_written_where_both_are() -> None:
    path = "definitions/metrics/marketing/cac.yml"
    assert path in compose.composed("fivetran", ["google_ads", "stripe"])
    assert path not in compose.composed("fivetran", ["google_ads", "hubspot"])


def test_parts_follow_their_file_and_a_heading_needs_a_part() -> None:
    scorecard = compose.composed("fivetran", ["google_ads"])["definitions/scorecards/joint.yml"]
    assert re.findall(r"perspective: (.+)", scorecard) == ["internal process"]
    assert scorecard.index("vision:") < scorecard.index("perspective:") < scorecard.index("cost_per_click")
    assert not [path for path in WHOLE if ".parts" in path]


def test_a_union_lists_the_chosen_systems_alone() -> None:
    ids = compose.composed("fivetran", ["stripe", "zendesk"])["definitions/datasets/customer_ids.yml"]
    assert re.findall(r"dataset: (\w+),", ids) == ["stripe_customers", "zendesk_users"]


def test_what_is_written_for_one_system_is_written_beside_others() -> None:
    for system in SYSTEMS:
        for path, text in compose.composed("fivetran", [system]).items():
            if "scorecards/" not in path and "customer_ids" not in path:
                assert WHOLE[path] == text


def test_no_two_folders_write_one_file() -> None:
    seen: dict[str, str] = {}
    for folder in (compose._root() / "fivetran").iterdir():
        for path, _ in compose._read(folder):
            assert path not in seen, (path, seen.get(path), folder.name)
            seen[path] = folder.name
    # What parts are added to stands in the base.
    assert {seen[path.split(".parts/")[0]] for path in seen if ".parts/" in path} == {"base"}


@pytest.mark.parametrize("path", sorted(WHOLE))
def test_a_line_fits_an_editor(path: str) -> None:
    assert [line for line in WHOLE[path].splitlines() if len(line) > 120] == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_page_names_each_table_and_its_columns(system: str) -> None:
    section = PAGE.split(f"\n## {system}\n")[1].split("\n## ")[0]
    named = dict(re.findall(rf"^\| `({system}\.\w+)` \| (.+) \|$", section, re.MULTILINE))
    datasets = {
        path: text for path, text in compose.composed("fivetran", [system]).items() if "/datasets/" in path
    }
    read = {found for text in datasets.values() for found in re.findall(r"^table: (\S+)", text, re.MULTILINE)}
    assert set(named) == read


def test_the_page_names_each_metric_once() -> None:
    metrics = sorted(path.rpartition("/")[2].removesuffix(".yml") for path in WHOLE if "/metrics/" in path)
    assert len(metrics) == 32
    assert sorted(name for name in re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == metrics
