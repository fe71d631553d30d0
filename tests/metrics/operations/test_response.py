"""The response rate of a survey, beside its figures."""

from contextlib import closing
from datetime import timedelta

import pytest

from api.project.project import Project
from metrics.catalog.definition_hash import definition_hash
from metrics.grain import Grain
from metrics.operations.response import ResponseRate, responses, with_responses
from tests.survey import FILES, INVITATIONS, NOW, refreshed, write_survey

SURVEYS = FILES["datasets/surveys.yml"]
INVITED = SURVEYS.splitlines(keepends=True)[-1]


@pytest.fixture
def survey(tmp_path):
    project = Project.open(write_survey(tmp_path), "sqlite://")
    with closing(project.store):
        yield project


def told(project, by=(), grain=Grain.MONTH, **more):
    metric, name = project.catalog.metric("csat"), project.catalog.company.calendar.name
    found = responses(project.store, project.catalog, metric, grain, by, **more)
    return {(name(period), *(value for _, value in segment)): one for (period, segment), one in found.items()}


def test_answers_over_invitations_of_the_same_period(survey):
    """March: order 1 of 1, 2, 4. April: 2 and 3 of 3, 6, 7, although 2 was asked in March."""
    summary = refreshed(survey)
    assert summary.failed == ()
    assert told(survey) == {("2026-03",): ResponseRate(1, 3, 0.5), ("2026-04",): ResponseRate(2, 3, 0.5)}
    assert told(survey, grain=Grain.QUARTER)["2026-Q1",] == ResponseRate(1, 3, 0.5)
    assert (told(survey)["2026-03",].low, told(survey)["2026-04",].low) == (True, False)


def test_a_segment_has_one_where_the_invitations_have_the_dimension(survey):
    refreshed(survey)
    assert told(survey, by=("topic",)) == {}
    found = told(survey, by=("region",))
    assert found["2026-03", "north"] == ResponseRate(1, 2, 0.5)
    assert found["2026-03", "south"] == ResponseRate(0, 1, 0.5)


def test_without_an_entity_every_row_counts(tmp_path):
    rows = SURVEYS.replace(INVITED, "invited: {dataset: invitations}\n")
    project = Project.open(write_survey(tmp_path, surveys=rows), "sqlite://")
    refreshed(project)
    # The two answers of order 1; all five invitations, the one that was not sent too.
    assert told(project)["2026-03",] == ResponseRate(2, 5)


def test_it_is_computed_with_the_figures_alone(survey):
    assert [line.metric for line in refreshed(survey, "invitations_sent").lines] == ["invitations_sent"]
    assert told(survey) == {}
    # It is no metric, and told of only where it fails.
    assert [line.metric for line in refreshed(survey, "csat").lines] == ["csat"]
    assert told(survey) != {}
    assert "surveys.response" not in survey.catalog.metrics


def test_it_changes_no_value_and_no_hash(tmp_path):
    catalogs = [Project.open(write_survey(tmp_path, surveys=rows), "sqlite://").catalog
                for rows in (SURVEYS, SURVEYS.replace(INVITED, ""))]  # fmt: skip
    asked, bare = catalogs
    assert definition_hash(asked, "csat") == definition_hash(bare, "csat")
    assert definition_hash(with_responses(asked), "csat") == definition_hash(asked, "csat")
    assert with_responses(bare) is bare


def test_late_invitations_restate_it_and_what_was_known_stays(survey):
    refreshed(survey)
    with (survey.root / "data" / "invitations.csv").open("a", encoding="utf-8") as file:
        file.write("8,2026-03-31,true,north\n")
    refreshed(survey, now=NOW + timedelta(days=1))
    assert told(survey)["2026-03",] == ResponseRate(1, 4, 0.5)
    assert told(survey, as_known=NOW + timedelta(hours=1))["2026-03",] == ResponseRate(1, 3, 0.5)


def test_invitations_that_cannot_be_read_fail_alone(survey):
    refreshed(survey)
    (survey.root / "data" / "invitations.csv").unlink()
    failed = [line.metric for line in refreshed(survey).failed]
    assert sorted(failed) == ["invitations_sent", "surveys.response"]
    assert told(survey)["2026-03",] == ResponseRate(1, 3, 0.5)


def test_of_private_figures_too_few_people_are_hidden(tmp_path):
    private = FILES["metrics/service/csat.yml"] + "private: true\n"
    project = Project.open(write_survey(tmp_path, csat=private), "sqlite://")
    refreshed(project)
    assert told(project) == {}


def test_nobody_asked_is_no_rate(tmp_path):
    project = Project.open(write_survey(tmp_path), "sqlite://")
    (tmp_path / "data" / "invitations.csv").write_text(
        INVITATIONS.replace("2026-04", "2026-03"), encoding="utf-8"
    )
    refreshed(project)
    assert ("2026-04",) not in told(project)
