"""Forty changes, and what each of them is: `figure: class, also ... (through)`, then the elements."""

from __future__ import annotations

from tests.scorecard.diff.company import BREACHES, LOOSE, REVENUE, Edit

BIG = "metrics/sales/big_orders.yml"
MONEY = "metrics/sales/revenue.yml"
KEPT = "metrics/service/kept_promises.yml"
REPLIES = "metrics/service/replies.yml"
ORDERS = "datasets/orders.yml"
TICKETS = "datasets/tickets.yml"
JOINT = "scorecards/joint.yml"
BROKEN = BREACHES.replace("metric: breaches", "metric: broken")
ROW = LOOSE.replace("loose", "rows")
TAKINGS = REVENUE.replace("metric: revenue", "metric: takings")

CASES: dict[str, tuple[tuple[Edit, ...], list[str], list[str]]] = {
    # what a figure says itself
    "added": ((("metrics/service/rows.yml", "", ROW),), ["rows: added"], []),
    "removed": ((("metrics/service/loose.yml", "", ""),), ["loose: removed"], []),
    "breaking-removed": (
        (
            (JOINT, "[{metric: breaches, weight: 40}]", "[replies]"),
            (JOINT, "{kept_promises: 60, breaches: 40}", "{kept_promises: 100}"),
            ("metrics/service/breaches.yml", "", ""),
            (
                REPLIES,
                "owner: operations",
                "owner: operations\ntargets: [{from: 2026-01-01, goal: 3, red_flag: 9}]",
            ),
        ),
        [
            "breaches: breaking, removed (scorecards.joint, boards.service, alerts.breaches)",
            "replies: target",
        ],
        ["indicator breaches: removed", "indicator replies: added", "weights sales: weight"],
    ),
    "breaking-formula": (
        (
            (
                "metrics/sales/revenue_each.yml",
                "formula: revenue / big_orders",
                "formula: revenue / customers",
            ),
            (BIG, "", ""),
        ),
        [
            "big_orders: breaking, removed (metrics.revenue_each, boards.sales, boards.service)",
            "revenue_each: semantic, upstream (metrics.big_orders)",
        ],
        [],
    ),
    "breaking-kind": (
        (
            (
                BIG,
                "kind: aggregate\ndataset: orders\nmeasure: count\nwhere: big",
                "kind: proportion\ndataset: orders\nshare: big",
            ),
        ),
        [
            "big_orders: breaking, semantic (metrics.revenue_each, boards.sales, boards.service)",
            "revenue_each: upstream (metrics.big_orders.kind, metrics.big_orders.measure, metrics.big_orders.share, "
            "metrics.big_orders.where)",
        ],
        [],
    ),
    "breaking-unit": (
        ((REPLIES, "clock: {calendar: shop}", "clock: {calendar: shop}\nunit: minutes"),),
        ["replies: breaking, semantic, cosmetic (metrics.kept_promises.guards, boards.service)"],
        [],
    ),
    "renamed": (
        (
            (MONEY, "", ""),
            ("metrics/sales/takings.yml", "", TAKINGS),
            ("metrics/sales/revenue_each.yml", "revenue / big", "takings / big"),
        ),
        ["revenue_each: cosmetic", "takings: renamed"],
        [],
    ),
    "renamed-in-a-scorecard": (
        (
            ("metrics/service/breaches.yml", "", ""),
            ("metrics/service/broken.yml", "", BROKEN),
            (JOINT, "{metric: breaches", "{metric: broken"),
            (JOINT, "breaches: 40", "broken: 40"),
        ),
        ["broken: renamed"],
        [],
    ),
    "cosmetic-label": (((MONEY, "label: Revenue", "label: Takings"),), ["revenue: cosmetic"], []),
    "cosmetic-question": (
        ((MONEY, "What did customers order?", "What was ordered?"),),
        ["revenue: cosmetic"],
        [],
    ),
    "cosmetic-comment": (
        ((MONEY, "metric: revenue\n", "# all of it\nmetric: revenue\n"),),
        ["revenue: cosmetic"],
        [],
    ),
    "cosmetic-default-written-out": (
        ((MONEY, "kind: aggregate", "min_sample: 10\nkind: aggregate"),),
        ["revenue: cosmetic"],
        [],
    ),
    "cosmetic-expression": (((MONEY, "sum(amount)", "sum( amount )"),), ["revenue: cosmetic"], []),
    "ownership": (
        ((BIG, "supports: [service]\nowner: sales-lead", "owner: service-lead"),),
        ["big_orders: ownership"],
        [],
    ),
    "ownership-leads": (((MONEY, "leads: sales", "leads: service"),), ["revenue: ownership"], []),
    "target": (((MONEY, "goal: 400", "goal: 450"),), ["revenue: target"], []),
    "target-of-an-indicator": (
        ((KEPT, "goal: 0.95", "goal: 0.97"),),
        ["kept_promises: target"],
        ["indicator kept_promises: target"],
    ),
    "target-added": (
        ((MONEY, "goal: 400}", "goal: 400}, {from: 2026-07-01, red_flag: 350, goal: 500}"),),
        ["revenue: target"],
        [],
    ),
    "target-guard": (
        ((KEPT, "guards: [replies]", "guards: [replies, breaches]"),),
        ["kept_promises: target"],
        [],
    ),
    "semantic": (
        ((BIG, "where: big", "where: quantity > 20"),),
        ["big_orders: semantic", "revenue_each: upstream (metrics.big_orders.where)"],
        [],
    ),
    "semantic-and-upstream": (
        ((BIG, "measure: count", "measure: sum(quantity)"), (ORDERS, "quantity > 10", "quantity > 12")),
        [
            "big_orders: semantic, upstream (datasets.orders.conditions.big)",
            "revenue_each: upstream (datasets.orders.conditions.big, metrics.big_orders.measure)",
        ],
        [],
    ),
    "semantic-reads-what-is-new": (
        (
            (BIG, "where: big", "where: huge"),
            (ORDERS, "  big: quantity > 10", "  big: quantity > 10\n  huge: quantity > 99"),
        ),
        [
            "big_orders: semantic",
            "revenue_each: upstream (datasets.orders.conditions.huge, metrics.big_orders.where)",
        ],
        [],
    ),
    # what figures rest on
    "upstream-condition-from-a-day": (
        (
            (
                ORDERS,
                "big: quantity > 10",
                "big: [{until: 2026-10-01, where: quantity > 10}, {from: 2026-10-01, where: quantity > 20}]",
            ),
        ),
        [
            "big_orders: upstream (datasets.orders.conditions.big)",
            "revenue_each: upstream (datasets.orders.conditions.big)",
        ],
        [],
    ),
    "upstream-condition": (
        ((ORDERS, "big: quantity > 10", "big: quantity >= 10"),),
        [
            "big_orders: upstream (datasets.orders.conditions.big)",
            "revenue_each: upstream (datasets.orders.conditions.big)",
        ],
        [],
    ),
    "upstream-narrowed": (
        ((ORDERS, "qualified_order: qualified", "qualified_order: qualified and quantity > 1"),),
        ["qualified_orders: upstream (datasets.orders.conditions.qualified_order)"],
        [],
    ),
    "upstream-column": (
        ((ORDERS, "price * quantity", "price * (quantity - returned)"),),
        [
            "revenue: upstream (datasets.orders.columns.amount)",
            "revenue_each: upstream (datasets.orders.columns.amount)",
        ],
        [],
    ),
    "upstream-type": (
        ((ORDERS, "types: {price: decimal}", "types: {price: float}"),),
        [
            "revenue: upstream (datasets.orders.types.price.type)",
            "revenue_each: upstream (datasets.orders.types.price.type)",
        ],
        [],
    ),
    "upstream-lookup": (
        ((ORDERS, "{dataset: accounts, on: account_id}", "{dataset: accounts, on: buyer_id}"),),
        [
            "big_orders: upstream (datasets.orders.lookups.accounts.on)",
            "revenue_each: upstream (datasets.orders.lookups.accounts.on)",
        ],
        [],
    ),
    "upstream-entity": (
        ((ORDERS, "{id: account_id, system: shop}", "{id: buyer_id, system: shop}"),),
        ["customers: upstream (datasets.orders.entities.customer.id)"],
        [],
    ),
    "upstream-crosswalk": (
        (("identities.yml", "entity: customer_id", "entity: group_id"),),
        ["customers: upstream (identities.customer.crosswalk.entity)"],
        [],
    ),
    "upstream-dimension": (
        ((ORDERS, "segment: accounts.segment", "segment: lower(accounts.segment)"),),
        [
            "big_orders: upstream (datasets.orders.dimensions.segment)",
            "revenue_each: upstream (datasets.orders.dimensions.segment)",
        ],
        [],
    ),
    "upstream-rows-left-out": (
        ((ORDERS, "channel = 'test'", "channel in ('test', 'gift')"),),
        [
            "big_orders: upstream (datasets.orders.exclude.test)",
            "customers: upstream (datasets.orders.exclude.test)",
            "fit_orders: upstream (datasets.orders.exclude.test)",
            "kept_promises: upstream (datasets.orders.exclude.test)",
            "qualified_orders: upstream (datasets.orders.exclude.test)",
            "revenue: upstream (datasets.orders.exclude.test)",
            "revenue_each: upstream (datasets.orders.exclude.test)",
        ],
        [],
    ),
    "upstream-table-behind-a-lookup": (
        (("datasets/accounts.yml", "table: accounts", "table: accounts_v2"),),
        [
            "big_orders: upstream (datasets.accounts.table)",
            "revenue_each: upstream (datasets.accounts.table)",
        ],
        [],
    ),
    "upstream-time": (
        ((TICKETS, "time: opened_at", "time: filed_at"),),
        [
            "breaches: upstream (datasets.tickets.time)",
            "loose: upstream (datasets.tickets.time)",
            "replies: upstream (datasets.tickets.time)",
        ],
        [],
    ),
    "upstream-complete-through": (
        ((TICKETS, "lag: 1 day", "lag: 2 days"),),
        [
            "breaches: upstream (datasets.tickets.complete_through.lag)",
            "loose: upstream (datasets.tickets.complete_through.lag)",
            "replies: upstream (datasets.tickets.complete_through.lag)",
        ],
        [],
    ),
    "upstream-time-zone-of-rows": (
        ((TICKETS, "key: ticket_id", "key: ticket_id\ntimezone: Europe/Paris"),),
        [
            "breaches: upstream (datasets.tickets.timezone)",
            "loose: upstream (datasets.tickets.timezone)",
            "replies: upstream (datasets.tickets.timezone)",
        ],
        [],
    ),
    "upstream-hours": (
        (("company.yml", "09:00-17:00", "09:00-18:00"),),
        ["replies: upstream (company.calendars.shop.hours)"],
        [],
    ),
    "upstream-holidays": (
        (("holidays.csv", "2026-12-25", "2026-12-25\n2026-12-28"),),
        ["replies: upstream (company.calendars.shop.holidays)"],
        [],
    ),
    "upstream-currency": (
        (("company.yml", "max_age: 4 days", "max_age: 2 days"),),
        [
            "revenue: upstream (company.currency.rates.max_age)",
            "revenue_each: upstream (company.currency.rates.max_age)",
        ],
        [],
    ),
    "upstream-time-zone": (
        (("company.yml", "timezone: Europe/London", "timezone: Europe/Paris"),),
        [
            "big_orders: upstream (company.timezone)",
            "breaches: upstream (company.timezone)",
            "customers: upstream (company.timezone)",
            "fit_orders: upstream (company.timezone)",
            "kept_promises: upstream (company.timezone)",
            "loose: upstream (company.timezone)",
            "qualified_orders: upstream (company.timezone)",
            "replies: upstream (company.timezone)",
            "revenue: upstream (company.timezone)",
            "revenue_each: upstream (company.timezone)",
        ],
        [],
    ),
    "upstream-week": (
        (("company.yml", "timezone: Europe/London", "timezone: Europe/London\nweek_starts: sunday"),),
        [
            "big_orders: upstream (company.week_starts)",
            "breaches: upstream (company.week_starts)",
            "customers: upstream (company.week_starts)",
            "fit_orders: upstream (company.week_starts)",
            "kept_promises: upstream (company.week_starts)",
            "loose: upstream (company.week_starts)",
            "qualified_orders: upstream (company.week_starts)",
            "replies: upstream (company.week_starts)",
            "revenue: upstream (company.week_starts)",
            "revenue_each: upstream (company.week_starts)",
        ],
        [],
    ),
    "upstream-input": (
        ((MONEY, "sum(amount)", "avg(amount)"),),
        ["revenue: semantic", "revenue_each: upstream (metrics.revenue.measure)"],
        [],
    ),
    # scorecards, and what they share
    "weight-indicator": (((JOINT, "weight: 60}]", "weight: 70}]"),), [], ["indicator kept_promises: weight"]),
    "weight-perspective": (((JOINT, "weight: 30\n", "weight: 35\n"),), [], ["perspective customer: weight"]),
    "weight-department": (
        ((JOINT, "kept_promises: 60, breaches: 40", "kept_promises: 50, breaches: 50"),),
        [],
        ["weights sales: weight"],
    ),
    "weight-roll-up": (
        ((JOINT, "statement: Standards hold", "statement: Standards hold\n        rollup: worst"),),
        [],
        ["objective fewer_breaches: weight"],
    ),
    "weight-indicator-moved": (
        (
            (JOINT, "[{metric: kept_promises, weight: 60}]", "[{metric: breaches, weight: 40}]"),
            (
                JOINT,
                "        indicators: [{metric: breaches, weight: 40}]\nreviews",
                "        indicators: [{metric: kept_promises, weight: 60}]\nreviews",
            ),
        ),
        [],
        ["indicator breaches: weight", "indicator kept_promises: weight"],
    ),
    "champion": (
        ((JOINT, "champion: Robin Doe", "champion: Kim Doe"),),
        [],
        ["objective keep_promises: ownership"],
    ),
    "indicator-added": (
        ((JOINT, "[{metric: kept_promises, weight: 60}]", "[{metric: kept_promises, weight: 60}, revenue]"),),
        [],
        ["indicator revenue: added"],
    ),
    "shared": (
        (
            ("company.yml", "label: Joint review starts", "label: First joint review"),
            ("company.yml", '["@northwind/service"]', '["@northwind/care"]'),
            ("journey.yml", ", supports: [sales]", ""),
            ("sources.yml", ":memory:", "other.duckdb"),
            (TICKETS, "lag: 1 day}", 'lag: 1 day}\nlink: "https://desk.example.com/{ticket_id}"'),
        ),
        [],
        [
            "dataset tickets: cosmetic",
            "department service: ownership",
            "milestone 2026-07-01: cosmetic",
            "source shop: semantic",
            "stage loyalty: ownership",
        ],
    ),
}
