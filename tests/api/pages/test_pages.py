import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from api.app import create_app
from api.metric.statements import Sql, Statements
from api.project.reloading import Live
from metrics.observation import State
from metrics.store.store import DatasetHealth
from scorecard.formatting import format_span, format_value
from scorecard.phrasing import change_words, verdict_words
from scorecard.score import STATUS_STYLE
from tests.api.northwind import NOW, a_run, observation
from tests.store_engine import engine_of

PATHS = ["/", "/?scorecard=service_only&period=2026-05", "/?period=2024-Q1", "/catalogue",
         "/catalogue?department=sales",
         "/catalogue/lead_to_opportunity", "/catalogue/lead_to_opportunity?grain=month&by=segment",
         "/catalogue/revenue", "/catalogue/team_mood", "/catalogue/complaints_per_order", "/catalogue/balanced_load",
         "/catalogue/lifetime_value_to_cost", "/docs"]  # fmt: skip
VOID = {"meta", "link", "br", "input", "img"}


class Page(HTMLParser):
    """Collects what the tests ask about; complains about tags that do not close."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def page(client):
    def load(path):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200
        return Page(answer.text)

    return load


@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_whole(page, path):
    found = page(path)
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert len(found.all("h1")) == 1
    assert len(found.all("main")) == 1
    assert found.tags[0] == ("html", {"lang": "en"})
    pointed = {attrs[name] for _, attrs in found.tags for name in ("aria-labelledby", "aria-describedby", "for")
               if name in attrs}  # fmt: skip
    assert pointed <= set(ids)
    fragments = {attrs["href"][1:] for attrs in found.all("a") if attrs["href"].startswith("#")}
    assert fragments <= set(ids)


@pytest.mark.parametrize("path", PATHS)
def test_no_page_needs_a_script_an_outside_file_or_an_inline_style(page, path):
    found = page(path)
    assert found.all("script") == []
    assert found.all("style") == []
    for _, attrs in found.tags:
        assert "style" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        for name in ("href", "src", "action"):
            assert not attrs.get(name, "").startswith(("http:", "https:", "//", "data:"))


@pytest.mark.parametrize("path", PATHS)
def test_links_lead_somewhere(client, page, path):
    targets = {attrs["href"] for attrs in page(path).all("a") if attrs["href"].startswith("/")}
    for target in targets:
        with client.get(target) as answer:
            assert answer.status_code == 200, target


def test_the_scorecard_shows_the_report(northwind, page):
    text = page("/").text
    report = northwind.report("joint", None, NOW)
    for perspective in report.perspectives:
        assert perspective.label in text
        for objective in perspective.objectives:
            assert objective.statement in text
    for indicator in report.indicators:
        assert indicator.label in text
        assert STATUS_STYLE[indicator.status].word in text
    for words in ("One promise, kept by everyone", "2026-Q3: 61 of 100", "55% of the weight is scored",
                  "£434,824", "Goal £420,000", "19.7%", "17.5–22.0%", "2026-Q2 latest final", "2026-Q3 so far: 21.5%",
                  "62% mature", "Sales leads", "Marketing supports", "no clear change", "Last refresh failed",
                  "1 of 10 figures is old", "old: data end on 20 Nov",
                  "2026-Q3: too few people", "Goal 20.0–40.0%", "Quote tool shows the standard",
                  "due 15 Dec 2026", "Joint pipeline review starts", "Data to 20 Nov 2026"):  # fmt: skip
        assert words in text, words


def test_a_status_is_never_colour_alone(page):
    html = page("/")
    shown = [attrs for attrs in html.all("span") if attrs.get("class", "").startswith("status ")]
    assert len(shown) > 20
    for style in STATUS_STYLE.values():
        assert (
            f"{style.glyph} {style.word}" in html.text or f"{style.glyph} 1 {style.word.lower()}" in html.text
        )


def test_another_period_can_be_chosen(page):
    found = page("/?period=2024-Q1")
    options = [attrs.get("selected") for attrs in found.all("option")]
    assert None in options
    assert "2024-Q1: no score yet" in found.text


def test_the_catalogue_follows_the_journey(page):
    text = page("/catalogue").text
    order = [text.index(name) for name in ("Awareness", "Evaluation", "Loyalty", "Across all stages")]
    assert order == sorted(order)
    assert "11 metrics" in text


@pytest.mark.parametrize("path", ["/", "/catalogue", "/catalogue/revenue"])
def test_a_page_says_once_until_when_its_data_reach(page, path):
    text = page(path).text
    assert text.count("Data to 20 Nov 2026") == 1
    assert "Data as of" not in text


def test_a_metric_with_other_or_old_data_says_so(fresh):
    """The page says the least; what reaches another day names it, and what is later than usual says that."""
    for name, days in (("revenue", 0), ("kept_promises", 1)):
        run = a_run(fresh, name)
        fresh.store.write(replace(run, watermark=run.watermark - timedelta(days=days)), ())
    for day in range(11):
        moment = NOW - timedelta(days=22 - day)
        fresh.store.record_datasets([DatasetHealth("orders", "crm", moment, moment)])
    client = create_app(fresh, now=lambda: NOW).test_client()
    told = " ".join(client.get("/catalogue").text.split())
    assert told.count("Data to 19 Nov 2026") == 1
    assert told.count("old: data end on 20 Nov") == 1
    assert "Old: data end on 20 Nov 2026" in client.get("/catalogue/revenue").text


def test_the_catalogue_of_a_department(page):
    text = page("/catalogue?department=marketing").text
    assert "Share of touches by service" in text
    assert "Team mood" not in text


def test_a_metric_shows_series_table_definition_and_lineage(page):
    found = page("/catalogue/lead_to_opportunity?by=segment")
    for words in ("2026-Q2, final 19.7%", "n = 1,200", "Red flag 18.0%", "2025-Q4", "By segment, 2026-Q2", "large",
                  "21.0%, trade survey 2024 unverified", "over promise share", "window: 90 days", "leads", "crm",
                  "revenue-operations", "provisional 62%"):  # fmt: skip
        assert words in found.text, words
    assert len([attrs for attrs in found.all("svg") if attrs.get("class") == "chart"]) == 2


def test_a_table_has_no_empty_columns(page):
    text = page("/catalogue/revenue").text
    assert "Goal" in text
    assert "Numerator" not in text
    assert "interval" not in text.partition("Periods")[2].partition("How it moved")[0]


def test_a_metric_stands_on_its_scorecard(page):
    text = page("/catalogue/lead_to_opportunity?grain=month").text
    assert "Status, 2026-Q3 △ Watch could be red on the scorecard Joint" in text
    assert "on the scorecard" not in page("/catalogue/acquisition_cost").text


def test_an_open_period_shows_the_latest_value_that_there_is(page, fresh):
    # November has no value yet, October has.
    text = page("/catalogue/lead_to_opportunity?grain=month").text
    assert re.search(r"2026-10, so far \d+\.\d%", text)
    assert "too early to say" not in text
    calendar = fresh.catalog.company.calendar
    run = a_run(fresh, "lead_to_opportunity")
    fresh.store.write(run, [
        observation(fresh, run, calendar.parse(period), None, state=State.PROVISIONAL, numerator=12, denominator=400)
        for period in ("2026-10", "2026-11")
    ])  # fmt: skip
    answer = create_app(fresh, now=lambda: NOW).test_client().get("/catalogue/lead_to_opportunity?grain=month",
                                                                 headers={"Accept": "text/html"})  # fmt: skip
    text = Page(answer.text).text
    assert "2026-11, so far" in text
    assert "too early to say: 12 of 400 so far" in text


def test_a_failed_metric_says_so(page):
    text = page("/catalogue/complaints_per_order").text
    assert "The last run failed (20 Nov 2026, 07:20). Earlier values are shown." in text
    assert "source 'helpdesk': refused" in text


def test_a_metric_page_shows_its_sql_when_it_is_asked_for(northwind):
    asked = []

    def read(project, name):
        asked.append(name)
        return Statements((Sql("crm", "select 1 -- <&>"),), "It ended early.")

    client = create_app(northwind, now=lambda: NOW, statements=read).test_client()
    text = client.get("/catalogue/revenue").text
    assert "Show the SQL" in text
    assert asked == []
    text = client.get("/catalogue/revenue?sql=yes").text
    assert "select 1 -- &lt;&amp;&gt;" in text
    assert "It ended early." in text
    assert asked == ["revenue"]


def test_without_sources_the_page_names_the_command(page):
    assert "scorecard explain revenue shows the SQL that is run." in page("/catalogue/revenue").text


def test_words_of_definitions_are_text(fresh):
    path = fresh.root / "definitions/metrics/sales/revenue.yml"
    path.write_text(path.read_text().replace("label: Revenue", 'label: "<img src=x onerror=alert(1)>"'))
    client = create_app(fresh.reloaded(), now=lambda: NOW).test_client()
    for path in ("/", "/catalogue", "/catalogue/revenue"):
        text = client.get(path).text
        assert "<img" not in text
        assert "&lt;img" in text


def test_before_the_first_refresh_the_pages_stand(empty):
    client = create_app(empty, now=lambda: NOW).test_client()
    assert "2026-Q3: no score yet" in Page(client.get("/").text).text
    assert "No final value yet" in client.get("/catalogue").text
    assert "No value has been computed at this grain." in client.get("/catalogue/revenue").text


def test_without_a_scorecard_the_page_says_what_to_do(fresh):
    client = create_app(
        replace(fresh, board=replace(fresh.board, scorecards={})), now=lambda: NOW
    ).test_client()
    assert "No scorecard yet" in client.get("/").text


def test_wrong_definitions_are_told_on_every_page_and_break_none(fresh):
    now = [0.0]
    live = Live(fresh, clock=lambda: now[0])
    client = create_app(fresh, now=lambda: NOW, live=live).test_client()
    path = fresh.root / "definitions/metrics/sales/revenue.yml"
    path.write_text(path.read_text().replace("direction: up", "direction: sideways"))
    now[0] = 5.0
    for address in ("/", "/catalogue", "/docs"):
        text = Page(client.get(address).text).text
        assert "The definitions were changed and have 1 error: the last valid ones are shown." in text
        assert "definitions/metrics/sales/revenue.yml:7:12" in text
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json["definitions"] == (
        "the changed definitions are invalid; the last valid ones run"
    )


def test_readiness_depends_on_the_store_and_not_on_sources(client, fresh):
    assert client.get("/readyz").json == {
        "status": "ok",
        "definitions": "ok",
        "metrics": 11,
        "refreshed": "2026-11-20T06:20:00+00:00",
    }
    broken = create_app(fresh, now=lambda: NOW).test_client()
    with engine_of(fresh.store).begin() as connection:
        connection.exec_driver_sql("drop table refreshes")
    answer = broken.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "unavailable", "store": "cannot be read"})
    assert broken.get("/healthz").status_code == 200


def test_every_change_of_the_scorecard_stands_with_its_interval(page, northwind):
    found = page("/")
    titles = [attrs["title"] for attrs in found.all("div") if "title" in attrs]
    for one in northwind.report("joint", None, NOW).indicators:
        for change in (one.change, one.year_on_year):
            if change is not None:
                assert change_words(change, one.unit, "GBP") in titles
                assert verdict_words(change) in found.text
                if change.lower is not None:
                    assert format_span(change.lower, change.upper, one.unit, "GBP") in found.text


def test_a_difference_says_whether_it_is_clear_and_what_it_is_made_of(page, client, northwind):
    answer = client.get("/api/v1/metrics/retention_change/changes?grain=quarter").json
    kept = client.get(
        f"/api/v1/metrics/kept_promises/changes?period={answer['period']}&against={answer['inputs'][1]['period']}"
    ).json
    # A difference with a shift is the change of its metric.
    assert answer["judged"] == kept["change"]
    assert [one["value"] for one in answer["inputs"]] == [kept["value"], kept["previous"]]
    said = page("/catalogue/retention_change?grain=quarter").text
    assert answer["judged"]["verdict"].replace("_", " ") in said
    for one in answer["inputs"]:
        assert f"Kept promises {format_value(one['value'], 'ratio', 'GBP')}" in said
    indicator = next(
        one for one in northwind.report("joint", None, NOW).indicators if one.metric == "retention_change"
    )
    assert indicator.judged.verdict == answer["judged"]["verdict"]
    assert change_words(indicator.judged, indicator.unit, "GBP") in [
        attrs.get("title") for attrs in page("/").all("div")
    ]


def test_no_other_kind_is_judged_or_made_of_metrics(client):
    answer = client.get("/api/v1/metrics/kept_promises/changes?grain=quarter").json
    assert (answer["judged"], answer["inputs"]) == (None, [])
