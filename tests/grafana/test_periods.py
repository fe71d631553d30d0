"""At which period metrics are shown, and whose conversion leads out of a stage."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from grafana.funnel import Funnel, main_path
from grafana.periods import Periods, offered
from metrics.catalog.options import Window
from metrics.describe.uncertainty import uncertainty_of
from metrics.grain import Grain, Span
from metrics.kind import Uncertainty
from tests.api.northwind import NOW
from tests.grafana.reading import dashboards, panels

DAY, WEEK, MONTH, QUARTER, YEAR = Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.FISCAL_YEAR


def like(company, *grains):
    return [replace(company.catalog.metrics["revenue"], grains=each) for each in grains]


@pytest.mark.parametrize(
    ("grains", "choice"),
    [
        # Two follow months, one would follow weeks too.
        ([(MONTH, QUARTER), (MONTH, QUARTER), (WEEK, MONTH, QUARTER), (QUARTER,)], (MONTH, QUARTER)),
        ([(MONTH, QUARTER, YEAR), (QUARTER, YEAR), (QUARTER, YEAR)], (QUARTER, YEAR)),
        # What lacks the default has no say.
        ([(WEEK,), (WEEK, MONTH), (QUARTER,)], ()),
        ([(QUARTER, Grain.ALL)], ()),
        ([], ()),
    ],
)
def test_the_choice_of_periods_moves_the_most(company, grains, choice):
    assert offered(like(company, *grains), QUARTER) == Periods(QUARTER, choice)


@pytest.mark.parametrize(
    ("grains", "grain", "says"),
    [
        ((WEEK, MONTH, QUARTER), "$grain", ""),
        ((QUARTER,), "quarter", " (by quarter)"),
        ((DAY, WEEK), "week", " (by week)"),
        ((YEAR, Grain.ALL), "fiscal_year", " (by fiscal year)"),
        ((Grain.ALL,), "all", " (of all time)"),
    ],
)
def test_what_does_not_follow_says_so(company, grains, grain, says):
    (metric,) = like(company, grains)
    periods = Periods(QUARTER, (MONTH, QUARTER))
    assert (periods.grain(metric), periods.says(metric)) == (grain, says)


def test_where_the_period_is_fixed_only_another_one_is_named(company):
    own, other = like(company, (MONTH, QUARTER), (WEEK,))
    fixed = Periods(QUARTER)
    assert [(fixed.grain(each), fixed.says(each)) for each in (own, other)] == [
        ("quarter", ""),
        ("week", " (by week)"),
    ]


def test_every_panel_asks_for_a_period_that_its_metric_has(company, files):
    for name, board in dashboards(files).items():
        choices = {one["name"]: [each["value"] for each in one["options"]]
                   for one in board["templating"]["list"] if one["name"] == "grain"}  # fmt: skip
        for panel in panels(board):
            for link in panel["fieldConfig"]["defaults"]["links"]:
                metric = company.catalog.metrics[link["url"].rsplit("/", 1)[1]]
                asked = " ".join(target["expr"] for target in panel["targets"])
                if 'grain="$grain"' in asked:
                    assert set(choices["grain"]) <= set(metric.grains), (name, panel["title"])
                else:
                    assert any(f'grain="{grain.value}"' in asked for grain in metric.grains), panel["title"]


def test_segments_are_of_a_dimension_of_the_metric(company, files):
    seen = 0
    for board in dashboards(files).values():
        for panel in panels(board):
            if ": by " not in panel["title"] or panel["type"] != "timeseries":
                continue
            ((target,), (link,)) = panel["targets"], panel["fieldConfig"]["defaults"]["links"]
            metric = company.catalog.metrics[link["url"].rsplit("/", 1)[1]]
            assert any(f',by="{name}"' in target["expr"] for name in metric.dimensions), panel["title"]
            seen += 1
    assert seen > 10


def test_the_assumptions_stand_in_title_and_description(files):
    text, cost = "3 years, 10% a year, GBP, margin 40%, BG/NBD and Gamma-Gamma", "GBP, all orders"
    board = dashboards(files)["dashboards/joint/clv-cac.json"]
    for metric, says in (("clv", text), ("clv_to_cac", f"clv: {text}; cac: {cost}"), ("cac", cost)):
        found = [panel for panel in panels(board)
                 if panel["fieldConfig"]["defaults"]["links"][0]["url"].endswith(f"/{metric}")]  # fmt: skip
        assert len(found) == 2
        for panel in found:
            assert f"({says})" in panel["title"]
            assert f"It rests on {says}." in panel["description"]
    (plain, _) = [panel for panel in panels(board) if panel["title"].startswith("Acquisition cost")]
    assert plain["description"].endswith("In GBP.")


def test_bounds_are_asked_for_where_there_can_be_an_interval(company, files):
    catalog = company.catalog
    expected = {"lead_to_opportunity": "limits", "customer_retention": "limits", "clv": "draws", "cac": "none",
                "clv_to_cac": "none", "revenue": "none", "headcount": "none"}  # fmt: skip
    assert {name: uncertainty_of(catalog.metrics[name], catalog).value for name in expected} == expected
    text = "".join(files.values())
    asked = {
        name
        for name in catalog.metrics
        if re.search(rf"kpi_{name}(_[a-z]{{3}}|_ratio|_seconds)?_lower\{{", text)
    }
    assert len(asked) > 5
    assert {uncertainty_of(catalog.metrics[name], catalog) for name in asked} <= {
        Uncertainty.LIMITS,
        Uncertainty.DRAWS,
    }


# -- the funnel ------------------------------------------------------------------------------------


def steps(company, **windows):
    """Return conversions of two stages, each led by the stage's lead, with windows of so many days."""
    lead = company.catalog.metrics["lead_to_opportunity"]
    made = {}
    for name, days in windows.items():
        options = replace(lead.options, window=Window(Span.parse(f"{days} days")))
        made[name] = replace(lead, metric=name, label=name, options=options)
    return made


def test_the_way_out_of_a_stage_has_the_shortest_window_of_the_lead_s_own(company):
    found = steps(company, slow=700, short=30, foreign=5)
    found["foreign"] = replace(found["foreign"], leads="service")
    catalog = replace(company.catalog, metrics=found)
    assert [each.metric for each in main_path(catalog, company.board)] == ["short"]


def test_the_last_stage_leads_no_further(company):
    last = company.board.stages[-1]
    metric = replace(company.catalog.metrics["lead_to_opportunity"], stage=last.stage, leads=last.leads)
    assert main_path(replace(company.catalog, metrics={"x": metric}), company.board) == ()


def test_each_step_looks_back_as_much_as_its_window_is_shorter(company):
    found = steps(company, one=5, two=90, three=180)
    catalog = replace(company.catalog, metrics={**company.catalog.metrics, **found})
    for days in range(0, 400, 13):
        on = NOW + timedelta(days=days)
        funnel = Funnel.of(tuple(found.values()), catalog, Periods(QUARTER, (MONTH, QUARTER)), on)
        assert funnel.days == (175, 90, 0)
    assert funnel.grain == "$grain"


def test_steps_without_a_period_in_common_make_no_funnel(company):
    one, two = steps(company, one=5, two=90).values()
    apart = (replace(one, grains=(WEEK,)), replace(two, grains=(MONTH,)))
    assert Funnel.of(apart, company.catalog, Periods(QUARTER), NOW) is None
    assert Funnel.of((), company.catalog, Periods(QUARTER), NOW) is None
