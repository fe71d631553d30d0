from datetime import timedelta

import pytest

from api.project.project import Project, default_store_url
from metrics.errors import BadPeriod, DefinitionsInvalid, UnknownMetric, UnknownScorecard, UsageError
from metrics.grain import Grain
from metrics.observation import State
from scorecard.score import Status
from tests.api.northwind import COMPUTED, NOW, WATERMARK, write_definitions


def test_a_project_is_a_folder_with_definitions_and_a_store(tmp_path):
    write_definitions(tmp_path)
    project = Project.open(tmp_path)
    project.store.close()
    assert (tmp_path / ".scorecard" / "store.db").is_file()
    assert set(project.hashes) == set(project.catalog.metrics)
    assert tuple(project.board.scorecards) == ("joint", "service_only")
    assert project.commit is None


def test_the_environment_names_another_store(tmp_path, monkeypatch):
    monkeypatch.setenv("SCORECARD_STORE_URL", "postgresql://store/scorecard")
    assert default_store_url(tmp_path) == "postgresql://store/scorecard"


def test_wrong_definitions_are_told_at_once(tmp_path):
    write_definitions(tmp_path)
    (tmp_path / "definitions/company.yml").write_text("company: Northwind Teas\n")
    with pytest.raises(DefinitionsInvalid) as caught:
        Project.open(tmp_path)
    assert all(finding.position.file == "definitions/company.yml" for finding in caught.value.findings)
    assert not (tmp_path / ".scorecard").exists()


def test_rules_about_metrics_and_scorecards_both_count(tmp_path):
    write_definitions(tmp_path)
    path = tmp_path / "definitions/scorecards/service_only.yml"
    path.write_text(path.read_text().replace("[first_reply]", "[first_answer]"))
    with pytest.raises(DefinitionsInvalid) as caught:
        Project.open(tmp_path)
    assert "first_answer" in str(caught.value)


def test_advice_does_not_stop_a_project(fresh):
    assert all(finding.level.value != "error" for finding in fresh.findings)


def test_a_series_is_the_total_with_its_last_run(northwind):
    series = northwind.series("revenue", Grain.QUARTER, northwind.standing())
    assert all(one.dimensions == () and one.grain is Grain.QUARTER for one in series.observations)
    assert (series.watermark, series.computed_at, series.error) == (WATERMARK, COMPUTED, None)


def test_a_failed_run_keeps_the_last_good_values(northwind):
    series = northwind.series("complaints_per_order", Grain.QUARTER, northwind.standing())
    assert series.error == "source 'helpdesk': refused"
    assert series.watermark == WATERMARK
    assert series.observations[0].state is State.FINAL


def test_the_report_shows_the_latest_final_period_by_default(northwind):
    report = northwind.report(None, None, NOW)
    assert (report.scorecard, report.period_name) == ("joint", "2026-Q3")
    assert report.reported_at == NOW
    statuses = {indicator.metric: indicator.status for indicator in report.indicators}
    assert set(statuses.values()) == set(Status)


def test_a_report_of_a_named_period(northwind):
    assert northwind.report("service_only", "2026-05", NOW).period_name == "2026-05"


@pytest.mark.parametrize(
    ("scorecard", "period", "error"),
    [("none", None, UnknownScorecard), ("joint", "soon", BadPeriod), ("joint", "2026", UsageError)],
)
def test_a_report_that_cannot_be_made(northwind, scorecard, period, error):
    with pytest.raises(error):
        northwind.report(scorecard, period, NOW)


def test_a_project_without_a_scorecard_says_so(fresh):
    for path in (fresh.root / "definitions/scorecards").iterdir():
        path.unlink()
    with pytest.raises(UsageError) as caught:
        fresh.reloaded().report(None, None, NOW)
    assert str(caught.value) == "no scorecard is defined: write definitions/scorecards/<scorecard>.yml"


def test_before_the_first_refresh_nothing_is_known(fresh):
    report = fresh.report(None, None, NOW + timedelta(days=1))
    assert report.score is None
    assert all(indicator.scored is None for indicator in report.indicators)


def test_the_text_of_a_definition_is_that_of_its_file(northwind):
    assert northwind.text_of("revenue").startswith("metric: revenue\nlabel: Revenue\n")
    with pytest.raises(UnknownMetric):
        northwind.text_of("revenu")


def test_the_text_is_that_which_runs_whatever_became_of_the_file(fresh):
    (fresh.root / "definitions/metrics/sales/revenue.yml").unlink()
    assert fresh.text_of("revenue").startswith("metric: revenue\nlabel: Revenue\n")
