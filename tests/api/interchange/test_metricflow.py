"""A semantic manifest, as dbt-semantic-interfaces 0.10 wrote and validated it, becomes a project that computes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.interchange.filters import condition
from api.interchange.manifest import read_manifest
from api.interchange.metricflow import imported
from api.interchange.report import Element, Fate, Left
from api.interchange.yaml_text import yaml_text
from api.project.project import Project
from metrics.errors import UsageError
from metrics.grain import Grain
from metrics.loading.nodes import plain
from metrics.loading.yaml import read_bytes
from tests.api.cli.shop import run

MANIFEST = Path(__file__).parents[2] / "cases" / "metricflow" / "semantic_manifest.json"
TEXT = MANIFEST.read_text(encoding="utf-8")
MADE = imported(TEXT)
NOW = datetime(2026, 3, 10, tzinfo=UTC)


def said(element: Element) -> dict[str, tuple[str, str]]:
    return {each.name: (each.fate.value, each.says) for each in MADE.entries if each.element is element}


def test_every_part_of_the_manifest_is_named_once() -> None:
    manifest = read_manifest(TEXT)
    parts = {
        Element.MODEL: set(manifest.models),
        Element.ENTITY: {f"{m.name}.{e.name}" for m in manifest.models.values() for e in m.entities},
        Element.DIMENSION: {f"{m.name}.{e.name}" for m in manifest.models.values() for e in m.dimensions},
        Element.MEASURE: {f"{m.name}.{e.name}" for m in manifest.models.values() for e in m.measures},
    }
    for element, names in parts.items():
        assert said(element).keys() == names
    shown = {name for name, metric in manifest.metrics.items() if not metric.hidden}
    helpers = {"revenue__since_1_year", "revenue__since_1_week", "web_less_all__web"}
    assert said(Element.METRIC).keys() == shown | helpers
    filters = {text for metric in manifest.metrics.values() if not metric.hidden for text in metric.filters}
    assert filters <= said(Element.FILTER).keys()
    assert said(Element.SAVED_QUERY) == {
        "board": ("left out", "ask `scorecard query`, or put its metrics on a scorecard")
    }


def test_what_a_metric_means_otherwise_or_why_it_stays_behind() -> None:
    told = {name: says for name, (fate, says) in said(Element.METRIC).items() if fate != "kept"}
    assert told == {
        "order_count": "it is called count_order here: Prometheus gives a part of its name a meaning",
        "mean_order": "a period without rows is not 0 here",
        "p90_order": "the percentile is exact here",
        "revenue_7_days": "it is called revenue_7_day here: Prometheus gives a part of its name a meaning",
        "revenue_ytd": "a coarser period has the value at its end, not its first",
        "revenue_growth": "it is moved by whole periods of the calendar",
        "week_change": "it is moved by whole periods of the calendar",
        "visit_to_order": "each customer counts once, by its first event, where there events are counted",
        "revenue__since_1_year": "made for a formula that reads it",
        "revenue__since_1_week": "made for a formula that reads it",
        "web_less_all__web": "made for a formula that reads it",
        "monthly_filter": "\"TimeDimension('order__ordered_at', 'month')\" is cut to the month, which no expression "
        "does here",
        "of_metric": "\"Metric('revenue', group_by=['customer'])\" compares with another metric's values",
        "p50_order": "its percentile is one of the values; here it lies between the two nearest",
        "odd_sum": "'try_cast(note as int)' is no expression here: 'note AS int' is not in the expression language",
        "balance": "it is taken at one moment of a period (non_additive_dimension): give the dataset `valid`, and "
        "the metric `at: period_end`",
        "odd_filter": "'order__odd' names no dimension or entity of 'orders' that travelled",
        "revenue_mtd": "a sum from the beginning of the month is not kept here: only from the year's",
        "revenue_ever": "a sum of all there ever was is not kept by period here: ask a sum at the grain all",
        "since_month_began": "the value of 'revenue' at the beginning of its month is not kept here",
        "on_left": "it rests on 'balance', which was left out: it is taken at one moment of a period "
        "(non_additive_dimension): give the dataset `valid`, and the metric `at: period_end`",
        "visit_orders": "the number of conversions is no metric here: their share is, and has it as numerator",
        "same_page": "properties that have to stay the same (constant_properties) are not known here",
    }


def test_what_a_dimension_or_measure_means_otherwise_or_why_it_stays_behind() -> None:
    dimensions = {name: says for name, (fate, says) in said(Element.DIMENSION).items() if fate != "kept"}
    assert dimensions == {
        "orders.delivered_at": "a metric may count by it, and conditions read it; nothing is cut by it",
        "orders.state": "results and series have a column or label of this name: call it otherwise",
        "orders.odd": "\"regexp_replace(note, 'a', 'b')\" is no expression here: unknown function regexp_replace "
        "(did you mean 'replace'?)",
    }
    measures = said(Element.MEASURE)
    assert measures["orders.buyers"] == ("kept", "in buyers, revenue_per_buyer")
    assert measures["orders.unused"] == ("left out", "no metric that travelled uses it")
    assert measures["orders.odd_sum"][0] == "left out"


def warehouse(path: Path) -> None:
    with duckdb.connect(str(path)) as made:
        made.sql("create schema analytics")
        made.sql(
            "create table analytics.orders as select i as order_id, i % 7 as customer_id, i % 3 as shop_id, "
            "timestamptz '2025-01-01 10:00:00+00' + interval (i) day as ordered_at, ordered_at + interval 2 day as "
            "delivered_at, ordered_at + interval (1 + i % 3) day as promised_at, case when i % 2 = 0 then 'web' else "
            "'shop' end as channel, (20 + i % 11 * 15)::decimal(12, 2) as amount, 'x' as note, 'new' as state "
            "from range(0, 430) as r(i)"
        )
        made.sql(
            "create table analytics.customers as select i as customer_id, case i % 3 when 0 then 'cafe' when 1 then "
            "'office' else 'home' end as segment, case i % 2 when 0 then 'uk' else 'de' end as country, "
            "timestamptz '2024-06-01 00:00:00+00' as signed_up_at from range(0, 7) as r(i)"
        )
        made.sql(
            "create table analytics.visits as select i as visit_id, i % 7 as customer_id, timestamptz "
            "'2025-01-01 09:00:00+00' + interval (i) day as visited_at, 'home' as page from range(0, 430) as r(i)"
        )
        made.sql(
            "create table analytics.balances as select 1 as account_id, today() as booked_on, 5 as balance"
        )


ORDERS = (
    "analytics.orders as o join analytics.customers as c using (customer_id) "
    "where date_trunc('month', ordered_at at time zone 'UTC') = date '2025-11-01'"
)
BY_HAND = {
    "count_order": f"select count(*) from {ORDERS}",
    "revenue": f"select sum(amount) from {ORDERS}",
    "web_revenue": f"select sum(amount) from {ORDERS} and channel = 'web' and segment in ('cafe', 'office')",
    "large_orders": f"select count(*) from {ORDERS} and amount >= 100",
    "region_orders": f"select count(*) from {ORDERS} and upper(country) = 'UK'",
    "revenue_per_buyer": f"select sum(amount) / count(distinct customer_id) from {ORDERS}",
    "kept_share": f"select avg((delivered_at <= promised_at)::int) from {ORDERS} and channel = 'web'",
    "web_less_all": f"select sum(amount) filter (channel = 'web') - sum(amount) from {ORDERS}",
    "p90_order": f"select quantile_cont(amount, 0.9) from {ORDERS}",
    "revenue_7_day": "select sum(amount) from analytics.orders where (ordered_at at time zone 'UTC')::date between "
    "date '2025-11-24' and date '2025-11-30'",
    "revenue_ytd": "select sum(amount) from analytics.orders where (ordered_at at time zone 'UTC')::date < date "
    "'2025-12-01' and (ordered_at at time zone 'UTC')::date >= date '2025-01-01'",
}  # fmt: skip


def test_the_project_passes_check_and_computes_what_sql_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    done = run(None, "import", "metricflow", str(MANIFEST), "--out", str(project))
    assert done.exit_code == 0, done.output
    warehouse(project / "warehouse.duckdb")
    monkeypatch.setenv("WAREHOUSE_URL", "duckdb:///warehouse.duckdb")
    checked = json.loads(run(project, "check", "--json", now=NOW).stdout)
    assert {each["code"] for each in checked} <= {"owner-missing", "guard-missing"}
    wanted = [word for metric in BY_HAND for word in ("--metric", metric)]
    refreshed = run(project, "refresh", *wanted, now=NOW)
    assert refreshed.exit_code == 0, refreshed.output
    opened = Project.open(project)
    month = opened.catalog.company.calendar.parse("2025-11")
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as connection:
        for metric, sql in BY_HAND.items():
            seen = opened.store.latest(metric, grain=Grain.MONTH, by=())
            (value,) = [each.value for each in seen if each.period == month]
            row = connection.execute(sql).fetchone()
            assert row is not None
            assert value == pytest.approx(float(row[0])), metric
    opened.store.close()


def test_a_metric_that_our_checks_refuse_is_left_out_with_what_they_say() -> None:
    manifest = json.loads(TEXT)
    for metric in manifest["metrics"]:
        if metric["name"] == "buyers":
            metric["name"] = "source_up"
    made = imported(json.dumps(manifest))
    (entry,) = [each for each in made.entries if each.name == "source_up"]
    assert (entry.fate, entry.says) == (
        Fate.LEFT,
        "'source_up' could be taken for a series of the server itself: kpi_source_up",
    )
    assert not [path for path in made.files if "source_up" in path]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "this is no JSON: "),
        ("[]", "the manifest is not an object"),
        ('{"nodes": {}}', "this is no semantic manifest: it has no semantic_models and metrics"),
        ('{"semantic_models": [1], "metrics": []}', "semantic_models[0] is not an object"),
        ('{"semantic_models": [], "metrics": [{"type": "simple"}]}', "metrics[0].name is not a text"),
        (
            '{"semantic_models": [{"name": "x", "measures": 1}], "metrics": []}',
            "semantic_models[0].node_relation.alias is not a text",
        ),
    ],
)
def test_what_is_no_manifest_is_refused_at_its_place(text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        imported(text)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ Dimension('order__channel') }} = 'web'", "order__channel_ = 'web'"),
        ("{{Dimension(\"order__channel\")}} = 'a'\n or x", "order__channel_ = 'a' or x"),
        ("{{ TimeDimension('order__at', 'day') }} > '2025-01-01'", "date(order__at_) > '2025-01-01'"),
        ("{{ TimeDimension('order__at__day') }} > '2025-01-01'", "date(order__at_) > '2025-01-01'"),
        ("{{ Dimension('order__at').grain('day') }} > '2025-01-01'", "date(order__at_) > '2025-01-01'"),
        ("{{ TimeDimension('at', time_granularity_name='day') }} > x", "date(at_) > x"),
        ("{{ Entity('customer') }} = 7", "customer_ = 7"),
    ],
)
def test_a_template_is_an_expression(template: str, expected: str) -> None:
    assert condition([template], lambda path, _: f"{path}_") == expected


@pytest.mark.parametrize(
    "template",
    [
        "{{ Dimension('order__at').date_part('month') }} = 1",
        "{{ Dimension('x', entity_path=['y']) }} = 1",
        "{{ __import__('os').system('id') }} = 1",
        "{{ Dimension(open('/etc/passwd')) }} = 1",
        "{% if x %} a = 1 {% endif %}",
        "{{ Dimension('x' }} = 1",
        "a = 1; drop table x",
        "exists (select 1)",
    ],
)
def test_any_other_template_is_left(template: str) -> None:
    with pytest.raises(Left):
        condition([template], lambda path, _: path)


WORDS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=30).filter(
    str.isprintable
)
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)


@given(st.dictionaries(KEYS, WORDS, min_size=1, max_size=4))
def test_what_is_written_is_read_as_it_was(definition: dict[str, str]) -> None:
    whole = {**definition, "all": definition, "some": [*definition.values()]}
    node, findings = read_bytes(yaml_text(whole, "metric", 3).encode(), "x.yml")
    assert findings == ()
    assert node is not None
    assert plain(node) == whole
