"""What a new customer costs: the variants are definitions over the kind `ratio`, written as a project writes them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from metrics.catalog.catalog import Catalog
from metrics.check import check
from metrics.describe.units import unit_of
from metrics.engine.outcome import Outcome
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.errors import Level
from metrics.grain import Grain
from metrics.loading.loader import load
from metrics.observation import Dimensions, Estimate
from tests.soundness.world import by_cell

NOW = datetime(2024, 4, 1, tzinfo=UTC)

COMPANY = "company: Example Coffee\ntimezone: UTC\ncurrency: GBP\n"
SOURCES = 'sources: {files: {url: "duckdb:///:memory:"}}\n'
SPEND = """\
dataset: spend
source: files
files: data/spend.csv
key: id
time: day
types: {day: date}
columns: {amount: {expression: cost, currency: "'GBP'"}}
dimensions: {channel: channel}
complete_through: {lag: 0 days}
"""
ORDERS = """\
dataset: orders
source: files
files: data/orders.csv
key: order_id
time: ordered_at
types: {ordered_at: timestamp}
entities: {customer: customer_id}
lookups: {refund: {dataset: refunds, on: order_id}}
conditions: {kept: "refund.refunded_at is null or refund.refunded_at >= ordered_at + 14 days"}
dimensions: {channel: channel}
complete_through: {lag: 0 days}
"""
REFUNDS = """\
dataset: refunds
source: files
files: data/refunds.csv
key: order_id
types: {refunded_at: timestamp}
"""
NEW = "denominator: {dataset: orders, measure: count_new(customer), where: \"status = 'paid' and kept\"}\n"
METRICS = {
    "cac_loaded": "numerator: {dataset: spend, measure: sum(amount)}\n",
    "cac_paid": "numerator: {dataset: spend, measure: sum(amount), where: \"category = 'variable'\"}\n",
    "cac_blended": "numerator: {dataset: spend, measure: sum(amount), "
    "where: \"category in ('variable', 'salaries')\"}\n",
    "cac_lagged": "numerator: {dataset: spend, measure: sum(amount)}\nlag: 1 month\n",
    "cac_by_channel": "numerator: {dataset: spend, measure: sum(amount)}\ndimensions: [channel]\n"
    'allocate: {where: "channel is null", by: new_customers}\n',
}

# 70,000 of variable spend and 85,000 of the rest, for January.
SPENT = [("search", "variable", 40_000), ("social", "variable", 20_000), ("", "variable", 10_000),
         ("", "salaries", 50_000), ("", "tools", 20_000), ("", "overhead", 15_000)]  # fmt: skip
# Who is new in January, by channel.
WON = {"search": 60, "social": 40, "referral": 20}


def orders() -> Iterator[tuple[str, str, str, str, str]]:
    """Yield order, customer, time, status and channel."""
    new = [channel for channel, count in WON.items() for _ in range(count)]
    for number, channel in enumerate(new):
        day = date(2024, 1, 1) + timedelta(days=number % 28)
        yield f"j{number}", f"c{number}", f"{day} 09:00:00", "paid", channel
    for number in range(3):
        # Customers of last year who come back are not new.
        yield f"o{number}", f"old{number}", "2023-06-01 09:00:00", "paid", "search"
        yield f"b{number}", f"old{number}", "2024-01-10 09:00:00", "paid", "search"
    for number in range(5):
        # Money back within the cooling-off time, and an order that was never paid.
        yield f"r{number}", f"refunded{number}", "2024-01-12 09:00:00", "paid", "social"
        yield f"u{number}", f"unpaid{number}", "2024-01-12 09:00:00", "open", "social"
    for number in range(100):
        yield f"f{number}", f"feb{number}", "2024-02-05 09:00:00", "paid", "referral"


def refunds() -> Iterator[tuple[str, str]]:
    for number in range(5):
        yield f"r{number}", "2024-01-26 08:59:59"
    # Exactly 14 days later it is too late: they stay new.
    yield "j0", "2024-01-15 09:00:00"
    yield "j1", "2024-03-02 09:00:00"


def written(path: Path, names: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


@dataclass(frozen=True)
class Company:
    catalog: Catalog
    root: Path

    def compute(self, name: str) -> Outcome:
        with Session(self.catalog, self.root, NOW) as session:
            outcome = list(Planner(session).compute([request_for(self.catalog.metrics[name])]))[-1]
        assert outcome.error is None
        return outcome

    def month(self, name: str, month: int, segment: Dimensions = ()) -> Estimate:
        return by_cell(self.compute(name))[Grain.MONTH, date(2024, month, 1), segment]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    root = tmp_path_factory.mktemp("cac")
    spent = [(str(number), "2024-01-31", *line) for number, line in enumerate(SPENT)]
    spent.append(("last", "2024-02-29", "search", "variable", 1_000))
    written(root / "data/spend.csv", ("id", "day", "channel", "category", "cost"), spent)
    written(
        root / "data/orders.csv", ("order_id", "customer_id", "ordered_at", "status", "channel"), [*orders()]
    )
    written(root / "data/refunds.csv", ("order_id", "refunded_at"), [*refunds()])
    files = {"company.yml": COMPANY, "sources.yml": SOURCES, "datasets/spend.yml": SPEND,
             "datasets/orders.yml": ORDERS, "datasets/refunds.yml": REFUNDS}  # fmt: skip
    for name, text in METRICS.items():
        head = f"metric: {name}\nlabel: {name}\ndirection: none\nkind: ratio\nentity: customer\n"
        files[f"metrics/marketing/{name}.yml"] = head + text + NEW
    for name, text in files.items():
        path = root / "definitions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    loaded = load(root)
    found = [each for each in (*loaded.findings, *check(loaded)) if each.level is Level.ERROR]
    assert [str(each) for each in found] == []
    assert loaded.catalog is not None
    return Company(loaded.catalog, root)


@pytest.mark.parametrize(
    ("name", "spent", "each"),
    [("cac_loaded", 155_000, 1291.67), ("cac_paid", 70_000, 583.33), ("cac_blended", 120_000, 1000.0)],
)
def test_what_counts_as_spend_is_declared(company: Company, name: str, spent: int, each: float) -> None:
    january = company.month(name, 1)
    # Neither who came back, nor who got the money back in time, nor who never paid is new.
    assert (january.numerator, january.denominator) == (spent, 120)
    assert january.value is not None
    assert round(january.value, 2) == each
    assert january.lower is not None
    assert january.upper is not None
    assert january.lower < january.value < january.upper
    assert unit_of(company.catalog.metrics[name], company.catalog) == "gbp"


def test_spend_that_works_a_month_later(company: Company) -> None:
    found = by_cell(company.compute("cac_lagged"))
    assert (Grain.MONTH, date(2024, 1, 1), ()) not in found
    february = found[Grain.MONTH, date(2024, 2, 1), ()]
    assert (february.numerator, february.denominator, february.value) == (155_000, 100, 1550)


def test_spend_without_a_channel_is_carried_by_those_who_were_won(company: Company) -> None:
    found = {channel: company.month("cac_by_channel", 1, (("channel", channel),)) for channel in WON}
    # 95,000 without a channel over 120 customers, beside what the channels spent themselves.
    assert {name: round(one.value or 0, 2) for name, one in found.items()} == {
        "search": 1458.33, "social": 1291.67, "referral": 791.67,
    }  # fmt: skip
    assert {name: one.denominator for name, one in found.items()} == WON
    assert sum(one.numerator or 0 for one in found.values()) == pytest.approx(155_000, rel=1e-12)


def test_the_interval_of_a_channel_is_of_its_customers_alone(company: Company) -> None:
    social = company.month("cac_by_channel", 1, (("channel", "social"),))
    assert social.sample_size == 40
    assert social.draws is not None
    drawn = (social.numerator or 0) / social.draws(7)
    assert abs(drawn - drawn.round()).max() < 1e-6
