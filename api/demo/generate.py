"""Write the demo company's three years into the files and databases that its departments keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from api.demo import landing, money
from api.demo.deals import Accounts, Deals, make_accounts, make_deals, make_pipeline
from api.demo.leads import Leads, make_leads, make_stage_changes
from api.demo.orders import Orders, make_orders
from api.demo.service import make_surveys, make_tickets
from api.demo.tables import Writer, write_database
from api.demo.timeline import Syncs
from api.demo.touches import make_touches

SEED = 20231001


@dataclass(frozen=True)
class Summary:
    """What was written: the folder, and the rows of every table by its path below `data/`."""

    directory: Path
    rows: Mapping[str, int]


@dataclass(frozen=True)
class _World:
    leads: Leads
    accounts: Accounts
    deals: Deals
    orders: Orders


def generate(directory: Path, seed: int = SEED) -> Summary:
    """Write the data below `directory/data`, replacing what is there; the same seed, the same tables."""
    world = _world(seed)
    folder = directory / "data"
    with Writer() as writer:
        rows = {
            **_marketing(writer, folder / "marketing", world, seed),
            **_sales(writer, folder / "sales", world, seed),
            **_service(writer, folder / "service", world, seed),
            **_finance(writer, folder, world, seed),
        }
    return Summary(directory, rows)


def _random(seed: int, *stream: int) -> np.random.Generator:
    # A stream for each table: a change to one leaves the numbers of the others as they are.
    return np.random.default_rng([seed, *stream])


def _world(seed: int) -> _World:
    leads = make_leads(_random(seed, 1))
    accounts = make_accounts(_random(seed, 2), leads)
    deals = make_deals(_random(seed, 3), leads, accounts)
    return _World(leads, accounts, deals, make_orders(_random(seed, 4), accounts))


def _marketing(writer: Writer, folder: Path, world: _World, seed: int) -> dict[str, int]:
    syncs = Syncs.nightly(_random(seed, 10), "marketing_hub")
    touches = make_touches(_random(seed, 11), world.leads, world.accounts, world.orders)
    leads = landing.leads(world.leads, syncs, _random(seed, 12))
    rows = {
        "marketing/leads.parquet": writer.parquet(folder / "leads.parquet", leads, {}),
        "marketing/sync_log.parquet": writer.parquet(folder / "sync_log.parquet", landing.syncs(syncs), {}),
    }
    for year, columns in landing.touches(touches, world.leads, syncs, _random(seed, 13)):
        name = f"touches/{year}.parquet"
        rows[f"marketing/{name}"] = writer.parquet(folder / name, columns, {"hours": "DECIMAL(6,2)"})
    return rows


def _sales(writer: Writer, folder: Path, world: _World, seed: int) -> dict[str, int]:
    syncs = Syncs.nightly(_random(seed, 20), "crm")
    changes = make_stage_changes(_random(seed, 21), world.leads)
    pipeline = make_pipeline(world.deals)
    accounts, deals = world.accounts, world.deals
    money_types = {"amount": "DECIMAL(12,2)", "margin": "DECIMAL(12,2)", "acquisition_hours": "DECIMAL(8,1)"}
    hours = {"promised_hours": "INTEGER", "standard_hours": "INTEGER"}
    tables = {
        "stage_changes": (landing.stage_changes(changes, accounts, syncs, _random(seed, 22)), {}),
        "accounts": (landing.accounts(accounts), {}),
        "deals": (landing.deals(deals, accounts, syncs, _random(seed, 23)), money_types | {"won": "BOOLEAN"}),
        "deal_stages": (landing.pipeline(pipeline, deals, accounts, syncs, _random(seed, 24)), money_types),
        "orders": (landing.orders(world.orders, accounts, syncs, _random(seed, 25)), money_types | hours),
        "user_history": (landing.user_history(), {"valid_from": "DATE", "valid_to": "DATE"}),
        "sync_log": (landing.syncs(syncs), {}),
    }
    return {
        f"sales/{name}.parquet": writer.parquet(folder / f"{name}.parquet", columns, types)
        for name, (columns, types) in tables.items()
    }


def _service(writer: Writer, folder: Path, world: _World, seed: int) -> dict[str, int]:
    syncs = Syncs.nightly(_random(seed, 30), "help_desk")
    tickets = make_tickets(_random(seed, 31), world.orders)
    surveys = make_surveys(_random(seed, 32), world.orders)
    ticket_rows = landing.tickets(tickets, world.orders, world.accounts, syncs, _random(seed, 33))
    survey_rows = landing.surveys(surveys, world.orders, world.accounts, syncs, _random(seed, 34))
    return {
        "service/tickets.parquet": writer.parquet(
            folder / "tickets.parquet", ticket_rows, {"handling_cost": "DECIMAL(10,2)"}
        ),
        "service/surveys.csv": writer.csv(folder / "surveys.csv", survey_rows, {"score": "INTEGER"}),
        "service/sync_log.parquet": writer.parquet(folder / "sync_log.parquet", landing.syncs(syncs), {}),
    }


def _finance(writer: Writer, folder: Path, world: _World, seed: int) -> dict[str, int]:
    bookings = Syncs.nightly(_random(seed, 40), "ledger")
    spend = money.make_spend(_random(seed, 41))
    rates = money.make_rates(_random(seed, 42))
    orders, accounts = world.orders, world.accounts
    currency = accounts.currency[orders.number]
    budget = money.make_budget(orders, money.in_pounds(rates, orders.ordered, orders.amount, currency))
    rate_types = {"day": "DATE", "rate": "DECIMAL(9,5)"}
    tables = write_database(folder / "finance.duckdb", {
        "spend": (landing.spend(spend, bookings, _random(seed, 43)), {"day": "DATE", "amount": "DECIMAL(12,2)"}),
        "budget": (landing.budget(budget), {"month": "DATE", "plan": "DECIMAL(12,2)", "floor": "DECIMAL(12,2)"}),
    })  # fmt: skip
    count = writer.parquet(folder / "finance" / "fx_rates.parquet", landing.rates(rates), rate_types)
    return {"finance/fx_rates.parquet": count} | {f"finance.duckdb/{name}": n for name, n in tables.items()}
