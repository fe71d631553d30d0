"""The tables as the departments' systems hold them: columns, ids, and when each row arrived.

A row that no sync has brought yet is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from api.demo import money
from api.demo.deals import Accounts, Deals, Pipeline
from api.demo.leads import Leads, StageChanges
from api.demo.orders import Orders
from api.demo.people import posts
from api.demo.service import Surveys, Tickets
from api.demo.tables import Columns, keep
from api.demo.timeline import Floats, Integers, Syncs, Texts, blank, days_to, happened, identifiers, stamps
from api.demo.touches import Touches


def _arrived(columns: Columns, times: Floats, syncs: Syncs, rng: np.random.Generator) -> Columns:
    synced = syncs.arrival(rng, times)
    return keep({**columns, "synced_at": stamps(synced)}, ~np.isnan(synced))


def _account_of(accounts: Accounts, leads: int) -> Texts:
    """Return each lead's account, or None."""
    result = blank(leads)
    result[accounts.number] = accounts.account
    return result


def syncs(log: Syncs) -> Columns:
    """Return one row for each nightly sync of a system."""
    return {"system": np.full(len(log.done), log.system, dtype=object), "done_at": stamps(log.done)}


def leads(rows: Leads, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return marketing's leads."""
    columns = {
        "lead_id": rows.lead,
        "created_at": stamps(rows.created),
        "channel": rows.channel,
        "segment": rows.segment,
        "budget_ok": rows.budget,
        "fit": rows.fit,
        "status": np.where(rows.spam, "spam", "genuine").astype(object),
        "owner_id": rows.owner,
    }
    return _arrived(columns, rows.created, log, rng)


def touches(
    rows: Touches, people: Leads, log: Syncs, rng: np.random.Generator
) -> Iterator[tuple[int, Columns]]:
    """Yield a year and its contacts, for each year."""
    occurred = stamps(rows.occurred)
    columns = _arrived(
        {
            "touch_id": rows.touch,
            "lead_id": people.lead[rows.lead],
            "channel": people.channel[rows.lead],
            "kind": rows.kind,
            "stage": rows.stage,
            "owner_id": rows.owner,
            "occurred_at": occurred,
            "hours": rows.hours,
        },
        rows.occurred, log, rng,
    )  # fmt: skip
    years = columns["occurred_at"].astype("datetime64[Y]").astype(np.int64) + 1970
    for year in np.unique(years):
        yield int(year), keep(columns, years == year)


def stage_changes(rows: StageChanges, accounts: Accounts, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the CRM's stage history; a lead has an account from the opportunity on."""
    owned = _account_of(accounts, int(rows.number.max()) + 1)[rows.number]
    with_account = np.isin(rows.stage, ["opportunity", "proposal", "closed_won", "closed_lost"])
    columns = {
        "change_id": identifiers("H", len(rows.lead)),
        "lead_id": rows.lead,
        "account_id": np.where(with_account, owned, blank(len(owned))),
        "stage": rows.stage,
        "changed_at": stamps(rows.changed),
        "owner_id": rows.owner,
        "reason": rows.reason,
    }
    return _arrived(columns, rows.changed, log, rng)


def accounts(rows: Accounts) -> Columns:
    """Return the CRM's accounts."""
    return {
        "account_id": rows.account,
        "lead_id": rows.lead,
        "name": rows.name,
        "segment": rows.segment,
        "channel": rows.channel,
        "region": rows.region,
        "created_at": stamps(rows.opened),
    }


def deals(rows: Deals, accounts: Accounts, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the CRM's deals; an open one has neither `closed_at` nor `won`."""
    is_open = np.isnan(rows.closed)
    columns = {
        "deal_id": rows.deal,
        "account_id": accounts.account[rows.number],
        "kind": rows.kind,
        "fit": rows.fit,
        "amount": rows.amount,
        "currency": accounts.currency[rows.number],
        "opened_at": stamps(rows.opened),
        "closed_at": stamps(rows.closed),
        "won": np.where(is_open, np.nan, rows.won),
        "acquisition_hours": rows.hours,
        "owner_id": rows.owner,
    }
    return _arrived(columns, rows.opened, log, rng)


def pipeline(
    rows: Pipeline, deals: Deals, accounts: Accounts, log: Syncs, rng: np.random.Generator
) -> Columns:
    """Return the history of open deals: one row for each stage, `valid_to` empty while it lasts."""
    columns = {
        "deal_id": deals.deal[rows.deal],
        "account_id": accounts.account[deals.number[rows.deal]],
        "stage": rows.stage,
        "amount": deals.amount[rows.deal],
        "currency": accounts.currency[deals.number[rows.deal]],
        "owner_id": deals.owner[rows.deal],
        "valid_from": stamps(rows.since),
        "valid_to": stamps(rows.until),
    }
    return _arrived(columns, rows.since, log, rng)


def orders(rows: Orders, accounts: Accounts, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the web shop's orders with what was promised and the standard of that day."""
    status = np.where(rows.cancelled, "cancelled", np.where(np.isnan(rows.delivered), "open", "delivered"))
    columns = {
        "order_id": rows.order,
        "account_id": accounts.account[rows.number],
        "lead_id": accounts.lead[rows.number],
        "product": rows.product,
        "ordered_at": stamps(rows.ordered),
        "promised_at": stamps(rows.due),
        "delivered_at": stamps(rows.delivered),
        "promised_hours": rows.promised,
        "standard_hours": rows.standard,
        "complete": rows.complete,
        "amount": rows.amount,
        "currency": accounts.currency[rows.number],
        "margin": rows.margin,
        "status": status.astype(object),
    }
    return _arrived(columns, rows.ordered, log, rng)


def tickets(
    rows: Tickets, orders: Orders, accounts: Accounts, log: Syncs, rng: np.random.Generator
) -> Columns:
    """Return the help desk's tickets."""
    columns = {
        "ticket_id": rows.ticket,
        "account_id": accounts.account[orders.number[rows.order]],
        "order_id": orders.order[rows.order],
        "opened_at": stamps(rows.opened),
        "first_reply_at": stamps(rows.replied),
        "resolved_at": stamps(rows.resolved),
        "reopened": rows.reopened,
        "topic": rows.topic,
        "is_complaint": rows.complaint,
        "handling_cost": rows.cost,
        "agent_id": rows.agent,
    }
    return _arrived(columns, rows.opened, log, rng)


def surveys(
    rows: Surveys, orders: Orders, accounts: Accounts, log: Syncs, rng: np.random.Generator
) -> Columns:
    """Return the survey tool's rows: it sends on what was answered, and what was not after two weeks."""
    known = np.where(np.isnan(rows.answered), rows.sent + 14.0, rows.answered)
    columns = {
        "survey_id": rows.survey,
        "order_id": orders.order[rows.order],
        "account_id": accounts.account[orders.number[rows.order]],
        "sent_at": stamps(rows.sent),
        "answered_at": stamps(rows.answered),
        "score": rows.score,
    }
    return _arrived(columns, happened(known), log, rng)


def user_history() -> Columns:
    """Return who was in which team, from when to when."""
    everybody = posts()
    until = [np.nan if post.until is None else float(days_to(post.until)) for post in everybody]
    return {
        "user_id": np.array([post.user for post in everybody], dtype=object),
        "department": np.array([post.department for post in everybody], dtype=object),
        "team": np.array([post.team for post in everybody], dtype=object),
        "valid_from": stamps(np.array([float(days_to(post.since)) for post in everybody])),
        "valid_to": stamps(np.array(until)),
    }


def _days(values: Integers) -> Columns:
    return {"day": stamps(values.astype(np.float64))}


def spend(rows: money.Spend, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the ledger's spend; the channel is empty where it serves all of them."""
    columns = {
        **_days(rows.day),
        "category": rows.category,
        "channel": rows.channel,
        "amount": rows.amount,
        "currency": np.full(len(rows.day), "GBP", dtype=object),
    }
    booked = log.arrival(rng, rows.day.astype(np.float64) + 0.7)
    return keep({**columns, "booked_at": stamps(booked)}, ~np.isnan(booked))


def budget(rows: money.Budget) -> Columns:
    """Return the budget by month."""
    return {"month": stamps(rows.month.astype(np.float64)), "plan": rows.plan, "floor": rows.floor}


def rates(rows: money.Rates) -> Columns:
    """Return euro rates by working day."""
    size = len(rows.day)
    return {
        **_days(rows.day),
        "base": np.full(size, "EUR", dtype=object),
        "quote": np.full(size, "GBP", dtype=object),
        "rate": rows.rate,
    }
