"""A definition hash changes with everything that changes a value, and with nothing else."""

import json

import pytest

from metrics.catalog.catalog import Catalog
from metrics.catalog.cycles import find_cycles
from metrics.catalog.definition_hash import canonical_text, definition_hash, hash_of, resolved
from metrics.catalog.lineage import Upstream, upstream
from metrics.errors import UnknownMetric
from tests.metrics.project import (
    ACCOUNTS,
    CAC,
    COMPANY,
    CONVERSION,
    CSAT,
    EVENTS,
    GROWTH,
    IDENTITIES,
    NEW,
    ORDERS,
    REVENUE,
    REVENUE_TO_CAC,
    SOURCES,
    SPEND,
    STAGES,
    TICKETS,
    TOUCHES,
    Files,
    added,
    edited,
    loaded,
)

FX = "datasets/fx.yml"


def catalog_of(files: Files | None = None) -> Catalog:
    catalog = loaded(files).catalog
    assert catalog is not None
    return catalog


BASE = catalog_of()

CHANGING = [
    # below the least number of people a private value is not served
    ("revenue", REVENUE, "direction: up", "direction: up\nprivate: true"),
    # what the metric says itself
    ("lead_to_opportunity", CONVERSION, "window: 90 days", "window: 60 days"),
    ("lead_to_opportunity", CONVERSION, "window: 90 days", "window: 90 days\nreentry: every"),
    ("lead_to_opportunity", CONVERSION, "stage = 'mql'", "stage = 'sql'"),
    ("lead_to_opportunity", CONVERSION, "entity: lead", "entity: customer"),
    ("lead_to_opportunity", CONVERSION, "min_sample: 10", "min_sample: 20"),
    ("lead_to_opportunity", CONVERSION, "[channel, segment]\ncuts", "[channel]\ncuts"),
    ("revenue", REVENUE, "sum(amount)", "avg(amount)"),
    ("revenue", REVENUE, "trailing 12 months", "trailing 6 months"),
    ("revenue", REVENUE, "dataset: orders", "dataset: stage_changes"),
    ("csat", CSAT, "score >= 4", "score > 4"),
    ("csat", CSAT, "within: period", "within: all"),
    ("cac", CAC, 'where: "amount > 0"', 'where: "amount > 0", time: paid_at'),
    ("cac", CAC, "kind: ratio", "kind: ratio\nlag: 1 month"),
    ("revenue_growth", GROWTH, "shift: 1 year", "shift: 2 years"),
    ("revenue_to_cac", REVENUE_TO_CAC, "nullif(cac, 0)", "cac"),
    # its inputs
    ("revenue_growth", REVENUE, "sum(amount)", "avg(amount)"),
    ("revenue_to_cac", CAC, "amount > 0", "amount > 1"),
    ("revenue_to_cac", SPEND, "expression: cost", "expression: cost * 2"),
    # what it reaches of its datasets
    ("lead_to_opportunity", STAGES, "not is_deleted", "not is_removed"),
    ("lead_to_opportunity", STAGES, "fit = 'right'", "fit = 'good'"),
    (
        "lead_to_opportunity",
        STAGES,
        "qualified_lead: \"budget_ok and fit = 'right'\"",
        "qualified_lead: [{until: 2026-10-01, where: budget_ok}, {from: 2026-10-01, where: \"fit = 'right'\"}]",
    ),
    ("lead_to_opportunity", STAGES, "time: changed_at", "time: entered_at"),
    ("lead_to_opportunity", STAGES, "lead: lead_id", "lead: contact_id"),
    ("lead_to_opportunity", STAGES, "reason = 'spam'", "reason = 'test'"),
    ("lead_to_opportunity", STAGES, "channel: touch.channel", "channel: touch.source"),
    ("lead_to_opportunity", STAGES, "pick: first", "pick: last"),
    ("lead_to_opportunity", STAGES, "settle: 3 days", "settle: 4 days"),
    ("lead_to_opportunity", STAGES, "changes: append", "changes: upsert"),
    ("lead_to_opportunity", STAGES, "complete_through: loaded_at", "complete_through: {lag: 1 day}"),
    ("lead_to_opportunity", STAGES, "table: sales.stage_changes", "table: stage_changes"),
    ("lead_to_opportunity", STAGES, "key: change_id", "key: [change_id, part]"),
    ("lead_to_opportunity", STAGES, "dataset: accounts, on: account_id", "dataset: accounts, on: parent_id"),
    ("lead_to_opportunity", STAGES, "time: changed_at", "time: changed_at\ntimezone: Europe/Paris"),
    ("lead_to_opportunity", STAGES, "types: {", "types: {changed_at: timestamp, "),
    ("lead_to_opportunity", TOUCHES, "time: day", "time: hour"),
    ("lead_to_opportunity", TOUCHES, "data/touches.csv", "data/more.csv"),
    ("lead_to_opportunity", ACCOUNTS, "table: accounts", "table: clients"),
    ("lead_to_opportunity", ACCOUNTS, "source: crm", "source: desk"),
    ("revenue", ORDERS, "price * quantity", "price * quantity - discount"),
    ("revenue", ORDERS, "currency: currency", "currency: code"),
    ("revenue", FX, "table: fx", "table: rates"),
    ("cac", SPEND, "cost_micros / 1000000.0", "cost_micros / 100000.0"),
    ("cac", SPEND, "- {dataset: events, columns: {channel: \"'event'\"}}", ""),
    ("cac", EVENTS, "table: events", "table: fairs"),
    ("csat", TICKETS, "system: zendesk", "system: intercom"),
    ("csat", IDENTITIES, "entity: customer_id", "entity: account_id"),
    # the company
    ("lead_to_opportunity", COMPANY, "timezone: Europe/London\ncurrency", "timezone: Europe/Paris\ncurrency"),
    ("lead_to_opportunity", COMPANY, "week_starts: monday", "week_starts: sunday"),
    ("lead_to_opportunity", COMPANY, "fiscal_year_starts: april", "fiscal_year_starts: july"),
    ("revenue", COMPANY, "report: GBP", "report: EUR"),
    ("revenue", COMPANY, "max_age: 4 days", "max_age: 5 days"),
    ("revenue", COMPANY, "rate: rate", "rate: mid"),
]


@pytest.mark.parametrize(("metric", "path", "old", "new"), CHANGING)
def test_hash_changes_with_what_changes_a_value(metric: str, path: str, old: str, new: str) -> None:
    changed = catalog_of(edited(path, (old, new)))
    assert definition_hash(changed, metric) != definition_hash(BASE, metric)


KEEPING = [
    ("lead_to_opportunity", CONVERSION, "label: Lead to opportunity", "label: Other words"),
    ("lead_to_opportunity", CONVERSION, "question: How", "question: Just how"),
    ("lead_to_opportunity", CONVERSION, "stage: evaluation", "stage: decision"),
    ("lead_to_opportunity", CONVERSION, "leads: sales", "leads: service"),
    ("lead_to_opportunity", CONVERSION, "supports: [marketing, service]\n", ""),
    ("lead_to_opportunity", CONVERSION, "owner: revenue-operations", "owner: somebody"),
    ("lead_to_opportunity", CONVERSION, "direction: up", "direction: down"),
    ("lead_to_opportunity", CONVERSION, "type: leading", "type: lagging"),
    ("lead_to_opportunity", CONVERSION, "goal: 0.24", "goal: 0.25"),
    ("lead_to_opportunity", CONVERSION, "direction: up", "direction: up\nstatus: approved"),
    ("lead_to_opportunity", CONVERSION, "direction: up", "direction: up\nstatus: proposed"),
    (
        "lead_to_opportunity",
        CONVERSION,
        "direction: up",
        "direction: up\nstatus: deprecated\nreplaced_by: csat\nsunset: 2027-03-31\nsupersedes: 3fa9c04411d2be70",
    ),
    ("lead_to_opportunity", CONVERSION, "value: 0.21", "value: 0.22"),
    ("lead_to_opportunity", CONVERSION, "grains: [week, month, quarter]", "grains: [month]"),
    ("lead_to_opportunity", CONVERSION, "cuts: [[channel, segment]]\n", ""),
    ("lead_to_opportunity", CONVERSION, "[channel, segment]\ncuts", "[segment, channel]\ncuts"),
    ("lead_to_opportunity", CONVERSION, "kind: conversion", "# a comment\nkind:   conversion"),
    ("lead_to_opportunity", CONVERSION, "window: 90 days", "window: 90 DAYS"),
    ("lead_to_opportunity", CONVERSION, "window: 90 days", "window: 90 days\nbasis: cohort\nreentry: first"),
    (
        "lead_to_opportunity",
        CONVERSION,
        "stage = 'mql' and qualified_lead",
        "(stage='mql')  AND qualified_lead",
    ),
    ("lead_to_opportunity", CONVERSION, "min_sample: 10\n", ""),
    ("revenue", REVENUE, "guards: [csat]", "guards: [cac]"),
    ("revenue", REVENUE, "kind: aggregate", "unit: score\nkind: aggregate"),
    # what it does not reach of its datasets
    ("lead_to_opportunity", STAGES, "stage = 'closed_won'", "stage = 'won'"),
    ("lead_to_opportunity", STAGES, "customer: account_id", "customer: client_id"),
    ("lead_to_opportunity", STAGES, "types: {close_date", "types: {other: date, close_date"),
    ("lead_to_opportunity", STAGES, "department: sales", "department: marketing"),
    ("lead_to_opportunity", STAGES, "{warn: 26h, fail: 50h}", "{warn: 1h, fail: 2h}"),
    ("lead_to_opportunity", STAGES, "crm.example.com", "crm2.example.com"),
    ("lead_to_opportunity", ACCOUNTS, "dimensions: {segment: segment}", "dimensions: {segment: size}"),
    ("lead_to_opportunity", STAGES, "conditions:\n", "conditions:\n  lost: stage = 'lost'\n"),
    (
        "revenue",
        ORDERS,
        "dimensions: {",
        "conditions: {big: [{until: 2026-10-01, where: amount > 1}, {from: 2026-10-01, where: amount > 2}]}\n"
        "dimensions: {",
    ),
    ("revenue", ORDERS, "dimensions: {", "dimensions: {region: region, "),
    ("cac", ORDERS, "dimensions: {", "dimensions: {region: region, "),
    ("cac", SPEND, "channel: \"'event'\"", "channel: \"'fair'\""),
    ("csat", ORDERS, "table: orders", "table: purchases"),
    # the company
    ("revenue", COMPANY, "company: Example Coffee", "company: Other"),
    ("revenue", COMPANY, "15 * * * *", "30 * * * *"),
    ("revenue", COMPANY, "k: 10", "k: 20"),
    ("revenue", COMPANY, "09:00-17:30", "08:00-16:30"),
    ("lead_to_opportunity", COMPANY, "max_age: 4 days", "max_age: 5 days"),
    ("lead_to_opportunity", COMPANY, "report: GBP", "report: EUR"),
    # where it is read from
    ("revenue", SOURCES, "timeout: 60s", "timeout: 90s"),
    ("revenue", SOURCES, "${CRM_URL}", "${OTHER_URL}"),
    ("csat", IDENTITIES, "customer: {", "customer: {"),
]


@pytest.mark.parametrize(("metric", "path", "old", "new"), KEEPING)
def test_hash_stays_with_what_changes_no_value(metric: str, path: str, old: str, new: str) -> None:
    changed = catalog_of(edited(path, (old, new)))
    assert metric in changed.metrics
    assert definition_hash(changed, metric) == definition_hash(BASE, metric)


SEVERAL = "metric: new\nlabel: New\nowner: me\ndirection: none\n"
OWN_ID = ("customer: account_id", "customer: lower(account_id)")
FOLLOWED = {
    "distinct ones": (
        SEVERAL + "kind: aggregate\ndataset: orders\nmeasure: count_distinct(customer)\n",
        OWN_ID,
    ),
    "one line each": (
        SEVERAL + "kind: proportion\ndataset: orders\nper: customer\nshare: count() > 1\n",
        OWN_ID,
    ),
    "distinct ones of one": (
        SEVERAL + "kind: proportion\ndataset: orders\nper: order\nshare: count_distinct(customer) > 1\n",
        OWN_ID,
    ),
    "what is spread": (
        SEVERAL
        + "kind: ratio\nnumerator: {dataset: orders, measure: count}\n"
        + "denominator: {dataset: stage_changes, measure: count}\ndimensions: [segment]\n"
        + "allocate: {where: amount < 5, by: none}\n",
        ("price * quantity", "price * quantity * 2"),
    ),
}


@pytest.mark.parametrize(("text", "change"), FOLLOWED.values(), ids=FOLLOWED)
def test_hash_changes_with_the_ids_and_columns_that_a_kind_reads_besides(
    text: str, change: tuple[str, str]
) -> None:
    ids = ("entities: {customer: account_id}", "entities: {customer: account_id, order: order_id}")
    one, other = (
        definition_hash(catalog_of(added({ORDERS: edited(ORDERS, *changes)[ORDERS], NEW: text})), "new")
        for changes in ((ids,), (ids, change))
    )
    assert one != other


def test_hash_does_not_depend_on_the_order_of_keys_or_files() -> None:
    text = "datasets/orders.yml"
    whole = added({})[text].decode()
    lines = whole.split("dimensions:")
    turned = f"dimensions:{lines[1]}{lines[0]}"
    assert definition_hash(catalog_of(added({text: turned})), "revenue") == definition_hash(BASE, "revenue")


def test_hash_is_that_of_the_canonical_text() -> None:
    definition = resolved(BASE, "csat")
    assert (
        definition_hash(BASE, "csat")
        == hash_of(definition)
        == hash_of(json.loads(canonical_text(definition)))
    )
    assert len(definition_hash(BASE, "csat")) == 16


def test_resolved_definition_is_what_counts_alone() -> None:
    files = added(
        {
            ORDERS: "dataset: orders\nsource: crm\ntable: orders\ntime: at\ndimensions: {a: b, c: d}\n"
            "conditions: {big: amount > 100, small: amount < 5}\n",
            "metrics/sales/new.yml": "metric: new\nlabel: New\ndirection: none\nkind: aggregate\ndataset: orders\n"
            'measure: "percentile(amount, 0.9)"\nwhere: big and case when paid then 1.50 else null end > 1\n'
            "dimensions: [a]\n",
        }
    )
    assert resolved(catalog_of(files), "new") == {
        "metric": {
            "metric": "new",
            "kind": "aggregate",
            "dimensions": ["a"],
            "dataset": "orders",
            "measure": {"measure": ["percentile", {"name": ["amount"]}, 0.9]},
            "where": {
                "expression": {
                    "and": [
                        {"name": ["big"]},
                        {">": [{"case": [[[{"name": ["paid"]}, {"decimal": "1.5"}]], None]}, 1]},
                    ]
                }
            },
        },
        "metrics": {},
        "datasets": {
            "orders": {
                "dataset": "orders",
                "source": "crm",
                "table": "orders",
                "time": {"expression": {"name": ["at"]}},
                "conditions": {"big": {"expression": {">": [{"name": ["amount"]}, 100]}}},
                "dimensions": {"a": {"expression": {"name": ["b"]}}},
            }
        },
        "identities": {},
        "company": {"timezone": "Europe/London", "fiscal_year_starts": "april"},
    }


def test_upstream_stands_in_the_order_of_dependency() -> None:
    assert upstream(BASE, "revenue_to_cac") == Upstream(
        datasets=("accounts", "ads", "events", "fx", "spend", "orders"),
        metrics=("cac", "revenue"),
        sources=("crm",),
    )
    assert upstream(BASE, "csat") == Upstream(("customer_ids", "tickets"), (), ("desk",))


def test_unused_lookup_is_not_upstream() -> None:
    assert "accounts" not in upstream(BASE, "cac").datasets
    assert "accounts" in upstream(BASE, "revenue").datasets


def test_metric_whose_dataset_is_missing_still_has_a_hash() -> None:
    catalog = catalog_of(added({ORDERS: None}))
    assert upstream(catalog, "revenue") == Upstream((), (), ())
    assert definition_hash(catalog, "revenue") != definition_hash(BASE, "revenue")


def test_circles_do_not_hang() -> None:
    catalog = catalog_of(
        added(
            {
                GROWTH: "metric: revenue_growth\nlabel: G\ndirection: none\nkind: derived\nformula: revenue_to_cac\n",
                REVENUE_TO_CAC: "metric: revenue_to_cac\nlabel: G\ndirection: none\nkind: derived\n"
                "formula: revenue_growth\n",
                SPEND: "dataset: spend\nunion: [{dataset: spend}]\ntime: day\ncolumns: {paid: other, other: paid}\n",
            }
        )
    )
    assert upstream(catalog, "revenue_growth").metrics == ("revenue_to_cac",)
    assert upstream(catalog, "cac").datasets == ("fx", "spend", "orders")
    assert len(definition_hash(catalog, "revenue_growth")) == 16


def test_unknown_metric() -> None:
    for function in (definition_hash, resolved, upstream):
        with pytest.raises(
            UnknownMetric, match=r"^no metric is called 'revenu' \(did you mean 'revenue'\?\)$"
        ):
            function(BASE, "revenu")


def test_circles_of_a_graph() -> None:
    graph = {1: [2], 2: [3], 3: [1, 4], 4: [4], 5: [1, 6], 6: []}
    assert list(find_cycles(graph, lambda item: graph[item])) == [(1, 2, 3), (4,)]


def test_long_chain_is_no_recursion() -> None:
    assert list(find_cycles(range(100_000), lambda item: [item + 1] if item < 99_999 else [])) == []
