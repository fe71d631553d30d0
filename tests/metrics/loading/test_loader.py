"""A folder becomes a catalog of what is valid in it, with every finding about the rest."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.check import check
from metrics.errors import Position, UnknownMetric
from metrics.loading.folder import Folder, folder_of
from metrics.loading.loader import build, load
from tests.metrics.project import CASES, COUNT, NEW, ORDERS, REVENUE, SOURCES, added, base, edited, loaded


def lines(files: dict[str, bytes]) -> list[str]:
    return [str(found) for found in loaded(files).findings]


def test_catalog_holds_everything() -> None:
    project = load(CASES / "base")
    assert project.findings == ()
    catalog = project.catalog
    assert catalog is not None
    assert catalog.company.company == "Example Coffee"
    assert sorted(catalog.sources) == ["crm", "desk"]
    assert list(catalog.identities) == ["customer"]
    assert len(catalog.datasets) == 10
    assert {name: metric.domain for name, metric in catalog.metrics.items()} == {
        "cac": "marketing",
        "lead_to_opportunity": "marketing",
        "csat": "service",
        "revenue": "sales",
        "revenue_growth": "sales",
        "revenue_to_cac": "sales",
    }
    assert catalog.metric("cac").position == Position("definitions/metrics/marketing/cac.yml", 1, 1)
    assert catalog.sources["desk"].position == Position("definitions/sources.yml", 3, 9)


def test_missing_folder_has_one_finding(tmp_path: Path) -> None:
    project = load(tmp_path)
    assert project.catalog is None
    assert [found.code for found in project.findings] == ["definitions-missing"]


def test_missing_company() -> None:
    project = loaded(added({"company.yml": None}))
    assert project.catalog is None
    assert [str(found) for found in project.findings] == [
        "definitions/company.yml:1:1 missing-file the file is missing"
    ]


def test_empty_folder_misses_its_company() -> None:
    assert [str(found) for found in build(Folder()).findings] == [
        "definitions/company.yml:1:1 missing-file the file is missing"
    ]


def test_broken_company_is_said_once() -> None:
    project = loaded(added({"company.yml": "company: ["}))
    assert project.catalog is None
    assert [found.code for found in project.findings] == ["yaml-syntax"]


def test_bad_file_hides_no_other_files_findings() -> None:
    found = lines(
        added({"company.yml": "company: C\n", ORDERS: "dataset: orders\n\t", NEW: "metric: new\nkind: x\n"})
    )
    assert [line.partition(" ")[2] for line in found] == [
        "missing-key missing key 'currency'",
        "missing-key missing key 'timezone'",
        "yaml-syntax a tab stands here: write spaces",
        "missing-key missing key 'direction'",
        "missing-key missing key 'label'",
        "bad-value 'x' is not one of aggregate, agreement, clv, conversion, coverage, derived, difference, drift, "
        "duration, net_share, payback, proportion, ratio, retention, surge, win_back",
    ]


def test_what_is_valid_stays_in_the_catalog() -> None:
    project = loaded(
        added(
            {
                ORDERS: "dataset: orders\nsurce: crm\n",
                SOURCES: 'sources:\n  crm: {}\n  desk: {url: "duckdb://"}\n',
            }
        )
    )
    catalog = project.catalog
    assert catalog is not None
    assert "orders" not in catalog.datasets
    assert "accounts" in catalog.datasets
    assert list(catalog.sources) == ["desk"]
    assert "revenue" in catalog.metrics
    assert project.places.failed("dataset", "orders")
    assert project.places.failed("source", "crm")
    assert not project.places.failed("source", "desk")
    assert check(project) == ()


def test_failed_definition_is_known_by_its_file_and_by_its_name() -> None:
    project = loaded(
        added({"datasets/more.yml": "dataset: other\ntabel: x\n", "datasets/rest.yml": "dataset: ["})
    )
    assert [project.places.failed("dataset", name) for name in ("more", "other", "rest", "orders")] == [
        True,
        True,
        True,
        False,
    ]


def test_sources_file_that_cannot_be_read_blames_no_dataset() -> None:
    for text in ("sources: [", "sources: []\n", "5\n"):
        project = loaded(added({SOURCES: text}))
        assert len(project.findings) == 1
        assert check(project) == ()


def test_first_of_two_definitions_counts() -> None:
    project = loaded(
        added({NEW: COUNT, "metrics/service/new.yml": COUNT.replace("label: New", "label: Newer")})
    )
    assert project.catalog is not None
    assert project.catalog.metric("new").label == "New"
    assert [str(found) for found in project.findings] == [
        "definitions/metrics/service/new.yml:1:9 duplicate-name metric 'new' is defined in "
        "definitions/metrics/sales/new.yml already"
    ]


def test_keys_of_somebody_else_are_left_to_them() -> None:
    company = base()["company.yml"] + b"departments: {sales: {}}\n"
    folder = folder_of({**base(), "company.yml": company})
    assert build(folder, ("departments", "milestones")).findings == ()
    assert [str(found) for found in build(folder).findings] == [
        "definitions/company.yml:10:1 unknown-key unknown key 'departments'; "
        "known: calendars, company, currency, fiscal_year_starts, privacy, refresh, strict, timezone, week_starts"
    ]


def test_unknown_metric_is_suggested() -> None:
    catalog = loaded().catalog
    assert catalog is not None
    with pytest.raises(UnknownMetric) as raised:
        catalog.metric("revenu")
    assert str(raised.value) == "no metric is called 'revenu' (did you mean 'revenue'?)"


# -- places -------------------------------------------------------------------------------------------


def test_place_is_that_of_the_deepest_value_that_is_written() -> None:
    at = loaded().places
    file = "definitions/metrics/sales/revenue.yml"
    assert at("metric", "revenue", "measure") == Position(file, 7, 10)
    assert at("metric", "revenue", "measure", key=True) == Position(file, 7, 1)
    assert at("metric", "revenue", "measure", offset=4) == Position(file, 7, 14)
    assert at("metric", "revenue", "targets", 0, "goal") == Position(file, 11, 36)
    assert at("metric", "revenue", "stage") == Position(file, 1, 1)
    assert at("source", "desk", "url") == Position("definitions/sources.yml", 3, 15)
    assert at("identity", "customer", "crosswalk", "dataset").line == 2
    assert at("company", "", "privacy", "k") == Position("definitions/company.yml", 7, 14)
    assert at("metric", "none") == Position("definitions", 1, 1)


def test_place_of_a_list_of_one_and_of_a_shorthand_is_the_bare_value() -> None:
    at = loaded().places
    file = "definitions/datasets/stage_changes.yml"
    assert at("dataset", "stage_changes", "columns", "won", "expression", offset=1) == Position(file, 14, 10)
    assert at("dataset", "stage_changes", "lookups", "accounts", "on", 0) == at(
        "dataset", "stage_changes", "lookups", "accounts", "on"
    )


def test_written_tells_what_a_file_says_itself() -> None:
    at = loaded().places
    assert at.written("metric", "revenue", "over")
    assert not at.written("metric", "cac", "over")
    assert not at.written("metric", "none", "over")
    assert at.written("metric", "revenue", "targets", 0, "goal")
    assert not at.written("metric", "revenue", "targets", 1, "goal")


def test_places_of_two_packages_join() -> None:
    one = loaded().places
    other = loaded(edited(REVENUE, ("label: Revenue", "labl: Revenue"))).places
    joined = one.joined(other)
    assert joined.failed("metric", "revenue")
    assert joined("metric", "cac") == one("metric", "cac")


# -- whatever a file holds ----------------------------------------------------------------------------

TEXTS = list(base().values())


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.sampled_from([path for path in base()]), st.data())
def test_no_edit_ends_in_a_traceback(path: str, data: st.DataObject) -> None:
    content = base()[path]
    start = data.draw(st.integers(0, len(content)))
    end = min(len(content), start + data.draw(st.integers(0, 12)))
    other = data.draw(st.sampled_from(TEXTS))
    cut = data.draw(st.integers(0, len(other)))
    inserted = data.draw(st.one_of(st.binary(max_size=4), st.just(other[cut : cut + 20]), st.just(b"")))
    project = loaded(added({path: content[:start] + inserted + content[end:]}))
    for found in (*project.findings, *check(project)):
        assert found.position.file.startswith("definitions")
        assert found.position.line >= 1
        assert found.position.column >= 1
