"""A shop of nine orders in a CSV file, small enough to compute by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result

from api.cli import main
from api.cli._settings import Settings

NOW = datetime(2026, 4, 20, 6, tzinfo=UTC)

ORDERS = """\
order_id,ordered_at,channel,amount,promised_at,delivered_at
1,2026-01-05 10:00:00,web,100.00,2026-01-08 10:00:00,2026-01-07 10:00:00
2,2026-01-20 10:00:00,web,50.00,2026-01-23 10:00:00,2026-01-25 10:00:00
3,2026-02-03 10:00:00,phone,200.00,2026-02-06 10:00:00,2026-02-05 10:00:00
4,2026-02-10 10:00:00,test,900.00,2026-02-13 10:00:00,2026-02-12 10:00:00
5,2026-03-02 10:00:00,web,25.50,2026-03-05 10:00:00,2026-03-05 09:00:00
6,2026-03-30 10:00:00,phone,74.50,2026-04-02 10:00:00,2026-04-01 10:00:00
7,2026-04-02 10:00:00,web,10.00,2026-04-05 10:00:00,2026-04-04 10:00:00
8,2026-04-09 10:00:00,phone,20.00,2026-04-12 10:00:00,2026-04-15 10:00:00
9,2026-04-10 10:00:00,web,30.00,2026-04-13 10:00:00,2026-04-12 10:00:00
"""
FILES = {
    "company.yml": """\
company: Corner Shop
timezone: Europe/London
currency: GBP
departments:
  sales: {label: Sales, head: sales-lead}
  service: {label: Customer service, head: service-lead}
""",
    "sources.yml": """\
sources:
  files: {url: "duckdb:///:memory:"}
  ledger: {url: "duckdb:///data/ledger.duckdb"}
""",
    "datasets/orders.yml": """\
dataset: orders
source: files
files: data/orders.csv
key: order_id
time: ordered_at
timezone: Europe/London
exclude: {test: "channel = 'test'"}
dimensions: {channel: channel}
""",
    "datasets/costs.yml": """\
dataset: costs
source: ledger
table: costs
time: day
""",
    "metrics/sales/revenue.yml": """\
metric: revenue
label: Revenue
question: What did customers order?
leads: sales
supports: [service]
owner: sales-lead
direction: up
type: lagging
unit: gbp
kind: aggregate
dataset: orders
measure: sum(amount)
dimensions: [channel]
guards: [kept_promises]
targets: [{from: 2026-01-01, per: quarter, red_flag: 300, goal: 400}]
""",
    "metrics/service/kept_promises.yml": """\
metric: kept_promises
label: Kept promises
leads: service
direction: up
kind: proportion
dataset: orders
share: delivered_at <= promised_at
min_sample: 3
targets: [{from: 2026-01-01, red_flag: 0.7, goal: 0.9}]
""",
    "scorecards/joint.yml": """\
scorecard: joint
vision: One promise
perspectives:
  - perspective: financial
    objectives:
      - {objective: grow, statement: Customers order more, champion: sales-lead, indicators: [revenue]}
  - perspective: customer
    objectives:
      - {objective: keep, statement: We keep our word, champion: service-lead, indicators: [kept_promises]}
""",
}
COSTS = """\
metric: costs
label: Costs
leads: sales
owner: sales-lead
direction: none
kind: aggregate
dataset: costs
measure: count
"""
"""A metric whose source is away until somebody makes data/ledger.duckdb."""


def write_shop(root: Path) -> Path:
    """Write the shop's definitions and orders into a folder."""
    for name, text in FILES.items():
        put(root, name, text)
    (root / "data").mkdir()
    (root / "data" / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return root


def put(root: Path, name: str, text: str) -> None:
    """Write a definition file."""
    path = root / "definitions" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run(root: Path | None, *arguments: str, now: datetime = NOW) -> Result:
    """Run the command line in a project folder at an instant."""
    place = ["--project", str(root)] if root is not None else []
    return CliRunner().invoke(main, [*place, *arguments], obj=Settings(clock=lambda: now))


def lines(text: str) -> list[str]:
    """Return the lines of an output without the blanks that fill a column."""
    return [line.rstrip() for line in text.splitlines()]
