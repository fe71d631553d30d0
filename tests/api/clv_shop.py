"""A shop whose customers have a lifetime value: purchases, plans, cost, and a model fitted to each."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.api.cli.shop import put

NOW = datetime(2024, 7, 1, tzinfo=UTC)
FIRST, LAST = date(2023, 1, 1), date(2024, 6, 30)

CLV = """\
metric: worth
label: Lifetime value
leads: sales
direction: up
kind: clv
entity: customer
orders: {dataset: orders, value: amount}
margin: {rate: 0.4}
model: bg_nbd
time_unit: week
horizon: 12 months
discount_rate: 0.1
grains: [quarter]
"""
PAYBACK = """\
metric: back_soon
label: Months to pay back
leads: sales
direction: down
kind: payback
entity: customer
orders: {dataset: orders, value: amount}
margin: {rate: 0.4}
cost: {dataset: spend, measure: sum(cost)}
horizon: 6 months
grains: [quarter]
targets: [{from: 2023-01-01, goal: 3, red_flag: 6}]
"""
FILES = {
    "company.yml": """\
company: Moor Coffee
timezone: UTC
currency: GBP
departments: {sales: {label: Sales, head: sales-lead}}
""",
    "sources.yml": 'sources: {files: {url: "duckdb:///:memory:"}}\n',
    "datasets/orders.yml": """\
dataset: orders
source: files
files: data/orders.csv
time: day
types: {day: {type: date}}
entities: {customer: who}
columns: {amount: {expression: price, currency: "'GBP'"}}
complete_through: {lag: 0 days}
""",
    "datasets/plans.yml": """\
dataset: plans
source: files
files: data/plans.csv
time: since
types: {since: {type: date}, until: {type: date}}
entities: {member: who}
columns: {fee: {expression: price, currency: "'GBP'"}}
complete_through: {lag: 0 days}
""",
    "datasets/spend.yml": """\
dataset: spend
source: files
files: data/spend.csv
time: day
types: {day: {type: date}}
columns: {cost: {expression: price, currency: "'GBP'"}}
complete_through: {lag: 0 days}
""",
    "metrics/sales/worth.yml": CLV,
    "metrics/sales/worth_hidden.yml": CLV.replace("worth", "worth_hidden") + "private: true\n",
    "metrics/sales/worth_refused.yml": CLV.replace("worth", "worth_refused") + "max_correlation: 0.000001\n",
    "metrics/sales/worth_counted.yml": CLV.replace("worth", "worth_counted").replace("bg_nbd", "historic"),
    "metrics/sales/plan_worth.yml": """\
metric: plan_worth
label: Lifetime value of a plan
leads: sales
direction: up
kind: clv
entity: member
subscription: {dataset: plans, start: since, end: until, value: fee, gap: 7 days}
margin: {rate: 0.8}
model: sbg
time_unit: month
horizon: 24 months
discount_rate: 0.1
grains: [quarter]
""",
    "metrics/sales/back_soon.yml": PAYBACK,
    "metrics/sales/back_late.yml": PAYBACK.replace("back_soon", "back_late").replace("6 months", "24 months"),
    "scorecards/joint.yml": """\
scorecard: joint
grain: quarter
perspectives:
  - perspective: financial
    weight: 100
    objectives:
      - objective: worth_it
        statement: Customers are worth what they cost
        indicators: [{metric: back_soon, weight: 40}, {metric: back_late, weight: 40}, {metric: worth, weight: 20}]
""",
}


def write_clv_shop(root: Path) -> Path:
    """Write definitions and rows into a folder; the first quarter's customers cost more than they bring."""
    for name, text in FILES.items():
        put(root, name, text)
    (root / "data").mkdir()
    chance = random.Random(7)
    orders = [line for number in range(500) for line in _orders(chance, number)]
    plans = [_plan(chance, number) for number in range(300)]
    _write(root / "data" / "orders.csv", "who,day,price", orders)
    _write(root / "data" / "plans.csv", "who,since,until,price", plans)
    _write(root / "data" / "spend.csv", "day,price", ["2023-01-10,900000"])
    return root


def _orders(chance: random.Random, number: int) -> list[str]:
    """Return one customer's orders as BG/NBD and Gamma-Gamma have them: r 1, alpha 5, a 0.8, b 2.4, p 6, q 4."""
    day, rate = FIRST + timedelta(days=chance.randrange(120)), chance.gammavariate(1.0, 1 / 5.0)
    leaves, spread, found = chance.betavariate(0.8, 2.4), chance.gammavariate(4.0, 1 / 15.0), []
    while day <= LAST:
        found.append(f"c{number},{day},{round(chance.gammavariate(6.0, 1 / spread), 2)}")
        if len(found) > 1 and chance.random() < leaves:
            break
        day += timedelta(days=1 + int(7 * chance.expovariate(max(rate, 1e-3))))
    return found


def _plan(chance: random.Random, number: int) -> str:
    since, leaves, months = FIRST + timedelta(days=chance.randrange(300)), chance.betavariate(0.8, 3.2), 1
    while chance.random() > leaves and months < 40:
        months += 1
    until = since + timedelta(days=int(months * 30.4375))
    return f"m{number},{since},{until if until <= LAST else ''},20"


def _write(path: Path, head: str, lines: list[str]) -> None:
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
