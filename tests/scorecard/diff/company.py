"""A small company whose figures rest on something of every kind, to change one thing at a time."""

from __future__ import annotations

from pathlib import Path

from dulwich.index import commit_tree
from dulwich.objects import Blob, Commit
from dulwich.repo import Repo

from tests.scorecard.project import JOINT

COMPANY = """\
company: Northwind Teas
timezone: Europe/London
currency: {report: GBP, rates: {dataset: fx, from: base, to: quote, date: day, rate: rate, max_age: 4 days}}
calendars: {shop: {hours: {mon-fri: "09:00-17:00"}, holidays: holidays.csv}}
departments:
  sales: {label: Sales, head: sales-lead, reviewers: ["@northwind/sales"]}
  service: {label: Customer service, head: service-lead, reviewers: ["@northwind/service"]}
milestones: [{date: 2026-07-01, label: Joint review starts, alignment: true}]
"""

JOURNEY = """\
stages:
  - {stage: awareness, phase: taps, leads: sales}
  - {stage: loyalty, phase: buckets, leads: service, supports: [sales]}
load: {dataset: tickets, stage: topic, department: team}
"""

SOURCES = "sources: {shop: {url: 'duckdb:///:memory:'}}\n"
IDENTITIES = (
    "identities: {customer: {crosswalk: {dataset: ids, system: system, id: id, entity: customer_id}}}\n"
)

ORDERS = """\
dataset: orders
source: shop
table: orders
key: order_id
time: ordered_at
types: {price: decimal}
entities: {customer: {id: account_id, system: shop}}
lookups: {accounts: {dataset: accounts, on: account_id}}
columns:
  amount: {expression: "price * quantity", currency: currency}
  qualified: fit
conditions:
  big: quantity > 10
  qualified_order: qualified
exclude: {test: "channel = 'test'"}
dimensions: {segment: accounts.segment}
freshness: {warn: 26h}
"""

TICKETS = """\
dataset: tickets
source: shop
table: tickets
key: ticket_id
time: opened_at
entities: {ticket: ticket_id}
complete_through: {lag: 1 day}
"""

PLAIN = "dataset: {name}\nsource: shop\ntable: {name}\nkey: {key}\ntime: day\n"

REVENUE = """\
metric: revenue
label: Revenue
question: What did customers order?
kind: aggregate
dataset: orders
measure: sum(amount)
direction: up
leads: sales
owner: sales-lead
targets: [{from: 2026-01-01, per: quarter, red_flag: 300, goal: 400}]
"""

BIG = """\
metric: big_orders
label: Big orders
kind: aggregate
dataset: orders
measure: count
where: big
direction: up
leads: sales
supports: [service]
owner: sales-lead
dimensions: [segment]
"""

QUALIFIED = """\
metric: qualified_orders
label: Qualified orders
kind: aggregate
dataset: orders
measure: count
where: qualified_order
direction: up
leads: sales
owner: sales-lead
"""

FIT = QUALIFIED.replace("qualified_orders", "fit_orders").replace("qualified_order\n", "qualified\n")

KEPT = """\
metric: kept_promises
label: Kept promises
kind: proportion
dataset: orders
share: kept
direction: up
leads: service
supports: [sales]
owner: operations
guards: [replies]
targets: [{from: 2026-01-01, goal: 0.95, red_flag: 0.8}]
"""

BREACHES = """\
metric: breaches
label: Broken standards
kind: aggregate
dataset: tickets
measure: count
where: broken
direction: down
leads: service
owner: operations
targets: [{from: 2026-01-01, per: quarter, goal: 10, red_flag: 30}]
"""

REPLIES = """\
metric: replies
label: Time to a reply
kind: duration
entity: ticket
from: {dataset: tickets, time: opened_at}
to: {dataset: tickets, time: replied_at}
statistic: p50
window: 5 days
clock: {calendar: shop}
direction: down
leads: service
owner: operations
"""

CUSTOMERS = """\
metric: customers
label: Customers
kind: aggregate
dataset: orders
measure: count_distinct(customer)
direction: up
leads: sales
owner: sales-lead
"""

EACH = """\
metric: revenue_each
label: Revenue a big order
kind: derived
formula: revenue / big_orders
direction: up
leads: sales
owner: sales-lead
"""

LOOSE = """\
metric: loose
label: Rows
kind: aggregate
dataset: tickets
measure: count
direction: none
owner: operations
"""

FILES = {
    "company.yml": COMPANY,
    "holidays.csv": "date\n2026-12-25\n",
    "identities.yml": IDENTITIES,
    "journey.yml": JOURNEY,
    "sources.yml": SOURCES,
    "datasets/accounts.yml": "dataset: accounts\nsource: shop\ntable: accounts\nkey: account_id\n",
    "datasets/fx.yml": PLAIN.format(name="fx", key="[base, quote, day]"),
    "datasets/ids.yml": "dataset: ids\nsource: shop\ntable: ids\nkey: [system, id]\n",
    "datasets/orders.yml": ORDERS,
    "datasets/tickets.yml": TICKETS,
    "metrics/sales/revenue.yml": REVENUE,
    "metrics/sales/big_orders.yml": BIG,
    "metrics/sales/qualified_orders.yml": QUALIFIED,
    "metrics/sales/fit_orders.yml": FIT,
    "metrics/sales/customers.yml": CUSTOMERS,
    "metrics/sales/revenue_each.yml": EACH,
    "metrics/service/kept_promises.yml": KEPT,
    "metrics/service/breaches.yml": BREACHES,
    "metrics/service/replies.yml": REPLIES,
    "metrics/service/loose.yml": LOOSE,
    "scorecards/joint.yml": JOINT,
}

Edit = tuple[str, str, str]
"""A file, a text that stands in it once, and what stands in its place."""


def edited(*edits: Edit) -> dict[str, str]:
    """Return the files with edits; an empty old text is a new file, or without a new one takes the file away."""
    files = dict(FILES)
    for file, old, new in edits:
        if old:
            assert files[file].count(old) == 1, f"{old!r} stands {files[file].count(old)} times in {file}"
            files[file] = files[file].replace(old, new)
        elif new:
            files[file] = new
        else:
            del files[file]
    return files


def commit(repo: Repo, files: dict[str, str], branch: str, *parents: bytes) -> bytes:
    """Write a commit with these definitions, and a branch at it."""
    blobs = {f"definitions/{path}": Blob.from_string(text.encode()) for path, text in files.items()}
    for blob in blobs.values():
        repo.object_store.add_object(blob)
    made = Commit()
    made.tree = commit_tree(
        repo.object_store, [(path.encode(), blob.id, 0o100644) for path, blob in blobs.items()]
    )
    made.parents = list(parents)
    made.author = made.committer = b"Ann <ann@example.com>"
    made.author_time = made.commit_time = 1_790_000_000
    made.author_timezone = made.commit_timezone = 0
    made.encoding, made.message = b"UTF-8", branch.encode()
    repo.object_store.add_object(made)
    repo.refs[f"refs/heads/{branch}".encode()] = made.id
    return made.id


def write(root: Path, files: dict[str, str]) -> None:
    """Write definitions into a working tree."""
    for path, text in files.items():
        place = root / "definitions" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
