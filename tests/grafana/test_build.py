"""The files of a build: deterministic, complete, uniquely named, and every dashboard whole."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from grafana.build import build
from metrics.catalog.metric import Direction
from metrics.errors import UsageError
from scorecard.model import Department
from tests.api.northwind import NOW
from tests.grafana.conftest import URL
from tests.grafana.reading import choices, dashboards, filled, panels, targets


def test_the_files(files):
    assert sorted(files) == [
        "alertmanager.example.yml",
        "dashboards/joint/clv-cac.json",
        "dashboards/joint/health.json",
        "dashboards/joint/journey.json",
        "dashboards/joint/retention.json",
        "dashboards/joint/scorecard-joint.json",
        "dashboards/joint/scorecard-service_only.json",
        "dashboards/joint/service.json",
        "dashboards/marketing/department-marketing.json",
        "dashboards/sales/department-sales.json",
        "dashboards/service/department-service.json",
        "provisioning/dashboards/scorecard.yml",
        "provisioning/datasources/scorecard.yml",
        "rules/department-marketing.yml",
        "rules/department-sales.yml",
        "rules/department-service.yml",
        "rules/department-unassigned.yml",
        "rules/health.yml",
        "rules/recording.yml",
    ]


def test_a_second_build_is_the_same_to_the_byte_and_so_is_the_next_day_s(company, files):
    again = build(company.catalog, company.board, url=URL, on=NOW)
    assert again == files
    assert build(company.catalog, company.board, url=URL, on=NOW + timedelta(days=1)) == files


def test_titles_are_unique_in_a_folder_and_uids_everywhere(files):
    found = [(name.split("/")[1], board["title"], board["uid"]) for name, board in dashboards(files).items()]
    assert len({(folder, title) for folder, title, _ in found}) == len(found)
    assert len({uid for *_, uid in found}) == len(found)
    for name, board in dashboards(files).items():
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", board["uid"])
        assert name.endswith(f"/{board['uid']}.json")


def test_every_metric_shows_up(company, files):
    shown = {url.rsplit("/", 1)[1]
             for board in dashboards(files).values() for panel in panels(board)
             for link in panel.get("fieldConfig", {}).get("defaults", {}).get("links", ())
             for url in [link["url"]]}  # fmt: skip
    assert shown == set(company.catalog.metrics)


def test_a_new_metric_shows_up_by_itself(company, files):
    made = replace(company.catalog.metrics["revenue"], metric="brand_new", label="Brand new", leads="service")
    catalog = replace(company.catalog, metrics={**company.catalog.metrics, "brand_new": made})
    changed = build(catalog, company.board, url=URL, on=NOW)
    for name in ("dashboards/service/department-service.json", "dashboards/joint/service.json",
                 "dashboards/joint/journey.json", "rules/department-service.yml", "rules/recording.yml"):  # fmt: skip
        assert "kpi_brand_new_gbp" in changed[name]
        assert "kpi_brand_new_gbp" not in files[name]


def test_panels_do_not_overlap_and_are_numbered_once(files):
    for name, board in dashboards(files).items():
        numbers = [
            panel["id"]
            for panel in [*panels(board), *(row for row in board["panels"] if row["type"] == "row")]
        ]
        assert len(set(numbers)) == len(numbers), name
        taken = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
            assert not cells & taken, f"{name}: {panel['title']}"
            assert place["x"] + place["w"] <= 24
            taken |= cells


def test_every_panel_has_a_unit_a_description_and_its_data_source(files):
    for board in dashboards(files).values():
        for panel in panels(board):
            assert panel["title"]
            assert panel["description"]
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert panel["fieldConfig"]["defaults"]["unit"]
            refs = [target["refId"] for target in panel["targets"]]
            assert len(set(refs)) == len(refs)


@pytest.mark.parametrize(
    ("metric", "unit", "question"),
    [("lead_to_opportunity", "percentunit", "Of the leads that marketing"), ("revenue", "currencyGBP", "What"),
     ("reply_time", "s", "Time to a reply."), ("headcount", "short", "People."), ("clv", "currencyGBP", "What margin")],
)  # fmt: skip
def test_units_and_descriptions_come_from_the_definition(files, metric, unit, question):
    found = [panel for board in dashboards(files).values() for panel in panels(board)
             if any(link["url"].endswith(f"/catalogue/{metric}")
                    for link in panel["fieldConfig"]["defaults"]["links"])
             and "entered and went on" not in panel["title"]]  # fmt: skip
    assert found
    for panel in found:
        assert panel["fieldConfig"]["defaults"]["unit"] == unit
        assert panel["description"].startswith(question)


# Of the past at one instant: of one cohort, whose period stands beside its figures.
FUNNEL = {"Conversion from stage to stage", "Who entered and who went on"}


def test_what_is_past_names_the_vintage_and_what_is_now_never_does(files):
    for board in dashboards(files).values():
        for panel, target in targets(board):
            past = 'vintage="current"' in target["expr"]
            assert "vintage" not in target["expr"].replace('vintage="current"', "")
            assert target["expr"].count("kpi_") <= 1 or past
            if target["instant"] and past:
                assert panel["title"] in FUNNEL
                assert target["expr"].startswith("label_replace(")


def test_what_is_provisional_is_a_query_and_a_dashed_line_of_its_own(files):
    seen = 0
    for board in dashboards(files).values():
        for panel, target in targets(board):
            if "_provisional" not in target["expr"]:
                continue
            assert re.fullmatch(r"max by \([^)]*\) \(kpi_\w+_provisional\{[^}]*\}\)", target["expr"])
            assert target["legendFormat"] == "still open"
            styles = {one["matcher"]["options"]: {p["id"]: p["value"] for p in one["properties"]}
                      for one in panel["fieldConfig"]["overrides"]}  # fmt: skip
            if panel["type"] == "timeseries":
                assert styles[target["refId"]]["custom.lineStyle"] == {"dash": [8, 8], "fill": "dash"}
                seen += 1
    assert seen > 30


def test_variables(files):
    names = {name: {each["name"]: each for each in board["templating"]["list"]}
             for name, board in dashboards(files).items()}  # fmt: skip
    for name, variables in names.items():
        assert variables["datasource"]["type"] == "datasource"
        assert variables["datasource"]["query"] == "prometheus"
        assert variables["scorecard_url"]["query"] == URL
        assert ("grain" in variables) is ("$grain" in files[name])
        assert not ("grain" in variables and "/scorecard-" in name)
    sales = names["dashboards/sales/department-sales.json"]
    assert [each["value"] for each in sales["grain"]["options"]] == ["month", "quarter"]
    assert sales["grain"]["current"]["value"] == "quarter"
    assert [name for name in sales if name.startswith("segment_")] == ["segment_channel"]
    query = sales["segment_channel"]["query"]["query"]
    assert query == 'label_values({__name__=~"kpi_.+",by="channel"}, channel)'
    choice = names["dashboards/joint/health.json"]["department"]
    assert [each["text"] for each in choice["options"]] == ["All", "Marketing", "Sales", "Customer service"]
    values = {each["text"]: each["value"].split("|") for each in choice["options"]}
    assert "acquisition_cost" in values["Marketing"]
    assert "team_mood" not in values["Marketing"]


def test_every_variable_that_is_used_is_declared(files):
    for board in dashboards(files).values():
        values = choices(board)
        for _, target in targets(board):
            assert all("$" not in text for text in filled(target["expr"], values))


def test_links_lead_to_the_metric_s_page(files):
    text = files["dashboards/sales/department-sales.json"]
    assert '"url": "${scorecard_url:raw}/catalogue/revenue"' in text


def test_annotations(files):
    for board in dashboards(files).values():
        marks = {each["name"]: each for each in board["annotations"]["list"]}
        assert set(marks) == {
            "Annotations & Alerts", "Milestones", "Definition changes", "Statuses moved by definitions and goals",
        }  # fmt: skip
        assert marks["Milestones"]["expr"] == "max by (label) (scorecard_milestone_timestamp_seconds) * 1000"
        assert marks["Milestones"]["useValueForTime"] is True


def test_two_dashboards_of_one_name_are_refused(company):
    board = replace(
        company.board, departments={**company.board.departments, "joint": Department("joint", "Joint")}
    )
    with pytest.raises(UsageError) as refused:
        build(company.catalog, board, url=URL, on=NOW)
    assert str(refused.value) == "a department may not be called 'joint': that folder is everyone's"
    twin = Department("twin", "Sales")
    metrics = {name: replace(metric, supports=(*metric.supports, "twin"))
               for name, metric in company.catalog.metrics.items()}  # fmt: skip
    board = replace(company.board, departments={**company.board.departments, "twin": twin})
    build(replace(company.catalog, metrics=metrics), board, url=URL, on=NOW)


def test_a_metric_without_direction_has_no_colours(company, files):
    assert company.catalog.metrics["cac"].direction is Direction.NONE
    board = dashboards(files)["dashboards/joint/clv-cac.json"]
    (panel,) = [each for each in panels(board) if each["title"].startswith("Cost of a new customer (")
               and each["type"] == "stat"]  # fmt: skip
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"] == [{"color": "text", "value": None}]
