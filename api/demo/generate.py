"""Write the demo company's three years into the files and databases that its departments keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from api.demo import exchange, money, registers
from api.demo.attention import Contacts, make_calls, make_contacts, make_quizzes, make_responses
from api.demo.care import make_compensation, make_questions
from api.demo.deals import Accounts, Deals, make_accounts, make_deals, make_pipeline
from api.demo.handover import follow_ups, make_assignments, make_handovers, parked
from api.demo.identity import Identities, crosswalk, make_identities, make_standing, visitors, writers
from api.demo.landing import finance, marketing, people, sales, service, syncs
from api.demo.leads import Leads, make_leads, make_stage_changes
from api.demo.nurture import make_nurture
from api.demo.orders import Orders, make_orders
from api.demo.plans import Plans, make_cancels, make_exits, make_plans
from api.demo.service import make_invitations, make_surveys, make_tickets
from api.demo.tables import Columns, Writer, write_database
from api.demo.timeline import Syncs
from api.demo.touches import make_touches
from api.demo.voices import make_mentions, make_reviews

SEED = 20231001
_MONEY = {"amount": "DECIMAL(12,2)", "margin": "DECIMAL(12,2)", "mrr": "DECIMAL(10,2)", "cost": "DECIMAL(10,2)",
          "acquisition_hours": "DECIMAL(8,1)", "handling_cost": "DECIMAL(10,2)",
          "lead_cost": "DECIMAL(8,2)"}  # fmt: skip
_DAYS = dict.fromkeys(
    ("day", "month", "valid_from", "valid_to", "started_on", "ended_on", "starts_on", "ends_on", "left_on",
     "told_service_on", "published_on", "joined_on", "review_on"), "DATE",
)  # fmt: skip
_TYPES = {**_MONEY, **_DAYS, "hours": "DECIMAL(6,2)", "promised_hours": "INTEGER", "score": "INTEGER",
          "rating": "INTEGER", "won": "BOOLEAN", "rate": "DECIMAL(9,5)", "plan": "DECIMAL(12,2)",
          "floor": "DECIMAL(12,2)"}  # fmt: skip
Tables = dict[str, Columns]


@dataclass(frozen=True)
class Summary:
    """What was written: the folder, and the rows of every table by its path below `data/`."""

    directory: Path
    rows: Mapping[str, int]


@dataclass(frozen=True)
class _World:
    leads: Leads
    contacts: Contacts
    accounts: Accounts
    identities: Identities
    deals: Deals
    orders: Orders
    plans: Plans


def generate(directory: Path, seed: int = SEED) -> Summary:
    """Write the data below `directory/data`, replacing what is there; the same seed, the same tables."""
    world = _world(seed)
    folder = directory / "data"
    tables = {
        **_marketing(world, seed), **_sales(world, seed), **_service(world, seed), **_shared(world, seed),
    }  # fmt: skip
    with Writer() as writer:
        rows = {path: _write(writer, folder / path, columns) for path, columns in tables.items()}
    return Summary(directory, {**rows, **_finance(folder, world, seed)})


def _write(writer: Writer, path: Path, columns: Columns) -> int:
    types = {name: _TYPES[name] for name in columns if name in _TYPES}
    if path.name == "deal_stages.parquet":
        # Deals change stage at an instant, all other histories on a day.
        types = {name: kind for name, kind in types.items() if kind != "DATE"}
    return (writer.csv if path.suffix == ".csv" else writer.parquet)(path, columns, types)


def _random(seed: int, *stream: int) -> np.random.Generator:
    # A stream for each table: a change to one leaves the numbers of the others as they are.
    return np.random.default_rng([seed, *stream])


def _world(seed: int) -> _World:
    leads = make_leads(_random(seed, 1))
    accounts = make_accounts(_random(seed, 2), leads)
    orders = make_orders(_random(seed, 4), accounts)
    return _World(
        leads,
        make_contacts(_random(seed, 5), leads),
        accounts,
        make_identities(_random(seed, 6), accounts),
        make_deals(_random(seed, 3), leads, accounts),
        orders,
        make_plans(_random(seed, 7), accounts, orders),
    )


def _marketing(world: _World, seed: int) -> Tables:
    log = Syncs.nightly(_random(seed, 10), "marketing_hub")
    calls = follow_ups(_random(seed, 8), world.leads)
    touches = make_touches(_random(seed, 11), world.leads, world.accounts, world.orders, calls)
    answers = make_responses(_random(seed, 14), world.accounts, world.orders)
    contact = world.contacts.contact[world.contacts.of_lead[world.accounts.number]]
    known = visitors(_random(seed, 15), contact[answers.number], answers.occurred)
    years = marketing.touches(touches, world.leads, log, _random(seed, 13))
    return {
        "marketing/contacts.parquet": marketing.contacts(world.contacts, log, _random(seed, 16)),
        "marketing/leads.parquet": marketing.leads(
            world.leads, world.contacts, make_nurture(_random(seed, 80), world.leads), log, _random(seed, 12)
        ),
        "marketing/quizzes.parquet": marketing.quizzes(
            make_quizzes(_random(seed, 17)), log, _random(seed, 18)
        ),
        "marketing/responses.parquet": marketing.responses(answers, known, log, _random(seed, 19)),
        "marketing/mentions.parquet": marketing.mentions(
            make_mentions(_random(seed, 50)), log, _random(seed, 51)
        ),
        "marketing/reviews.csv": marketing.reviews(make_reviews(_random(seed, 52)), log, _random(seed, 53)),
        "marketing/sync_log.parquet": syncs(log),
        **{f"marketing/touches/{year}.parquet": columns for year, columns in years},
    }


def _sales(world: _World, seed: int) -> Tables:
    log = Syncs.nightly(_random(seed, 20), "crm")
    leads, accounts, deals = world.leads, world.accounts, world.deals
    changes = make_stage_changes(_random(seed, 21), leads, parked(_random(seed, 9), leads))
    handovers, given = make_handovers(_random(seed, 54), leads), make_assignments(_random(seed, 55), changes)
    calls = make_calls(_random(seed, 56))
    tables = {
        "stage_changes": sales.stage_changes(changes, accounts, log, _random(seed, 22)),
        "handovers": sales.handovers(handovers, leads, log, _random(seed, 57)),
        "assignments": sales.assignments(given, leads, log, _random(seed, 58)),
        "accounts": sales.accounts(accounts, make_standing(_random(seed, 65), accounts)),
        "deals": sales.deals(deals, accounts, log, _random(seed, 23)),
        "deal_stages": sales.pipeline(make_pipeline(deals), deals, accounts, log, _random(seed, 24)),
        "orders": sales.orders(world.orders, accounts, log, _random(seed, 25)),
        "plans": sales.plans(world.plans, accounts, log, _random(seed, 59)),
        "calls": sales.calls(calls, log, _random(seed, 60)),
        "user_history": sales.user_history(),
        "sync_log": syncs(log),
    }
    return {f"sales/{name}.parquet": columns for name, columns in tables.items()}


def _service(world: _World, seed: int) -> Tables:
    log = Syncs.nightly(_random(seed, 30), "help_desk")
    orders, plans = world.orders, world.plans
    tickets = make_tickets(_random(seed, 31), orders)
    who = writers(_random(seed, 35), world.identities, orders.number[tickets.order], tickets.opened)
    paid = make_compensation(_random(seed, 36), tickets, orders)
    asked = make_questions(_random(seed, 37), tickets, orders)
    cancels, exits = make_cancels(_random(seed, 38), plans), make_exits(_random(seed, 39), plans)
    surveys = make_surveys(_random(seed, 32), orders)
    invited = make_invitations(_random(seed, 76), surveys, orders)
    return {
        "service/tickets.parquet": service.tickets(tickets, who, orders, log, _random(seed, 33)),
        "service/compensation.parquet": service.compensation(paid, tickets, log, _random(seed, 61)),
        "service/questions.parquet": service.questions(asked, who, log, _random(seed, 62)),
        "service/cancel_contacts.parquet": service.cancel_contacts(cancels, plans, log, _random(seed, 63)),
        "service/surveys.csv": service.surveys(surveys, orders, world.accounts, log, _random(seed, 34)),
        "service/invitations.csv": service.invitations(
            invited, orders, world.accounts, log, _random(seed, 77)
        ),
        "service/exit_surveys.csv": service.exit_surveys(exits, plans, log, _random(seed, 64)),
        "service/sync_log.parquet": syncs(log),
    }


def _shared(world: _World, seed: int) -> Tables:
    """Return who is who, and what people keep in lists."""
    contact = world.contacts.contact[world.contacts.of_lead[world.accounts.number]]
    return {
        "shared/customer_ids.parquet": crosswalk(world.identities, world.accounts, contact),
        "shared/stage_map.csv": registers.stage_map(),
        "shared/service_standards.csv": registers.service_standards(),
        "shared/contact_points.csv": registers.contact_points(_random(seed, 70)),
        "shared/claims.csv": registers.claims(_random(seed, 71)),
        "shared/promotions.csv": registers.promotions(_random(seed, 72)),
        "shared/content_topics.csv": registers.content_topics(_random(seed, 73)),
        "people/staff.csv": people.staff(),
        "people/exchanges.csv": people.exchanges(exchange.make_exchanges(_random(seed, 74))),
        "people/review_attendance.csv": people.attendance(exchange.make_attendance(_random(seed, 75))),
    }


def _finance(folder: Path, world: _World, seed: int) -> dict[str, int]:
    bookings = Syncs.nightly(_random(seed, 40), "ledger")
    spend = money.make_spend(_random(seed, 41))
    rates = money.make_rates(_random(seed, 42))
    orders, accounts = world.orders, world.accounts
    currency = accounts.currency[orders.number]
    budget = money.make_budget(orders, money.in_pounds(rates, orders.ordered, orders.amount, currency))
    tables = write_database(folder / "finance.duckdb", {
        "spend": (finance.spend(spend, bookings, _random(seed, 43)), {"day": "DATE", "amount": "DECIMAL(12,2)"}),
        "budget": (finance.budget(budget), {"month": "DATE", "plan": "DECIMAL(12,2)", "floor": "DECIMAL(12,2)"}),
    })  # fmt: skip
    with Writer() as writer:
        count = _write(writer, folder / "finance" / "fx_rates.parquet", finance.rates(rates))
    return {"finance/fx_rates.parquet": count} | {f"finance.duckdb/{name}": n for name, n in tables.items()}
